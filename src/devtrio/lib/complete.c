// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shell completion: print candidates for the last word, one per line, followed
 * by a tab and an explanation.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "devtrio.h"

/* The text to complete, and a prefix to repeat, as in --columns=pid. */
static const char *typing, *kept;
static size_t kept_length;

/**
 * candidate() - print a word if it starts with the typed text
 * @word: the word
 * @help: its explanation, or NULL
 */
void candidate(const char *word, const char *help)
{
	if (strncmp(word, typing, strlen(typing)))
		return;
	printf("%.*s%s%s%s\n", (int)kept_length, kept, word, help ? "\t" : "",
	       help ?: "");
}

/**
 * candidates_listed() - offer a word as the next item of a comma-separated list
 * @typed: the list so far
 * @word: the word
 * @help: its explanation
 */
void candidates_listed(const char *typed, const char *word, const char *help)
{
	const char *comma = strrchr(typed, ',');
	char list[512];

	snprintf(list, sizeof(list), "%.*s%s",
		 comma ? (int)(comma + 1 - typed) : 0, typed, word);
	candidate(list, help);
}

/* No candidate starts with a colon. The shell completes file names itself. */
void complete_file(const char *typed)
{
	(void)typed;
	puts(":files");
}

static void complete_value(const struct flag *flag, const char *whole,
			   const char *value)
{
	typing = value;
	kept = whole;
	kept_length = value - whole;
	if (flag && flag->complete)
		flag->complete(value);
}

static void complete_flags(const struct command *command,
			   const struct command *action)
{
	const struct flag *lists[] = { command->flags, common_flags }, *flag;
	char word[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lists); i++)
		for (flag = lists[i]; flag && flag->help; flag++) {
			if (!flag->letter ||
			    (lists[i] != common_flags &&
			     !flag_fits(flag, action)))
				continue;
			snprintf(word, sizeof(word), "--%s", flag->name);
			candidate(word, flag->help);
			if (strlen(typing) > 2)
				continue;
			snprintf(word, sizeof(word), "-%c", flag->letter);
			candidate(word, flag->help);
		}
}

static void complete_actions(const struct command *command)
{
	const struct command *const *action;

	for (action = command->actions; *action; action++)
		if ((*action)->summary)
			candidate((*action)->name, (*action)->summary);
}

/* Return the option in @word whose value is the next word, or NULL. */
static const struct flag *pending_flag(const struct command *command,
				       const char *word)
{
	const struct flag *flag;

	if (!strncmp(word, "--", 2)) {
		flag = flag_find(command, NULL, 0, word + 2, strlen(word + 2));
		return flag && flag->value ? flag : NULL;
	}
	while (*++word) {
		flag = flag_find(command, NULL, *word, NULL, 0);
		if (flag && flag->value)
			return word[1] ? NULL : flag;
	}
	return NULL;
}

static void complete_last(const struct command *command,
			  const struct command *action, const char *word,
			  bool options)
{
	const char *equals = strchr(word, '=');
	const struct command *last = action ?: command;

	typing = word;
	kept_length = 0;
	if (options && !strncmp(word, "--", 2) && equals)
		complete_value(flag_find(command, action, 0, word + 2,
					 equals - word - 2), word, equals + 1);
	else if (options && word[0] == '-')
		complete_flags(command, action);
	else if (last->actions)
		complete_actions(last);
	else if (last->complete)
		last->complete(word);
}

/**
 * complete_words() - print completions of the last word
 * @top: the table of the program
 * @count: number of @words
 * @words: the words after the program's name
 *
 * Return: the exit code.
 */
int complete_words(const struct command *top, int count, char **words)
{
	const struct command *command = top, *action = NULL, *found;
	const struct flag *flag = NULL;
	bool options = true, help = false;
	int i;

	for (i = 0; i < count - 1; i++) {
		if (flag) {
			flag = NULL;
		} else if (options && !strcmp(words[i], "--")) {
			options = false;
		} else if (options && words[i][0] == '-' && words[i][1]) {
			flag = pending_flag(command, words[i]);
		} else if (!action && command->actions) {
			found = action_find(command, words[i]);
			if (!found)
				return EXIT_OK;
			/* The words after "help" complete as commands. */
			if (command == top && !help &&
			    !strcmp(words[i], "help"))
				help = true;
			else if (command == top)
				command = found;
			else
				action = found;
		}
	}
	if (help && (action || !command->actions || words[i][0] == '-'))
		return EXIT_OK;
	if (count && flag)
		complete_value(flag, words[i], words[i]);
	else if (count)
		complete_last(command, action, words[i], options);
	return EXIT_OK;
}
