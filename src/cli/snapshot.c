// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading /dev/proc_relate.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "snapshot.h"

/* Records that one read() asks for: 128 KiB. */
#define AT_ONCE 1024

/**
 * snapshot_read() - read up to the end
 * @fd: /dev/proc_relate
 * @snapshot: the result; nothing to free after an error
 *
 * Return: 0 or -errno.
 */
int snapshot_read(int fd, struct snapshot *snapshot)
{
	struct proc_relate_task *records = NULL, *grown;
	size_t count = 0, room = 0;
	ssize_t n;

	for (;;) {
		if (room - count < AT_ONCE) {
			room += room + AT_ONCE;
			grown = reallocarray(records, room, sizeof(*records));
			if (!grown) {
				n = -ENOMEM;
				break;
			}
			records = grown;
		}

		n = read(fd, records + count, AT_ONCE * sizeof(*records));
		if (n < 0 && errno == EINTR)
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

static int compare_pids(const void *key, const void *element)
{
	const struct proc_relate_task *record = element;
	uint32_t pid = *(const uint32_t *)key;

	return (pid > record->pid) - (pid < record->pid);
}

/**
 * snapshot_find() - look up a task
 * @snapshot: where
 * @pid: its pid
 *
 * Return: its record, or NULL.
 */
const struct proc_relate_task *snapshot_find(const struct snapshot *snapshot,
					     uint32_t pid)
{
	return bsearch(&pid, snapshot->records, snapshot->count,
		       sizeof(*snapshot->records), compare_pids);
}
