// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devtrio ps prints.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "lib/devtrio.h"
#include "lib/proc_relate.h"
#include "ps/ps.h"

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

/* What a function printed, to compare and to forget. */
static char printed[1 << 16];

#define PRINTED(call)							\
	({								\
		FILE *out = fmemopen(printed, sizeof(printed), "w");	\
									\
		assert_non_null(out);					\
		call;							\
		fclose(out);						\
		printed;						\
	})

static struct view view_of(const char *columns)
{
	struct view view = { .headers = true, .line_end = "\n" };
	char unknown[16];

	assert_true(columns_parse(columns, &view.columns, unknown,
				  sizeof(unknown)));
	return view;
}

static struct snapshot both(void)
{
	static struct proc_relate_task records[2];

	records[0] = kthreadd;
	records[1] = sshd;
	return (struct snapshot){ .records = records, .count = 2 };
}

static const char *cell_of(const char *column,
			   const struct proc_relate_task *task)
{
	static char cell[PS_CELL_MAX];

	column_format(column_find(column, strlen(column)), task, cell,
		      sizeof(cell));
	return cell;
}

static void a_table_is_as_wide_as_its_cells(void **state)
{
	struct view view = view_of("pid,real_parent,state,mm,comm");
	struct snapshot snapshot = both();

	(void)state;
	assert_string_equal(PRINTED(view_print(&view, &snapshot, out)),
		" PID PPID S MM               COMM\n"
		"   2    0 S -                kthreadd\n"
		"2616 1971 S 0123456789abcdef sshd\n");
}

static void headers_can_be_left_out(void **state)
{
	struct view view = view_of("pid,sessionid");
	struct snapshot snapshot = both();

	(void)state;
	view.headers = false;
	assert_string_equal(PRINTED(view_print(&view, &snapshot, out)),
			    "   2 -\n2616 4\n");
}

static void lines_are_cut_at_the_width(void **state)
{
	struct view view = view_of("pid,mm,comm");
	struct snapshot snapshot = both();

	(void)state;
	view.width = 9;
	assert_string_equal(PRINTED(view_print(&view, &snapshot, out)),
			    " PID MM\n   2 -\n2616 0123\n");
}

static void a_low_terminal_says_how_many_more(void **state)
{
	struct view view = view_of("pid");
	struct snapshot snapshot = both();

	(void)state;
	view.height = 3;
	assert_string_equal(PRINTED(view_print(&view, &snapshot, out)),
			    " PID\n   2\n2616\n");
	view.height = 2;
	assert_string_equal(PRINTED(view_print(&view, &snapshot, out)),
			    " PID\n2 more\n");
	view.headers = false;
	view.height = 1;
	assert_string_equal(PRINTED(view_print(&view, &snapshot, out)),
			    "2 more\n");
}

static void a_tree_ends_in_the_names(void **state)
{
	struct view view = view_of("pid");
	struct proc_relate_task tasks[2] = { kthreadd, kthreadd };
	struct snapshot snapshot = { .records = tasks, .count = 2 };

	(void)state;
	tasks[1].pid = tasks[1].tgid = 3;
	tasks[1].real_parent = 2;
	view.tree = true;
	assert_string_equal(PRINTED(view_print(&view, &snapshot, out)),
			    "PID COMM\n  2 kthreadd\n  3 `-kthreadd\n");
}

static void cells_show_what_is_unset_as_dash(void **state)
{
	(void)state;
	assert_string_equal(cell_of("sessionid", &kthreadd), "-");
	assert_string_equal(cell_of("mm", &kthreadd), "-");
	assert_string_equal(cell_of("flags", &sshd), "-");
	assert_string_equal(cell_of("flags", &kthreadd), "kthread");
	assert_string_equal(cell_of("sessionid", &sshd), "4");
}

static void times_are_seconds(void **state)
{
	struct proc_relate_task task = { .start_time = 12059999999 };

	(void)state;
	assert_string_equal(cell_of("start_time", &task), "12.05");
}

static void columns_are_listed_by_name(void **state)
{
	struct column_list columns;
	char unknown[8];

	(void)state;
	assert_true(columns_parse("pid,comm,pid", &columns, unknown, 8));
	assert_int_equal(columns.count, 2);
	assert_string_equal(columns.column[1]->name, "comm");
	columns_drop(&columns, "pid");
	assert_int_equal(columns.count, 1);
	assert_false(columns_parse("pid,frob", &columns, unknown, 8));
	assert_string_equal(unknown, "frob");
	assert_false(columns_parse("pid,", &columns, unknown, 8));
	assert_string_equal(unknown, "");
	assert_false(columns_parse("PID", &columns, unknown, 8));
	assert_false(columns_parse("pidpidpidpid", &columns, unknown, 8));
	assert_true(columns_parse("all", &columns, unknown, 8));
	assert_string_equal(columns.column[columns.count - 1]->name, "comm");
}

static struct json_object *parsed(const char *text)
{
	struct json_object *json = json_tokener_parse(text);

	assert_non_null(json);
	return json;
}

