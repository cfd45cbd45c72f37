// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree that the tasks of a snapshot make, by real_parent.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/devtrio.h"
#include "ps.h"

/* What is deeper is shown at this depth: lines have an end. */
#define DEPTH_MAX	100

#define BRANCH		" \\_ "
#define WITH_SIBLINGS	" |  "
#define WITHOUT		"    "
#define LEVEL		(sizeof(BRANCH) - 1)

/**
 * struct node - a task in the tree
 * @parent: NULL for a root
 * @child: the first of them
 * @sibling: the next one
 */
struct node {
	struct node *parent;
	struct node *child;
	struct node *sibling;
};

/*
 * Whom a task stands below: a thread below the first thread of its process, and
 * that below its real parent. A parent that is another process with the same
 * number does not count. Nobody is older than the own parent; that this is
 * asked for makes loops impossible, whatever the records say.
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

/* Returns the first root. From the last to the first, to end up in order. */
static struct node *link_nodes(const struct snapshot *snapshot,
			       struct node *nodes)
{
	const struct proc_relate_task *parent;
	struct node *root = NULL, **head;
	size_t i;

	for (i = snapshot->count; i-- > 0;) {
		parent = find_parent(snapshot, &snapshot->records[i]);
		if (parent)
			nodes[i].parent = &nodes[parent - snapshot->records];
		head = parent ? &nodes[i].parent->child : &root;
		nodes[i].sibling = *head;
		*head = &nodes[i];
	}
	return root;
}

/* What stands before the name of a task on this depth that is not a root. */
static void draw(char *branch, size_t depth, const struct node *node)
{
	const struct node *parent = node->parent;

	if (depth > DEPTH_MAX)
		return;
	/* The parent's own branch goes on below it, if it has siblings. */
	if (depth > 1)
		memcpy(branch + (depth - 2) * LEVEL,
		       parent->sibling ? WITH_SIBLINGS : WITHOUT, LEVEL);
	memcpy(branch + (depth - 1) * LEVEL, BRANCH, LEVEL + 1);
}

/**
 * tree_walk() - visit all tasks, each after its parent, siblings by pid
 * @snapshot: the tasks
 * @visit: is called with each, and with what to draw before its name
 * @data: for @visit
 *
 * Return: 0 or -ENOMEM.
 */
int tree_walk(const struct snapshot *snapshot, tree_visitor *visit, void *data)
{
	char branch[DEPTH_MAX * LEVEL + 1] = "";
	struct node *nodes, *node;
	size_t depth = 0;

	nodes = calloc(snapshot->count + 1, sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;

	node = link_nodes(snapshot, nodes);
	while (node) {
		if (depth)
			draw(branch, depth, node);
		else
			*branch = '\0';
		visit(data, &snapshot->records[node - nodes], branch);

		if (node->child) {
			node = node->child;
			depth++;
			continue;
		}
		while (node && !node->sibling) {
			node = node->parent;
			depth--;
		}
		if (node)
			node = node->sibling;
	}

	free(nodes);
	return 0;
}
