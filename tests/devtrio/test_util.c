// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of parse_number() and escape_bytes().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/devtrio.h"

static void parses_decimal_and_hexadecimal(void **state)
{
	uint64_t number;

	(void)state;
	assert_true(parse_number("0", 10, &number));
	assert_int_equal(number, 0);
	assert_true(parse_number("4096", UINT64_MAX, &number));
	assert_int_equal(number, 4096);
	assert_true(parse_number("0x1fF", UINT64_MAX, &number));
	assert_int_equal(number, 0x1ff);
	/* No octal numbers. */
	assert_true(parse_number("010", UINT64_MAX, &number));
	assert_int_equal(number, 10);
	assert_true(parse_number("18446744073709551615", UINT64_MAX, &number));
	assert_true(number == UINT64_MAX);
}

static void rejects_invalid_numbers(void **state)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "-1", "+1", "1k", "0x", "0x-1", "0x 1", "0xg",
		"one", "1.0", "18446744073709551616",
	};
	uint64_t number = 42;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(parse_number(bad[i], UINT64_MAX, &number));
		assert_int_equal(number, 42);
	}
}

static void rejects_numbers_above_the_limit(void **state)
{
	uint64_t number;

	(void)state;
	assert_true(parse_number("31", 31, &number));
	assert_false(parse_number("32", 31, &number));
}

static void plain_text_is_not_escaped(void **state)
{
	char out[65];

	(void)state;
	escape_bytes(out, sizeof(out), "kworker/0:1 (x)", 16);
	assert_string_equal(out, "kworker/0:1 (x)");
}

static void other_bytes_are_escaped(void **state)
{
	char out[65];

	(void)state;
	escape_bytes(out, sizeof(out), "a\n\x1b[2J\x7f\\\xff", 16);
	assert_string_equal(out, "a\\x0a\\x1b[2J\\x7f\\x5c\\xff");
}

static void input_needs_no_terminator(void **state)
{
	const char full[4] = { 'a', 'b', 'c', 'd' };
	char out[65];

	(void)state;
	escape_bytes(out, sizeof(out), full, sizeof(full));
	assert_string_equal(out, "abcd");
	escape_bytes(out, sizeof(out), "ab\0cd", 5);
	assert_string_equal(out, "ab");
}

static void escapes_are_not_truncated(void **state)
{
	char out[6];

	(void)state;
	escape_bytes(out, sizeof(out), "ab\n", 3);
	assert_string_equal(out, "ab");
	escape_bytes(out, sizeof(out), "a\n\n", 3);
	assert_string_equal(out, "a\\x0a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_decimal_and_hexadecimal),
		cmocka_unit_test(rejects_invalid_numbers),
		cmocka_unit_test(rejects_numbers_above_the_limit),
		cmocka_unit_test(plain_text_is_not_escaped),
		cmocka_unit_test(other_bytes_are_escaped),
		cmocka_unit_test(input_needs_no_terminator),
		cmocka_unit_test(escapes_are_not_truncated),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
