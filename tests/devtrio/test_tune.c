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

static void steps_are_taken_as_people_type_them(void **state)
{
	(void)state;
	assert_null(tune_add_steps(&tune, "440.5/200,523.25/100,rest/0, 19.5/50"));
	assert_int_equal(tune.count, 3);
	assert_step(0, 441, 200);
	assert_step(1, 523, 100);
	assert_step(2, 20, 50);
}

static void bad_steps_are_rejected(void **state)
{
	static const char *const bad[] = {
		"", ",", "440", "440/", "/5", "440/0", "440/60001", "19/5",
		"20001/5", "0/5", "4294967295/5", "-440/5", "440/5,",
		"440/5/5", "440 /5", "off/5", "440./5", "440.5.5/5", ".5/5",
		"440.x/5", "20000.5/5", "19.4/5", "on/0",
		"rest/0", "rest/0,rest/00",
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

/* What public collections have, each beside the same tune in plain words. */
static void rtttl_of_collections_is_understood(void **state)
{
	static const char *const same[][2] = {
		{ "x:d=8,o=5,b=120,s=N,loop=2:c,e", "x:d=8,o=5,b=120:c,e" },
		{ "x:d=8,o=5,b=120bpm:c,e", "x:d=8,o=5,b=120:c,e" },
		{ "x:o=5,b=120:8c,4.e,g", "x:o=5,b=120:8c,4e.,g" },
		{ "x:o=5,b=120:8#f5,g", "x:o=5,b=120:8f#5,g" },
		{ "x:o=5,b=120:8f5#,g", "x:o=5,b=120:8f#5,g" },
		{ "x:o=5,b=120:c,,e,", "x:o=5,b=120:c,e" },
		{ "x:o=5,b=120:c,8\nf\r\n#,g", "x:o=5,b=120:c,8f#,g" },
		{ "x:o=5,b=120:c,b=60,g,s=2,a", "x:o=5,b=120:c,2g,2a" },
		{ "x:o=5,b=120:c,d=8,o=6,g", "x:o=5,b=120:c,8g6" },
		{ "x:o=5,b=120:c,e,g..", "x:o=5,b=120:c,e,g." },
	};
	static struct tune other;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(same); i++) {
		tune.count = other.count = 0;
		if (tune_add_rtttl(&tune, same[i][0]))
			fail_msg("'%s': %s", same[i][0],
				 tune_add_rtttl(&tune, same[i][0]));
		assert_null(tune_add_rtttl(&other, same[i][1]));
		assert_int_equal(tune.count, other.count);
		assert_memory_equal(tune.steps, other.steps,
				    tune.count * sizeof(tune.steps[0]));
	}
	/* Any value from 1 to 64: a sixth is two thirds of a quarter. */
	tune.count = 0;
	assert_null(tune_add_rtttl(&tune, "x:d=24,o=5,b=60:c,6e,64p"));
	assert_step(0, 523, 167);
	assert_step(1, 659, 666);
	assert_step(2, BEEPCTRL_REST, 63);
}

static void a_refused_note_is_named(void **state)
{
	(void)state;
	assert_string_equal(tune_add_rtttl(&tune, "x:d=8,o=6:c,e,8a0,g"),
			    "note 3, '8a0': the octave must be 1 to 8");
	assert_string_equal(tune_add_rtttl(&tune, "x::c,65d"),
			    "note 2, '65d': the note value must be 1 to 64");
	assert_string_equal(tune_add_rtttl(&tune, "x::quietly and for ever"),
			    "note 1, 'quietly and for ever': expected a note such as 8a#5. or 4p");
}

static void bad_rtttl_is_rejected(void **state)
{
	static const char *const bad[] = {
		"", "x", "x:", "x::", "x::,", "x:d=4", "x:d=4:", "x:d=0:c",
		"x:d=65:c", "x:o=9:c", "x:o=0:c", "x:b=9:c", "x:b=1000:c",
		"x:d=8x:c", "x:d:c", "x::i", "x::0c", "x::65c", "x::c9",
		"x::c0", "x::c d", "x::99999c", "x::b#8", "x:=:c", "x::#c#",
		"x::c,o=0,d", "x::c:d", "x::4", "x::.",
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
		cmocka_unit_test_setup(steps_are_taken_as_people_type_them, empty),
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
		cmocka_unit_test_setup(rtttl_of_collections_is_understood, empty),
		cmocka_unit_test_setup(a_refused_note_is_named, empty),
		cmocka_unit_test_setup(bad_rtttl_is_rejected, empty),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
