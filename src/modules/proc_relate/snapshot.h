/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_SNAPSHOT_H
#define PROC_RELATE_SNAPSHOT_H

#include <linux/siphash.h>
#include <linux/types.h>

#include <devtrio/proc_relate.h>

#include "query.h"
#include "viewer.h"

enum snapshot_state {
	SNAPSHOT_FRESH,		/* begins with the next read */
	SNAPSHOT_UNDER_WAY,
	SNAPSHOT_ENDED,
};

/**
 * struct prel_snapshot - a walk over the tasks that one opener may see
 * @viewer: the opener
 * @key: makes this viewer's identities of addresses
 * @query: what to show; while it tracks, the snapshot is a subscriber of changes
 * @state: how far the walk is
 * @table: it goes over all tasks, else over changes
 * @announce: the record that says so comes first
 * @lost: a table, since changes were forgotten
 * @changed: what it showed may not fit together
 * @adoption: it met a task that is being given away, and had that logged
 * @next: table: the lowest pid that the walk has not come to yet
 * @climber: whose ancestors were not all looked at in one go, or NULL; never
 *	followed
 * @climber_start: names @climber for good
 * @climbed: the ancestor to go on from
 * @climbed_start: names the process @climbed
 * @generation: the newest change when the walk began
 * @floor: the newest change when this file began to track
 * @since: the newest change that a complete walk told of, or 0
 * @cursor: changes: how far the walk came
 * @polled: no change up to this one is news to a reader who knows @since
 * @told: when records were last given, in ns since boot
 * @known: @told when the walk began: no task that started later was ever told
 *
 * The walk is a number and holds on to no task between two calls, so that it
 * costs the same memory for ten tasks and for a million. The caller serialises
 * the calls.
 */
struct prel_snapshot {
	struct prel_viewer viewer;
	siphash_key_t key;
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
