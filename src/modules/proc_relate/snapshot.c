// SPDX-License-Identifier: GPL-2.0-only
/* Walks over all tasks of a pid namespace, or over the changed ones. */
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/radix-tree.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include <devtrio/proc_relate.h>

#include "changes.h"
#include "query.h"
#include "record.h"
#include "snapshot.h"
#include "task.h"

/* Tasks visited per RCU read section, before rescheduling. */
#define STEPS_AT_ONCE	256

enum verdict {
	FAILS,
	PASSES,
	UNDECIDED,	/* out of steps: call again */
};

static enum pid_type pid_type(bool thread)
{
	return thread ? PIDTYPE_PID : PIDTYPE_TGID;
}

/*
 * The ancestors of a task are about to change. Log one such task: the next walk
 * below a process then visits all tasks.
 */
static void meet_adoption(struct prel_snapshot *snapshot,
			  struct task_struct *task)
{
	if (!prel_snapshot_tracks(snapshot) || snapshot->adoption)
		return;
	snapshot->adoption = true;
	snapshot->changed = true;
	prel_changes_look_again(task, CHANGE_ADOPTED);
}

/*
 * Check whether a task belongs to query.below or a descendant. Climb a bounded
 * number of steps and continue from there in the next call.
 */
static enum verdict is_below(struct prel_snapshot *snapshot,
			     struct task_struct *task, unsigned int *steps)
{
	struct task_struct *climber = task, *climbed, *parent;
	const struct pid *pid;
	int nr;

	if (snapshot->climber == task &&
	    snapshot->climber_start == prel_start_time(task)) {
		/* If the ancestor is gone, its children were reparented. */
		climbed = prel_viewer_find(&snapshot->viewer, snapshot->climbed,
					   PIDTYPE_TGID,
					   snapshot->climbed_start);
		if (climbed)
			task = climbed;
	}
	snapshot->climber = NULL;

	while (READ_ONCE(task->signal->pids[PIDTYPE_TGID]) !=
	       snapshot->query.below) {
		if (prel_task_is_given_away(task))
			meet_adoption(snapshot, task);
		parent = rcu_dereference(task->real_parent);
		parent = READ_ONCE(parent->group_leader);
		pid = READ_ONCE(parent->signal->pids[PIDTYPE_TGID]);
		nr = prel_viewer_nr(&snapshot->viewer, pid);
		if (!nr)
			return FAILS;
		if (++*steps >= STEPS_AT_ONCE) {
			snapshot->climber = climber;
			snapshot->climber_start = prel_start_time(climber);
			snapshot->climbed = nr;
			snapshot->climbed_start = prel_start_time(parent);
			return UNDECIDED;
		}
		task = parent;
	}

	return PASSES;
}

/* Check that the viewer may see the task and the query selects it. */
static enum verdict filter(struct prel_snapshot *snapshot,
			   struct task_struct *task, unsigned int *steps)
{
	const struct prel_query *query = &snapshot->query;
	struct pid *session = READ_ONCE(task->signal->pids[PIDTYPE_SID]);

	if (query->flags & PROC_RELATE_SESSION &&
	    prel_viewer_nr(&snapshot->viewer, session) != query->session)
		return FAILS;
	if (query->flags & PROC_RELATE_UID &&
	    !uid_eq(task_uid(task), query->uid))
		return FAILS;
	if (!prel_viewer_may_see(&snapshot->viewer, task))
		return FAILS;

	return query->below ? is_below(snapshot, task, steps) : PASSES;
}

static inline enum verdict check_task(struct prel_snapshot *snapshot,
				      struct task_struct *task,
				      unsigned int *steps)
{
	if (!(snapshot->query.flags & QUERY_FILTERS) &&
	    !snapshot->viewer.restricted)
		return PASSES;
	return filter(snapshot, task, steps);
}

/* Record a task. If it is changing, log it to be recorded again. */
static bool record_one(struct prel_snapshot *snapshot, struct task_struct *task,
		       int nr, struct proc_relate_task *record)
{
	if (prel_snapshot_tracks(snapshot)) {
		bool exits = prel_task_exits(task);
		bool given_away = prel_task_is_given_away(task);

		if (exits || given_away || prel_changes_is_renamed(task)) {
			u8 flags = given_away ? CHANGE_ADOPTED : 0;

			snapshot->changed = true;
			prel_changes_look_again(task, flags);
		}
		/* Record nothing older than the checks above. */
		smp_rmb();
	}

	return prel_record_task(&snapshot->viewer, task, nr, record);
}

