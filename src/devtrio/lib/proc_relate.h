/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What /dev/proc_relate can be asked.
 */
#ifndef PROC_RELATE_H
#define PROC_RELATE_H

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

/* 0, or else -1 with errno. */
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
