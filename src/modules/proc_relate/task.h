/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_TASK_H
#define PROC_RELATE_TASK_H

#include <linux/compiler.h>
#include <linux/sched.h>
#include <linux/types.h>

/*
 * Unlocked read of a field that the task's own fork, exec or exit changes with
 * plain stores.
 */
#define prel_racy(x)	data_race(READ_ONCE(x))

static inline u64 prel_start_time(const struct task_struct *task)
{
	return prel_racy(task->start_boottime);
}

static inline unsigned int prel_task_flags(const struct task_struct *task)
{
	return prel_racy(task->flags);
}

#endif /* PROC_RELATE_TASK_H */
