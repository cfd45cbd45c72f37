/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_VIEWER_H
#define PROC_RELATE_VIEWER_H

#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/types.h>

struct file;
struct task_struct;
struct user_namespace;

/**
 * struct viewer - who looks: the opener of a file, as it was at open
 * @file: the open file, which owns the viewer and holds the opener's
 *	credentials
 * @pid_ns: whose tasks, and whose numbers; a reference
 * @user_ns: whose user and group ids; that of the credentials
 * @restricted: sees only what it may ptrace
 *
 * Never changes after viewer_init().
 */
struct viewer {
	const struct file *file;
	struct pid_namespace *pid_ns;
	struct user_namespace *user_ns;
	bool restricted;
};

void viewer_init(struct viewer *viewer, const struct file *file);
void viewer_release(struct viewer *viewer);
struct task_struct *viewer_find(const struct viewer *viewer, int nr,
				enum pid_type type, u64 start_time);
bool viewer_may_ptrace(const struct viewer *viewer, struct task_struct *task);

/* The caller is in an RCU read section. */
static inline bool viewer_may_see(const struct viewer *viewer,
				  struct task_struct *task)
{
	return !viewer->restricted || viewer_may_ptrace(viewer, task);
}

/* The number of @pid in @ns on @level, 0 when it has none; pid_nr_ns() inline. */
static inline int pid_nr_on(const struct pid *pid,
			    const struct pid_namespace *ns, unsigned int level)
{
	if (!pid || level > pid->level || pid->numbers[level].ns != ns)
		return 0;
	return pid->numbers[level].nr;
}

/* The number of @pid for @viewer. */
static inline int viewer_nr(const struct viewer *viewer, const struct pid *pid)
{
	return pid_nr_on(pid, viewer->pid_ns, viewer->pid_ns->level);
}

#endif /* PROC_RELATE_VIEWER_H */