static void record_gone(const struct prel_change *change, int nr,
			struct proc_relate_task *record)
{
	*record = (struct proc_relate_task){
		.type = PROC_RELATE_GONE,
		.pid = nr,
		.tgid = change->thread ? 0 : nr,
		.start_time = change->start_time,
	};
}

/* Check whether an earlier snapshot may have reported the task. */
static bool known(const struct prel_snapshot *snapshot,
		  const struct prel_change *change)
{
	return change->start_time <= snapshot->known;
}

static bool with_threads(const struct prel_snapshot *snapshot)
{
	return snapshot->query.flags & PROC_RELATE_THREADS;
}

/* Pid of the changed task for the viewer, or 0. */
static int change_nr(const struct prel_snapshot *snapshot,
		     const struct prel_change *change)
{
	const struct pid_namespace *ns = snapshot->viewer.pid_ns;

	return change->ns[ns->level] == ns->ns.inum ? change->nr[ns->level] : 0;
}

/* Check whether the viewer cannot tell which task changed. */
static bool is_lost(const struct prel_snapshot *snapshot,
		    const struct prel_change *change)
{
	u8 lost = CHANGE_LOST_ALL;

	if (with_threads(snapshot))
		lost |= CHANGE_LOST_THREADS;
	if (snapshot->viewer.pid_ns->level &&
	    (with_threads(snapshot) || !change->thread))
		lost |= CHANGE_LOST_NESTED;

	return change->flags & lost;
}

static bool concerns(const struct prel_snapshot *snapshot,
		     const struct prel_change *change)
{
	if (is_lost(snapshot, change))
		return true;
	if (change->thread && !with_threads(snapshot))
		return false;
	return change_nr(snapshot, change);
}

/*
 * Find the first change after @after and up to @end that concerns the viewer,
 * including superseded ones, or return 0.
 */
static u64 next_change(const struct prel_snapshot *snapshot, u64 after, u64 end,
		       struct prel_change *change)
{
	u64 generation;

	for (generation = after + 1; generation <= end; generation++) {
		if (!prel_changes_get(generation, change)) {
			change->flags = CHANGE_LOST_ALL;
			return generation;
		}
		if (concerns(snapshot, change))
			return generation;
		if (!(generation % STEPS_AT_ONCE))
			cond_resched();
	}

	return 0;
}

static bool changed_since(const struct prel_snapshot *snapshot, u64 generation)
{
	struct prel_change change;

	return next_change(snapshot, generation, prel_changes_generation(),
			   &change);
}

static void begin_table(struct prel_snapshot *snapshot, bool lost)
{
	snapshot->table = true;
	snapshot->announce = snapshot->query.flags & PROC_RELATE_CHANGES;
	snapshot->lost = lost;
	snapshot->next = 1;
}

static void begin_walk(struct prel_snapshot *snapshot)
{
	u64 since = snapshot->since;

	snapshot->state = SNAPSHOT_UNDER_WAY;
	snapshot->changed = false;
	snapshot->adoption = false;
	snapshot->climber = NULL;
	snapshot->known = snapshot->told;
	snapshot->generation = 0;
	if (prel_snapshot_tracks(snapshot))
		snapshot->generation = prel_changes_generation();

	if (!(snapshot->query.flags & PROC_RELATE_CHANGES) || !since) {
		begin_table(snapshot, false);
	} else if (since < snapshot->floor) {
		begin_table(snapshot, true);
	} else {
		snapshot->table = false;
		snapshot->lost = false;
		snapshot->cursor = max(since, snapshot->polled);
	}
}

static void end_walk(struct prel_snapshot *snapshot)
{
	snapshot->state = SNAPSHOT_ENDED;
	snapshot->since = snapshot->generation;
	snapshot->polled = snapshot->generation;
	if (prel_snapshot_tracks(snapshot) &&
	    changed_since(snapshot, snapshot->generation))
		snapshot->changed = true;
}

/* pid_task() inline. */
static inline struct task_struct *first_task(struct pid *pid,
					     enum pid_type type)
{
	struct hlist_node *first;

	if (!pid)
		return NULL;
	first = rcu_dereference(hlist_first_rcu(&pid->tasks[type]));
	return hlist_entry_safe(first, struct task_struct, pid_links[type]);
}

/* Walk over a bounded number of tasks. Returns the number of records. */
static unsigned int scan_table(struct prel_snapshot *snapshot,
			       struct proc_relate_task *batch, unsigned int max)
{
	struct radix_tree_root *pids = &snapshot->viewer.pid_ns->idr.idr_rt;
	enum pid_type type = pid_type(with_threads(snapshot));
	unsigned int steps = 0, n = 0;
	struct radix_tree_iter iter;
	void __rcu **slot;

