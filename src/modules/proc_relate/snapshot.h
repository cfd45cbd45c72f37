/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_SNAPSHOT_H
#define PROC_RELATE_SNAPSHOT_H

#include <linux/types.h>

#include <devtrio/proc_relate.h>

#include "query.h"
#include "viewer.h"

enum snapshot_state {
	SNAPSHOT_FRESH,		/* starts with the next read */
	SNAPSHOT_UNDER_WAY,
	SNAPSHOT_ENDED,
};

/**
 * struct prel_snapshot - a walk over the tasks visible to one opener
 * @viewer: opener
 * @query: query; while it tracks, the snapshot is subscribed to changes
 * @state: state of the walk
 * @table: walk over all tasks instead of changes
 * @announce: the next record is a PROC_RELATE_TABLE
 * @lost: a table, because changes were lost
 * @changed: records may not match each other
 * @adoption: found and logged a task that is about to be reparented
 * @next: table: lowest pid not visited yet
 * @climber: task whose ancestors are only partly checked, or NULL; never
 *	dereferenced
 * @climber_start: start time of @climber
 * @climbed: pid of the ancestor to continue from
 * @climbed_start: start time of @climbed
 * @generation: newest change when the walk started
 * @floor: newest change when this file started to track
 * @since: newest change covered by a complete walk, or 0
 * @cursor: changes: last change visited
 * @polled: changes up to this one are not new to a reader who knows @since
 * @told: time of the last records, in ns since boot
 * @known: @told when the walk started: tasks started later were never reported
 *
 * The walk is a position and holds no reference to a task between calls: its
 * memory does not depend on the number of tasks. The caller serializes calls.
 */
struct prel_snapshot {
	struct prel_viewer viewer;
	struct prel_query query;

	enum snapshot_state state;
	bool table;
	bool announce;
	bool lost;
	bool changed;
	bool adoption;

	int next;
	const void *climber;
	u64 climber_start;
	int climbed;
	u64 climbed_start;

	u64 generation;
	u64 floor;
	u64 since;
	u64 cursor;
	u64 polled;
	u64 told;
	u64 known;
};

void prel_snapshot_open(struct prel_snapshot *snapshot,
			const struct file *file);
void prel_snapshot_close(struct prel_snapshot *snapshot);
int prel_snapshot_set_query(struct prel_snapshot *snapshot,
			    const struct proc_relate_query *from);
void prel_snapshot_rewind(struct prel_snapshot *snapshot);
unsigned int prel_snapshot_fill(struct prel_snapshot *snapshot,
				struct proc_relate_task *batch,
				unsigned int max);
void prel_snapshot_status(const struct prel_snapshot *snapshot,
			  struct proc_relate_status *status);
bool prel_snapshot_changed(const struct prel_snapshot *snapshot);
bool prel_snapshot_news(struct prel_snapshot *snapshot);

static inline bool prel_snapshot_tracks(const struct prel_snapshot *snapshot)
{
	return snapshot->query.flags & PROC_RELATE_TRACK;
}

#endif /* PROC_RELATE_SNAPSHOT_H */
