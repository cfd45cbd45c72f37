// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parse a command line with its command's table.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "devtrio.h"

#define FLAGS_MAX	32

/* Build the tables for getopt_long(); letters needs a ':' and two per option. */
static void tables_of(const struct command *command, struct option *options,
		      char *letters)
{
	const struct flag *lists[] = { command->flags, common_flags }, *flag;
	size_t i;

	/* Return ':' for a missing value, and print no messages. */
	*letters++ = ':';
	for (i = 0; i < ARRAY_SIZE(lists); i++)
		for (flag = lists[i]; flag && flag->help; flag++) {
			if (!flag->letter)
				continue;
			*letters++ = flag->letter;
			if (flag->value)
				*letters++ = ':';
			*options++ = (struct option){
				.name = flag->name,
				.has_arg = flag->value ? required_argument :
							 no_argument,
				.val = flag->letter,
			};
		}
	*letters = '\0';
	*options = (struct option){ };
}

static bool is_known_letter(const struct command *command, int letter)
{
	return letter == 'h' || letter == 'V' ||
	       flag_find(command, NULL, letter, NULL, 0);
}

/* Report what getopt_long() rejected, in our own words. */
static void __attribute__((noreturn))
bad_option(const struct command_line *line, int opt)
{
	/* Inside a group of letters such as -xyz this is the word before it. */
	const char *last = line->argv[optind - 1], *title = line->argv[0];

	if (opt == ':' && !strncmp(last, "--", 2))
		die(EXIT_USAGE, "option %s needs a value; try %s --help", last,
		    title);
	if (opt == ':')
		die(EXIT_USAGE, "option -%c needs a value; try %s --help",
		    optopt, title);
	if (!optopt)
		die(EXIT_USAGE, "unknown option %s; try %s --help", last,
		    title);
	/* The letter is known: it was the long form with a value. */
	if (is_known_letter(line->command, optopt))
		die(EXIT_USAGE, "option %s takes no value; try %s --help",
		    last, title);
	die(EXIT_USAGE, "unknown option -%c; try %s --help", optopt, title);
}

/* The action may come before or after --help. */
static const struct command *named_action(const struct command_line *line)
{
	const struct command *action = NULL;
	int i;

	for (i = 1; i < line->argc && !action; i++)
		action = action_find(line->command, line->argv[i]);
	return action;
}

/**
 * next_option() - get the next option, or exit
 * @line: the command line
 *
 * Handles --help and --version.
 *
 * Return: the letter, with the value in optarg, or -1 after the last.
 */
int next_option(struct command_line *line)
{
	struct option options[FLAGS_MAX + 1];
	char letters[2 * FLAGS_MAX + 2];
	int letter;

	tables_of(line->command, options, letters);
	letter = getopt_long(line->argc, line->argv, letters, options, NULL);
	switch (letter) {
	case -1:
		return letter;
	case ':':
	case '?':
		bad_option(line, letter);
	case 'h':
		show_help(line->command, named_action(line), line->argv[0]);
		exit(EXIT_OK);
	case 'V':
		puts("devtrio " DEVTRIO_VERSION);
		exit(EXIT_OK);
	}
	if (!strchr(line->given, letter))
		line->given[strlen(line->given)] = letter;
	return letter;
}

/* Return the next word after the options, or NULL. */
const char *next_operand(struct command_line *line)
{
	return optind < line->argc ? line->argv[optind++] : NULL;
}

/* "on, off, tone, play or status" */
static const char *names_of(const struct command *command)
{
	const struct command *const *action;
	static char text[256];
	size_t used = 0;

	for (action = command->actions; *action; action++)
		used += snprintf(text + used, sizeof(text) - used, "%s%s",
				 action == command->actions ? "" :
				 action[1] ? ", " : " or ",
				 (*action)->name);
	return text;
}

/**
 * next_action() - get the action after all options, or exit
 * @line: the command line
 *
 * Rejects options that the action does not take.
 */
const struct command *next_action(struct command_line *line)
{
	const struct command *command = line->command, *action;
	const char *name = next_operand(line);
	const char *letter;

	if (!name)
		die(EXIT_USAGE, "missing action: expected %s; try %s --help",
		    names_of(command), line->argv[0]);
	action = action_find(command, name);
	if (!action)
		die(EXIT_USAGE, "invalid action '%.40s': expected %s; try %s --help",
		    name, names_of(command), line->argv[0]);

	letter = line->given + strspn(line->given, action->letters);
	if (*letter)
		die(EXIT_USAGE, "%s %s takes no -%c; try %s %s --help",
		    command->name, action->name, *letter, line->argv[0],
		    action->name);
	return action;
}

void no_more_operands(struct command_line *line)
{
	const char *word = next_operand(line);

	if (word)
		die(EXIT_USAGE, "unexpected argument '%s'; try %s --help", word,
		    line->argv[0]);
}
