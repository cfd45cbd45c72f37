/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Query and read /dev/proc_relate.
 */
#ifndef PROC_RELATE_H
#define PROC_RELATE_H

#include <stddef.h>
#include <stdint.h>

#include <devtrio/proc_relate.h>

/**
 * struct snapshot - records read from /dev/proc_relate
 * @records: sorted by task_compare(), except for changes read with
 *	PROC_RELATE_CHANGES; the caller frees them
 * @count: number of records
 */
struct snapshot {
	struct proc_relate_task *records;
	size_t count;
};

/* Return 0, or -1 with errno. */
int proc_relate_get_info(int fd, struct proc_relate_info *info);
int proc_relate_get_status(int fd, struct proc_relate_status *status);
int proc_relate_set_query(int fd, const struct proc_relate_query *query);

int snapshot_read(int fd, struct snapshot *snapshot);
int snapshot_fresh(int fd, struct snapshot *snapshot);
int task_compare(const struct proc_relate_task *a,
		 const struct proc_relate_task *b);
const struct proc_relate_task *
snapshot_find_exact(const struct snapshot *snapshot, uint32_t pid,
		    uint64_t start_time);
const struct proc_relate_task *snapshot_find(const struct snapshot *snapshot,
					     uint32_t pid);

#endif /* PROC_RELATE_H */
