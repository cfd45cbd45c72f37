// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of reading /proc and comparing it with records, for devtrio ps --demo.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/devtrio.h"
#include "lib/procfs.h"

#define HZ 100

static const struct proc_relate_task record = {
	.pid = 2616,
	.tgid = 2616,
	.parent = 1971,
	.real_parent = 1971,
	.group_leader = 2616,
	.pgid = 2615,
	.sid = 2614,
	.sessionid = 4,
	.uid = 1000,
	.gid = 1001,
	.euid = 1002,
	.egid = 1003,
	.start_time = 43210009999999,
	.comm = "sshd",
};

static const struct proc_task task = {
	.comm = "sshd",
	.tgid = 2616,
	.ppid = 1971,
	.pgid = 2615,
	.sid = 2614,
	.uid = 1000,
	.gid = 1001,
	.euid = 1002,
	.egid = 1003,
	.has_sessionid = true,
	.sessionid = 4,
	.start_ticks = 4321000,
};

static void stat_allows_parentheses_in_names(void **state)
{
	struct proc_task found = { };

	(void)state;
	assert_true(parse_stat("2616 (a) S 1 (b) S 1971 2615 2614 34816 2616"
			       " 4194304 100 0 3 0 5 6 0 0 20 0 1 0 4321000"
			       " 10000 200 18446744073709551615", &found));
	assert_int_equal(found.ppid, 1971);
	assert_int_equal(found.pgid, 2615);
	assert_int_equal(found.sid, 2614);
	assert_int_equal(found.start_ticks, 4321000);
}

static void stat_of_a_released_process_has_no_group(void **state)
{
	struct proc_task found = { };

	(void)state;
	assert_true(parse_stat("7 (x) X 0 -1 -1 0 -1 4228364 0 0 0 0 0 0 0 0"
			       " 20 0 0 0 99 0 0", &found));
	assert_int_equal(found.pgid, 0);
	assert_int_equal(found.sid, 0);
	assert_int_equal(found.start_ticks, 99);
}

static void status_has_credentials_and_tracer(void **state)
{
	struct proc_task found = { };

	(void)state;
	assert_true(parse_status("Name:\tUid:\nUmask:\t0022\nTgid:\t2616\n"
				 "Pid:\t2617\nTracerPid:\t12\n"
				 "Uid:\t1000\t1002\t3\t4\n"
				 "Gid:\t1001\t1003\t3\t4\n", &found));
	assert_int_equal(found.tgid, 2616);
	assert_int_equal(found.tracer, 12);
	assert_int_equal(found.uid, 1000);
	assert_int_equal(found.euid, 1002);
	assert_int_equal(found.gid, 1001);
	assert_int_equal(found.egid, 1003);
}

static void truncated_files_are_rejected(void **state)
{
	struct proc_task found = { };

	(void)state;
	assert_false(parse_stat("", &found));
	assert_false(parse_stat("2616 (sshd) S 1971 2615", &found));
	assert_false(parse_status("", &found));
	assert_false(parse_status("Name:\tx\nTgid:\t1\n", &found));
}

static void equal_tasks_have_no_difference(void **state)
{
	struct difference difference;

	(void)state;
	assert_false(find_difference(&record, &task, HZ, &difference));
}

/* Change the record at an offset and expect the field as the difference. */
static void assert_compared(size_t offset, const char *field)
{
	struct proc_relate_task changed = record;
	struct difference difference;

	((unsigned char *)&changed)[offset + 3] ^= 0x10;
	assert_true(find_difference(&changed, &task, HZ, &difference));
	assert_string_equal(difference.field, field);
	assert_string_not_equal(difference.device, difference.proc);
}

static void every_field_is_compared(void **state)
{
	(void)state;
	assert_compared(offsetof(struct proc_relate_task, tgid), "tgid");
	assert_compared(offsetof(struct proc_relate_task, real_parent),
		       "real_parent");
	assert_compared(offsetof(struct proc_relate_task, pgid), "pgid");
	assert_compared(offsetof(struct proc_relate_task, sid), "sid");
	assert_compared(offsetof(struct proc_relate_task, sessionid),
		       "sessionid");
	assert_compared(offsetof(struct proc_relate_task, uid), "uid");
	assert_compared(offsetof(struct proc_relate_task, euid), "euid");
	assert_compared(offsetof(struct proc_relate_task, gid), "gid");
	assert_compared(offsetof(struct proc_relate_task, egid), "egid");
	assert_compared(offsetof(struct proc_relate_task, start_time),
		       "start_time in clock ticks");
	assert_compared(offsetof(struct proc_relate_task, comm), "comm");
}