	rcu_read_lock();
	/* find_ge_pid() would descend the tree for each pid. */
	radix_tree_for_each_slot(slot, pids, &iter, snapshot->next) {
		struct pid *pid = radix_tree_deref_slot(slot);
		enum verdict verdict = FAILS;
		struct task_struct *task;

		if (radix_tree_deref_retry(pid)) {
			slot = radix_tree_iter_retry(&iter);
			continue;
		}

		snapshot->next = iter.index;
		if (n == max || steps++ >= STEPS_AT_ONCE)
			goto out;
		task = first_task(pid, type);
		if (task)
			verdict = check_task(snapshot, task, &steps);
		if (verdict == UNDECIDED)
			goto out;
		if (verdict == PASSES &&
		    record_one(snapshot, task, iter.index, &batch[n]))
			n++;
	}
	snapshot->next = -1;
out:
	rcu_read_unlock();

	if (snapshot->next < 0)
		end_walk(snapshot);
	return n;
}

/* Visit a changed task. Returns whether that made a record. */
static bool scan_task(struct prel_snapshot *snapshot,
		      const struct prel_change *change, u64 generation,
		      struct proc_relate_task *out)
{
	enum pid_type type = pid_type(change->thread);
	int nr = change_nr(snapshot, change);
	enum verdict verdict = FAILS;
	struct task_struct *task;
	unsigned int steps = 0;
	bool made = false;

	rcu_read_lock();
	task = prel_viewer_find(&snapshot->viewer, nr, type,
				change->start_time);
	if (task)
		verdict = check_task(snapshot, task, &steps);
	if (verdict == PASSES)
		made = record_one(snapshot, task, nr, out);
	rcu_read_unlock();

	if (verdict == UNDECIDED)
		return false;

	snapshot->cursor = generation;
	/* If the task is gone, its last change reports that. */
	if (task && verdict == FAILS && known(snapshot, change)) {
		record_gone(change, nr, out);
		made = true;
	}
	return made;
}

/* Process the next change. Returns whether that made a record. */
static bool scan_change(struct prel_snapshot *snapshot,
			struct proc_relate_task *out)
{
	struct prel_change change;
	u64 generation = next_change(snapshot, snapshot->cursor,
				     snapshot->generation, &change);

	if (!generation) {
		end_walk(snapshot);
		return false;
	}
	if (is_lost(snapshot, &change)) {
		begin_table(snapshot, true);
		return false;
	}
	/* The log does not hold the descendants of a reparented task. */
	if (snapshot->query.below && change.adopted > snapshot->since) {
		begin_table(snapshot, false);
		return false;
	}
	if (!change.superseded && change.kind != CHANGE_GONE)
		return scan_task(snapshot, &change, generation, out);

	snapshot->cursor = generation;
	if (change.superseded || !known(snapshot, &change))
		return false;
	record_gone(&change, change_nr(snapshot, &change), out);
	return true;
}

/**
 * prel_snapshot_fill() - continue the walk
 * @snapshot: walk
 * @batch: buffer for the records
 * @max: size of @batch in records
 *
 * Context: may sleep.
 * Return: number of records, 0 at the end or after a fatal signal.
 */
unsigned int prel_snapshot_fill(struct prel_snapshot *snapshot,
				struct proc_relate_task *batch,
				unsigned int max)
{
	unsigned int n = 0;

	if (snapshot->state == SNAPSHOT_FRESH)
		begin_walk(snapshot);

	while (n < max && snapshot->state != SNAPSHOT_ENDED &&
	       !fatal_signal_pending(current)) {
		if (snapshot->announce) {
			snapshot->announce = false;
			batch[n++] = (struct proc_relate_task){
				.type = PROC_RELATE_TABLE,
			};
		} else if (snapshot->table) {
			n += scan_table(snapshot, batch + n, max - n);
		} else {
			n += scan_change(snapshot, batch + n);
		}
		cond_resched();
	}

	if (snapshot->query.flags & PROC_RELATE_CHANGES)
		snapshot->told = ktime_get_boottime_ns();
	return n;
}

/**
 * prel_snapshot_rewind() - start a new snapshot with the next read
 * @snapshot: walk
 */
void prel_snapshot_rewind(struct prel_snapshot *snapshot)
{
	snapshot->state = SNAPSHOT_FRESH;
}

static int set_tracking(struct prel_snapshot *snapshot, bool track)
{
	int err;

	if (track == prel_snapshot_tracks(snapshot))
		return 0;
	if (!track) {
		prel_changes_unsubscribe();
		return 0;
	}

	err = prel_changes_subscribe();
	if (!err)
		snapshot->floor = prel_changes_generation();
	return err;
}

