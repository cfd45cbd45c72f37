// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk over the tasks of a pid namespace, and the record of each of them.
 */
#include <linux/audit.h>
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/siphash.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include <devtrio/proc_relate.h>

#include "snapshot.h"

/* Pids looked at before others get a chance to run. */
#define SCAN_AT_ONCE	256

static siphash_key_t identity_key __ro_after_init;

/*
 * Stands for an address without giving it away: the same within one pid
 * namespace until the module is loaded again, and different in another one that
 * exists at the same time.
 */
static u64 identity(const struct snapshot *snapshot, const void *object)
{
	u64 id;

	if (!object)
		return 0;

	id = siphash_2u64((unsigned long)object, snapshot->pid_ns->ns.inum,
			  &identity_key);
	return id ?: 1;
}

static void record_relative(const struct snapshot *snapshot,
			    struct task_struct *relative, __u32 *pid,
			    __u64 *start_time)
{
	*pid = task_tgid_nr_ns(relative, snapshot->pid_ns);
	if (*pid)
		*start_time = relative->group_leader->start_boottime;
}

static void record_cred(const struct snapshot *snapshot,
			struct task_struct *task,
			struct proc_relate_task *record)
{
	const struct cred *cred = __task_cred(task);

	record->uid = from_kuid_munged(snapshot->user_ns, cred->uid);
	record->gid = from_kgid_munged(snapshot->user_ns, cred->gid);
	record->euid = from_kuid_munged(snapshot->user_ns, cred->euid);
	record->egid = from_kgid_munged(snapshot->user_ns, cred->egid);
}

static u32 task_flags(struct task_struct *task)
{
	u32 flags = 0;

	if (task->flags & PF_KTHREAD)
		flags |= PROC_RELATE_KTHREAD;
	if (task->flags & PF_EXITING)
		flags |= PROC_RELATE_EXITING;
	if (READ_ONCE(task->ptrace))
		flags |= PROC_RELATE_TRACED;
	if (READ_ONCE(task->exit_state) == EXIT_ZOMBIE)
		flags |= PROC_RELATE_ZOMBIE;

	return flags;
}

/*
 * The task was found in this RCU read section, and so were the relatives that
 * it points to: none of them is freed before the section ends.
 *
 * Returns false for a task that was reaped while it was looked at.
 */
static bool record_task(const struct snapshot *snapshot,
			struct task_struct *task, int pid,
			struct proc_relate_task *record)
{
	struct pid_namespace *ns = snapshot->pid_ns;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "record of an unprotected task");

	memset(record, 0, sizeof(*record));
	record->pid = pid;
	record->tgid = task_tgid_nr_ns(task, ns);
	record->group_leader = task_pid_nr_ns(READ_ONCE(task->group_leader), ns);
	record->pgid = task_pgrp_nr_ns(task, ns);
	record->sid = task_session_nr_ns(task, ns);
	record->sessionid = audit_get_sessionid(task);
	record->state = task_state_to_char(task);
	record->flags = task_flags(task);
	record->threads = pid_alive(task) ? get_nr_threads(task) : 0;
	record->start_time = task->start_boottime;
	/* What a kernel thread has there is on loan. */
	if (!(task->flags & PF_KTHREAD))
		record->mm = identity(snapshot, READ_ONCE(task->mm));
	record->active_mm = identity(snapshot, READ_ONCE(task->active_mm));
	record_relative(snapshot, rcu_dereference(task->parent),
			&record->parent, &record->parent_start_time);
	record_relative(snapshot, rcu_dereference(task->real_parent),
			&record->real_parent, &record->real_parent_start_time);
	record_cred(snapshot, task, record);
	get_task_comm(record->comm, task);

	return record->tgid && record->group_leader;
}

/* Looks at a bounded number of pids; returns the records it made of them. */
static unsigned int scan(struct snapshot *snapshot,
			 struct proc_relate_task *batch, unsigned int max)
{
	enum pid_type type = snapshot->threads ? PIDTYPE_PID : PIDTYPE_TGID;
	unsigned int looked, n = 0;

	rcu_read_lock();
	for (looked = 0; looked < SCAN_AT_ONCE && n < max; looked++) {
		struct pid *pid = find_ge_pid(snapshot->next, snapshot->pid_ns);
		struct task_struct *task;
		int nr;

		if (!pid) {
			snapshot->ended = true;
			break;
		}

		nr = pid_nr_ns(pid, snapshot->pid_ns);
		snapshot->next = nr + 1;
		task = pid_task(pid, type);
		if (task && record_task(snapshot, task, nr, &batch[n]))
			n++;
	}
	rcu_read_unlock();

	return n;
}

/**
 * snapshot_fill() - continue the walk
 * @snapshot: the walk
 * @batch: where the records go
 * @max: how many at the most
 *
 * Context: may sleep.
 * Return: how many records, 0 at the end of the walk or when a fatal signal
 * came.
 */
unsigned int snapshot_fill(struct snapshot *snapshot,
			   struct proc_relate_task *batch, unsigned int max)
{
	unsigned int n = 0;

	while (n < max && !snapshot->ended && !fatal_signal_pending(current)) {
		n += scan(snapshot, batch + n, max - n);
		cond_resched();
	}

	return n;
}

/**
 * snapshot_rewind() - start a fresh snapshot
 * @snapshot: the walk
 */
void snapshot_rewind(struct snapshot *snapshot)
{
	snapshot_resume_at(snapshot, 1);
}

/**
 * snapshot_resume_at() - go back to a record that did not reach its reader
 * @snapshot: the walk
 * @pid: the record's pid
 */
void snapshot_resume_at(struct snapshot *snapshot, int pid)
{
	snapshot->next = pid;
	snapshot->ended = false;
}

void __init snapshot_init(void)
{
	get_random_bytes(&identity_key, sizeof(identity_key));
}
