// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of the tasks of a snapshot, by real_parent.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/devtrio.h"
#include "ps.h"

/* Deeper tasks are shown at this depth: lines stay short enough to print. */
#define DEPTH_MAX	100

/*
 * A thread's parent is the first thread of its process, whose parent is its real
 * parent. A process that reuses the parent's pid is not the parent. A parent is never
 * younger than its child: this check rules out loops, whatever the records say.
 */
static const struct proc_relate_task *
find_parent(const struct snapshot *snapshot,
	    const struct proc_relate_task *task)
{
	const struct proc_relate_task *parent;

	if (task->pid != task->tgid)
		parent = snapshot_find(snapshot, task->tgid);
	else
		parent = snapshot_find_exact(snapshot, task->real_parent,
					     task->real_parent_start_time);

	if (!parent || parent->start_time > task->start_time ||
	    (parent->start_time == task->start_time &&
	     parent->pid >= task->pid))
		return NULL;
	return parent;
}

static int compare_age(const void *a, const void *b)
{
	const struct proc_relate_task *one = *(const void *const *)a;
	const struct proc_relate_task *other = *(const void *const *)b;

	if (one->start_time != other->start_time)
		return one->start_time < other->start_time ? -1 : 1;
	return (one->pid > other->pid) - (one->pid < other->pid);
}

/**
 * tree_parents() - find the parent of each task
 * @snapshot: the tasks
 * @parents: the result: for each task the index of its parent, TREE_ROOT for none
 *
 * Return: 0 or -ENOMEM.
 */
int tree_parents(const struct snapshot *snapshot, size_t *parents)
{
	const struct proc_relate_task **oldest, *parent;
	unsigned int *depth;
	size_t i, task, above;

	oldest = calloc(snapshot->count + 1, sizeof(*oldest));
	depth = calloc(snapshot->count + 1, sizeof(*depth));
	if (!oldest || !depth) {
		free(oldest);
		free(depth);
		return -ENOMEM;
	}
	for (i = 0; i < snapshot->count; i++)
		oldest[i] = &snapshot->records[i];
	qsort(oldest, snapshot->count, sizeof(*oldest), compare_age);

	for (i = 0; i < snapshot->count; i++) {
		task = oldest[i] - snapshot->records;
		parent = find_parent(snapshot, oldest[i]);
		parents[task] = TREE_ROOT;
		if (!parent)
			continue;
		above = parent - snapshot->records;
		if (depth[above] == DEPTH_MAX)
			above = parents[above];
		parents[task] = above;
		depth[task] = depth[above] + 1;
	}
	free(oldest);
	free(depth);
	return 0;
}
