// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines that devtrio ps prints.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "devtrio.h"
#include "ps.h"
#include "snapshot.h"

static const struct proc_relate_task sshd = {
	.pid = 2616,
	.tgid = 2616,
	.parent = 1971,
	.real_parent = 1971,
	.group_leader = 2616,
	.pgid = 2616,
	.sid = 2616,
	.sessionid = 4,
	.uid = 1000,
	.state = 'S',
	.mm = 0x0123456789abcdef,
	.active_mm = 0xfedcba9876543210,
	.comm = "sshd",
};

static const struct proc_relate_task kthreadd = {
	.pid = 2,
	.tgid = 2,
	.group_leader = 2,
	.sessionid = PROC_RELATE_SESSIONID_UNSET,
	.state = 'S',
	.flags = PROC_RELATE_KTHREAD,
	.comm = "kthreadd",
};

static void a_row_shows_the_relations(void **state)
{
	char line[PS_LINE_MAX];

	(void)state;
	format_row(line, sizeof(line), &sshd);
	assert_string_equal(line,
		"   2616    2616    1971        1971    2616    2616    2616"
		"       4 S  1000 0123456789abcdef fedcba9876543210 sshd");
}

static void a_row_shows_what_is_unset_as_dash(void **state)
{
	char line[PS_LINE_MAX];

	(void)state;
	format_row(line, sizeof(line), &kthreadd);
	assert_string_equal(line,
		"      2       2       0           0       2       0       0"
		"       - S     0 -                -                kthreadd");
}

static void the_header_stands_over_the_columns(void **state)
{
	char header[PS_LINE_MAX], row[PS_LINE_MAX];

	(void)state;
	format_header(header, sizeof(header));
	format_row(row, sizeof(row), &sshd);
	assert_int_equal(strstr(header, "COMM") - header,
			 strstr(row, "sshd") - row);
	assert_int_equal(strstr(header, " S ") - header,
			 strstr(row, " S ") - row);
}

static void an_entry_is_as_the_first_driver_had_it(void **state)
{
	char line[PS_LINE_MAX];

	(void)state;
	format_entry(line, sizeof(line), &sshd);
	assert_string_equal(line,
		"pid=2616 tgid=2616 comm=sshd sessionid=4"
		" mm=0123456789abcdef activeMM=fedcba9876543210"
		" parent=1971 real_parent=1971 group_leader=2616");
}

static void an_entry_shows_what_is_unset_as_number(void **state)
{
	char line[PS_LINE_MAX];

	(void)state;
	format_entry(line, sizeof(line), &kthreadd);
	assert_string_equal(line,
		"pid=2 tgid=2 comm=kthreadd sessionid=4294967295"
		" mm=0000000000000000 activeMM=0000000000000000"
		" parent=0 real_parent=0 group_leader=2");
}

static void nothing_raw_reaches_the_terminal(void **state)
{
	struct proc_relate_task task = sshd;
	char line[PS_LINE_MAX];

	(void)state;
	memset(task.comm, 0x1b, sizeof(task.comm));
	task.state = '\n';
	format_row(line, sizeof(line), &task);
	assert_null(strpbrk(line, "\x1b\n"));
	format_entry(line, sizeof(line), &task);
	assert_null(strpbrk(line, "\x1b\n"));
}

static void the_longest_lines_fit(void **state)
{
	struct proc_relate_task task;
	char line[PS_LINE_MAX];

	(void)state;
	memset(&task, 0xfe, sizeof(task));
	format_row(line, sizeof(line), &task);
	assert_true(strlen(line) < sizeof(line) - 1);
	format_entry(line, sizeof(line), &task);
	assert_true(strlen(line) < sizeof(line) - 1);
	assert_non_null(strstr(line, "group_leader=4278124286"));
}

static void a_pid_is_found_in_a_snapshot(void **state)
{
	struct proc_relate_task records[] = { kthreadd, sshd };
	struct snapshot snapshot = { .records = records, .count = 2 };

	(void)state;
	assert_ptr_equal(snapshot_find(&snapshot, 2), &records[0]);
	assert_ptr_equal(snapshot_find(&snapshot, 2616), &records[1]);
	assert_null(snapshot_find(&snapshot, 1));
	assert_null(snapshot_find(&snapshot, UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_shows_the_relations),
		cmocka_unit_test(a_row_shows_what_is_unset_as_dash),
		cmocka_unit_test(the_header_stands_over_the_columns),
		cmocka_unit_test(an_entry_is_as_the_first_driver_had_it),
		cmocka_unit_test(an_entry_shows_what_is_unset_as_number),
		cmocka_unit_test(nothing_raw_reaches_the_terminal),
		cmocka_unit_test(the_longest_lines_fit),
		cmocka_unit_test(a_pid_is_found_in_a_snapshot),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
