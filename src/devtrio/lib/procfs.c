// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read a task from /proc and compare it with a proc_relate record.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devtrio.h"
#include "procfs.h"

#define NSEC_PER_SEC 1000000000

/**
 * parse_stat() - parse a task's parent, group, session and start time
 * @text: content of /proc/PID/stat
 * @task: the result
 *
 * Return: whether @text is valid.
 */
bool parse_stat(const char *text, struct proc_task *task)
{
	/* The name is in parentheses and may contain some. */
	const char *rest = strrchr(text, ')');
	int pgid, sid;

	if (!rest)
		return false;
	if (sscanf(rest + 1,
		   " %*c %" SCNu32 " %d %d %*d %*d %*u %*u %*u %*u %*u"
		   " %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64,
		   &task->ppid, &pgid, &sid, &task->start_ticks) != 4)
		return false;

	/* -1 if the process has already been released. */
	task->pgid = pgid > 0 ? pgid : 0;
	task->sid = sid > 0 ? sid : 0;
	return true;
}

/* Return the rest of the line of /proc/PID/status that starts with name. */
static const char *find_line(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line ? line + strlen(name) : "";
}

/**
 * parse_status() - parse a task's process, tracer and credentials
 * @text: content of /proc/PID/status
 * @task: the result
 *
 * Return: whether @text is valid.
 */
bool parse_status(const char *text, struct proc_task *task)
{
	return sscanf(find_line(text, "\nTgid:"), "%" SCNu32,
		      &task->tgid) == 1 &&
	       sscanf(find_line(text, "\nTracerPid:"), "%" SCNu32,
		      &task->tracer) == 1 &&
	       sscanf(find_line(text, "\nUid:"), "%" SCNu32 "%" SCNu32,
		      &task->uid, &task->euid) == 2 &&
	       sscanf(find_line(text, "\nGid:"), "%" SCNu32 "%" SCNu32,
		      &task->gid, &task->egid) == 2;
}

/* Returns the length, or -errno. */
static ssize_t read_file(int dir, const char *name, char *text, size_t size)
{
	ssize_t n, length = 0;
	int fd;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	do {
		n = read(fd, text + length, size - 1 - length);
		if (n > 0)
			length += n;
	} while (n > 0);
	if (n < 0)
		length = -errno;
	close(fd);

	text[length < 0 ? 0 : length] = '\0';
	return length;
}

static int read_task(int dir, struct proc_task *task)
{
	char text[4096];
	ssize_t length;

	length = read_file(dir, "stat", text, sizeof(text));
	if (length < 0)
		return length;
	if (!parse_stat(text, task))
		return -EBADMSG;

	length = read_file(dir, "status", text, sizeof(text));
	if (length < 0)
		return length;
	if (!parse_status(text, task))
		return -EBADMSG;

	length = read_file(dir, "comm", task->comm, sizeof(task->comm));
	if (length < 0)
		return length;
	if (length && task->comm[length - 1] == '\n')
		task->comm[length - 1] = '\0';

	length = read_file(dir, "sessionid", text, sizeof(text));
	if (length == -ENOENT)
		return 0;
	if (length < 0)
		return length;
	task->sessionid = strtoul(text, NULL, 10);
	task->has_sessionid = true;
	return 0;
}

/**
 * proc_task_read() - read a task from /proc
 * @tgid: its process
 * @pid: its own id
 * @task: the result
 *
 * Return: 0, or -errno: ENOENT or ESRCH if there is no such task, EPERM or
 * EACCES if /proc hides it.
 */
int proc_task_read(uint32_t tgid, uint32_t pid, struct proc_task *task)
{
	char path[48];
	int dir, err;

	*task = (struct proc_task){ };
	snprintf(path, sizeof(path), "/proc/%u/task/%u", tgid, pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;

	err = read_task(dir, task);
	/* The task ended during the read. */
	if (err == -EBADMSG && faccessat(dir, "stat", F_OK, 0))
		err = -ESRCH;
	close(dir);
	return err;
}

/* /proc shows kernel threads with their work item or their untruncated name. */
static bool same_comm(const struct proc_relate_task *record, const char *comm)
{
	size_t length = strnlen(record->comm, sizeof(record->comm));

	if (record->flags & PROC_RELATE_KTHREAD)
		return !strncmp(record->comm, comm, length);
	return strlen(comm) == length && !memcmp(record->comm, comm, length);
}

/**
 * find_difference() - compare a record with /proc
 * @record: the record from the device
 * @task: the task from /proc
 * @ticks_per_second: the unit of @task's start time
 * @difference: the first difference
 *
 * Return: whether they differ.
 */
bool find_difference(const struct proc_relate_task *record,
		     const struct proc_task *task, long ticks_per_second,
		     struct difference *difference)
{
	const struct {
		const char *name;
		uint64_t device, proc;
	} fields[] = {
		{ "tgid", record->tgid, task->tgid },
		{ "real_parent", record->real_parent, task->ppid },
		{ "pgid", record->pgid, task->pgid },
		{ "sid", record->sid, task->sid },
		{ "sessionid", record->sessionid,
		  task->has_sessionid ? task->sessionid : record->sessionid },
		{ "uid", record->uid, task->uid },
		{ "euid", record->euid, task->euid },
		{ "gid", record->gid, task->gid },
		{ "egid", record->egid, task->egid },
		/* /proc shows 0 for a tracer in an outer pid namespace. */
		{ "traced", record->flags & PROC_RELATE_TRACED,
		  task->tracer ? PROC_RELATE_TRACED :
				 record->flags & PROC_RELATE_TRACED },
		{ "start_time in clock ticks",
		  record->start_time / (NSEC_PER_SEC / ticks_per_second),
		  task->start_ticks },
	};
	size_t i;

	if (!same_comm(record, task->comm)) {
		difference->field = "comm";
		escape_bytes(difference->device, sizeof(difference->device),
			     record->comm, sizeof(record->comm));
		escape_bytes(difference->proc, sizeof(difference->proc),
			     task->comm, sizeof(task->comm));
		return true;
	}

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].device == fields[i].proc)
			continue;
		difference->field = fields[i].name;
		snprintf(difference->device, sizeof(difference->device),
			 "%" PRIu64, fields[i].device);
		snprintf(difference->proc, sizeof(difference->proc),
			 "%" PRIu64, fields[i].proc);
		return true;
	}
	return false;
}

static int compare_pids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/**
 * pid_list_read() - list the processes in /proc
 * @list: the result; nothing to free after an error
 *
 * Return: 0 or -errno.
 */
int pid_list_read(struct pid_list *list)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	uint64_t pid;
	void *grown;

	*list = (struct pid_list){ };
	if (!proc)
		return -errno;

	while ((entry = readdir(proc))) {
		if (!parse_number(entry->d_name, UINT32_MAX, &pid))
			continue;
		grown = reallocarray(list->pids, list->count + 1,
				     sizeof(*list->pids));
		if (!grown) {
			free(list->pids);
			closedir(proc);
			return -ENOMEM;
		}
		list->pids = grown;
		list->pids[list->count++] = pid;
	}
	closedir(proc);

	qsort(list->pids, list->count, sizeof(*list->pids), compare_pids);
	return 0;
}

bool pid_list_has(const struct pid_list *list, uint32_t pid)
{
	return bsearch(&pid, list->pids, list->count, sizeof(*list->pids),
		       compare_pids);
}
