// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of devtrio ps, and what it knows while changes come in.
 */
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

static char told[1 << 16];

/* The tree as it is printed in the C locale, without header and columns. */
static const char *tree_of(struct proc_relate_task *tasks, size_t count)
{
	struct snapshot snapshot = { .records = tasks, .count = count };
	struct view view = { .tree = true, .line_end = "\n" };
	FILE *out = fmemopen(told, sizeof(told), "w");
	size_t i;

	for (i = 0; i < count; i++)
		snprintf(tasks[i].comm, sizeof(tasks[i].comm), "%u",
			 tasks[i].pid);
	*told = '\0';
	assert_non_null(out);
	view_print(&view, &snapshot, out);
	fclose(out);
	return told;
}

/* A process; each starts at its number. */
#define PROCESS(nr, parent_nr)						\
	{								\
		.pid = (nr), .tgid = (nr), .start_time = (nr),		\
		.real_parent = (parent_nr),				\
		.real_parent_start_time = (parent_nr),			\
	}

static void children_stand_below_their_parent(void **state)
{
	struct proc_relate_task tasks[] = {
		PROCESS(1, 0), PROCESS(2, 0), PROCESS(3, 1), PROCESS(4, 3),
		PROCESS(5, 1), PROCESS(6, 5), PROCESS(7, 4), PROCESS(8, 3),
	};

	(void)state;
	assert_string_equal(tree_of(tasks, ARRAY_SIZE(tasks)),
		"1\n"
		"|-3\n"
		"| |-4\n"
		"| | `-7\n"
		"| `-8\n"
		"`-5\n"
		"  `-6\n"
		"2\n");
}

static void no_tasks_make_no_tree(void **state)
{
	(void)state;
	assert_string_equal(tree_of(NULL, 0), "");
}

static void whose_parent_is_not_there_is_a_root(void **state)
{
	struct proc_relate_task tasks[] = { PROCESS(5, 4), PROCESS(6, 5) };

	(void)state;
	assert_string_equal(tree_of(tasks, 2), "5\n`-6\n");
}

static void a_recycled_number_is_no_parent(void **state)
{
	struct proc_relate_task tasks[] = { PROCESS(3, 0), PROCESS(4, 3) };

	(void)state;
	tasks[1].real_parent_start_time = 2;
	assert_string_equal(tree_of(tasks, 2), "3\n4\n");
}

static void a_parent_may_have_a_higher_number(void **state)
{
	struct proc_relate_task tasks[] = { PROCESS(3, 9), PROCESS(9, 0) };

	(void)state;
	tasks[0].start_time = 10;
	assert_string_equal(tree_of(tasks, 2), "9\n`-3\n");
}

static void threads_stand_below_their_process(void **state)
{
	struct proc_relate_task tasks[] = {
		PROCESS(1, 0), PROCESS(2, 1), PROCESS(3, 1),
	};

	(void)state;
	tasks[2].tgid = 2;
	assert_string_equal(tree_of(tasks, 3), "1\n`-2\n  `-3\n");
}

static void loops_are_broken(void **state)
{
	struct proc_relate_task tasks[] = {
		PROCESS(1, 1), PROCESS(2, 3), PROCESS(3, 2), PROCESS(4, 3),
	};

	(void)state;
	assert_string_equal(tree_of(tasks, 4),
			    "1\n2\n`-3\n  `-4\n");
}

static void a_deep_tree_has_lines_with_an_end(void **state)
{
	static struct proc_relate_task tasks[20000];
	struct snapshot snapshot = { .records = tasks, .count = 20000 };
	struct view view = { .tree = true, .line_end = "\n" };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	uint32_t i;

	(void)state;
	for (i = 0; i < 20000; i++)
		tasks[i] = (struct proc_relate_task)PROCESS(i + 1, i);
	assert_non_null(out);
	view_print(&view, &snapshot, out);
	fclose(out);
	assert_in_range(size, 20000, 20000 * 500);
	free(text);
}

/* The model: each event is told as a sign and the number. */
static int note(void *data, enum event event,
		const struct proc_relate_task *task)
{
	(void)data;
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%c%u:%s ",
		 " +*-"[event], task->pid, task->comm);
	return task->pid == 666;
}

static const char *update(struct snapshot *model,
			  struct proc_relate_task *tasks, size_t count)
{
	struct snapshot news = { .records = tasks, .count = count };

	*told = '\0';
	assert_int_equal(model_update(model, &news, note, NULL), 0);
	return told;
}

