// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of changes: which tasks came, went, exec'd, were adopted or renamed.
 *
 * The kernel's tracepoints tell. They are found by name, since modules can't
 * link with them, and are let alone while no open file asks for changes.
 */
#include <linux/hash.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/stringhash.h>
#include <linux/tracepoint.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <trace/events/sched.h>
#include <trace/events/task.h>

#include "changes.h"
#include "record.h"
#include "task.h"

/* Children of an exiting task that are told one by one. */
#define CHILDREN_AT_ONCE	256

/*
 * How long the log goes on without subscribers. To begin and end it has the
 * kernel's text patched and interrupts all processors: not to be had in a loop.
 */
#define LINGER	(10 * HZ)

/* A task in mid-change is done with it soon; when to look again. */
#define SOON	msecs_to_jiffies(50)

static_assert(sizeof(struct prel_change) == 56);

/**
 * struct changes - a log that starts over at its end
 * @changes: generation g is at g % CHANGES_SIZE
 * @latest: by hash of the pid, the low bits of the generation that tells of a
 *	task, so that a task that changes twice takes one place in the log
 */
struct changes {
	struct prel_change changes[CHANGES_SIZE];
	u16 latest[CHANGES_SIZE];
};

static_assert(CHANGES_SIZE - 1 <= U16_MAX);

/* Subscribers come and go one at a time. */
static DEFINE_MUTEX(subscription);
static unsigned int subscribers;

/*
 * Protects what @log points to, @generation and @oldest. Tracepoints may call with
 * preemption off, so that it has to be raw, and no memory can be had.
 */
static DEFINE_RAW_SPINLOCK(lock);
static struct changes *log;	/* NULL when nobody subscribed of late */
static u64 generation = 1;	/* of the newest change; never goes back */
static u64 oldest;		/* the log tells all that is newer than this */

static DECLARE_WAIT_QUEUE_HEAD(wait);

static void wake(struct irq_work *work)
{
	wake_up_interruptible_poll(&wait, EPOLLIN | EPOLLRDNORM);
}

static struct irq_work wake_work;

static void wake_later(struct work_struct *work)
{
	wake(NULL);
}

static DECLARE_DELAYED_WORK(wake_later_work, wake_later);

static u16 *latest_of(const struct prel_change *change)
{
	return &log->latest[hash_32(change->nr[0], ilog2(CHANGES_SIZE))];
}

/* The last change of the same task, if the log still has it. */
static struct prel_change *former(const struct prel_change *change)
{
	struct prel_change *old = &log->changes[*latest_of(change)];

	lockdep_assert_held(&lock);

	if (old->nr[0] != change->nr[0] || old->superseded ||
	    old->start_time != change->start_time)
		return NULL;
	return old;
}

static void append(struct prel_change *change)
{
	struct prel_change *old;
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	old = former(change);
	if (old) {
		old->superseded = true;
		change->adopted = old->adopted;
		change->thread = old->thread;
		if (!change->name)
			change->name = old->name;
		memcpy(change->nr, old->nr, sizeof(change->nr));
		memcpy(change->ns, old->ns, sizeof(change->ns));
	} else if (change->kind == CHANGE_GONE) {
		/* Its other numbers went before it did. */
		change->flags |= CHANGE_LOST_NESTED;
		/* It may have had another name until an exec that failed. */
		if (change->thread)
			change->flags |= CHANGE_LOST_THREADS;
	}

	generation++;
	if (generation - oldest > CHANGES_SIZE)
		oldest = generation - CHANGES_SIZE;
	if (change->flags & CHANGE_ADOPTED)
		change->adopted = generation;
	log->changes[generation % CHANGES_SIZE] = *change;
	*latest_of(change) = generation % CHANGES_SIZE;
	raw_spin_unlock_irqrestore(&lock, flags);

	if (wq_has_sleeper(&wait))
		irq_work_queue(&wake_work);
}

static u32 hash_name(const char *name)
{
	size_t length = strnlen(name, TASK_COMM_LEN - 1);

	return full_name_hash(NULL, name, length) ?: 1;
}

static u32 hash_name_of(const struct task_struct *task)
{
	/* In mid-change it is a mixed one, which is none that is announced. */
	return data_race(hash_name(task->comm));
}

