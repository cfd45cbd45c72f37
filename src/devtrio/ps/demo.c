// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio ps --demo: start a small family of processes, and show every task as the
 * first driver's test program did.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "family.h"
#include "lib/devtrio.h"
#include "ps.h"

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

/**
 * ps_demo() - start a family and show all tasks
 * @fd: /dev/proc_relate, set to show threads
 *
 * Return: the exit code.
 */
int ps_demo(int fd)
{
	struct snapshot snapshot;
	struct family family;

	family_start(&family);
	ps_read(fd, &snapshot);
	show(&snapshot);
	flush_stdout();
	expect_family(&snapshot, &family);
	family_end();

	printf("%zu entries, with this family\n", snapshot.count);
	free(snapshot.records);
	return EXIT_OK;
}
