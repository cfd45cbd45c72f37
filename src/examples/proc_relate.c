// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print the pid, parent and name of all processes, then of each process that
 * starts, changes or ends, as reported by /dev/proc_relate.
 *
 *   cc -o proc_relate proc_relate.c
 *   ./proc_relate            until Ctrl-C
 *   ./proc_relate -n 10      until ten changes are printed
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

	/* The name could contain terminal escape sequences. */
	memcpy(comm, task->comm, sizeof(comm));
	for (i = 0; i < sizeof(comm) && comm[i]; i++)
		if (comm[i] < ' ' || comm[i] > '~')
			comm[i] = '?';

	printf("%c %u %u %.*s\n", mark, task->pid, task->real_parent,
	       (int)sizeof(comm), comm);
}

/* Prints the records of one read; returns the number of changes. */
static unsigned long print_tasks(const struct proc_relate_task *tasks,
				 size_t count)
{
	static int in_table;
	unsigned long changes = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		switch (tasks[i].type) {
		case PROC_RELATE_TABLE:
			/* Earlier records are obsolete. */
			in_table = 1;
			break;
		case PROC_RELATE_GONE:
			/* Only pid and start_time are valid. */
			printf("- %u\n", tasks[i].pid);
			changes++;
			break;
		case PROC_RELATE_TASK:
			print_task(in_table ? ' ' : '+', &tasks[i]);
			changes += !in_table;
			break;
		}
	}
	/* End of the snapshot: the next one contains changes. */
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
	/* EOPNOTSUPP: kernel without tracepoints. EPERM: restricted view. */
	if (ioctl(poller.fd, PROC_RELATE_SET_QUERY, &query)) {
		perror("PROC_RELATE_CHANGES");
		return 1;
	}

	do {
		/* The first snapshot is a table, the others contain changes. */
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