/**
 * prel_snapshot_set_query() - set the query and start a new snapshot
 * @snapshot: walk; unchanged after an error
 * @from: query from user space
 *
 * Return: 0 or a negative errno, see PROC_RELATE_SET_QUERY.
 */
int prel_snapshot_set_query(struct prel_snapshot *snapshot,
			    const struct proc_relate_query *from)
{
	struct prel_query query;
	int err = prel_query_parse(&query, &snapshot->viewer, from);

	if (err)
		return err;
	err = set_tracking(snapshot, query.flags & PROC_RELATE_TRACK);
	if (err) {
		prel_query_release(&query);
		return err;
	}

	prel_query_release(&snapshot->query);
	snapshot->query = query;
	snapshot->viewer.raw = query.flags & PROC_RELATE_RAW_ADDRESSES;
	snapshot->since = from->since;
	snapshot->polled = from->since;
	prel_snapshot_rewind(snapshot);
	return 0;
}

/**
 * prel_snapshot_changed() - check for changes during the snapshot
 * @snapshot: walk of a query that tracks
 */
bool prel_snapshot_changed(const struct prel_snapshot *snapshot)
{
	return snapshot->changed ||
	       (snapshot->state == SNAPSHOT_UNDER_WAY &&
		changed_since(snapshot, snapshot->generation));
}

/**
 * prel_snapshot_status() - get the status of a snapshot
 * @snapshot: walk
 * @status: result
 */
void prel_snapshot_status(const struct prel_snapshot *snapshot,
			  struct proc_relate_status *status)
{
	*status = (struct proc_relate_status){ };

	if (snapshot->state == SNAPSHOT_ENDED)
		status->flags |= PROC_RELATE_ENDED;
	if (snapshot->viewer.restricted)
		status->flags |= PROC_RELATE_RESTRICTED;
	if (!prel_snapshot_tracks(snapshot))
		return;

	status->generation = snapshot->generation;
	status->now = prel_changes_generation();
	status->flags |= PROC_RELATE_TRACKED;
	if (prel_snapshot_changed(snapshot))
		status->flags |= PROC_RELATE_CHANGED;
	if (snapshot->lost)
		status->flags |= PROC_RELATE_LOST;
}

/* Check whether the task is still changing, as when it was last read. */
static bool unsettled(const struct prel_snapshot *snapshot,
		      const struct prel_change *change)
{
	struct task_struct *task;
	bool mid_change;

	if (is_lost(snapshot, change) || change->kind != CHANGE_AGAIN)
		return false;

	rcu_read_lock();
	task = prel_viewer_find(&snapshot->viewer, change_nr(snapshot, change),
				pid_type(change->thread), change->start_time);
	mid_change = task &&
		     (prel_task_exits(task) || prel_task_is_given_away(task) ||
		      prel_changes_is_renamed(task));
	rcu_read_unlock();

	return mid_change;
}

/**
 * prel_snapshot_news() - check whether a read would return new data
 * @snapshot: walk
 *
 * If only tasks that are still changing would be new, wake pollers again soon.
 */
bool prel_snapshot_news(struct prel_snapshot *snapshot)
{
	u64 generation, now, unsettled_at = 0;
	struct prel_change change;

	if (!prel_snapshot_tracks(snapshot) || !snapshot->since ||
	    snapshot->state == SNAPSHOT_UNDER_WAY)
		return true;

	now = prel_changes_generation();
	generation = max(snapshot->since, snapshot->polled);
	while ((generation = next_change(snapshot, generation, now, &change))) {
		if (!unsettled(snapshot, &change))
			return true;
		if (!unsettled_at)
			unsettled_at = generation;
	}

	if (unsettled_at)
		prel_changes_wake_soon();
	snapshot->polled = unsettled_at ? unsettled_at - 1 : now;
	return false;
}

/**
 * prel_snapshot_open() - set up a walk over all processes
 * @snapshot: walk, zeroed
 * @file: file being opened by the current task
 */
void prel_snapshot_open(struct prel_snapshot *snapshot, const struct file *file)
{
	prel_viewer_init(&snapshot->viewer, file);
	prel_record_key(&snapshot->viewer.key, snapshot->viewer.pid_ns);
}

/**
 * prel_snapshot_close() - release the references of a walk
 * @snapshot: walk
 */
void prel_snapshot_close(struct prel_snapshot *snapshot)
{
	set_tracking(snapshot, false);
	prel_query_release(&snapshot->query);
	prel_viewer_release(&snapshot->viewer);
}
