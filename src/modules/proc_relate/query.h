/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_QUERY_H
#define PROC_RELATE_QUERY_H

#include <linux/types.h>

#include <devtrio/proc_relate.h>

struct snapshot;
struct task_struct;

#define QUERY_FILTERS \
	(PROC_RELATE_BELOW | PROC_RELATE_SESSION | PROC_RELATE_UID)

/* Steps from task to task before others get a chance to run. */
#define STEPS_AT_ONCE	256

enum passes {
	FAILS,
	PASSES,
	UNDECIDED,	/* the steps are used up: ask again with more */
};

u32 query_flags(void);
int query_set(struct snapshot *snapshot, const struct proc_relate_query *from);
void query_release(struct snapshot *snapshot);
enum passes query_passes(struct snapshot *snapshot, struct task_struct *task,
			 unsigned int *steps);

#endif /* PROC_RELATE_QUERY_H */
