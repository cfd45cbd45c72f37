/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the proc_relate tests. Include it first. */
#ifndef PROC_RELATE_TEST_H
#define PROC_RELATE_TEST_H

#include "device.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include <devtrio/proc_relate.h>

#define MAX	4096
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

/* Read to the end of the snapshot; -1 if a read fails. */
static inline int read_all(int fd, struct table *table, size_t at_once)
{
	ssize_t n;

	memset(table, 0xa5, sizeof(*table));
	table->n = 0;
	while ((n = read(fd, &table->task[table->n], at_once * RECORD)) > 0) {
		if (n % RECORD || n > (ssize_t)(at_once * RECORD))
			return -1;
		table->n += n / RECORD;
	}
	return n;
}

static inline struct table *snapshot(int fd)
{
	static struct table table;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(read_all(fd, &table, 512), 0);
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

/* A child that waits to be killed. */
static inline pid_t fork_idle(void)
{
	pid_t child = fork();

	assert_int_not_equal(child, -1);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
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
