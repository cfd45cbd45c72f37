// SPDX-License-Identifier: GPL-2.0-only
/* Validation and translation of queries. */
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

#define TRACKING \
	(PROC_RELATE_TRACK | PROC_RELATE_CONSISTENT | PROC_RELATE_CHANGES)
#define KNOWN_FLAGS \
	(PROC_RELATE_THREADS | QUERY_FILTERS | PROC_RELATE_RAW_ADDRESSES | \
	 TRACKING)

static struct pid *get_below(const struct prel_viewer *viewer, int nr)
{
	struct task_struct *task;
	struct pid *pid;

	rcu_read_lock();
	pid = find_pid_ns(nr, viewer->pid_ns);
	task = pid_task(pid, PIDTYPE_TGID);
	if (task && prel_viewer_may_see(viewer, task))
		get_pid(pid);
	else
		pid = NULL;
	rcu_read_unlock();

	return pid;
}

/**
 * prel_query_flags() - get the query flags supported on this kernel
 */
u32 prel_query_flags(void)
{
	return prel_changes_supported() ? KNOWN_FLAGS : KNOWN_FLAGS & ~TRACKING;
}

static int check_query(const struct prel_viewer *viewer,
		       const struct proc_relate_query *query)
{
	if (query->flags & ~KNOWN_FLAGS ||
	    memchr_inv(query->reserved, 0, sizeof(query->reserved)))
		return -EINVAL;
	if ((query->below && !(query->flags & PROC_RELATE_BELOW)) ||
	    (query->session && !(query->flags & PROC_RELATE_SESSION)) ||
	    (query->uid && !(query->flags & PROC_RELATE_UID)) ||
	    (query->since && !(query->flags & PROC_RELATE_CHANGES)) ||
	    query->since > prel_changes_generation())
		return -EINVAL;
	if (query->flags & PROC_RELATE_CONSISTENT &&
	    query->flags & PROC_RELATE_CHANGES)
		return -EINVAL;
	if (query->flags & PROC_RELATE_RAW_ADDRESSES &&
	    !file_ns_capable(viewer->file, &init_user_ns, CAP_SYSLOG))
		return -EPERM;
	if (query->flags & TRACKING && viewer->restricted)
		return -EPERM;
	if (query->flags & TRACKING &&
	    viewer->pid_ns->level > PROC_RELATE_TRACK_DEPTH)
		return -EOPNOTSUPP;
	return 0;
}

/**
 * prel_query_parse() - validate and translate a query from user space
 * @query: result, for prel_query_release(); unchanged after an error
 * @viewer: opener of the file
 * @from: query from user space
 *
 * Return: 0 or a negative errno, see PROC_RELATE_SET_QUERY.
 */
int prel_query_parse(struct prel_query *query, const struct prel_viewer *viewer,
		     const struct proc_relate_query *from)
{
	struct prel_query parsed = {
		.flags = from->flags,
		.session = from->session,
		.uid = INVALID_UID,
	};
	int err;

	err = check_query(viewer, from);
	if (err)
		return err;

	if (parsed.flags & TRACKING)
		parsed.flags |= PROC_RELATE_TRACK;
	if (parsed.flags & PROC_RELATE_UID) {
		parsed.uid = make_kuid(viewer->user_ns, from->uid);
		if (!uid_valid(parsed.uid))
			return -EINVAL;
	}
	if (parsed.flags & PROC_RELATE_BELOW) {
		parsed.below = get_below(viewer, from->below);
		if (!parsed.below)
			return -ESRCH;
	}

	*query = parsed;
	return 0;
}
