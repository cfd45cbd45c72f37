// SPDX-License-Identifier: GPL-2.0-only
/*
 * Query and read /dev/proc_relate.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "proc_relate.h"

/* Initial number of records: 128 KiB. */
#define ROOM 1024

int proc_relate_get_info(int fd, struct proc_relate_info *info)
{
	return ioctl(fd, PROC_RELATE_GET_INFO, info);
}

int proc_relate_get_status(int fd, struct proc_relate_status *status)
{
	return ioctl(fd, PROC_RELATE_GET_STATUS, status);
}

int proc_relate_set_query(int fd, const struct proc_relate_query *query)
{
	return ioctl(fd, PROC_RELATE_SET_QUERY, query);
}

static bool grow(struct proc_relate_task **records, size_t room)
{
	void *grown = reallocarray(*records, room, sizeof(**records));

	if (!grown)
		return false;
	*records = grown;
	return true;
}

/**
 * snapshot_read() - read all records up to the end of file
 * @fd: /dev/proc_relate
 * @snapshot: the result; nothing to free after an error
 *
 * Return: 0 or -errno.
 */
int snapshot_read(int fd, struct snapshot *snapshot)
{
	struct proc_relate_task *records = NULL;
	size_t count = 0, room = 0;
	bool too_small = true;
	ssize_t n;

	for (;;) {
		if (too_small || count == room) {
			room = room ? 2 * room : ROOM;
			if (!grow(&records, room)) {
				n = -ENOMEM;
				break;
			}
		}

		n = read(fd, records + count, (room - count) * sizeof(*records));
		if (n < 0 && errno == EINTR)
			continue;
		/* A consistent table must fit into one read(). */
		too_small = n < 0 && errno == EMSGSIZE;
		if (too_small)
			continue;
		if (n < 0)
			n = -errno;
		else if (n % sizeof(*records))
			n = -EBADMSG;
		if (n <= 0)
			break;
		count += n / sizeof(*records);
	}

	if (n < 0) {
		free(records);
		return n;
	}
	*snapshot = (struct snapshot){ .records = records, .count = count };
	return 0;
}

/**
 * snapshot_fresh() - rewind the file and read a new snapshot
 * @fd: /dev/proc_relate
 * @snapshot: the result; nothing to free after an error
 *
 * Return: 0 or -errno.
 */
int snapshot_fresh(int fd, struct snapshot *snapshot)
{
	while (lseek(fd, 0, SEEK_SET))
		if (errno != EINTR)
			return -errno;
	return snapshot_read(fd, snapshot);
}

/**
 * task_compare() - order tasks by pid, then by start time, which tells a reused
 *	pid from its former owner
 */
int task_compare(const struct proc_relate_task *a,
		 const struct proc_relate_task *b)
{
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->start_time > b->start_time) -
	       (a->start_time < b->start_time);
}

static int compare_exactly(const void *key, const void *element)
{
	return task_compare(key, element);
}

/**
 * snapshot_find_exact() - look up a task by pid and start time
 * @snapshot: the snapshot
 * @pid: the pid
 * @start_time: the start time
 *
 * Return: its record, or NULL.
 */
const struct proc_relate_task *
snapshot_find_exact(const struct snapshot *snapshot, uint32_t pid,
		    uint64_t start_time)
{
	const struct proc_relate_task key = {
		.pid = pid,
		.start_time = start_time,
	};

	return bsearch(&key, snapshot->records, snapshot->count,
		       sizeof(*snapshot->records), compare_exactly);
}

static int compare_pids(const void *key, const void *element)
{
	const struct proc_relate_task *record = element;
	uint32_t pid = *(const uint32_t *)key;

	return (pid > record->pid) - (pid < record->pid);
}

/**
 * snapshot_find() - look up a task by pid
 * @snapshot: the snapshot
 * @pid: the pid
 *
 * Return: its record, or NULL.
 */
const struct proc_relate_task *snapshot_find(const struct snapshot *snapshot,
					     uint32_t pid)
{
	return bsearch(&pid, snapshot->records, snapshot->count,
		       sizeof(*snapshot->records), compare_pids);
}
