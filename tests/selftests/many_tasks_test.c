// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read 30,000 tasks repeatedly. Runs in a guest of its own, whose console must
 * show no watchdog or RCU stall messages.
 */
#include "proc_relate.h"

#define PROCESSES	30
#define THREADS		1000
#define TASKS		(PROCESSES * THREADS)

static struct proc_relate_task tasks[TASKS + 10000];

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return NULL;
}

static int start_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int i;

	if (pthread_attr_init(&attr) || pthread_attr_setstacksize(&attr, 16384))
		return 1;
	for (i = 1; i < THREADS; i++)
		if (pthread_create(&thread, &attr, wait_for_ever, NULL))
			return 1;
	return 0;
}

static void fork_with_threads(void)
{
	int told[2];
	char failed;
	pid_t child;

	assert_int_equal(pipe(told), 0);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		failed = start_threads();
		if (write(told[1], &failed, 1) != 1)
			_exit(1);
		wait_for_ever(NULL);
	}
	close(told[1]);
	assert_int_equal(read(told[0], &failed, 1), 1);
	assert_int_equal(failed, 0);
	close(told[0]);
}

static size_t read_tasks(int fd)
{
	ssize_t n;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	n = read(fd, tasks, sizeof(tasks));
	assert_true(n >= 0);
	assert_int_equal(read(fd, tasks, RECORD), 0);
	return n / RECORD;
}

static int start_all(void **state)
{
	int i;

	for (i = 0; i < PROCESSES; i++)
		fork_with_threads();
	return 0;
}

static void every_snapshot_has_all_tasks(void **state)
{
	int fd = opened(), i;

	assert_works(set_query(fd, PROC_RELATE_THREADS));
	for (i = 0; i < 100; i++)
		assert_in_range(read_tasks(fd), TASKS, TASKS + 9999);
	close(fd);
}

static void filters_visit_all_tasks(void **state)
{
	struct proc_relate_query query = {
		.flags = PROC_RELATE_THREADS | PROC_RELATE_BELOW |
			 PROC_RELATE_UID,
		.below = getpid(),
	};
	int fd = opened(), i;

	assert_works(ioctl(fd, PROC_RELATE_SET_QUERY, &query));
	for (i = 0; i < 20; i++)
		assert_int_equal(read_tasks(fd), TASKS + 1);
	close(fd);
}

static void consistent_snapshot_succeeds(void **state)
{
	int fd = opened(), i;

	assert_works(set_query(fd, PROC_RELATE_THREADS |
				   PROC_RELATE_CONSISTENT));
	for (i = 0; i < 100; i++) {
		ssize_t n = read(fd, tasks, sizeof(tasks));

		if (n > 0) {
			assert_in_range(n / RECORD, TASKS, TASKS + 9999);
			close(fd);
			return;
		}
		assert_int_equal(errno, EAGAIN);
	}
	fail_msg("no consistent table in 100 tries");
}

static void changes_report_only_changed_tasks(void **state)
{
	int fd = opened(), i;

	assert_works(set_query(fd, PROC_RELATE_THREADS | PROC_RELATE_CHANGES));
	assert_in_range(read_tasks(fd), TASKS, TASKS + 9999);
	for (i = 0; i < 100; i++) {
		end_idle(fork_idle());
		assert_in_range(read_tasks(fd), 0, 100);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(every_snapshot_has_all_tasks),
		cmocka_unit_test(filters_visit_all_tasks),
		cmocka_unit_test(consistent_snapshot_succeeds),
		cmocka_unit_test(changes_report_only_changed_tasks),
	};

	return run_as_tap_after(start_all, tests);
}
