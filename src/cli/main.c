// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio: the utility for the drivers proc_relate, beepctrl and rambuf.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devtrio.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "status", cmd_status, "say what works, and how to mend what does not" },
	{ "repair", cmd_repair, "do what status proposes" },
	{ "test", cmd_test, "exercise the three devices, results as TAP" },
	{ "ps", cmd_ps, "show how processes relate" },
	{ "beep", cmd_beep, "sound a buzzer, or say which there are" },
	{ "buf", cmd_buf, "read and write the RAM buffer" },
};

static int show_help(void)
{
	const struct command *command;

	puts("Usage: devtrio COMMAND [OPTION]...\n"
	     "Use the devices of the drivers proc_relate, beepctrl and rambuf.\n"
	     "\n"
	     "Commands:");
	for (command = commands; command < commands + ARRAY_SIZE(commands);
	     command++)
		printf("  %-10s %s\n", command->name, command->summary);
	puts("  help       explain a command\n"
	     "\n"
	     "Options:\n"
	     "  -h, --help     show this, or with a command what it does\n"
	     "  -V, --version  show the version\n"
	     "\n"
	     "Example: devtrio status");
	return EXIT_OK;
}

static const struct command *find_command(const char *name)
{
	const struct command *command;

	for (command = commands; command < commands + ARRAY_SIZE(commands);
	     command++)
		if (!strcmp(command->name, name))
			return command;
	die(EXIT_USAGE, "unknown command '%s'; see devtrio --help", name);
}

static int run_command(const char *name, int argc, char **argv)
{
	const struct command *command = find_command(name);
	char title[32];

	snprintf(title, sizeof(title), "devtrio %s", command->name);
	argv[0] = title;
	return command->run(argc, argv);
}

static int help(const char *name)
{
	char option[] = "--help";
	char *argv[] = { NULL, option, NULL };

	return name ? run_command(name, 2, argv) : show_help();
}

int main(int argc, char **argv)
{
	const char *name = argv[1];

	atexit(close_stdout);

	if (argc < 2)
		die(EXIT_USAGE, "no command given; see devtrio --help");
	if (!strcmp(name, "-h") || !strcmp(name, "--help"))
		return show_help();
	if (!strcmp(name, "-V") || !strcmp(name, "--version"))
		return puts("devtrio " DEVTRIO_VERSION) < 0;
	if (!strcmp(name, "help"))
		return help(argv[2]);
	if (name[0] == '-')
		die(EXIT_USAGE, "unknown option %s; see devtrio --help", name);

	return run_command(name, argc - 1, argv + 1);
}
