/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include <devtrio/proc_relate.h>

/**
 * struct snapshot - what /dev/proc_relate said
 * @records: in ascending order of task_compare(), but for the changes that
 *	PROC_RELATE_CHANGES gives; the owner frees them
 * @count: how many
 */
struct snapshot {
	struct proc_relate_task *records;
	size_t count;
};

int snapshot_read(int fd, struct snapshot *snapshot);
int snapshot_fresh(int fd, struct snapshot *snapshot);
int task_compare(const struct proc_relate_task *a,
		 const struct proc_relate_task *b);
const struct proc_relate_task *
snapshot_find_exact(const struct snapshot *snapshot, uint32_t pid,
		    uint64_t start_time);
const struct proc_relate_task *snapshot_find(const struct snapshot *snapshot,
					     uint32_t pid);

#endif /* SNAPSHOT_H */
