/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of commands, actions and options. They drive --help, parsing and
 * shell completion.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Calls candidate() for each possible completion of @typed. */
typedef void completer(const char *typed);

struct command_line;

/**
 * struct flag - an option other than -h and -V
 * @letter: short option; 0: @help is a heading in --help
 * @name: long option
 * @value: name of the value in --help; NULL: the option takes none
 * @help: description
 * @complete: completes the value, or NULL
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
 * @name: its name on the command line
 * @summary: one-line description; NULL hides it from --help and completion
 * @operands: operands as --help shows them, or NULL
 * @text: description, one paragraph per line; --help wraps it
 * @flags: options of the command and its actions, terminated by an empty entry
 * @letters: for an action: the letters in @flags that it accepts
 * @actions: NULL-terminated, or NULL
 * @examples: NULL-terminated command lines
 * @complete: completes operands, or NULL
 * @run: runs a command; argv[0] of its line is "devtrio COMMAND"
 * @act: runs an action on the request that its command parsed
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
 * struct command_line - a command line being parsed
 * @command: the command it belongs to
 * @argc: number of words
 * @argv: the words
 * @given: letters of the options seen so far
 */
struct command_line {
	const struct command *command;
	int argc;
	char **argv;
	char given[64];
};

/* command.c: lookup in the tables */
extern const struct flag common_flags[];
const struct command *action_find(const struct command *command,
				  const char *name);
const struct flag *flag_find(const struct command *command,
			     const struct command *action, int letter,
			     const char *name, size_t length);
bool flag_fits(const struct flag *flag, const struct command *action);

/* options.c: command-line parsing */
int next_option(struct command_line *line);
const struct command *next_action(struct command_line *line);
const char *next_operand(struct command_line *line);
void no_more_operands(struct command_line *line);

/* help.c */
void show_help(const struct command *command, const struct command *action,
	       const char *title);

/* complete.c: shell completion */
void candidate(const char *word, const char *help);
void candidates_listed(const char *typed, const char *word, const char *help);
void complete_file(const char *typed);
int complete_words(const struct command *top, int count, char **words);

#endif /* COMMAND_H */