static void note_named(struct task_struct *task, enum change_kind kind,
		       u8 flags, u32 name)
{
	struct prel_change change = {
		.start_time = prel_start_time(task),
		.nr = { task->pid },
		.ns = { init_pid_ns.ns.inum },
		.kind = kind,
		.flags = flags,
		.name = name,
		.thread = task->pid != task->tgid,
	};
	const struct pid *pid;
	unsigned int level;

	rcu_read_lock();
	pid = READ_ONCE(task->thread_pid);
	for (level = 0; pid && level <= pid->level; level++) {
		if (level == ARRAY_SIZE(change.nr))
			break;
		change.nr[level] = pid->numbers[level].nr;
		change.ns[level] = pid->numbers[level].ns->ns.inum;
	}
	rcu_read_unlock();

	/* What is out of the lists already is told when it is gone. */
	if (pid || kind == CHANGE_GONE)
		append(&change);
}

static void note(struct task_struct *task, enum change_kind kind, u8 flags)
{
	note_named(task, kind, flags, 0);
}

/*
 * The children of an exiting task are about to be adopted. Their list is
 * tasklist_lock's, which is not for modules. Without that lock this may happen to
 * it, while RCU keeps the children from being freed:
 * - A child leaves, and points to itself: start again.
 * - A child comes at the end.
 * - Those of another exiting task come at the end, and for a moment the way leads
 *   on to the head of that task's list. That is no child, and does not have this
 *   real_parent: give up. (What is read of it is near a task, and not used.)
 */
static void note_children(struct task_struct *father)
{
	const struct list_head *head = &father->children;
	struct list_head *pos, *next;
	struct task_struct *child;
	unsigned int n;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "children without RCU");

	pos = prel_racy(head->next);
	for (n = 0; pos != head; n++) {
		child = list_entry(pos, struct task_struct, sibling);
		if (n == CHILDREN_AT_ONCE ||
		    rcu_access_pointer(child->real_parent) != father) {
			note(father, CHANGE_LOOK, CHANGE_LOST_ALL);
			return;
		}
		note(child, CHANGE_LOOK, CHANGE_ADOPTED);
		next = prel_racy(pos->next);
		if (next == pos)
			next = prel_racy(head->next);
		pos = next;
	}
}

static void probe_newtask(void *data, struct task_struct *task, u64 clone_flags)
{
	/* Not for a processor's idle task. */
	if (task->pid)
		note(task, CHANGE_LOOK, 0);
}

static void probe_exec(void *data, struct task_struct *task, pid_t old_pid,
		       struct linux_binprm *bprm)
{
	/* Another thread than the first took its place, and left its own. */
	note(task, CHANGE_LOOK, old_pid == task->pid ? 0 : CHANGE_LOST_THREADS);
}

/* Called just before the task has the name. */
static void probe_rename(void *data, struct task_struct *task, const char *name)
{
	note_named(task, CHANGE_LOOK, 0, hash_name(name));
}

static void probe_exit(void *data, struct task_struct *task, bool group_dead)
{
	note(task, CHANGE_LOOK, 0);
	if (task != task->group_leader && !atomic_read(&task->signal->live))
		note(task->group_leader, CHANGE_LOOK, 0);

	rcu_read_lock();
	note_children(task);
	rcu_read_unlock();
}

/* After a grace period in which the task has been out of all lists. */
static void probe_free(void *data, struct task_struct *task)
{
	note(task, CHANGE_GONE, 0);
}

static struct probe {
	const char *name;
	void *function;
	struct tracepoint *tracepoint;
} probes[] = {
	{ "task_newtask", probe_newtask },
	{ "sched_process_exec", probe_exec },
	{ "task_rename", probe_rename },
	{ "sched_process_exit", probe_exit },
	{ "sched_process_free", probe_free },
};

/* Nothing but that the compiler compares the probes with their tracepoints. */
static void __maybe_unused check_probes(void)
{
	check_trace_callback_type_task_newtask(probe_newtask);
	check_trace_callback_type_sched_process_exec(probe_exec);
	check_trace_callback_type_task_rename(probe_rename);
	check_trace_callback_type_sched_process_exit(probe_exit);
	check_trace_callback_type_sched_process_free(probe_free);
}

static void find_tracepoint(struct tracepoint *tracepoint, void *data)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (!strcmp(tracepoint->name, probes[i].name))
			probes[i].tracepoint = tracepoint;
	}
}

/**
 * prel_changes_supported() - does this kernel have all the tracepoints?
 */
bool prel_changes_supported(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (!probes[i].tracepoint)
			return false;
	}
	return true;
}

static void unregister_probes(unsigned int n)
{
	while (n--)
		tracepoint_probe_unregister(probes[n].tracepoint,
					    probes[n].function, NULL);
	tracepoint_synchronize_unregister();
}

