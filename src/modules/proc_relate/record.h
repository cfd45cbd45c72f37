/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_RECORD_H
#define PROC_RELATE_RECORD_H

#include <linux/siphash.h>
#include <linux/types.h>

struct pid_namespace;
struct proc_relate_task;
struct snapshot;
struct task_struct;

void record_init(void);
void record_key(siphash_key_t *key, const struct pid_namespace *pid_ns);
bool record_task(const struct snapshot *snapshot, struct task_struct *task,
		 int nr, struct proc_relate_task *record);
bool task_exits(const struct task_struct *task);
bool task_is_given_away(const struct task_struct *task);

#endif /* PROC_RELATE_RECORD_H */
