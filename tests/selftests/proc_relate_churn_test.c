// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compare the relations with /proc while thousands of tasks start and end. A
 * snapshot must agree with all that is the same in /proc before and after it.
 */
#include "proc_relate.h"

#include <ctype.h>
#include <dirent.h>
#include <sys/ptrace.h>

#define ROUNDS	40

/* Fields of /proc/PID/stat. */
struct stat_line {
	int pid, parent, pgrp, session;
	unsigned long long start;	/* in ticks since boot */
};

struct stat_table {
	size_t n;
	struct stat_line line[MAX];
};

static bool read_stat(int pid, struct stat_line *line)
{
	char path[32], text[512], *rest;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	rest = strrchr(text, ')');
	line->pid = pid;
	/* A task that is being reaped has a pgrp of -1. */
	return rest &&
	       sscanf(rest, ") %*c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		      &line->parent, &line->pgrp, &line->session,
		      &line->start) == 4 && line->pgrp != -1;
}

static void read_stats(struct stat_table *table)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	assert_non_null(proc);
	table->n = 0;
	while ((entry = readdir(proc)))
		if (isdigit(entry->d_name[0]) && table->n < MAX &&
		    read_stat(atoi(entry->d_name), &table->line[table->n]))
			table->n++;
	closedir(proc);
}

static struct stat_line *find_stat(struct stat_table *table, int pid)
{
	size_t i;

	for (i = 0; i < table->n; i++)
		if (table->line[i].pid == pid)
			return &table->line[i];
	return NULL;
}

/* Compare and count the processes that are the same before and after. */
static int compare(struct stat_table *before, struct table *table,
		   struct stat_table *after)
{
	long ns_per_tick = 1000000000 / sysconf(_SC_CLK_TCK);
	int n = 0;
	size_t i;

	for (i = 0; i < before->n; i++) {
		struct stat_line *a = &before->line[i];
		struct stat_line *b = find_stat(after, a->pid);
		struct proc_relate_task *task;

		if (!b || a->start != b->start || a->parent != b->parent ||
		    a->pgrp != b->pgrp || a->session != b->session)
			continue;
		task = find(table, a->pid);
		assert_non_null(task);
		assert_int_equal(task->start_time / ns_per_tick, a->start);
		assert_int_equal(task->real_parent, a->parent);
		assert_int_equal(task->pgid, a->pgrp);
		assert_int_equal(task->sid, a->session);
		n++;
	}
	return n;
}

static void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void idle(void)
{
	for (;;)
		pause();
}

/* Create short-lived processes and orphans. */
static void churn_processes(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (;;) {
		if (!fork()) {
			if (!fork()) {
				setsid();
				usleep(2000);
			}
			_exit(0);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static void *end_at_once(void *unused)
{
	return NULL;
}

static void churn_threads(void)
{
	for (;;) {
		pthread_t thread;

		if (!pthread_create(&thread, NULL, end_at_once, NULL))
			pthread_join(thread, NULL);
	}
}

static void churn_vforks(void)
{
	for (;;) {
		if (!vfork())
			_exit(0);
		wait(NULL);
	}
}

static void trace(pid_t tracee)
{
	if (ptrace(PTRACE_SEIZE, tracee, NULL, NULL))
		_exit(1);
	idle();
}

static pid_t start(void (*function)(void))
{
	pid_t child = fork();

	assert_int_not_equal(child, -1);
	if (!child) {
		die_with_parent();
		function();
	}
	return child;
}

static void records_agree_with_proc_under_churn(void **state)
{
	static struct stat_table before, after;
	pid_t churn[3], tracee, tracer;
	struct proc_relate_task task;
	int round, n = 0, fd = opened();
	size_t i;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	tracee = start(idle);
	tracer = fork();
	if (!tracer) {
		die_with_parent();
		trace(tracee);
	}
	churn[0] = start(churn_processes);
	churn[1] = start(churn_threads);
	churn[2] = start(churn_vforks);

	for (round = 0; round < ROUNDS; round++) {
		struct table *table;

		read_stats(&before);
		table = snapshot(fd);
		read_stats(&after);
		n += compare(&before, table, &after);
	}
	task = task_of(fd, tracee);
	assert_int_equal(task.parent, tracer);
	assert_int_equal(task.real_parent, getpid());
	assert_in_range(n, ROUNDS * 8, UINT32_MAX);
	print_message("# compared %d\n", n);

	end_idle(tracer);
	end_idle(tracee);
	for (i = 0; i < sizeof(churn) / sizeof(churn[0]); i++)
		end_idle(churn[i]);
	/* Wait for the orphans, which exit on their own. */
	while (wait(NULL) > 0)
		;
	close(fd);
}

/* All threads of a process that keeps creating threads belong to it. */
static void threads_under_churn_share_one_process(void **state)
{
	int fd = opened(), round, n = 0;
	pid_t churn = start(churn_threads);

	assert_works(set_query(fd, PROC_RELATE_THREADS));
	for (round = 0; round < ROUNDS; round++) {
		struct table *table = snapshot(fd);
		size_t i;

		for (i = 0; i < table->n; i++) {
			struct proc_relate_task *task = &table->task[i];

			if (task->tgid != (unsigned int)churn)
				continue;
			assert_int_equal(task->group_leader, churn);
			assert_int_equal(task->real_parent, getpid());
			n++;
		}
	}
	assert_in_range(n, ROUNDS, UINT32_MAX);
	end_idle(churn);
	close(fd);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_under_churn_share_one_process),
		cmocka_unit_test(records_agree_with_proc_under_churn),
	};

	return run_as_tap(tests);
}
