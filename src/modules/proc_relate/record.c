// SPDX-License-Identifier: GPL-2.0-only
/* Records of tasks. */
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

#include "record.h"
#include "task.h"
#include "viewer.h"

static siphash_key_t load_key __ro_after_init;

/**
 * prel_record_key() - get the key for the address identities of a pid namespace
 * @key: result
 * @pid_ns: pid namespace
 */
void prel_record_key(siphash_key_t *key, const struct pid_namespace *pid_ns)
{
	key->key[0] = siphash_2u64(0, pid_ns->ns.inum, &load_key);
	key->key[1] = siphash_2u64(1, pid_ns->ns.inum, &load_key);
}

/*
 * Hash an address without revealing it. Stable within a pid namespace until the
 * module is reloaded, and different in every other namespace that exists.
 */
static u64 identity(const struct prel_viewer *viewer, const void *object)
{
	if (!object)
		return 0;
	if (viewer->raw)
		return (unsigned long)object;
	return siphash_1u64((unsigned long)object, &viewer->key) ?: 1;
}

static void record_mm(const struct prel_viewer *viewer,
		      struct task_struct *task, struct proc_relate_task *record)
{
	const void *mm = prel_racy(task->mm);
	const void *active_mm = prel_racy(task->active_mm);

	/* A kernel thread borrows its mm. */
	if (prel_task_flags(task) & PF_KTHREAD)
		mm = NULL;
	record->mm = identity(viewer, mm);
	record->active_mm = active_mm == mm ? record->mm :
					      identity(viewer, active_mm);
}

/*
 * Get an id that a process shares with its threads. Inline, with the namespace
 * as arguments, because this dominates the cost of a record.
 */
static inline u32 number(struct task_struct *task, enum pid_type type,
			 const struct pid_namespace *ns, unsigned int level)
{
	return prel_pid_nr(READ_ONCE(task->signal->pids[type]), ns, level);
}

/* Start time of a relative's process; 0 if it is hidden, as in /proc. */
static inline u64 start_time(const struct prel_viewer *viewer,
			     struct task_struct *relative, u32 nr)
{
	if (!nr || !prel_viewer_may_see(viewer, relative))
		return 0;
	return prel_start_time(READ_ONCE(relative->group_leader));
}

static void record_parents(const struct prel_viewer *viewer,
			   struct task_struct *task,
			   struct proc_relate_task *record,
			   const struct pid_namespace *ns, unsigned int level)
{
	struct task_struct *real_parent = rcu_dereference(task->real_parent);
	/* Attaching and detaching a tracer uses plain stores. */
	struct task_struct *parent = data_race(rcu_dereference(task->parent));

	record->real_parent = number(real_parent, PIDTYPE_TGID, ns, level);
	record->real_parent_start_time = start_time(viewer, real_parent,
						    record->real_parent);

	if (parent == real_parent) {
		record->parent = record->real_parent;
		record->parent_start_time = record->real_parent_start_time;
	} else {
		record->parent = number(parent, PIDTYPE_TGID, ns, level);
		record->parent_start_time = start_time(viewer, parent,
						       record->parent);
	}
}

static void record_cred(const struct prel_viewer *viewer,
			struct task_struct *task,
			struct proc_relate_task *record)
{
	struct user_namespace *ns = viewer->user_ns;
	const struct cred *cred = __task_cred(task);

	/* The initial user namespace needs no lookup. */
	if (ns == &init_user_ns) {
		record->uid = __kuid_val(cred->uid);
		record->gid = __kgid_val(cred->gid);
		record->euid = __kuid_val(cred->euid);
		record->egid = __kgid_val(cred->egid);
		return;
	}

	record->uid = from_kuid_munged(ns, cred->uid);
	record->gid = from_kgid_munged(ns, cred->gid);
	record->euid = from_kuid_munged(ns, cred->euid);
	record->egid = from_kgid_munged(ns, cred->egid);
}

static u32 record_flags(struct task_struct *task)
{
	u32 flags = READ_ONCE(task->ptrace) ? PROC_RELATE_TRACED : 0;

	if (prel_task_flags(task) & PF_KTHREAD)
		flags |= PROC_RELATE_KTHREAD;
	if (prel_task_flags(task) & PF_EXITING) {
		flags |= PROC_RELATE_EXITING;
		if (prel_racy(task->exit_state) == EXIT_ZOMBIE)
			flags |= PROC_RELATE_ZOMBIE;
	}

	return flags;
}

/**
 * prel_record_task() - fill in the record of a task
 * @viewer: opener of the file
 * @task: task, looked up by pid in this RCU read section, which also protects
 *	its relatives
 * @nr: pid of @task for @viewer
 * @record: result
 *
 * Return: false if the task was reaped meanwhile.
 */
bool prel_record_task(const struct prel_viewer *viewer,
		      struct task_struct *task, int nr,
		      struct proc_relate_task *record)
{
	const struct pid_namespace *ns = viewer->pid_ns;
	const unsigned int level = ns->level;
	struct pid *leader;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(),
			 "record of an unprotected task");

	/* The batch is reused: set every field. */
	record->type = PROC_RELATE_TASK;
	record->pid = nr;
	record->tgid = nr;
	record->group_leader = nr;
	if (!thread_group_leader(task)) {
		leader = READ_ONCE(READ_ONCE(task->group_leader)->thread_pid);
		record->tgid = number(task, PIDTYPE_TGID, ns, level);
		record->group_leader = prel_pid_nr(leader, ns, level);
	}
	record->pgid = number(task, PIDTYPE_PGID, ns, level);
	record->sid = number(task, PIDTYPE_SID, ns, level);
	record->sessionid = audit_get_sessionid(task);
	/* Any value valid during the call will do. */
	record->state = data_race(task_state_to_char(task));
	record->flags = record_flags(task);
	/* Likewise. */
	record->threads = data_race(get_nr_threads(task));
	record->start_time = prel_start_time(task);
	record_parents(viewer, task, record, ns, level);
	record_cred(viewer, task, record);
	record_mm(viewer, task, record);
	/* Unlocked, as in the kernel since 6.13: can mix old and new name. */
	memcpy(record->comm, task->comm, sizeof(record->comm) - 1);
	record->comm[sizeof(record->comm) - 1] = '\0';
	record->reserved = 0;

	return record->tgid && record->group_leader;
}

/**
 * prel_task_exits() - check whether a task is exiting, but not yet a zombie
 * @task: task
 */
bool prel_task_exits(const struct task_struct *task)
{
	return prel_task_flags(task) & PF_EXITING &&
	       !prel_racy(task->exit_state);
}

/**
 * prel_task_is_given_away() - check whether a task is about to be reparented
 * @task: task
 *
 * This is so once its real_parent exits.
 *
 * Context: RCU read section.
 */
bool prel_task_is_given_away(const struct task_struct *task)
{
	const struct task_struct *parent = rcu_dereference(task->real_parent);

	return prel_task_flags(parent) & PF_EXITING ||
	       prel_racy(parent->signal->flags) & SIGNAL_GROUP_EXIT;
}

void __init prel_record_init(void)
{
	get_random_bytes(&load_key, sizeof(load_key));
}