#define TABLE		{ .type = PROC_RELATE_TABLE }
#define TASK(nr, start, name) \
	{ .pid = (nr), .start_time = (start), .comm = name }
#define GONE(nr, start) \
	{ .type = PROC_RELATE_GONE, .pid = (nr), .start_time = (start) }
#define UPDATE(model, ...)						\
	({								\
		struct proc_relate_task news_[] = { __VA_ARGS__ };	\
									\
		update(model, news_, ARRAY_SIZE(news_));		\
	})

static struct snapshot filled(void)
{
	struct snapshot model = { .records = NULL };

	UPDATE(&model, TABLE, TASK(1, 1, "init"), TASK(5, 5, "sh"));
	return model;
}

static void the_first_table_is_what_is_present(void **state)
{
	struct snapshot model = filled();

	(void)state;
	assert_string_equal(told, " 1:init  5:sh ");
	assert_int_equal(model.count, 2);
	free(model.records);
}

static void tasks_come_change_and_go(void **state)
{
	struct snapshot model = filled();

	(void)state;
	assert_string_equal(UPDATE(&model, TASK(9, 9, "ls"), TASK(3, 8, "cat")),
			    "+3:cat +9:ls ");
	assert_string_equal(UPDATE(&model, TASK(5, 5, "vi"), GONE(9, 9)),
			    "*5:vi -9:ls ");
	assert_int_equal(model.count, 3);
	assert_int_equal(model.records[1].pid, 3);
	free(model.records);
}

static void what_is_as_it_was_is_no_event(void **state)
{
	struct snapshot model = filled();

	(void)state;
	assert_string_equal(UPDATE(&model, TASK(5, 5, "sh"), GONE(7, 7)), "");
	assert_string_equal(update(&model, NULL, 0), "");
	assert_int_equal(model.count, 2);
	free(model.records);
}

static void a_number_used_again_is_another_task(void **state)
{
	struct snapshot model = filled();

	(void)state;
	assert_string_equal(UPDATE(&model, TASK(5, 9, "new"), GONE(5, 5)),
			    "-5:sh +5:new ");
	assert_int_equal(model.count, 2);
	free(model.records);
}

static void what_is_said_last_counts(void **state)
{
	struct snapshot model = filled();

	(void)state;
	assert_string_equal(UPDATE(&model, TASK(5, 5, "a"), TASK(6, 6, "x"),
				   TASK(5, 5, "b"), GONE(6, 6)), "*5:b ");
	free(model.records);
}

static void a_later_table_is_compared(void **state)
{
	struct snapshot model = filled();

	(void)state;
	assert_string_equal(UPDATE(&model, TASK(7, 7, "forgotten"), TABLE,
				   TASK(1, 1, "init"), TASK(6, 6, "ls")),
			    "-5:sh +6:ls ");
	assert_string_equal(UPDATE(&model, TABLE), "-1:init -6:ls ");
	assert_int_equal(model.count, 0);
	assert_string_equal(UPDATE(&model, TASK(1, 1, "init")), "+1:init ");
	free(model.records);
}

static void the_handler_can_end_it(void **state)
{
	struct snapshot model = filled();
	struct proc_relate_task tasks[] = { TASK(666, 6, ""), TASK(7, 7, "") };
	struct snapshot news = { .records = tasks, .count = 2 };

	(void)state;
	*told = '\0';
	assert_int_equal(model_update(&model, &news, note, NULL), 1);
	assert_string_equal(told, "+7: +666: ");
	free(model.records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_stand_below_their_parent),
		cmocka_unit_test(no_tasks_make_no_tree),
		cmocka_unit_test(whose_parent_is_not_there_is_a_root),
		cmocka_unit_test(a_recycled_number_is_no_parent),
		cmocka_unit_test(a_parent_may_have_a_higher_number),
		cmocka_unit_test(threads_stand_below_their_process),
		cmocka_unit_test(loops_are_broken),
		cmocka_unit_test(a_deep_tree_has_lines_with_an_end),
		cmocka_unit_test(the_first_table_is_what_is_present),
		cmocka_unit_test(tasks_come_change_and_go),
		cmocka_unit_test(what_is_as_it_was_is_no_event),
		cmocka_unit_test(a_number_used_again_is_another_task),
		cmocka_unit_test(what_is_said_last_counts),
		cmocka_unit_test(a_later_table_is_compared),
		cmocka_unit_test(the_handler_can_end_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
