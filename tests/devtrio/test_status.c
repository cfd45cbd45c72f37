// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the output and exit code of devtrio status.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "status/status.h"

static char *printed(const struct finding *finding, const struct style *style)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	print_finding(out, finding, style);
	fclose(out);
	return text;
}

static void assert_printed(const struct finding *finding,
			   const struct style *style, const char *wanted)
{
	char *text = printed(finding, style);

	assert_string_equal(text, wanted);
	free(text);
}

static void ok_takes_one_line(void **state)
{
	struct doctor doctor = { .id = "loaded" };
	const struct style plain = { };

	(void)state;
	report_finding(&doctor, VERDICT_OK, "rambuf", "%s", "loaded");
	assert_printed(doctor.findings, &plain,
		       "ok      loaded           rambuf: loaded\n");
	doctor_free(&doctor);
}

static void a_problem_shows_log_fixes_and_notes(void **state)
{
	struct doctor doctor = { .id = "group" };
	const struct style user = { .sudo = true };
	struct finding *finding;

	(void)state;
	finding = report_problem(&doctor, EXIT_FAILED, "", "gone");
	finding->log = strdup("one\ntwo\n");
	add_fix(finding, STAGE_GROUP, "systemd-sysusers", "devtrio.conf", NULL);
	add_manual_fix(finding, "if you dare", "reboot", NULL);
	add_note(finding, "then log in %s", "again");
	assert_printed(finding, &user,
		       "problem group            gone\n"
		       "                         | one\n"
		       "                         | two\n"
		       "                         -> sudo systemd-sysusers devtrio.conf\n"
		       "                         -> sudo reboot  # if you dare\n"
		       "                         -> then log in again\n");
	doctor_free(&doctor);
}

static void long_text_wraps_on_a_terminal(void **state)
{
	struct doctor doctor = { .id = "headers" };
	const struct style narrow = { .width = 51, .colour = true };

	(void)state;
	report_finding(&doctor, VERDICT_WARNING, "6.1",
	     "missing: nothing can be built for it any more");
	assert_printed(doctor.findings, &narrow,
		       "\033[33mwarning \033[0mheaders          6.1: missing: nothing can\n"
		       "                         be built for it any more\n");
	doctor_free(&doctor);
}

static void assert_command_text(const char *word, const char *wanted)
{
	struct doctor doctor = { .id = "node" };
	struct finding *finding;
	char *text;

	finding = report_problem(&doctor, EXIT_FAILED, "", "x");
	add_fix(finding, STAGE_NODE, "rm", word, NULL);
	text = command_text(finding->commands, false);
	assert_string_equal(text, wanted);
	free(text);
	doctor_free(&doctor);
}

static void arguments_are_quoted_for_the_shell(void **state)
{
	(void)state;
	assert_command_text("/dev/rambuf", "rm /dev/rambuf");
	assert_command_text("", "rm ''");
	assert_command_text("two words", "rm 'two words'");
	assert_command_text("$(reboot)", "rm '$(reboot)'");
	assert_command_text("it's", "rm 'it'\\''s'");
	assert_command_text("~", "rm '~'");
	assert_command_text("a;b", "rm 'a;b'");
	assert_command_text("6.12.9+deb12-rt_amd64~rc1", "rm '6.12.9+deb12-rt_amd64~rc1'");
}

static void assert_plain(const char *text, const char *wanted)
{
	char *copy = strdup(text);

	assert_string_equal(plain_text(copy), wanted);
	free(copy);
}

static void plain_text_removes_control_characters(void **state)
{
	(void)state;
	assert_plain("one\ntwo", "one\ntwo");
	assert_plain("\033[31mred\r\t", "?[31mred??");
	assert_plain("error: \xe2\x80\x98x\xe2\x80\x99", "error: ?x?");
	assert_plain("\xff\x80", "?");
}

static void worse_prefers_the_earlier_stage(void **state)
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
	assert_int_equal(worse(EXIT_NOT_BUILT_NEXT, EXIT_FAILED), EXIT_FAILED);
	assert_int_equal(worse(EXIT_NO_BUZZER, EXIT_OK), EXIT_NO_BUZZER);
}

static void worse_is_commutative(void **state)
{
	int a, b;

	(void)state;
	for (a = EXIT_OK; a <= EXIT_NO_BUZZER; a++)
		for (b = EXIT_OK; b <= EXIT_NO_BUZZER; b++)
			assert_int_equal(worse(a, b), worse(b, a));
}

static void only_problems_set_the_exit_code(void **state)
{
	struct doctor doctor = { .id = "boot" };
	struct finding *finding;

	(void)state;
	report_finding(&doctor, VERDICT_WARNING, "", "hm");
	assert_int_equal(doctor_exit_code(&doctor), EXIT_OK);
	finding = report_problem(&doctor, EXIT_NOT_LOADED, "", "no");
	assert_int_equal(doctor_exit_code(&doctor), EXIT_NOT_LOADED);
	downgrade(finding);
	assert_int_equal(doctor_exit_code(&doctor), EXIT_OK);
	doctor_free(&doctor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ok_takes_one_line),
		cmocka_unit_test(a_problem_shows_log_fixes_and_notes),
		cmocka_unit_test(long_text_wraps_on_a_terminal),
		cmocka_unit_test(arguments_are_quoted_for_the_shell),
		cmocka_unit_test(plain_text_removes_control_characters),
		cmocka_unit_test(worse_prefers_the_earlier_stage),
		cmocka_unit_test(worse_is_commutative),
		cmocka_unit_test(only_problems_set_the_exit_code),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