static int register_probes(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		err = tracepoint_probe_register(probes[i].tracepoint,
						probes[i].function, NULL);
		if (err) {
			unregister_probes(i);
			return err;
		}
	}
	return 0;
}

static void free_log(void)
{
	irq_work_sync(&wake_work);
	cancel_delayed_work_sync(&wake_later_work);
	kvfree(log);
	log = NULL;
}

static int start_log(void)
{
	unsigned long flags;
	int err;

	lockdep_assert_held(&subscription);

	log = kvzalloc(sizeof(*log), GFP_KERNEL_ACCOUNT);
	if (!log)
		return -ENOMEM;

	/* What happened since the log before is not known. */
	raw_spin_lock_irqsave(&lock, flags);
	oldest = ++generation;
	raw_spin_unlock_irqrestore(&lock, flags);
	err = register_probes();
	if (err)
		free_log();
	return err;
}

static void stop_log(void)
{
	lockdep_assert_held(&subscription);

	unregister_probes(ARRAY_SIZE(probes));
	free_log();
}

static void stop_idle_log(struct work_struct *work)
{
	mutex_lock(&subscription);
	if (log && !subscribers)
		stop_log();
	mutex_unlock(&subscription);
}

static DECLARE_DELAYED_WORK(stop_work, stop_idle_log);

/**
 * prel_changes_subscribe() - have changes logged until prel_changes_unsubscribe()
 *
 * Return: 0, -EOPNOTSUPP without the tracepoints, -ENOMEM.
 */
int prel_changes_subscribe(void)
{
	int err = 0;

	if (!prel_changes_supported())
		return -EOPNOTSUPP;

	mutex_lock(&subscription);
	if (!log)
		err = start_log();
	if (!err)
		subscribers++;
	mutex_unlock(&subscription);

	return err;
}

/**
 * prel_changes_unsubscribe() - the end of a prel_changes_subscribe()
 */
void prel_changes_unsubscribe(void)
{
	mutex_lock(&subscription);
	if (!--subscribers) {
		cancel_delayed_work(&stop_work);
		schedule_delayed_work(&stop_work, LINGER);
	}
	mutex_unlock(&subscription);
}

/**
 * prel_changes_generation() - that of the newest change
 */
u64 prel_changes_generation(void)
{
	unsigned long flags;
	u64 newest;

	raw_spin_lock_irqsave(&lock, flags);
	newest = generation;
	raw_spin_unlock_irqrestore(&lock, flags);

	return newest;
}

/**
 * prel_changes_get() - look up a change
 * @which: its generation, not above prel_changes_generation(); the caller subscribes
 * @change: the result
 *
 * Return: false when it is no longer known.
 */
bool prel_changes_get(u64 which, struct prel_change *change)
{
	unsigned long flags;
	bool known;

	raw_spin_lock_irqsave(&lock, flags);
	known = which > oldest;
	if (known)
		*change = log->changes[which % CHANGES_SIZE];
	raw_spin_unlock_irqrestore(&lock, flags);

	return known;
}

/**
 * prel_changes_look_again() - log a task that a subscriber saw in mid-change
 * @task: the task; the caller is in an RCU read section
 * @flags: CHANGE_ADOPTED, or 0
 */
void prel_changes_look_again(struct task_struct *task, u8 flags)
{
	note(task, CHANGE_AGAIN, flags);
}

/**
 * prel_changes_is_renamed() - is a task about to get another name?
 * @task: the task; the caller subscribes
 */
bool prel_changes_is_renamed(const struct task_struct *task)
{
	const struct prel_change key = {
		.start_time = prel_start_time(task),
		.nr = { task->pid },
	};
	const struct prel_change *last;
	unsigned long flags;
	u32 name;

	raw_spin_lock_irqsave(&lock, flags);
	last = former(&key);
	name = last ? last->name : 0;
	raw_spin_unlock_irqrestore(&lock, flags);

	return name && name != hash_name_of(task);
}

/**
 * prel_changes_wait() - have a poll wait for the next change
 * @file: what is polled
 * @table: how
 */
void prel_changes_wait(struct file *file, poll_table *table)
{
	poll_wait(file, &wait, table);
}

/**
 * prel_changes_wake_soon() - have those who poll look again in a moment
 */
void prel_changes_wake_soon(void)
{
	schedule_delayed_work(&wake_later_work, SOON);
}

void __init prel_changes_init(void)
{
	init_irq_work(&wake_work, wake);
	for_each_kernel_tracepoint(find_tracepoint, NULL);
}

void prel_changes_exit(void)
{
	cancel_delayed_work_sync(&stop_work);
	stop_idle_log(NULL);
}
