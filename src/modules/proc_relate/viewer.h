/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_VIEWER_H
#define PROC_RELATE_VIEWER_H

#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/types.h>

struct file;
struct task_struct;

/**
 * struct viewer - who looks: the opener of a file, as it was at open
 * @file: the open file, which owns the viewer and holds the opener's
 *	credentials, and these the user namespace
 * @pid_ns: whose tasks, and whose numbers; a reference
 * @restricted: sees only what it may ptrace
 *
 * Never changes after viewer_init().
 */
struct viewer {
	const struct file *file;
	struct pid_namespace *pid_ns;
	bool restricted;
};

void viewer_init(struct viewer *viewer, const struct file *file);
void viewer_release(struct viewer *viewer);
bool viewer_may_ptrace(const struct viewer *viewer, struct task_struct *task);

/* The caller is in an RCU read section. */
static inline bool viewer_may_see(const struct viewer *viewer,
				  struct task_struct *task)
{
	return !viewer->restricted || viewer_may_ptrace(viewer, task);
}

/* The number of @pid for @viewer, 0 when it has none; pid_nr_ns() inline. */
static inline int viewer_nr(const struct viewer *viewer, const struct pid *pid)
{
	const struct pid_namespace *ns = viewer->pid_ns;

	if (!pid || ns->level > pid->level ||
	    pid->numbers[ns->level].ns != ns)
		return 0;
	return pid->numbers[ns->level].nr;
}

#endif /* PROC_RELATE_VIEWER_H */
