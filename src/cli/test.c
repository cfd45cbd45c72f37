// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio test: do the three devices keep their promises to this user?
 */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "devtrio.h"
#include "tap.h"
#include "test.h"

static const char usage[] =
	"Usage: devtrio test\n"
	"Exercise the three devices as the user who calls it; results as TAP.\n"
	"Bytes that are written to /dev/rambuf are restored, and a buzzer that\n"
	"somebody else sounds is left alone. Exits with 0 if nothing failed.\n"
	"\n"
	"  -h, --help  show this\n"
	"\n"
	"Example: devtrio test\n";

static const struct suite *const suites[] = {
	&proc_relate_suite,
	&beepctrl_suite,
	&rambuf_suite,
};

static void run_suite(const struct suite *suite)
{
	const char *name = suite->device->module;
	struct problem problem;
	char why[1024];
	size_t i;
	int fd;

	fd = try_open_device(suite->device, suite->flags, &problem);
	if (fd >= 0) {
		close(fd);
		tap_report(name, "the device opens", true, NULL);
	} else {
		snprintf(why, sizeof(why), "%s; %s", problem.what,
			 problem.advice);
		tap_report(name, "the device opens", false, why);
	}

	for (i = 0; i < suite->count; i++)
		if (fd >= 0)
			tap_run(name, &suite->tests[i]);
		else
			tap_skip(name, suite->tests[i].name,
				 "the device does not open");
}

int cmd_test(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	size_t i, count = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (opt != 'h')
			bad_option(argv, opt);
		fputs(usage, stdout);
		return EXIT_OK;
	}
	no_operands(argc, argv);

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		count += 1 + suites[i]->count;
	tap_plan(count);
	for (i = 0; i < ARRAY_SIZE(suites); i++)
		run_suite(suites[i]);

	return tap_all_ok() ? EXIT_OK : EXIT_FAILED;
}
