// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk over the tasks of a pid namespace, or over those that changed.
 */
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

static enum pid_type pid_type(bool thread)
{
	return thread ? PIDTYPE_PID : PIDTYPE_TGID;
}

static inline enum passes passes(struct snapshot *snapshot,
				 struct task_struct *task, unsigned int *steps)
{
	if (!(snapshot->query.flags & QUERY_FILTERS) &&
	    !snapshot->viewer.restricted)
		return PASSES;
	return query_passes(snapshot, task, steps);
}

/* Records a task, and sees to it that one in mid-change is looked at again. */
static bool record(struct snapshot *snapshot, struct task_struct *task, int nr,
		   struct proc_relate_task *record)
{
	if (snapshot_tracks(snapshot)) {
		bool exits = task_exits(task);
		bool given_away = task_is_given_away(task);

		if (exits || given_away || changes_is_renamed(task)) {
			snapshot->changed = true;
			changes_look_again(task,
					   given_away ? CHANGE_ADOPTED : 0);
		}
		/* What is recorded is not older than what was looked at. */
		smp_rmb();
	}

	return record_task(snapshot, task, nr, record);
}

static void record_gone(const struct change *change, int nr,
			struct proc_relate_task *record)
{
	*record = (struct proc_relate_task){
		.type = PROC_RELATE_GONE,
		.pid = nr,
		.tgid = change->thread ? 0 : nr,
		.start_time = change->start_time,
	};
}

/* May the reader know of a task, whose last change this is? */
static bool known(const struct snapshot *snapshot, const struct change *change)
{
	return change->start_time <= snapshot->known;
}

static bool with_threads(const struct snapshot *snapshot)
{
	return snapshot->query.flags & PROC_RELATE_THREADS;
}

/* The number of the changed task for the viewer, 0 when it has none. */
static int change_nr(const struct snapshot *snapshot,
		     const struct change *change)
{
	const struct pid_namespace *ns = snapshot->viewer.pid_ns;

	return change->ns[ns->level] == ns->ns.inum ? change->nr[ns->level] : 0;
}

/* Does the change tell this viewer no more than that something changed? */
static bool lost(const struct snapshot *snapshot, const struct change *change)
{
	u8 lost = CHANGE_LOST_ALL;

	if (with_threads(snapshot))
		lost |= CHANGE_LOST_THREADS;
	if (snapshot->viewer.pid_ns->level &&
	    (with_threads(snapshot) || !change->thread))
		lost |= CHANGE_LOST_NESTED;

	return change->flags & lost;
}

static bool concerns(const struct snapshot *snapshot,
		     const struct change *change)
{
	if (lost(snapshot, change))
		return true;
	if (change->thread && !with_threads(snapshot))
		return false;
	return change_nr(snapshot, change);
}

/*
 * The first change after @after and up to @end that concerns the viewer, or 0.
 * One that was superseded concerns it, too: something happened then.
 */
static u64 next_change(const struct snapshot *snapshot, u64 after, u64 end,
		       struct change *change)
{
	u64 generation;

