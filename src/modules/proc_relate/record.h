/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_RECORD_H
#define PROC_RELATE_RECORD_H

#include <linux/compiler.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/types.h>

struct pid_namespace;
struct proc_relate_task;
struct snapshot;

void record_init(void);
void record_key(siphash_key_t *key, const struct pid_namespace *pid_ns);
bool record_task(const struct snapshot *snapshot, struct task_struct *task,
		 int nr, struct proc_relate_task *record);
bool task_exits(const struct task_struct *task);
bool task_is_given_away(const struct task_struct *task);

/*
 * What a task's own fork, exec or exit changes by plain stores is read without a
 * lock, as it is at some moment.
 */
#define read_racy(x)	data_race(READ_ONCE(x))

static inline u64 start_time_of(const struct task_struct *task)
{
	return read_racy(task->start_boottime);
}

static inline unsigned int flags_of(const struct task_struct *task)
{
	return read_racy(task->flags);
}

#endif /* PROC_RELATE_RECORD_H */
