// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio status: check the drivers and show how to fix problems.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "lib/command.h"
#include "lib/json.h"
#include "status.h"

/**
 * scope_of() - what to check
 * @line: whose operands are drivers; none: all of them
 * @kernel: as in struct scope
 */
struct scope scope_of(struct command_line *line, const char *kernel)
{
	struct scope scope = { .kernel = kernel };
	const char *name = next_operand(line);
	size_t i;

	for (i = 0; i < DEVICE_COUNT; i++)
		scope.devices[i] = !name;
	for (; name; name = next_operand(line))
		scope.devices[device_or_die(name)] = true;
	return scope;
}

static void print_json(const struct doctor *doctor)
{
	json_print_line(doctor_json(doctor), stdout);
	putchar('\n');
}

static const char *kernel_or_die(const char *name)
{
	if (!*name || strchr(name, '/'))
		die(EXIT_USAGE, "invalid kernel '%s': expected a release as uname -r prints it",
		    name);
	return name;
}

static int status(struct command_line *line)
{
	bool json = false, quiet = false, verbose = false;
	const char *kernel = NULL;
	enum exit_code code;
	struct doctor doctor;
	struct scope scope;
	int opt;

	while ((opt = next_option(line)) != -1) {
		if (opt == 'n')
			kernel = "";
		else if (opt == 'k')
			kernel = kernel_or_die(optarg);
		else if (opt == 'j')
			json = true;
		else if (opt == 'q')
			quiet = true;
		else if (opt == 'v')
			verbose = true;
	}
	if (json + quiet + verbose > 1)
		die(EXIT_USAGE, "--json, --quiet and --verbose exclude each other");
	scope = scope_of(line, kernel);

	doctor_examine(&doctor, &scope);
	if (json)
		print_json(&doctor);
	else if (!quiet)
		print_report(&doctor, verbose);
	code = doctor_exit_code(&doctor);
	doctor_free(&doctor);
	return code;
}

static void complete_kernel(const char *typed)
{
	struct machine machine;
	size_t i;

	(void)typed;
	machine_read(&machine);
	for (i = 0; i < machine.kernel_count; i++)
		candidate(machine.kernels[i].release, NULL);
	machine_free(&machine);
}

static const struct flag status_flags[] = {
	{ 'n', "next-kernel", NULL,
	  "check only whether the drivers are built for the kernel that boots next",
	  NULL },
	{ 'k', "kernel", "RELEASE", "check only kernel RELEASE", complete_kernel },
	{ 'j', "json", NULL, "print JSON (see status.schema.json)", NULL },
	{ 'v', "verbose", NULL, "print every check", NULL },
	{ 'q', "quiet", NULL, "print nothing, only set the exit code", NULL },
	{ }
};

const struct command status_command = {
	.name = "status",
	.summary = "check the drivers and show how to fix problems",
	.operands = "[DRIVER]...",
	.text = "Check all drivers, or the named ones, and show how to fix problems. Root is not required. The exit code reports the worst problem, see devtrio(1).",
	.flags = status_flags,
	.examples = (const char *const[]){
		"devtrio status || echo found a problem",
		"devtrio status --next-kernel",
		NULL
	},
	.complete = complete_driver,
	.run = status,
};
