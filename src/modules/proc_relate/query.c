// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a snapshot shall hold: a user's query, found valid, and put to tasks.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include <devtrio/proc_relate.h>

#include "changes.h"
#include "query.h"
#include "record.h"
#include "snapshot.h"

#define TRACKING \
	(PROC_RELATE_TRACK | PROC_RELATE_CONSISTENT | PROC_RELATE_CHANGES)
#define KNOWN_FLAGS \
	(PROC_RELATE_THREADS | QUERY_FILTERS | PROC_RELATE_RAW_ADDRESSES | \
	 TRACKING)

/*
 * The way up from a task is about to change. One such task that is looked at
 * again is enough: a walk below a process then looks at all.
 */
static void meet_adoption(struct snapshot *snapshot, struct task_struct *task)
{
	if (!snapshot_tracks(snapshot) || snapshot->adoption)
		return;
	snapshot->adoption = true;
	snapshot->changed = true;
	changes_look_again(task, CHANGE_ADOPTED);
}

/*
 * Is the task in the process that the query names, or a descendant of it? Goes
 * up a bounded number of steps, and goes on from there the next time.
 */
static enum passes is_below(struct snapshot *snapshot, struct task_struct *task,
			    unsigned int *steps)
{
	struct task_struct *climber = task, *climbed, *parent;
	int nr;

	if (snapshot->climber == task &&
	    snapshot->climber_start == start_time_of(task)) {
		/* An ancestor that is gone left its children to another one. */
		climbed = viewer_find(&snapshot->viewer, snapshot->climbed,
				      PIDTYPE_TGID, snapshot->climbed_start);
		if (climbed)
			task = climbed;
	}
	snapshot->climber = NULL;

	while (READ_ONCE(task->signal->pids[PIDTYPE_TGID]) !=
	       snapshot->query.below) {
		if (task_is_given_away(task))
			meet_adoption(snapshot, task);
		parent = rcu_dereference(task->real_parent);
		parent = READ_ONCE(parent->group_leader);
		nr = viewer_nr(&snapshot->viewer,
			       READ_ONCE(parent->signal->pids[PIDTYPE_TGID]));
		if (!nr)
			return FAILS;
		if (++*steps >= STEPS_AT_ONCE) {
			snapshot->climber = climber;
			snapshot->climber_start = start_time_of(climber);
			snapshot->climbed = nr;
			snapshot->climbed_start = start_time_of(parent);
			return UNDECIDED;
		}
		task = parent;
	}

	return PASSES;
}

/**
 * query_passes() - is the task visible, and one that the query selects?
 * @snapshot: whose query
 * @task: the task; the caller is in an RCU read section
 * @steps: counts the steps taken from task to task
 */
enum passes query_passes(struct snapshot *snapshot, struct task_struct *task,
			 unsigned int *steps)
{
	const struct query *query = &snapshot->query;
	struct pid *session = READ_ONCE(task->signal->pids[PIDTYPE_SID]);

	if (query->flags & PROC_RELATE_SESSION &&
	    viewer_nr(&snapshot->viewer, session) != query->session)
		return FAILS;
	if (query->flags & PROC_RELATE_UID &&
	    !uid_eq(task_uid(task), query->uid))
		return FAILS;
	if (!viewer_may_see(&snapshot->viewer, task))
		return FAILS;

	return query->below ? is_below(snapshot, task, steps) : PASSES;
}

static struct pid *get_below(const struct snapshot *snapshot, int nr)
{
	struct task_struct *task;
	struct pid *pid;

	rcu_read_lock();
	pid = find_pid_ns(nr, snapshot->viewer.pid_ns);
	task = pid_task(pid, PIDTYPE_TGID);
	if (task && viewer_may_see(&snapshot->viewer, task))
		get_pid(pid);
	else
		pid = NULL;
	rcu_read_unlock();

	return pid;
}

/**
 * query_flags() - those that this kernel can do
 */
u32 query_flags(void)
{
	return changes_supported() ? KNOWN_FLAGS : KNOWN_FLAGS & ~TRACKING;
}

static int check_query(const struct snapshot *snapshot,
		       const struct proc_relate_query *query)
{
	if (query->flags & ~KNOWN_FLAGS ||
	    memchr_inv(query->reserved, 0, sizeof(query->reserved)))
		return -EINVAL;
	if ((query->below && !(query->flags & PROC_RELATE_BELOW)) ||
	    (query->session && !(query->flags & PROC_RELATE_SESSION)) ||
	    (query->uid && !(query->flags & PROC_RELATE_UID)) ||
	    (query->since && !(query->flags & PROC_RELATE_CHANGES)) ||
	    query->since > changes_generation())
		return -EINVAL;
	if (query->flags & PROC_RELATE_CONSISTENT &&
	    query->flags & PROC_RELATE_CHANGES)
		return -EINVAL;
	if (query->flags & PROC_RELATE_RAW_ADDRESSES &&
	    !file_ns_capable(snapshot->viewer.file, &init_user_ns, CAP_SYSLOG))
		return -EPERM;
	if (query->flags & TRACKING && snapshot->viewer.restricted)
		return -EPERM;
	if (query->flags & TRACKING &&
	    snapshot->viewer.pid_ns->level > PROC_RELATE_TRACK_DEPTH)
		return -EOPNOTSUPP;
	return 0;
}

static int set_tracking(struct snapshot *snapshot, bool track)
{
	int err;

	if (track == snapshot_tracks(snapshot))
		return 0;
	if (!track) {
		changes_unsubscribe();
		return 0;
	}

	err = changes_subscribe();
	if (!err)
		snapshot->floor = changes_generation();
	return err;
}

/**
 * query_set() - set what the next snapshots shall hold
 * @snapshot: the walk; begins afresh, or is left alone after an error
 * @from: what the user asks for
 *
 * Return: 0 or a negative errno, see PROC_RELATE_SET_QUERY.
 */
int query_set(struct snapshot *snapshot, const struct proc_relate_query *from)
{
	struct query query = {
		.flags = from->flags,
		.session = from->session,
		.uid = INVALID_UID,
	};
	int err;

	err = check_query(snapshot, from);
	if (err)
		return err;

	if (query.flags & TRACKING)
		query.flags |= PROC_RELATE_TRACK;
	if (query.flags & PROC_RELATE_UID) {
		query.uid = make_kuid(snapshot->viewer.user_ns, from->uid);
		if (!uid_valid(query.uid))
			return -EINVAL;
	}
	if (query.flags & PROC_RELATE_BELOW) {
		query.below = get_below(snapshot, from->below);
		if (!query.below)
			return -ESRCH;
	}

	err = set_tracking(snapshot, query.flags & PROC_RELATE_TRACK);
	if (err) {
		put_pid(query.below);
		return err;
	}

	put_pid(snapshot->query.below);
	snapshot->query = query;
	snapshot->since = from->since;
	snapshot->polled = from->since;
	snapshot_rewind(snapshot);
	return 0;
}

/**
 * query_release() - what query_set() took
 * @snapshot: whose query
 */
void query_release(struct snapshot *snapshot)
{
	set_tracking(snapshot, false);
	put_pid(snapshot->query.below);
}
