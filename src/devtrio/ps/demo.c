// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio ps --demo: start a small family of processes, print all tasks, and
 * compare them with /proc.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/devtrio.h"
#include "family.h"
#include "lib/proc_relate.h"
#include "lib/procfs.h"
#include "ps.h"

/*
 * Processes start, exit and change between reading the device and /proc. Count
 * a mismatch only if this many comparisons in a row find it.
 */
#define LOOKS 3

enum outcome { AGREES, DIFFERS, HIDDEN, ENDED };

/**
 * struct comparison - result of the comparison
 * @count: number of tasks for each outcome
 * @missing: number of processes in /proc that are not in the snapshot
 */
struct comparison {
	size_t count[ENDED + 1];
	size_t missing;
};

static void list_processes(struct pid_list *list)
{
	int err = pid_list_read(list);

	if (err)
		die(EXIT_FAILED, "cannot list /proc: %s", strerror(-err));
}

static bool is_alive(uint32_t pid)
{
	return !kill(pid, 0) || errno == EPERM;
}

static enum outcome compare(const struct proc_relate_task *record,
			    struct difference *difference)
{
	struct proc_task task;
	int err = proc_task_read(record->tgid, record->pid, &task);

	switch (err) {
	case 0:
		return find_difference(record, &task, sysconf(_SC_CLK_TCK),
				       difference) ? DIFFERS : AGREES;
	case -EPERM:
	case -EACCES:
		return HIDDEN;
	case -ENOENT:
	case -ESRCH:
		/* With hidepid=2 a hidden process looks missing. */
		if (is_alive(record->pid))
			return HIDDEN;
		difference->field = "pid";
		snprintf(difference->device, sizeof(difference->device), "%u",
			 record->pid);
		snprintf(difference->proc, sizeof(difference->proc),
			 "missing");
		return DIFFERS;
	default:
		die(EXIT_FAILED, "cannot read /proc/%u: %s", record->pid,
		    strerror(-err));
	}
}

/* Compare the same task in a new snapshot. */
static enum outcome recheck(int fd, const struct proc_relate_task *record,
			    struct difference *difference)
{
	const struct proc_relate_task *now;
	enum outcome outcome = ENDED;
	struct snapshot snapshot;

	ps_read(fd, &snapshot);
	now = snapshot_find(&snapshot, record->pid);
	if (now && now->start_time == record->start_time)
		outcome = compare(now, difference);
	free(snapshot.records);
	return outcome;
}

static enum outcome compare_record(int fd,
				   const struct proc_relate_task *record)
{
	struct difference difference;
	char comm[PS_CELL_MAX];
	enum outcome outcome;
	int looks = 1;

	outcome = compare(record, &difference);
	while (outcome == DIFFERS && looks++ < LOOKS)
		outcome = recheck(fd, record, &difference);

	if (outcome == DIFFERS) {
		escape_bytes(comm, sizeof(comm), record->comm,
			     sizeof(record->comm));
		fprintf(stderr,
			"devtrio: pid %u (%s): %s is %s on the device, %s in /proc\n",
			record->pid, comm, difference.field,
			difference.device, difference.proc);
	}
	return outcome;
}

static bool is_missing(int fd, uint32_t pid)
{
	struct snapshot snapshot;
	struct proc_task task;
	bool missing = true;
	int looks = 1;

	/* Another process may have reused the pid. */
	while (missing && looks++ < LOOKS) {
		ps_read(fd, &snapshot);
		missing = !snapshot_find(&snapshot, pid) &&
			  !proc_task_read(pid, pid, &task);
		free(snapshot.records);
	}
	if (missing)
		fprintf(stderr,
			"devtrio: pid %u is in /proc, but not on the device\n",
			pid);
	return missing;
}

static void compare_all(int fd, const struct snapshot *snapshot,
			const struct pid_list *before,
			const struct pid_list *after,
			struct comparison *comparison)
{
	size_t i;

	for (i = 0; i < snapshot->count; i++)
		comparison->count[compare_record(fd, &snapshot->records[i])]++;

	for (i = 0; i < before->count; i++)
		if (pid_list_has(after, before->pids[i]) &&
		    !snapshot_find(snapshot, before->pids[i]) &&
		    is_missing(fd, before->pids[i]))
			comparison->missing++;
}

/**
 * format_entry() - format a task as the first driver's test program did
 * @line: the result
 * @size: size of @line; PS_LINE_MAX is enough
 * @record: the task
 */
void format_entry(char *line, size_t size,
		  const struct proc_relate_task *record)
{
	char comm[PS_CELL_MAX];

	escape_bytes(comm, sizeof(comm), record->comm, sizeof(record->comm));
	snprintf(line, size,
		 "pid=%u tgid=%u comm=%s sessionid=%u mm=%016" PRIx64
		 " activeMM=%016" PRIx64
		 " parent=%u real_parent=%u group_leader=%u",
		 record->pid, record->tgid, comm, record->sessionid,
		 (uint64_t)record->mm, (uint64_t)record->active_mm,
		 record->parent, record->real_parent, record->group_leader);
}

static void show(const struct snapshot *snapshot)
{
	char line[PS_LINE_MAX];
	size_t i;

	for (i = 0; i < snapshot->count; i++) {
		puts("----------------------------------------");
		format_entry(line, sizeof(line), &snapshot->records[i]);
		puts(line);
	}
	puts("----------------------------------------");
}

static void expect(const struct snapshot *snapshot, pid_t pid)
{
	if (!snapshot_find(snapshot, pid))
		die(EXIT_FAILED, "pid %d is alive, but not on the device", pid);
}

static void expect_family(const struct snapshot *snapshot,
			  const struct family *family)
{
	size_t i;

	expect(snapshot, getpid());
	expect(snapshot, family->thread);
	for (i = 0; i < FAMILY_CHILDREN; i++)
		expect(snapshot, family->children[i]);
}

static int summarize(const struct comparison *comparison)
{
	const size_t *count = comparison->count;

	printf("%zu entries agree with /proc", count[AGREES]);
	if (count[ENDED])
		printf(", %zu exited before the comparison", count[ENDED]);
	if (count[HIDDEN])
		printf(", %zu are hidden in /proc", count[HIDDEN]);
	putchar('\n');
	flush_stdout();

	if (!count[DIFFERS] && !comparison->missing)
		return EXIT_OK;
	fprintf(stderr,
		"devtrio: %zu entries differ from /proc, %zu are missing\n",
		count[DIFFERS], comparison->missing);
	return EXIT_FAILED;
}

/* Another pid namespace's /proc uses different pids. */
static void check_proc(void)
{
	char self[16] = "";

	if (readlink("/proc/self", self, sizeof(self) - 1) < 0)
		die(EXIT_FAILED, "cannot compare with /proc: it is not mounted");
	if (atoi(self) != getpid())
		die(EXIT_FAILED, "cannot compare with /proc: it belongs to another pid namespace");
}

/**
 * ps_demo() - start a family, show all tasks, compare them with /proc
 * @fd: /dev/proc_relate, set to show threads
 *
 * Return: the exit code.
 */
int ps_demo(int fd)
{
	struct comparison comparison = { };
	struct pid_list before, after;
	struct snapshot snapshot;
	struct family family;

	check_proc();
	family_start(&family);

	list_processes(&before);
	ps_read(fd, &snapshot);
	list_processes(&after);

	show(&snapshot);
	flush_stdout();
	expect_family(&snapshot, &family);
	compare_all(fd, &snapshot, &before, &after, &comparison);
	family_end();

	free(before.pids);
	free(after.pids);
	free(snapshot.records);
	return summarize(&comparison);
}
