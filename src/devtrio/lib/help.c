// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generate --help from the command tables.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "devtrio.h"

#define WIDTH		80	/* unless the terminal is narrower */
#define WIDTH_MIN	40

static size_t help_width(void)
{
	size_t width, height;

	if (!terminal_size(STDOUT_FILENO, &width, &height) || !width ||
	    width > WIDTH)
		return WIDTH;
	return width < WIDTH_MIN ? WIDTH_MIN : width;
}

/* Print text from column at; indent continuation lines. */
static void wrap(const char *text, size_t at, size_t indent)
{
	size_t length, width = help_width();
	bool first = true;

	for (; *text; text += length) {
		text += strspn(text, " ");
		length = strcspn(text, " ");
		if (!first && at + 1 + length >= width) {
			printf("\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		printf("%s%.*s", first ? "" : " ", (int)length, text);
		at += length + !first;
		first = false;
	}
	putchar('\n');
}

/* Wrap each line on its own and keep its indentation. */
static void wrap_lines(const char *text)
{
	char line[1024];
	size_t length, indent;

	for (; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		indent = strspn(text, " ");
		printf("%*s", (int)indent, "");
		snprintf(line, sizeof(line), "%.*s", (int)(length - indent),
			 text + indent);
		wrap(line, indent, indent);
	}
}

static void print_entry(const char *word, size_t column, const char *help)
{
	size_t at = printf("  %s", word);

	if (at + 2 > column)
		at = 0;
	printf("%s%*s", at ? "" : "\n", (int)(column - at), "");
	wrap(help, column, column);
}

static void flag_word(const struct flag *flag, char *word, size_t size)
{
	snprintf(word, size, "-%c, --%s%s%s", flag->letter, flag->name,
		 flag->value ? " " : "", flag->value ?: "");
}

/* Strip the action from "play: play the tune" in that action's own help. */
static const char *help_of(const struct flag *flag, const struct command *action)
{
	size_t length = action ? strlen(action->name) : 0;

	if (length && !strncmp(flag->help, action->name, length) &&
	    !strncmp(flag->help + length, ": ", 2))
		return flag->help + length + 2;
	return flag->help;
}

static void show_flags(const struct flag *flag, const struct command *action,
		       size_t column)
{
	char word[64];

	for (; flag && flag->help; flag++) {
		if (!flag_fits(flag, action))
			continue;
		if (!flag->letter) {
			printf("%s\n", flag->help);
			continue;
		}
		flag_word(flag, word, sizeof(word));
		print_entry(word, column, help_of(flag, action));
	}
}

/* Wide enough for most options; longer ones get their own line. */
static size_t flags_column(const struct flag *flag, const struct command *action)
{
	size_t widest = strlen("-V, --version");
	char word[64];

	for (; flag && flag->help; flag++) {
		if (!flag->letter || !flag_fits(flag, action))
			continue;
		flag_word(flag, word, sizeof(word));
		if (strlen(word) > widest && strlen(word) <= 24)
			widest = strlen(word);
	}
	return widest + 4;
}

static void usage_line(const char *begin, const char *title,
		       const struct command *command,
		       const struct command *action)
{
	const struct command *last = action ?: command;
	const struct flag *flag;
	char line[512];
	size_t used;

	used = snprintf(line, sizeof(line), "%s%s%s", title,
			action ? " " : "", action ? action->name : "");
	for (flag = action ? command->flags : NULL; flag && flag->help; flag++)
		if (flag_fits(flag, action))
			used += snprintf(line + used, sizeof(line) - used,
					 " [-%c%s%s]", flag->letter,
					 flag->value ? " " : "",
					 flag->value ?: "");
	snprintf(line + used, sizeof(line) - used, "%s%s%s",
		 !action && command->flags ? " [OPTION]..." : "",
		 last->operands ? " " : "", last->operands ?: "");
	printf("%-7s", begin);
	wrap(line, 7, 7 + 4);
}

static void show_actions(const struct command *const *action)
{
	char word[32];

	for (; *action; action++) {
		if (!(*action)->summary)
			continue;
		snprintf(word, sizeof(word), "%s", (*action)->name);
		print_entry(word, 12, (*action)->summary);
	}
}

/**
 * show_help() - print usage, options and examples of a command
 * @command: the command
 * @action: limit the help to this action, or NULL
 * @title: how the command is called
 */
void show_help(const struct command *command, const struct command *action,
	       const char *title)
{
	const struct command *last = action ?: command;
	const struct command *const *each = last->actions;
	const char *const *example;
	size_t column = flags_column(command->flags, action);

	if (each && !last->operands)
		for (; *each; each++)
			usage_line(each == last->actions ? "Usage:" : "", title,
				   command, *each);
	else
		usage_line("Usage:", title, command, action);
	if (last->text)
		wrap_lines(last->text);
	if (last->actions) {
		putchar('\n');
		show_actions(last->actions);
	}
	putchar('\n');
	show_flags(command->flags, action, column);
	show_flags(common_flags, NULL, column);
	if (last->examples)
		putchar('\n');
	for (example = last->examples; example && *example; example++)
		printf("Example: %s\n", *example);
}
