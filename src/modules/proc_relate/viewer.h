/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_VIEWER_H
#define PROC_RELATE_VIEWER_H

#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/siphash.h>
#include <linux/types.h>

struct file;
struct task_struct;
struct user_namespace;

/**
 * struct prel_viewer - the opener of a file at the time of open()
 * @file: open file; owns the viewer and holds the opener's credentials
 * @pid_ns: reference to the pid namespace for tasks and ids
 * @user_ns: user namespace for user and group ids, held by the credentials
 * @key: key for address identities
 * @restricted: sees only tasks that it may ptrace
 * @raw: sees addresses instead of identities
 *
 * Constant after open(), except @raw, which belongs to the query.
 */
struct prel_viewer {
	const struct file *file;
	struct pid_namespace *pid_ns;
	struct user_namespace *user_ns;
	siphash_key_t key;
	bool restricted;
	bool raw;
};

void prel_viewer_init(struct prel_viewer *viewer, const struct file *file);
void prel_viewer_release(struct prel_viewer *viewer);
struct task_struct *prel_viewer_find(const struct prel_viewer *viewer, int nr,
				     enum pid_type type, u64 start_time);
bool prel_viewer_may_ptrace(const struct prel_viewer *viewer,
			    struct task_struct *task);

/* Context: RCU read section. */
static inline bool prel_viewer_may_see(const struct prel_viewer *viewer,
				       struct task_struct *task)
{
	return !viewer->restricted || prel_viewer_may_ptrace(viewer, task);
}

/* Inline pid_nr_ns(): the number of @pid in @ns on @level, or 0. */
static inline int prel_pid_nr(const struct pid *pid,
			      const struct pid_namespace *ns,
			      unsigned int level)
{
	if (!pid || level > pid->level || pid->numbers[level].ns != ns)
		return 0;
	return pid->numbers[level].nr;
}

/* Get the number of @pid for @viewer, or 0. */
static inline int prel_viewer_nr(const struct prel_viewer *viewer,
				 const struct pid *pid)
{
	return prel_pid_nr(pid, viewer->pid_ns, viewer->pid_ns->level);
}

#endif /* PROC_RELATE_VIEWER_H */
