/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROC_RELATE_RECORD_H
#define PROC_RELATE_RECORD_H

#include <linux/siphash.h>
#include <linux/types.h>

struct pid_namespace;
struct prel_viewer;
struct proc_relate_task;
struct task_struct;

void prel_record_init(void);
void prel_record_key(siphash_key_t *key, const struct pid_namespace *pid_ns);
bool prel_record_task(const struct prel_viewer *viewer,
		      struct task_struct *task, int nr,
		      struct proc_relate_task *record);
bool prel_task_exits(const struct task_struct *task);
bool prel_task_is_given_away(const struct task_struct *task);

#endif /* PROC_RELATE_RECORD_H */
