// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio ps: how processes relate.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "devtrio.h"
#include "ps.h"
#include "snapshot.h"

#define COMM_ESCAPED	(PROC_RELATE_COMM_LEN * 4 + 1)

static const char usage[] =
	"Usage: devtrio ps [-t] [-d]\n"
	"Show how processes relate, as /dev/proc_relate tells it.\n"
	"\n"
	"  -t, --threads  a line per thread, not per process\n"
	"  -d, --demo     start a few processes and a thread, show every task as\n"
	"                 the first driver's test program did, and compare all of\n"
	"                 it with /proc\n"
	"  -h, --help     show this\n"
	"\n"
	"Example: devtrio ps --threads\n";

void format_header(char *line, size_t size)
{
	snprintf(line, size,
		 "%7s %7s %7s %11s %7s %7s %7s %7s S %5s %-16s %-16s COMM",
		 "PID", "TGID", "PARENT", "REAL_PARENT", "LEADER", "PGID",
		 "SID", "SESSION", "UID", "MM", "ACTIVE_MM");
}

static void format_mm(char *text, size_t size, uint64_t mm)
{
	if (mm)
		snprintf(text, size, "%016" PRIx64, mm);
	else
		snprintf(text, size, "-");
}

/**
 * format_row() - a line of the table
 * @line: the result
 * @size: of @line, PS_LINE_MAX is enough
 * @record: the task
 */
void format_row(char *line, size_t size, const struct proc_relate_task *record)
{
	char comm[COMM_ESCAPED], mm[17], active_mm[17], session[11];
	uint32_t state = record->state;

	escape_bytes(comm, sizeof(comm), record->comm, sizeof(record->comm));
	format_mm(mm, sizeof(mm), record->mm);
	format_mm(active_mm, sizeof(active_mm), record->active_mm);
	if (record->sessionid == PROC_RELATE_SESSIONID_UNSET)
		snprintf(session, sizeof(session), "-");
	else
		snprintf(session, sizeof(session), "%u", record->sessionid);

	snprintf(line, size,
		 "%7u %7u %7u %11u %7u %7u %7u %7s %c %5u %-16s %-16s %s",
		 record->pid, record->tgid, record->parent,
		 record->real_parent, record->group_leader, record->pgid,
		 record->sid, session,
		 state > 0x20 && state < 0x7f ? (char)state : '?',
		 record->uid, mm, active_mm, comm);
}

/**
 * format_entry() - a task as the first driver's test program showed it
 * @line: the result
 * @size: of @line, PS_LINE_MAX is enough
 * @record: the task
 */
void format_entry(char *line, size_t size,
		  const struct proc_relate_task *record)
{
	char comm[COMM_ESCAPED];

	escape_bytes(comm, sizeof(comm), record->comm, sizeof(record->comm));
	snprintf(line, size,
		 "pid=%u tgid=%u comm=%s sessionid=%u mm=%016" PRIx64
		 " activeMM=%016" PRIx64
		 " parent=%u real_parent=%u group_leader=%u",
		 record->pid, record->tgid, comm, record->sessionid,
		 (uint64_t)record->mm, (uint64_t)record->active_mm,
		 record->parent, record->real_parent, record->group_leader);
}

static void check_driver(int fd)
{
	struct proc_relate_info info;

	if (ioctl(fd, PROC_RELATE_GET_INFO, &info))
		die(EXIT_FAILED, "%s is not the driver proc_relate: %s",
		    proc_relate_device.path, strerror(errno));
	if (info.version < PROC_RELATE_VERSION ||
	    info.record_size != sizeof(struct proc_relate_task))
		die(EXIT_FAILED, "the driver proc_relate speaks version %u with records of %u bytes, not %u with %zu; install the same version of devtrio and devtrio-dkms",
		    info.version, info.record_size, PROC_RELATE_VERSION,
		    sizeof(struct proc_relate_task));
}

static void include_threads(int fd)
{
	struct proc_relate_query query = { .flags = PROC_RELATE_THREADS };

	if (ioctl(fd, PROC_RELATE_SET_QUERY, &query))
		die(EXIT_FAILED, "proc_relate does not show threads: %s",
		    strerror(errno));
}

static int show_table(int fd)
{
	struct snapshot snapshot;
	char line[PS_LINE_MAX];
	size_t i;
	int err;

	err = snapshot_read(fd, &snapshot);
	if (err)
		die(EXIT_FAILED, "can't read %s: %s", proc_relate_device.path,
		    strerror(-err));

	format_header(line, sizeof(line));
	puts(line);
	for (i = 0; i < snapshot.count; i++) {
		format_row(line, sizeof(line), &snapshot.records[i]);
		puts(line);
	}

	free(snapshot.records);
	return EXIT_OK;
}

int cmd_ps(int argc, char **argv)
{
	static const struct option options[] = {
		{ "threads", no_argument, NULL, 't' },
		{ "demo", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	bool threads = false, demo = false;
	int opt, fd;

	while ((opt = getopt_long(argc, argv, ":tdh", options, NULL)) != -1) {
		switch (opt) {
		case 't':
			threads = true;
			break;
		case 'd':
			demo = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_OK;
		default:
			bad_option(argv, opt);
		}
	}
	no_operands(argc, argv);

	fd = open_device(&proc_relate_device, O_RDONLY);
	check_driver(fd);
	if (threads || demo)
		include_threads(fd);

	return demo ? ps_demo(fd) : show_table(fd);
}
