/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_CHANGES_H
#define PROC_RELATE_CHANGES_H

#include <linux/types.h>

#include <devtrio/proc_relate.h>

struct file;
struct poll_table_struct;
struct task_struct;

/* How many changes are remembered: half a MiB while anybody asks for them. */
#define CHANGES_SIZE	8192

enum change_kind {
	/* Look at the task: it came, exec'd, exits, is adopted, gets a name. */
	CHANGE_LOOK,
	CHANGE_AGAIN,	/* look at it once more: it was seen in mid-change */
	CHANGE_GONE,	/* the task was waited for, and is no more */
};

/* Bits of struct prel_change.flags. */
#define CHANGE_ADOPTED		BIT(0)	/* its real_parent exits */
/* Who can't tell from a change what happened, and has to look at all tasks. */
#define CHANGE_LOST_THREADS	BIT(1)	/* who looks at threads */
#define CHANGE_LOST_NESTED	BIT(2)	/* who is in a nested pid namespace */
#define CHANGE_LOST_ALL		BIT(3)

/**
 * struct prel_change - what happened last to a task
 * @start_time: names the task, together with its pid
 * @adopted: generation in which it last got another real_parent, or 0
 * @nr: its pid on each level of pid namespaces
 * @ns: the namespaces' numbers
 * @name: hash of the name that it last got, or is just about to get, or 0
 * @kind: what to do about it
 * @flags: CHANGE_ADOPTED and so on
 * @thread: the task is a thread other than its process's first
 * @superseded: a later change tells of the same task
 */
struct prel_change {
	u64 start_time;
	u64 adopted;
	s32 nr[PROC_RELATE_TRACK_DEPTH + 1];
	unsigned int ns[PROC_RELATE_TRACK_DEPTH + 1];
	u32 name;
	u8 kind;
	u8 flags;
	bool thread;
	bool superseded;
};

bool prel_changes_supported(void);
int prel_changes_subscribe(void);
void prel_changes_unsubscribe(void);

u64 prel_changes_generation(void);
bool prel_changes_get(u64 generation, struct prel_change *change);
void prel_changes_look_again(struct task_struct *task, u8 flags);
bool prel_changes_is_renamed(const struct task_struct *task);

void prel_changes_wait(struct file *file, struct poll_table_struct *table);
void prel_changes_wake_soon(void);

void prel_changes_init(void);
void prel_changes_exit(void);

#endif /* PROC_RELATE_CHANGES_H */
