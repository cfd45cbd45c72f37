// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text for people: what the locale can print, and how wide that is.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/devtrio.h"
#include "ps/ps.h"

#define UMLAUT	"\xc3\xa4"	/* one column */
#define WIDE	"\xe6\xbc\xa2"	/* two columns */
#define ACCENT	"e\xcc\x81"	/* two characters, one column */
#define C1	"\xc2\x9b"	/* a terminal may take it as an escape */

static void use(const char *locale)
{
	assert_non_null(setlocale(LC_CTYPE, locale));
}

static void expect_escaped(const char *in, const char *wanted)
{
	char out[65];

	escape_text(out, sizeof(out), in, strlen(in));
	assert_string_equal(out, wanted);
}

static void what_the_locale_prints_stays(void **state)
{
	(void)state;
	use("C.UTF-8");
	expect_escaped("n" UMLAUT WIDE ACCENT, "n" UMLAUT WIDE ACCENT);
	use("C");
	expect_escaped("n" UMLAUT, "n\\xc3\\xa4");
}

static void all_else_is_escaped(void **state)
{
	(void)state;
	use("C.UTF-8");
	expect_escaped("a\n\033\\" C1, "a\\x0a\\x1b\\x5c\\xc2\\x9b");
	/* Cut in the midst, as the kernel does with long names. */
	expect_escaped("a\xe6\xbc", "a\\xe6\\xbc");
	expect_escaped("\xff" UMLAUT "\xc3", "\\xff" UMLAUT "\\xc3");
}

static void nothing_is_cut_in_half(void **state)
{
	char out[5];

	(void)state;
	use("C.UTF-8");
	escape_text(out, sizeof(out), "ab" WIDE, 5);
	assert_string_equal(out, "ab");
	escape_text(out, sizeof(out), "a\n", 2);
	assert_string_equal(out, "a");
	escape_text(out, sizeof(out), "a" WIDE, 4);
	assert_string_equal(out, "a" WIDE);
}

static void messages_stay_on_a_line(void **state)
{
	char text[] = "a\nb\033" UMLAUT C1 "\\";

	(void)state;
	use("C.UTF-8");
	replace_unprintable(text);
	assert_string_equal(text, "a?b?" UMLAUT "??\\");
	use("C");
	replace_unprintable(text);
	assert_string_equal(text, "a?b?????\\");
}

static void widths_are_columns(void **state)
{
	size_t width;

	(void)state;
	use("C.UTF-8");
	assert_int_equal(text_cut("a" UMLAUT WIDE ACCENT, SIZE_MAX, &width),
			 strlen("a" UMLAUT WIDE ACCENT));
	assert_int_equal(width, 5);
	assert_int_equal(text_cut(WIDE WIDE, 3, &width), 3);
	assert_int_equal(width, 2);
	assert_int_equal(text_cut("abc", 2, &width), 2);
	assert_int_equal(text_cut("abc", 0, &width), 0);
	use("C");
	text_cut(UMLAUT, SIZE_MAX, &width);
	assert_int_equal(width, 2);
}

/* The name column of a table with a name of each kind, cut at a width. */
static char *table(size_t columns)
{
	struct proc_relate_task tasks[] = {
		{ .pid = 1, .comm = "plain" },
		{ .pid = 2, .comm = WIDE WIDE WIDE },
		{ .pid = 3, .comm = UMLAUT },
	};
	struct snapshot snapshot = { tasks, ARRAY_SIZE(tasks) };
	struct view view = { .line_end = "\n", .width = columns };
	char unknown[16], *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_true(columns_parse("comm,pid", &view.columns, unknown,
				  sizeof(unknown)));
	view_print(&view, &snapshot, out);
	fclose(out);
	return text;
}

static void columns_line_up_by_width(void **state)
{
	char *text;

	(void)state;
	use("C.UTF-8");
	text = table(0);
	assert_string_equal(text, "plain  1\n" WIDE WIDE WIDE " 2\n"
			    UMLAUT "      3\n");
	free(text);
	text = table(5);
	assert_string_equal(text, "plain\n" WIDE WIDE "\n" UMLAUT "\n");
	free(text);
}

static void colour_is_for_terminals(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_false(use_colour(file));
	fclose(file);
	/* A terminal of its own, so that it does not matter where we are. */
	file = fopen("/dev/ptmx", "r+");
	assert_non_null(file);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_true(use_colour(file));
	setenv("NO_COLOR", "", 1);
	assert_true(use_colour(file));
	setenv("NO_COLOR", "1", 1);
	assert_false(use_colour(file));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(use_colour(file));
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_locale_prints_stays),
		cmocka_unit_test(all_else_is_escaped),
		cmocka_unit_test(nothing_is_cut_in_half),
		cmocka_unit_test(messages_stay_on_a_line),
		cmocka_unit_test(widths_are_columns),
		cmocka_unit_test(columns_line_up_by_width),
		cmocka_unit_test(colour_is_for_terminals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
