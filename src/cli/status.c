// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio status: what works, and how to mend what does not.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <json-c/json.h>

#include "status.h"

static const char usage[] =
	"Usage: devtrio status [OPTION]... [DRIVER]...\n"
	"Say for each driver, or for those that are named, what works, and how to mend\n"
	"what does not. Needs no root. The exit code tells the worst problem, see\n"
	"devtrio(1).\n"
	"\n"
	"  -n, --next-kernel         only: is it safe to reboot? That is, are the drivers\n"
	"                            built for the newest installed kernel?\n"
	"  -k, --kernel RELEASE      the same for this kernel\n"
	"  -j, --json                print JSON, as in status.schema.json\n"
	"  -q, --quiet               print nothing, the exit code tells\n"
	"  -h, --help                show this\n"
	"\n"
	"Example: devtrio status --next-kernel && sudo reboot\n";

/**
 * scope_of() - what to check
 * @names: of drivers, up to NULL; none: all of them
 * @kernel: as in struct scope
 */
struct scope scope_of(char *const *names, const char *kernel)
{
	struct scope scope = { .kernel = kernel };
	bool all = !*names;
	size_t i;

	for (; *names; names++) {
		for (i = 0; i < DEVICE_COUNT; i++)
			if (!strcmp(*names, devices[i]->module))
				break;
		if (i == DEVICE_COUNT)
			die(EXIT_USAGE, "unknown driver '%s'; there are: proc_relate beepctrl rambuf",
			    *names);
		scope.devices[i] = true;
	}
	for (i = 0; i < DEVICE_COUNT; i++)
		scope.devices[i] |= all;
	return scope;
}

/* Looks at this machine. */
void examine_this(struct doctor *doctor, const struct scope *scope)
{
	struct utsname kernel;

	*doctor = (struct doctor){ .scope = *scope };
	uname(&kernel);
	if (!machine_read(&doctor->machine, "", kernel.release))
		die(EXIT_FAILED, "the running kernel's name is too long");
	if (scope->kernel && *scope->kernel &&
	    !find_kernel(&doctor->machine, scope->kernel))
		die(EXIT_FAILED, "there is no kernel %s; see ls /lib/modules",
		    scope->kernel);
	doctor_examine(doctor);
}

static void print_json(const struct doctor *doctor)
{
	struct json_object *json = doctor_json(doctor);

	puts(json_object_to_json_string_ext(json,
					    JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(json);
}

int cmd_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "next-kernel", no_argument, NULL, 'n' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	bool json = false, quiet = false;
	const char *kernel = NULL;
	enum exit_code code;
	struct doctor doctor;
	struct scope scope;
	int opt;

	while ((opt = getopt_long(argc, argv, ":nk:jqh", options, NULL)) != -1) {
		switch (opt) {
		case 'n':
			kernel = "";
			break;
		case 'k':
			kernel = optarg;
			if (!*kernel || strchr(kernel, '/'))
				die(EXIT_USAGE, "a kernel is called as uname -r says, not '%s'",
				    kernel);
			break;
		case 'j':
			json = true;
			break;
		case 'q':
			quiet = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_OK;
		default:
			bad_option(argv, opt);
		}
	}
	if (json && quiet)
		die(EXIT_USAGE, "--json or --quiet? Give one of them");
	scope = scope_of(argv + optind, kernel);

	examine_this(&doctor, &scope);
	if (json)
		print_json(&doctor);
	else if (!quiet)
		doctor_print(&doctor);
	code = doctor_exit_code(&doctor);
	doctor_forget(&doctor);
	machine_free(&doctor.machine);
	return code;
}