static void start_time_differs_by_one_tick(void **state)
{
	struct proc_relate_task later = record;
	struct difference difference;

	(void)state;
	later.start_time++;
	assert_true(find_difference(&later, &task, HZ, &difference));
	assert_string_equal(difference.device, "4321001");
	assert_string_equal(difference.proc, "4321000");
}

static void a_tracer_requires_the_traced_flag(void **state)
{
	struct proc_relate_task traced = record;
	struct proc_task with_tracer = task;
	struct difference difference;

	(void)state;
	with_tracer.tracer = 12;
	assert_true(find_difference(&record, &with_tracer, HZ, &difference));
	assert_string_equal(difference.field, "traced");
	traced.flags = PROC_RELATE_TRACED;
	assert_false(find_difference(&traced, &with_tracer, HZ, &difference));
	/* The tracer may be in an outer pid namespace. */
	assert_false(find_difference(&traced, &task, HZ, &difference));
}

static void sessionid_is_skipped_without_audit(void **state)
{
	struct proc_task without = task;
	struct difference difference;

	(void)state;
	without.has_sessionid = false;
	without.sessionid = 0;
	assert_false(find_difference(&record, &without, HZ, &difference));
}

static void kernel_threads_may_have_longer_names(void **state)
{
	struct proc_relate_task thread = record;
	struct proc_task longer = task;
	struct difference difference;

	(void)state;
	strcpy(thread.comm, "kworker/0:1");
	strcpy(longer.comm, "kworker/0:1-events");
	assert_true(find_difference(&thread, &longer, HZ, &difference));
	assert_string_equal(difference.field, "comm");
	thread.flags = PROC_RELATE_KTHREAD;
	assert_false(find_difference(&thread, &longer, HZ, &difference));
	strcpy(longer.comm, "kworker/0:2-events");
	assert_true(find_difference(&thread, &longer, HZ, &difference));
}

static void reads_this_process(void **state)
{
	struct proc_task self;
	char comm[16];

	(void)state;
	/* Under valgrind comm is not the program's name. */
	prctl(PR_GET_NAME, comm);
	assert_int_equal(proc_task_read(getpid(), getpid(), &self), 0);
	assert_int_equal(self.tgid, getpid());
	assert_int_equal(self.ppid, getppid());
	assert_int_equal(self.pgid, getpgid(0));
	assert_int_equal(self.sid, getsid(0));
	assert_int_equal(self.uid, getuid());
	assert_int_equal(self.egid, getegid());
	assert_true(self.start_ticks > 0);
	assert_string_equal(self.comm, comm);
}

static void pid_0_does_not_exist(void **state)
{
	struct proc_task nobody;

	(void)state;
	assert_int_equal(proc_task_read(0, 0, &nobody), -ENOENT);
}

static void pid_list_is_sorted_and_has_this_process(void **state)
{
	struct pid_list list;
	size_t i;

	(void)state;
	assert_int_equal(pid_list_read(&list), 0);
	assert_true(pid_list_has(&list, getpid()));
	assert_false(pid_list_has(&list, 0));
	for (i = 1; i < list.count; i++)
		assert_true(list.pids[i - 1] < list.pids[i]);
	free(list.pids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_allows_parentheses_in_names),
		cmocka_unit_test(stat_of_a_released_process_has_no_group),
		cmocka_unit_test(status_has_credentials_and_tracer),
		cmocka_unit_test(truncated_files_are_rejected),
		cmocka_unit_test(equal_tasks_have_no_difference),
		cmocka_unit_test(every_field_is_compared),
		cmocka_unit_test(start_time_differs_by_one_tick),
		cmocka_unit_test(a_tracer_requires_the_traced_flag),
		cmocka_unit_test(sessionid_is_skipped_without_audit),
		cmocka_unit_test(kernel_threads_may_have_longer_names),
		cmocka_unit_test(reads_this_process),
		cmocka_unit_test(pid_0_does_not_exist),
		cmocka_unit_test(pid_list_is_sorted_and_has_this_process),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
