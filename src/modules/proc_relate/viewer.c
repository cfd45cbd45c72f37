// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks visible to the opener of a file: those of its pid namespace that the
 * hidepid= of its /proc does not hide.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/stringhash.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "task.h"
#include "viewer.h"

#ifndef task_dumpable
#include <linux/sched/exec_state.h>

/* Check whether the user of a task may ptrace it. Needs an RCU read section. */
static bool task_dumpable(struct task_struct *task)
{
	const struct task_exec_state *state = rcu_dereference(task->exec_state);

	return state && READ_ONCE(state->dumpable) == TASK_DUMPABLE_OWNER;
}
#endif

/*
 * Look up the caller's /proc without calling a file system, which may block:
 * open() holds the lock of all misc devices. A mount point stays in the dcache.
 */
static bool find_proc(struct path *path)
{
	struct qstr name = QSTR_INIT("proc", 4);
	struct dentry *dentry;

	get_fs_root(current->fs, path);
	name.hash = full_name_hash(path->dentry, name.name, name.len);
	dentry = d_lookup(path->dentry, &name);
	if (!dentry) {
		path_put(path);
		return false;
	}
	dput(path->dentry);
	path->dentry = dentry;
	while (follow_down_one(path))
		;

	return true;
}

/* Check whether this /proc shows all processes of the caller in @pid_ns. */
static bool shows_all(const struct path *proc,
		      const struct pid_namespace *pid_ns)
{
	struct super_block *sb = proc->dentry->d_sb;
	const struct proc_fs_info *info;

	if (sb->s_magic != PROC_SUPER_MAGIC || proc->dentry != sb->s_root)
		return false;

	info = proc_sb_info(sb);
	if (info->pid_ns != pid_ns || info->hide_pid == HIDEPID_NOT_PTRACEABLE)
		return false;

	return info->hide_pid == HIDEPID_OFF || in_group_p(info->pid_gid);
}

/**
 * prel_viewer_init() - record the opener of a file
 * @viewer: result
 * @file: file being opened by the current task
 */
void prel_viewer_init(struct prel_viewer *viewer, const struct file *file)
{
	struct path proc;

	viewer->file = file;
	viewer->user_ns = file->f_cred->user_ns;
	viewer->pid_ns = get_pid_ns(task_active_pid_ns(current));
	viewer->restricted = true;
	if (find_proc(&proc)) {
		viewer->restricted = !shows_all(&proc, viewer->pid_ns);
		path_put(&proc);
	}
}

void prel_viewer_release(struct prel_viewer *viewer)
{
	put_pid_ns(viewer->pid_ns);
}

/**
 * prel_viewer_may_ptrace() - check whether the opener may ptrace a task
 * @viewer: opener
 * @task: task in the opener's pid namespace
 *
 * ptrace_may_access(PTRACE_MODE_READ_FSCREDS) is not exported. This is the same
 * check, but only with capabilities as security module, and stricter: it makes
 * no exception for the opener's own threads, and requires CAP_SYS_PTRACE in the
 * initial user namespace for a task that is not dumpable.
 *
 * Context: RCU read section.
 */
bool prel_viewer_may_ptrace(const struct prel_viewer *viewer,
			    struct task_struct *task)
{
	const struct cred *opener = viewer->file->f_cred;
	const struct cred *cred = __task_cred(task);
	bool same = uid_eq(opener->fsuid, cred->euid) &&
		    uid_eq(opener->fsuid, cred->suid) &&
		    uid_eq(opener->fsuid, cred->uid) &&
		    gid_eq(opener->fsgid, cred->egid) &&
		    gid_eq(opener->fsgid, cred->sgid) &&
		    gid_eq(opener->fsgid, cred->gid);

	bool dumpable = task_dumpable(task);

	if (same && dumpable && opener->user_ns == cred->user_ns &&
	    cap_issubset(cred->cap_permitted, opener->cap_effective))
		return true;

	return file_ns_capable(viewer->file,
			       dumpable ? cred->user_ns : &init_user_ns,
			       CAP_SYS_PTRACE);
}

/**
 * prel_viewer_find() - look up a task by pid and start time
 * @viewer: viewer whose pid namespace applies
 * @nr: pid
 * @type: PIDTYPE_TGID for a process, PIDTYPE_PID for any thread
 * @start_time: start time
 *
 * Return: the task, valid in the caller's RCU read section, or NULL.
 */
struct task_struct *prel_viewer_find(const struct prel_viewer *viewer, int nr,
				     enum pid_type type, u64 start_time)
{
	struct pid *pid = find_pid_ns(nr, viewer->pid_ns);
	struct task_struct *task = pid_task(pid, type);

	return task && prel_start_time(task) == start_time ? task : NULL;
}
