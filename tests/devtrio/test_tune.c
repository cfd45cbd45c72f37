// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of parsing tunes for devtrio beep play.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/devtrio.h"
#include "beep/tune.h"

static struct tune tune;

static int empty(void **state)
{
	(void)state;
	tune.count = 0;
	return 0;
}

static void assert_step(size_t i, uint32_t frequency, uint32_t ms)
{
	assert_true(i < tune.count);
	assert_int_equal(tune.steps[i].frequency, frequency);
	assert_int_equal(tune.steps[i].duration, ms);
}

static void parses_a_list_of_steps(void **state)
{
	(void)state;
	assert_null(tune_add_steps(&tune, "440/200,rest/100,on/50"));
	assert_null(tune_add_steps(&tune, "20000/60000"));
	assert_int_equal(tune.count, 4);
	assert_step(0, 440, 200);
	assert_step(1, BEEPCTRL_REST, 100);
	assert_step(2, BEEPCTRL_STEADY, 50);
	assert_step(3, 20000, 60000);
	assert_int_equal(tune_ms(&tune), 60350);
}

static void bad_steps_are_rejected(void **state)
{
	static const char *const bad[] = {
		"", ",", "440", "440/", "/5", "440/0", "440/60001", "19/5",
		"20001/5", "0/5", "4294967295/5", "-440/5", "440/5,",
		"440/5/5", "440 /5", "off/5",
		"440/00000000000000000000000000000000000000000001",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		tune.count = 0;
		assert_non_null(tune_add_steps(&tune, bad[i]));
	}
}

static void the_number_of_steps_is_limited(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < BEEPCTRL_MAX_STEPS; i++)
		assert_null(tune_add_steps(&tune, "rest/1"));
	assert_non_null(tune_add_steps(&tune, "rest/1"));
	assert_int_equal(tune.count, BEEPCTRL_MAX_STEPS);
}

static void finds_named_tunes(void **state)
{
	static const char *const names[] = { "ok", "warning", "alarm" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		tune.count = 0;
		assert_true(tune_add_named(&tune, names[i]));
		assert_true(tune.count > 1);
	}
	assert_false(tune_add_named(&tune, "okay"));
	assert_false(tune_add_named(&tune, ""));
}

static void parses_rtttl_notes(void **state)
{
	(void)state;
	assert_null(tune_add_rtttl(&tune, "x:d=8,o=5,b=120:a,4a#.,p,2C6,h4"));
	assert_int_equal(tune.count, 5);
	assert_step(0, 880, 250);
	assert_step(1, 932, 750);
	assert_step(2, BEEPCTRL_REST, 250);
	assert_step(3, 1047, 1000);
	assert_step(4, 494, 250);
}

static void rtttl_uses_defaults(void **state)
{
	(void)state;
	assert_null(tune_add_rtttl(&tune, "no defaults::c"));
	assert_step(0, 1047, 952);
}

static void rtttl_allows_blanks_and_both_dot_positions(void **state)
{
	(void)state;
	assert_null(tune_add_rtttl(&tune,
				   " x : d = 4 , b = 60 :\n 8c5. ,\t8c.6 , p\n"));
	assert_step(0, 523, 750);
	assert_step(1, 1047, 750);
	assert_step(2, BEEPCTRL_REST, 1000);
}

static void rtttl_rounding_does_not_accumulate(void **state)
{
	(void)state;
	/* One note lasts 35.7 ms, 24 notes 857 ms. */
	assert_null(tune_add_rtttl(&tune, "x:d=32,b=210:c,d,c,d,c,d,c,d,c,d,c,d,c,d,c,d,c,d,c,d,c,d,c,d"));
	assert_int_equal(tune.count, 24);
	assert_int_equal(tune_ms(&tune), 857);
}

static void equal_notes_are_separated(void **state)
{
	(void)state;
	assert_null(tune_add_rtttl(&tune, "x:d=4,b=60,o=5:a,a,p,a"));
	assert_int_equal(tune.count, 5);
	assert_step(0, 880, 980);
	assert_step(1, BEEPCTRL_REST, 20);
	assert_step(2, 880, 1000);
	assert_int_equal(tune_ms(&tune), 4000);
}

static void b_sharp_is_c_of_the_next_octave(void **state)
{
	(void)state;
	assert_null(tune_add_rtttl(&tune, "x:o=4:b#"));
	assert_step(0, 523, 952);
}

static void bad_rtttl_is_rejected(void **state)
{
	static const char *const bad[] = {
		"", "x", "x:", "x::", "x:d=4", "x:d=4:", "x:d=3:c", "x:d=64:c",
		"x:o=9:c", "x:o=0:c", "x:b=9:c", "x:b=1000:c", "x:q=1:c",
		"x:d:c", "x::i", "x::3c", "x::c9", "x::c,,d", "x::c d",
		"x::99999c", "x::b#8", "x:=:c",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		tune.count = 0;
		if (!tune_add_rtttl(&tune, bad[i]))
			fail_msg("'%s' is accepted", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(parses_a_list_of_steps, empty),
		cmocka_unit_test_setup(bad_steps_are_rejected, empty),
		cmocka_unit_test_setup(the_number_of_steps_is_limited, empty),
		cmocka_unit_test_setup(finds_named_tunes, empty),
		cmocka_unit_test_setup(parses_rtttl_notes, empty),
		cmocka_unit_test_setup(rtttl_uses_defaults, empty),
		cmocka_unit_test_setup(rtttl_allows_blanks_and_both_dot_positions,
				       empty),
		cmocka_unit_test_setup(rtttl_rounding_does_not_accumulate, empty),
		cmocka_unit_test_setup(equal_notes_are_separated, empty),
		cmocka_unit_test_setup(b_sharp_is_c_of_the_next_octave, empty),
		cmocka_unit_test_setup(bad_rtttl_is_rejected, empty),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