	for (generation = after + 1; generation <= end; generation++) {
		if (!changes_get(generation, change)) {
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

static bool changed_since(const struct snapshot *snapshot, u64 generation)
{
	struct change change;

	return next_change(snapshot, generation, changes_generation(), &change);
}

static void begin_table(struct snapshot *snapshot, bool lost)
{
	snapshot->table = true;
	snapshot->announce = snapshot->query.flags & PROC_RELATE_CHANGES;
	snapshot->lost = lost;
	snapshot->next = 1;
}

static void begin(struct snapshot *snapshot)
{
	u64 since = snapshot->since;

	snapshot->state = SNAPSHOT_UNDER_WAY;
	snapshot->changed = false;
	snapshot->adoption = false;
	snapshot->climber = NULL;
	snapshot->known = snapshot->told;
	snapshot->generation = 0;
	if (snapshot_tracks(snapshot))
		snapshot->generation = changes_generation();

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

static void end(struct snapshot *snapshot)
{
	snapshot->state = SNAPSHOT_ENDED;
	snapshot->since = snapshot->generation;
	snapshot->polled = snapshot->generation;
	if (snapshot_tracks(snapshot) &&
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

/* Takes a bounded number of steps; returns the records it made of them. */
static unsigned int scan_table(struct snapshot *snapshot,
			       struct proc_relate_task *batch, unsigned int max)
{
	struct radix_tree_root *pids = &snapshot->viewer.pid_ns->idr.idr_rt;
	enum pid_type type = pid_type(with_threads(snapshot));
	unsigned int steps = 0, n = 0;
	struct radix_tree_iter iter;
	void __rcu **slot;

	rcu_read_lock();
	/* As find_ge_pid(), but that would climb down the tree for each pid. */
	radix_tree_for_each_slot(slot, pids, &iter, snapshot->next) {
		struct pid *pid = radix_tree_deref_slot(slot);
		enum passes verdict = FAILS;
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
			verdict = passes(snapshot, task, &steps);
		if (verdict == UNDECIDED)
			goto out;
		if (verdict == PASSES &&
		    record(snapshot, task, iter.index, &batch[n]))
			n++;
	}
	snapshot->next = -1;
out:
	rcu_read_unlock();

	if (snapshot->next < 0)
		end(snapshot);
	return n;
}

/* Looks at a task that changed; returns whether that made a record. */
static bool scan_task(struct snapshot *snapshot, const struct change *change,
		      u64 generation, struct proc_relate_task *out)
{
	enum pid_type type = pid_type(change->thread);
	int nr = change_nr(snapshot, change);
	enum passes verdict = FAILS;
	struct task_struct *task;
	unsigned int steps = 0;
	bool made = false;

	rcu_read_lock();
	task = viewer_find(&snapshot->viewer, nr, type, change->start_time);
	if (task)
		verdict = passes(snapshot, task, &steps);
	if (verdict == PASSES)
		made = record(snapshot, task, nr, out);
	rcu_read_unlock();

	if (verdict == UNDECIDED)
		return false;

	snapshot->cursor = generation;
	/* Of a task that is gone its last change tells. */
	if (task && verdict == FAILS && known(snapshot, change)) {
		record_gone(change, nr, out);
		made = true;
	}
	return made;
}

/* Takes the next change; returns whether that made a record. */
static bool scan_change(struct snapshot *snapshot, struct proc_relate_task *out)
{
	struct change change;
	u64 generation = next_change(snapshot, snapshot->cursor,
				     snapshot->generation, &change);

	if (!generation) {
		end(snapshot);
		return false;
	}
	if (lost(snapshot, &change)) {
		begin_table(snapshot, true);
		return false;
	}
	/* Descendants of an adopted task are not in the log. */
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

	if (snapshot->state == SNAPSHOT_FRESH)
		begin(snapshot);

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
 * snapshot_rewind() - have the next read begin a fresh snapshot
 * @snapshot: the walk
 */
void snapshot_rewind(struct snapshot *snapshot)
{
	snapshot->state = SNAPSHOT_FRESH;
}

/**
 * snapshot_changed() - may the records of this snapshot not fit together?
 * @snapshot: the walk, of a query that tracks
 */
bool snapshot_changed(const struct snapshot *snapshot)
{
	return snapshot->changed ||
	       (snapshot->state == SNAPSHOT_UNDER_WAY &&
		changed_since(snapshot, snapshot->generation));
}

/**
 * snapshot_status() - what is to say of a snapshot
 * @snapshot: the walk
 * @status: the result
 */
void snapshot_status(const struct snapshot *snapshot,
		     struct proc_relate_status *status)
{
	*status = (struct proc_relate_status){ };

	if (snapshot->state == SNAPSHOT_ENDED)
		status->flags |= PROC_RELATE_ENDED;
	if (snapshot->viewer.restricted)
		status->flags |= PROC_RELATE_RESTRICTED;
	if (!snapshot_tracks(snapshot))
		return;

	status->generation = snapshot->generation;
	status->now = changes_generation();
	status->flags |= PROC_RELATE_TRACKED;
	if (snapshot_changed(snapshot))
		status->flags |= PROC_RELATE_CHANGED;
	if (snapshot->lost)
		status->flags |= PROC_RELATE_LOST;
}

/* Is what changed still in mid-change, as it was when it was last read? */
static bool unsettled(const struct snapshot *snapshot,
		      const struct change *change)
{
	struct task_struct *task;
	bool mid_change;

	if (lost(snapshot, change) || change->kind != CHANGE_AGAIN)
		return false;

	rcu_read_lock();
	task = viewer_find(&snapshot->viewer, change_nr(snapshot, change),
			   pid_type(change->thread), change->start_time);
	mid_change = task && (task_exits(task) || task_is_given_away(task) ||
			      changes_is_renamed(task));
	rcu_read_unlock();

	return mid_change;
}

/**
 * snapshot_news() - would a read tell anything new?
 * @snapshot: the walk
 *
 * When nothing but tasks in mid-change would be new, those who poll are woken
 * again in a moment.
 */
bool snapshot_news(struct snapshot *snapshot)
{
	u64 generation, now, unsettled_at = 0;
	struct change change;

	if (!snapshot_tracks(snapshot) || !snapshot->since ||
	    snapshot->state == SNAPSHOT_UNDER_WAY)
		return true;

	now = changes_generation();
	generation = max(snapshot->since, snapshot->polled);
	while ((generation = next_change(snapshot, generation, now, &change))) {
		if (!unsettled(snapshot, &change))
			return true;
		if (!unsettled_at)
			unsettled_at = generation;
	}

	if (unsettled_at)
		changes_wake_soon();
	snapshot->polled = unsettled_at ? unsettled_at - 1 : now;
	return false;
}

/**
 * snapshot_open() - begin with all processes
 * @snapshot: the walk, zeroed
 * @file: the file that the current task opens
 */
void snapshot_open(struct snapshot *snapshot, const struct file *file)
{
	viewer_init(&snapshot->viewer, file);
	record_key(&snapshot->key, snapshot->viewer.pid_ns);
}

/**
 * snapshot_close() - what the other functions took
 * @snapshot: the walk
 */
void snapshot_close(struct snapshot *snapshot)
{
	query_release(snapshot);
	viewer_release(&snapshot->viewer);
}
