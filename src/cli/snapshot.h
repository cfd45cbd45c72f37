/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include <devtrio/proc_relate.h>

/**
 * struct snapshot - what /dev/proc_relate said
 * @records: in ascending order of pid; the owner frees them
 * @count: how many
 */
struct snapshot {
	struct proc_relate_task *records;
	size_t count;
};

int snapshot_read(int fd, struct snapshot *snapshot);
const struct proc_relate_task *snapshot_find(const struct snapshot *snapshot,
					     uint32_t pid);

#endif /* SNAPSHOT_H */
