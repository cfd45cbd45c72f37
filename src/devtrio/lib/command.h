/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to be typed: a table that --help, the parsing of the command
 * line and the shells' completion all read.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Offers, with candidate(), what the word that is being typed may become. */
typedef void completer(const char *typed);

struct command_line;

/**
 * struct flag - an option; -h and -V need none
 * @letter: its short form; 0: no option, but a line in --help above others
 * @name: its long form
 * @value: what --help calls its value, NULL if it has none
 * @help: what it is for
 * @complete: of its value; NULL: the shell can't know
 */
struct flag {
	char letter;
	const char *name;
	const char *value;
	const char *help;
	completer *complete;
};

/**
 * struct command - a command, or one of its actions, as in devtrio buf read
 * @name: what to type
 * @summary: for the list above it, NULL to leave it out there
 * @operands: what follows the options, as --help shows it; NULL: nothing
 * @text: more of what it does; a paragraph a line, in which a line break is
 *	where the terminal needs it
 * @flags: options of it and its actions, up to an empty one; NULL: none
 * @letters: of an action, those of the command's @flags that it takes
 * @actions: up to NULL; NULL: it has none
 * @examples: command lines up to NULL
 * @complete: of its operands
 * @run: a command's; argv[0] of its line is "devtrio" and its name
 * @act: an action's; what its command made of the command line
 */
struct command {
	const char *name;
	const char *summary;
	const char *operands;
	const char *text;
	const struct flag *flags;
	const char *letters;
	const struct command *const *actions;
	const char *const *examples;
	completer *complete;
	int (*run)(struct command_line *line);
	int (*act)(const void *request);
};

/**
 * struct command_line - a command line that is being parsed
 * @command: whose
 * @argc: count of @argv
 * @argv: its words
 * @given: letters of the options so far
 */
struct command_line {
	const struct command *command;
	int argc;
	char **argv;
	char given[64];
};

/* command.c: the tables */
extern const struct flag common_flags[];
const struct command *action_find(const struct command *command,
				  const char *name);
const struct flag *flag_find(const struct command *command,
			     const struct command *action, int letter,
			     const char *name, size_t length);
bool flag_fits(const struct flag *flag, const struct command *action);

/* options.c: the command line */
int next_option(struct command_line *line);
const struct command *next_action(struct command_line *line);
const char *next_operand(struct command_line *line);
void no_more_operands(struct command_line *line);

/* help.c */
void show_help(const struct command *command, const struct command *action,
	       const char *title);

/* complete.c: for the shells */
void candidate(const char *word, const char *help);
void candidates_listed(const char *typed, const char *word, const char *help);
void complete_file(const char *typed);
int complete_words(const struct command *top, int count, char **words);

#endif /* COMMAND_H */
