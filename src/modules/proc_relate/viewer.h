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
 * struct prel_viewer - who looks: the opener of a file, as it was at open
 * @file: the open file, which owns the viewer and holds the opener's
 *	credentials
 * @pid_ns: whose tasks, and whose numbers; a reference
 * @user_ns: whose user and group ids; that of the credentials
 * @restricted: sees only what it may ptrace
 *
 * Never changes after prel_viewer_init().
 */
struct prel_viewer {
	const struct file *file;
	struct pid_namespace *pid_ns;
	struct user_namespace *user_ns;
	bool restricted;
};

void prel_viewer_init(struct prel_viewer *viewer, const struct file *file);
void prel_viewer_release(struct prel_viewer *viewer);
struct task_struct *prel_viewer_find(const struct prel_viewer *viewer, int nr,
				     enum pid_type type, u64 start_time);
bool prel_viewer_may_ptrace(const struct prel_viewer *viewer,
			    struct task_struct *task);

/* The caller is in an RCU read section. */
static inline bool prel_viewer_may_see(const struct prel_viewer *viewer,
				       struct task_struct *task)
{
	return !viewer->restricted || prel_viewer_may_ptrace(viewer, task);
}

/* The number of @pid in @ns on @level, 0 when it has none; pid_nr_ns() inline. */
static inline int prel_pid_nr(const struct pid *pid,
			      const struct pid_namespace *ns,
			      unsigned int level)
{
	if (!pid || level > pid->level || pid->numbers[level].ns != ns)
		return 0;
	return pid->numbers[level].nr;
}

/* The number of @pid for @viewer. */
static inline int prel_viewer_nr(const struct prel_viewer *viewer,
				 const struct pid *pid)
{
	return prel_pid_nr(pid, viewer->pid_ns, viewer->pid_ns->level);
}

#endif /* PROC_RELATE_VIEWER_H */
