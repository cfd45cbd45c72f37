/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the proc_relate tests. Include it first. */
#ifndef PROC_RELATE_TEST_H
#define PROC_RELATE_TEST_H

#include "device.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <devtrio/proc_relate.h>

/* Default limit of the kernel. A live machine with more skips the tests. */
#define MAX	32768
#define RECORD	sizeof(struct proc_relate_task)

/* A whole snapshot. */
struct table {
	size_t n;
	struct proc_relate_task task[MAX];
};

static inline int opened(void)
{
	return open_or_fail("/dev/proc_relate", O_RDONLY);
}

/* Read to the end of the snapshot; -1 if a read fails or the table is full. */
static inline int read_all(int fd, struct table *table, size_t at_once)
{
	ssize_t n;

	table->n = 0;
	do {
		if (table->n > MAX - at_once)
			return -1;
		memset(&table->task[table->n], 0xa5, at_once * RECORD);
		n = read(fd, &table->task[table->n], at_once * RECORD);
		if (n % (ssize_t)RECORD || n > (ssize_t)(at_once * RECORD))
			return -1;
		table->n += n / RECORD;
	} while (n > 0);
	return n;
}

static inline struct table *snapshot(int fd)
{
	static struct table table;
	int failed;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	failed = read_all(fd, &table, 512);
	if (on_live_machine && table.n > MAX - 512)
		skip_because("there are too many processes");
	assert_int_equal(failed, 0);
	return &table;
}

static inline struct proc_relate_task *find(struct table *table, pid_t pid)
{
	size_t i;

	for (i = 0; i < table->n; i++)
		if (table->task[i].pid == (unsigned int)pid)
			return &table->task[i];
	return NULL;
}

static inline struct proc_relate_task task_of(int fd, pid_t pid)
{
	struct proc_relate_task *task = find(snapshot(fd), pid);

	assert_non_null(task);
	return *task;
}

static inline int set_query(int fd, unsigned int flags)
{
	struct proc_relate_query query = { .flags = flags };

	return ioctl(fd, PROC_RELATE_SET_QUERY, &query);
}

/* A child that waits to be killed, or -1. */
static inline pid_t try_fork_idle(void)
{
	pid_t child = fork();

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return child;
}

static inline pid_t fork_idle(void)
{
	pid_t child = try_fork_idle();

	assert_int_not_equal(child, -1);
	return child;
}

static inline void end_idle(pid_t child)
{
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

struct thread {
	pthread_t handle;
	pid_t tid;
	int ready[2];
	int go[2];
};

static inline void *wait_for_go(void *data)
{
	struct thread *thread = data;
	char byte;

	thread->tid = syscall(SYS_gettid);
	if (write(thread->ready[1], "x", 1) != 1 ||
	    read(thread->go[0], &byte, 1) != 1)
		return thread;
	return NULL;
}

static inline void start_thread(struct thread *thread)
{
	char byte;

	assert_int_equal(pipe(thread->ready), 0);
	assert_int_equal(pipe(thread->go), 0);
	assert_int_equal(pthread_create(&thread->handle, NULL, wait_for_go,
					thread), 0);
	assert_int_equal(read(thread->ready[0], &byte, 1), 1);
}

static inline void end_thread(struct thread *thread)
{
	void *failed;

	assert_int_equal(write(thread->go[1], "x", 1), 1);
	assert_int_equal(pthread_join(thread->handle, &failed), 0);
	assert_null(failed);
}

#endif /* PROC_RELATE_TEST_H */
