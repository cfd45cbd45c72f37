// SPDX-License-Identifier: GPL-2.0-only
/*
 * The subset of the Test Anything Protocol that devtrio test needs.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/devtrio.h"
#include "tap.h"

static size_t number, failures;
static bool skipped;
static enum exit_code untested;
static char text[512];

/**
 * tap_failed() - what a test returns when it fails
 * @why: the reason; what errno says is added
 */
const char *tap_failed(const char *why)
{
	snprintf(text, sizeof(text), "%s (errno: %s)", why, strerror(errno));
	return text;
}

/**
 * tap_skipped() - what a test returns when it can't be made here
 * @code: what to exit with, if nothing fails: it is no success
 * @why: the reason
 */
const char *tap_skipped(enum exit_code code, const char *why)
{
	skipped = true;
	if (!untested)
		untested = code;
	return why;
}

void tap_plan(size_t count)
{
	printf("TAP version 13\n1..%zu\n", count);
}

/* Shown at once: a reader of a pipe sees how far the test has come. */
void tap_report(const char *suite, const char *name, bool ok, const char *why)
{
	if (!ok)
		failures++;
	printf("%s %zu - %s: %s\n", ok ? "ok" : "not ok", ++number, suite,
	       name);
	if (why)
		printf("# %s\n", why);
	flush_stdout();
}

void tap_skip(const char *suite, const char *name, const char *why)
{
	printf("ok %zu - %s: %s # SKIP %s\n", ++number, suite, name, why);
	flush_stdout();
}

void tap_run(const char *suite, const struct tap_test *test)
{
	const char *why;

	errno = 0;
	skipped = false;
	why = test->run();
	if (skipped)
		tap_skip(suite, test->name, why);
	else
		tap_report(suite, test->name, !why, why);
}

/**
 * tap_end() - say so if not all was tested
 *
 * Return: the exit code.
 */
enum exit_code tap_end(void)
{
	if (untested)
		puts("# some tests could not be made here, so this is no success; name the drivers to be tested to leave the others out");
	return failures ? EXIT_FAILED : untested;
}