static void json_is_an_array_of_objects(void **state)
{
	struct view view = view_of("all");
	struct snapshot snapshot = both();
	struct json_object *json, *task;

	(void)state;
	json = parsed(PRINTED(json_print(&view.columns, &snapshot, out)));
	assert_int_equal(json_object_array_length(json), 2);
	task = json_object_array_get_idx(json, 1);
	assert_int_equal(json_object_object_length(task), view.columns.count);
	assert_string_equal(json_object_to_json_string_ext(task, 0),
		"{\"pid\":2616,\"tgid\":2616,\"parent\":1971,\"real_parent\":1971,"
		"\"group_leader\":2616,\"pgid\":2616,\"sid\":2616,\"sessionid\":4,"
		"\"uid\":1000,\"gid\":0,\"euid\":0,\"egid\":0,\"state\":\"S\","
		"\"flags\":[],\"threads\":0,\"start_time\":0,"
		"\"parent_start_time\":0,\"real_parent_start_time\":0,"
		"\"mm\":\"0123456789abcdef\",\"active_mm\":\"fedcba9876543210\","
		"\"comm\":\"sshd\"}");
	json_object_put(json);
}

static void json_shows_what_is_unset_as_null(void **state)
{
	struct view view = view_of("sessionid,flags,mm");
	struct snapshot snapshot = both();

	(void)state;
	snapshot.count = 1;
	assert_string_equal(PRINTED(json_print(&view.columns, &snapshot, out)),
		"[\n{\"sessionid\":null,\"flags\":[\"kthread\"],\"mm\":null}\n]\n");
	snapshot.count = 0;
	assert_string_equal(PRINTED(json_print(&view.columns, &snapshot, out)),
			    "[\n]\n");
}

static void json_of_any_name_is_json(void **state)
{
	struct view view = view_of("comm");
	struct proc_relate_task task = { .comm = "\"\\\n\xff/" };
	struct json_object *json, *name;

	(void)state;
	json = parsed(PRINTED(json_print_task(&view.columns, &task, "came",
					      out)));
	assert_true(json_object_object_get_ex(json, "comm", &name));
	assert_string_equal(json_object_get_string(name), "\"\\x5c\\x0a\\xff/");
	assert_true(json_object_object_get_ex(json, "event", &name));
	assert_string_equal(json_object_get_string(name), "came");
	json_object_put(json);
}

static void the_terminal_says_how_wide_it_is(void **state)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), pipes[2];
	struct winsize size = { .ws_col = 40, .ws_row = 10 };
	size_t width, height;

	(void)state;
	if (terminal < 0)
		skip();
	unsetenv("COLUMNS");
	unsetenv("LINES");
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
	assert_true(terminal_size(terminal, &width, &height));
	assert_int_equal(width, 40);
	assert_int_equal(height, 10);
	setenv("COLUMNS", "33", 1);
	assert_true(terminal_size(terminal, &width, &height));
	assert_int_equal(width, 33);
	setenv("COLUMNS", "wide", 1);
	assert_true(terminal_size(terminal, &width, &height));
	assert_int_equal(width, 40);
	close(terminal);

	setenv("COLUMNS", "33", 1);
	assert_int_equal(pipe(pipes), 0);
	assert_false(terminal_size(pipes[1], &width, &height));
	assert_int_equal(width, 0);
	close(pipes[0]);
	close(pipes[1]);
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
	struct snapshot snapshot = { .records = &task, .count = 1 };
	struct view view = view_of("state,comm");
	char line[PS_LINE_MAX];

	(void)state;
	memset(task.comm, 0x1b, sizeof(task.comm));
	task.state = '\n';
	view.headers = false;
	PRINTED(view_print(&view, &snapshot, out));
	assert_null(strchr(printed, 0x1b));
	assert_ptr_equal(strchr(printed, '\n'), strrchr(printed, '\n'));
	format_entry(line, sizeof(line), &task);
	assert_null(strpbrk(line, "\x1b\n"));
}

static void the_longest_lines_fit(void **state)
{
	struct proc_relate_task task;
	struct snapshot snapshot = { .records = &task, .count = 1 };
	struct view view = view_of("all");
	char line[PS_LINE_MAX];
	size_t i;

	(void)state;
	memset(&task, 0xfe, sizeof(task));
	PRINTED(view_print(&view, &snapshot, out));
	assert_string_equal(printed + strlen(printed) - 5, "\\xfe\n");
	for (i = 0; i < view.columns.count; i++) {
		column_format(view.columns.column[i], &task, line, PS_CELL_MAX);
		assert_true(strlen(line) < PS_CELL_MAX);
	}
	format_entry(line, sizeof(line), &task);
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
	assert_ptr_equal(snapshot_find_exact(&snapshot, 2, 0), &records[0]);
	assert_null(snapshot_find_exact(&snapshot, 2, 1));
	assert_null(snapshot_find(&snapshot, UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_as_wide_as_its_cells),
		cmocka_unit_test(headers_can_be_left_out),
		cmocka_unit_test(lines_are_cut_at_the_width),
		cmocka_unit_test(a_low_terminal_says_how_many_more),
		cmocka_unit_test(a_tree_ends_in_the_names),
		cmocka_unit_test(cells_show_what_is_unset_as_dash),
		cmocka_unit_test(times_are_seconds),
		cmocka_unit_test(columns_are_listed_by_name),
		cmocka_unit_test(json_is_an_array_of_objects),
		cmocka_unit_test(json_shows_what_is_unset_as_null),
		cmocka_unit_test(json_of_any_name_is_json),
		cmocka_unit_test(the_terminal_says_how_wide_it_is),
		cmocka_unit_test(an_entry_is_as_the_first_driver_had_it),
		cmocka_unit_test(an_entry_shows_what_is_unset_as_number),
		cmocka_unit_test(nothing_raw_reaches_the_terminal),
		cmocka_unit_test(the_longest_lines_fit),
		cmocka_unit_test(a_pid_is_found_in_a_snapshot),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
