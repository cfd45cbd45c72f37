// SPDX-License-Identifier: GPL-2.0-only
/*
 * The peer of proc_relate: a BPF task iterator that writes the same records. It
 * uses plain loads, and does not check namespaces, permissions or reaped tasks.
 * mm and active_mm are raw addresses, and the state is the kernel's number, which
 * the reader must translate.
 */
#include <linux/types.h>

#include <bpf/bpf_helpers.h>
#include <devtrio/proc_relate.h>

/* From include/linux/pid.h. */
#define PIDTYPE_PGID	2
#define PIDTYPE_SID	3

/* From include/linux/sched.h. */
#define PF_EXITING	0x00000004
#define PF_KTHREAD	0x00200000
#define EXIT_ZOMBIE	0x00000020

/* Subsets of kernel types; libbpf relocates the fields. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	__u32 val;
} kuid_t, kgid_t;

struct cred {
	kuid_t uid, euid;
	kgid_t gid, egid;
};

struct upid {
	int nr;
};

struct pid {
	struct upid numbers[1];
};

struct signal_struct {
	int nr_threads;
	struct pid *pids[4];
};

struct mm_struct;

struct task_struct {
	unsigned int __state;
	unsigned int flags;
	unsigned int ptrace;
	int exit_state;
	int pid, tgid;
	unsigned int sessionid;
	__u64 start_boottime;
	char comm[PROC_RELATE_COMM_LEN];
	struct task_struct *parent, *real_parent, *group_leader;
	struct signal_struct *signal;
	const struct cred *real_cred;
	struct mm_struct *mm, *active_mm;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

SEC("iter/task")
int write_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct proc_relate_task record = {};
	struct task_struct *relative;
	struct signal_struct *signal;
	const struct cred *cred;
	unsigned int flags;

	if (!task || task->pid != task->tgid)
		return 0;

	record.pid = task->pid;
	record.tgid = task->tgid;
	relative = task->parent;
	record.parent = relative->tgid;
	record.parent_start_time = relative->group_leader->start_boottime;
	relative = task->real_parent;
	record.real_parent = relative->tgid;
	record.real_parent_start_time = relative->group_leader->start_boottime;
	record.group_leader = task->group_leader->pid;

	signal = task->signal;
	record.pgid = signal->pids[PIDTYPE_PGID]->numbers[0].nr;
	record.sid = signal->pids[PIDTYPE_SID]->numbers[0].nr;
	record.threads = signal->nr_threads;

	cred = task->real_cred;
	record.uid = cred->uid.val;
	record.gid = cred->gid.val;
	record.euid = cred->euid.val;
	record.egid = cred->egid.val;

	flags = task->flags;
	record.flags = (flags & PF_KTHREAD ? PROC_RELATE_KTHREAD : 0) |
		       (flags & PF_EXITING ? PROC_RELATE_EXITING : 0) |
		       (task->ptrace ? PROC_RELATE_TRACED : 0) |
		       (task->exit_state == EXIT_ZOMBIE ? PROC_RELATE_ZOMBIE : 0);
	record.state = task->__state | task->exit_state;
	record.sessionid = task->sessionid;
	record.start_time = task->start_boottime;
	record.mm = (unsigned long)task->mm;
	record.active_mm = (unsigned long)task->active_mm;
	((__u64 *)record.comm)[0] = ((const __u64 *)task->comm)[0];
	((__u64 *)record.comm)[1] = ((const __u64 *)task->comm)[1];

	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
