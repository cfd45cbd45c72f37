// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devtrio status prints, and what it exits with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "status.h"

static void what_is_well_takes_one_line(void **state)
{
	const struct finding finding = {
		.verdict = VERDICT_OK,
		.problem.what = "loaded",
	};
	char text[128];

	(void)state;
	format_finding(text, sizeof(text), "rambuf", &finding);
	assert_string_equal(text, "ok       rambuf       loaded");
}

static void a_problem_comes_with_its_mending(void **state)
{
	const struct finding finding = {
		.verdict = VERDICT_PROBLEM,
		.problem = {
			.code = EXIT_NOT_LOADED,
			.what = "not loaded",
			.advice = "sudo modprobe proc_relate",
		},
	};
	char text[128];

	(void)state;
	format_finding(text, sizeof(text), "proc_relate", &finding);
	assert_string_equal(text,
		"problem  proc_relate  not loaded\n"
		"                      -> sudo modprobe proc_relate");
}

static void what_is_missing_first_is_worst(void **state)
{
	(void)state;
	assert_int_equal(worse(EXIT_OK, EXIT_OK), EXIT_OK);
	assert_int_equal(worse(EXIT_OK, EXIT_FAILED), EXIT_FAILED);
	assert_int_equal(worse(EXIT_NOT_BUILT, EXIT_NOT_INSTALLED),
			 EXIT_NOT_INSTALLED);
	assert_int_equal(worse(EXIT_NOT_BUILT, EXIT_NOT_LOADED),
			 EXIT_NOT_BUILT);
	assert_int_equal(worse(EXIT_NO_PERMISSION, EXIT_NOT_LOADED),
			 EXIT_NOT_LOADED);
	assert_int_equal(worse(EXIT_NO_PERMISSION, EXIT_FAILED),
			 EXIT_NO_PERMISSION);
	assert_int_equal(worse(EXIT_NO_BUZZER, EXIT_OK), EXIT_NO_BUZZER);
}

static void the_order_of_the_two_does_not_matter(void **state)
{
	int a, b;

	(void)state;
	for (a = EXIT_OK; a <= EXIT_NO_BUZZER; a++)
		for (b = EXIT_OK; b <= EXIT_NO_BUZZER; b++)
			assert_int_equal(worse(a, b), worse(b, a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_well_takes_one_line),
		cmocka_unit_test(a_problem_comes_with_its_mending),
		cmocka_unit_test(what_is_missing_first_is_worst),
		cmocka_unit_test(the_order_of_the_two_does_not_matter),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
