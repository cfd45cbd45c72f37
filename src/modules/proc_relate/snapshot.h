/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_SNAPSHOT_H
#define PROC_RELATE_SNAPSHOT_H

#include <linux/types.h>

struct pid_namespace;
struct proc_relate_task;
struct user_namespace;

/**
 * struct snapshot - a walk over the tasks that one opener may see
 * @pid_ns: whose tasks, and whose numbers; a reference that the owner holds
 * @user_ns: whose user and group ids; a reference that the owner holds
 * @next: the lowest pid that the walk has not come to yet
 * @ended: the walk came to the end, and stays there
 * @threads: a record per thread instead of one per process
 *
 * The walk is a number and holds on to no task between two calls, so that it
 * costs the same memory for ten tasks and for a million. The caller serialises
 * the calls.
 */
struct snapshot {
	struct pid_namespace *pid_ns;
	struct user_namespace *user_ns;
	int next;
	bool ended;
	bool threads;
};

void snapshot_init(void);
void snapshot_rewind(struct snapshot *snapshot);
void snapshot_resume_at(struct snapshot *snapshot, int pid);
unsigned int snapshot_fill(struct snapshot *snapshot,
			   struct proc_relate_task *batch, unsigned int max);

#endif /* PROC_RELATE_SNAPSHOT_H */
