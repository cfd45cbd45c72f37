// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio test: test the three devices as the calling user.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/command.h"
#include "lib/devtrio.h"
#include "tap.h"
#include "test.h"

static const struct suite *const suites[] = {
	&proc_relate_suite,
	&beepctrl_suite,
	&rambuf_suite,
};

/**
 * struct plan - whether to run a suite
 * @wanted: the user requested it
 * @opens: its device opens
 * @problem: why it does not
 */
struct plan {
	bool wanted;
	bool opens;
	struct problem problem;
};

static size_t find_suite(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		if (!strcmp(suites[i]->device->module, name))
			return i;
	die(EXIT_USAGE, "there are tests of proc_relate, beepctrl and rambuf, not of '%s'",
	    name);
}

static void try_device(const struct suite *suite, struct plan *plan)
{
	int fd = try_open_device(suite->device, suite->flags, &plan->problem);

	plan->opens = fd >= 0;
	if (plan->opens)
		close(fd);
}

/* A suite without its device is one failed test, as one left out is skipped. */
static size_t tests_of(const struct suite *suite, const struct plan *plan)
{
	return plan->wanted && plan->opens ? 1 + suite->count : 1;
}

static void run_suite(const struct suite *suite, const struct plan *plan)
{
	const char *name = suite->device->module, *opens = "the device opens";
	char why[1024];
	size_t i;

	if (!plan->wanted) {
		tap_skip(name, "all of it", "not asked for");
		return;
	}
	snprintf(why, sizeof(why), "%s; %s", plan->problem.what,
		 plan->problem.advice);
	tap_report(name, opens, plan->opens, plan->opens ? NULL : why);
	for (i = 0; plan->opens && i < suite->count; i++)
		tap_run(name, &suite->tests[i]);
}

static int test(struct command_line *line)
{
	struct plan plans[ARRAY_SIZE(suites)] = { };
	size_t i, count = 0;
	const char *name;

	while (next_option(line) != -1)
		;
	name = next_operand(line);
	for (i = 0; i < ARRAY_SIZE(suites); i++)
		plans[i].wanted = !name;
	for (; name; name = next_operand(line))
		plans[find_suite(name)].wanted = true;

	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		if (plans[i].wanted)
			try_device(suites[i], &plans[i]);
		count += tests_of(suites[i], &plans[i]);
	}
	tap_plan(count);
	for (i = 0; i < ARRAY_SIZE(suites); i++)
		run_suite(suites[i], &plans[i]);
	return tap_end();
}

const struct command test_command = {
	.name = "test",
	.summary = "test the devices",
	.operands = "[DRIVER]...",
	.text = "Test the devices of all drivers, or of the named ones, as the calling user, and print TAP. The tests restore the bytes they change in /dev/rambuf, and skip buzzers that another program sounds. The exit code is 0 if all requested tests ran and passed.",
	.examples = (const char *const[]){
		"devtrio test",
		"devtrio test proc_relate rambuf",
		NULL
	},
	.complete = complete_driver,
	.run = test,
};
