/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_TASK_H
#define PROC_RELATE_TASK_H

#include <linux/compiler.h>
#include <linux/sched.h>
#include <linux/types.h>

/*
 * What a task's own fork, exec or exit changes by plain stores is read without a
 * lock, as it is at some moment.
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
