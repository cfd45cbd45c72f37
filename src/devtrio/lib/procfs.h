/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PROCFS_H
#define PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <devtrio/proc_relate.h>

/**
 * struct proc_task - a task as /proc shows it
 * @comm: its name; /proc shows longer names of kernel threads than the device
 * @tgid: its process
 * @ppid: the parent process
 * @pgid: process group, 0 for none
 * @sid: session, 0 for none
 * @tracer: the thread that traces it, 0 for none
 * @uid: real user id
 * @euid: effective user id
 * @gid: real group id
 * @egid: effective group id
 * @has_sessionid: the kernel has audit sessions
 * @sessionid: audit login session
 * @start_ticks: start time in clock ticks since boot
 */
struct proc_task {
	char comm[65];
	uint32_t tgid;
	uint32_t ppid;
	uint32_t pgid;
	uint32_t sid;
	uint32_t tracer;
	uint32_t uid;
	uint32_t euid;
	uint32_t gid;
	uint32_t egid;
	bool has_sessionid;
	uint32_t sessionid;
	uint64_t start_ticks;
};

/**
 * struct difference - a field in which a record and /proc differ
 * @field: the name of the record's field
 * @device: its value in the record
 * @proc: its value in /proc
 */
struct difference {
	const char *field;
	char device[80];
	char proc[270];
};

/**
 * struct pid_list - the processes that /proc lists
 * @pids: in ascending order; the caller frees them
 * @count: number of pids
 */
struct pid_list {
	uint32_t *pids;
	size_t count;
};

bool parse_stat(const char *text, struct proc_task *task);
bool parse_status(const char *text, struct proc_task *task);
int proc_task_read(uint32_t tgid, uint32_t pid, struct proc_task *task);
bool find_difference(const struct proc_relate_task *record,
		     const struct proc_task *task, long ticks_per_second,
		     struct difference *difference);

int pid_list_read(struct pid_list *list);
bool pid_list_has(const struct pid_list *list, uint32_t pid);

#endif /* PROCFS_H */
