// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints pid, parent and name of all processes, and then of each that comes,
 * changes or goes: what /dev/proc_relate tells of changes.
 *
 *   cc -o proc_relate proc_relate.c
 *   ./proc_relate            until Ctrl-C
 *   ./proc_relate -n 10      until ten changes were printed
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <devtrio/proc_relate.h>

static void print_task(char mark, const struct proc_relate_task *task)
{
	char comm[PROC_RELATE_COMM_LEN];
	size_t i;

	/* A process chooses its name: keep it from controlling the terminal. */
	memcpy(comm, task->comm, sizeof(comm));
	for (i = 0; i < sizeof(comm) && comm[i]; i++)
		if (comm[i] < ' ' || comm[i] > '~')
			comm[i] = '?';

	printf("%c %u %u %.*s\n", mark, task->pid, task->real_parent,
	       (int)sizeof(comm), comm);
}

/* Prints what one read gave; returns how many changes were among it. */
static unsigned long print_tasks(const struct proc_relate_task *tasks,
				 size_t count)
{
	static int in_table;
	unsigned long changes = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		switch (tasks[i].type) {
		case PROC_RELATE_TABLE:
			/* All that was printed before no longer holds. */
			in_table = 1;
			break;
		case PROC_RELATE_GONE:
			/* Of it only pid and start_time are known. */
			printf("- %u\n", tasks[i].pid);
			changes++;
			break;
		case PROC_RELATE_TASK:
			print_task(in_table ? ' ' : '+', &tasks[i]);
			changes += !in_table;
			break;
		}
	}
	/* Nothing read: the snapshot is at its end, and the next has changes. */
	if (!count)
		in_table = 0;
	return changes;
}

int main(int argc, char **argv)
{
	struct proc_relate_query query = { .flags = PROC_RELATE_CHANGES };
	struct pollfd poller = { .events = POLLIN };
	struct proc_relate_task tasks[64];
	unsigned long changes = 0, end = 0;
	ssize_t size;

	if (argc == 3 && !strcmp(argv[1], "-n"))
		end = strtoul(argv[2], NULL, 10);

	poller.fd = open("/dev/proc_relate", O_RDONLY | O_CLOEXEC);
	if (poller.fd < 0) {
		perror("/dev/proc_relate");
		return 1;
	}
	/* EOPNOTSUPP: this kernel can't tell. EPERM: /proc hides processes. */
	if (ioctl(poller.fd, PROC_RELATE_SET_QUERY, &query)) {
		perror("PROC_RELATE_CHANGES");
		return 1;
	}

	do {
		/* The first snapshot is a table, each other one has changes. */
		do {
			size = read(poller.fd, tasks, sizeof(tasks));
			if (size < 0) {
				perror("read");
				return 1;
			}
			changes += print_tasks(tasks, size / sizeof(tasks[0]));
		} while (size > 0);
		fflush(stdout);

		if (end && changes >= end)
			break;
		if (poll(&poller, 1, -1) < 0 && errno != EINTR) {
			perror("poll");
			return 1;
		}
	} while (lseek(poller.fd, 0, SEEK_SET) == 0);

	return 0;
}
