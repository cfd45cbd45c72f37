// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio: the utility for the drivers proc_relate, beepctrl and rambuf.
 */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/command.h"
#include "lib/devtrio.h"

extern const struct command status_command, repair_command, test_command,
	ps_command, beep_command, buf_command;

static const struct command devtrio_command, help_command, complete_command;

static const struct command *const commands[] = {
	&status_command,
	&repair_command,
	&test_command,
	&ps_command,
	&beep_command,
	&buf_command,
	&help_command,
	&complete_command,
	NULL
};

static const struct command *find_command(const char *name)
{
	const struct command *command = action_find(&devtrio_command, name);

	if (!command)
		die(EXIT_USAGE, "unknown command '%s'; try devtrio --help",
		    name);
	return command;
}

static const char *title_of(const struct command *command)
{
	static char title[32];

	snprintf(title, sizeof(title), "devtrio %s", command->name);
	return title;
}

static int help(struct command_line *line)
{
	const struct command *command, *action = NULL;
	const char *name;

	while (next_option(line) != -1)
		;
	name = next_operand(line);
	if (!name) {
		show_help(&devtrio_command, NULL, "devtrio");
		return EXIT_OK;
	}
	command = find_command(name);
	name = next_operand(line);
	if (name) {
		action = action_find(command, name);
		if (!action)
			die(EXIT_USAGE, "%s has no action '%s'; try %s --help",
			    command->name, name, title_of(command));
	}
	no_more_operands(line);
	show_help(command, action, title_of(command));
	return EXIT_OK;
}

static const struct command help_command = {
	.name = "help",
	.summary = "show help for a command",
	.operands = "[COMMAND [ACTION]]",
	.examples = (const char *const[]){ "devtrio help buf save", NULL },
	.run = help,
};

/* The words belong to another command line: don't parse or reject them. */
static int complete(struct command_line *line)
{
	return complete_words(&devtrio_command, line->argc - 1,
			      line->argv + 1);
}

static const struct command complete_command = {
	.name = "complete",
	.operands = "WORD...",
	.text = "Print completions of the last WORD. The shells' completion scripts call this.",
	.run = complete,
};

static const struct command devtrio_command = {
	.name = "devtrio",
	.operands = "COMMAND [OPTION]...",
	.text = "Use and check the proc_relate, beepctrl and rambuf drivers.",
	.actions = commands,
	.examples = (const char *const[]){
		"devtrio status",
		"devtrio buf write --help",
		NULL
	},
};

static int run(int argc, char **argv)
{
	const struct command *command = find_command(argv[0]);
	struct command_line line = {
		.command = command, .argc = argc, .argv = argv,
	};
	char title[32];

	snprintf(title, sizeof(title), "%s", title_of(command));
	argv[0] = title;
	return command->run(&line);
}

/*
 * Otherwise the next open(), perhaps of a device, reuses the number of a closed
 * standard file and receives the output. I/O on the placeholders still fails.
 */
static void reserve_standard_files(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
	const char *name = argv[1];

	reserve_standard_files();
	setlocale(LC_CTYPE, "");
	atexit(close_stdout);

	if (argc < 2)
		die(EXIT_USAGE, "missing command; try devtrio --help");
	if (!strcmp(name, "-h") || !strcmp(name, "--help")) {
		show_help(&devtrio_command, NULL, "devtrio");
		return EXIT_OK;
	}
	if (!strcmp(name, "-V") || !strcmp(name, "--version"))
		return puts("devtrio " DEVTRIO_VERSION) < 0;
	if (name[0] == '-')
		die(EXIT_USAGE, "unknown option %s; try devtrio --help", name);

	return run(argc - 1, argv + 1);
}
