// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devtrio ps asks the driver, and why the driver refuses.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/devtrio.h"
#include "ps.h"

#define TRACKING	(PROC_RELATE_CHANGES | PROC_RELATE_CONSISTENT)

static void get_info(int fd, struct proc_relate_info *info)
{
	if (proc_relate_get_info(fd, info))
		die(EXIT_FAILED, "%s is not the driver proc_relate: %s",
		    proc_relate_device.path, strerror(errno));
	if (info->version < PROC_RELATE_VERSION ||
	    info->record_size != sizeof(struct proc_relate_task))
		die(EXIT_FAILED, "the driver proc_relate speaks version %u with records of %u bytes, not %u with %zu; install the same version of devtrio and devtrio-dkms",
		    info->version, info->record_size, PROC_RELATE_VERSION,
		    sizeof(struct proc_relate_task));
}

static bool is_restricted(int fd)
{
	struct proc_relate_status status;

	return !proc_relate_get_status(fd, &status) &&
	       status.flags & PROC_RELATE_RESTRICTED;
}

static const char *option_of(const struct proc_relate_query *query)
{
	return query->flags & PROC_RELATE_CHANGES ? "--watch" : "--consistent";
}

static void __attribute__((noreturn))
explain_refusal(int fd, const struct proc_relate_info *info,
		const struct proc_relate_query *query, int err)
{
	switch (err) {
	case EPERM:
		if (query->flags & TRACKING && is_restricted(fd))
			die(EXIT_NO_PERMISSION, "%s is not for those from whom /proc hides processes; join the group of its mount option gid=, or see hidepid in proc_relate(4)",
			    option_of(query));
		die(EXIT_NO_PERMISSION, "--raw needs CAP_SYSLOG; run it with sudo");
	case ESRCH:
		die(EXIT_FAILED, "no process %u", query->below);
	case EOPNOTSUPP:
		if (!(info->query_flags & PROC_RELATE_TRACK))
			die(EXIT_FAILED, "this kernel lacks the tracepoints that %s needs; leave it out",
			    option_of(query));
		die(EXIT_FAILED, "%s does not work in pid namespaces nested more than %d deep; run it further out",
		    option_of(query), PROC_RELATE_TRACK_DEPTH);
	case EINVAL:
		if (query->flags & PROC_RELATE_UID)
			die(EXIT_FAILED, "user id %u has no meaning in this user namespace",
			    query->uid);
		/* fallthrough */
	default:
		die(EXIT_FAILED, "the driver proc_relate refuses the query: %s",
		    strerror(err));
	}
}

/**
 * ps_open() - open the device and tell it what to show, or exit
 * @query: what
 *
 * Return: the file descriptor.
 */
int ps_open(const struct proc_relate_query *query)
{
	int fd = open_device(&proc_relate_device, O_RDONLY);
	struct proc_relate_info info;

	get_info(fd, &info);
	if (proc_relate_set_query(fd, query))
		explain_refusal(fd, &info, query, errno);

	if (is_restricted(fd))
		fputs("devtrio: only processes that you may ptrace are shown, since /proc hides the others (hidepid=) or is not that of this pid namespace; see proc_relate(4)\n",
		      stderr);
	return fd;
}

/**
 * ps_read() - take a fresh snapshot, or exit
 * @fd: the device
 * @snapshot: the result
 */
void ps_read(int fd, struct snapshot *snapshot)
{
	int err = snapshot_fresh(fd, snapshot);

	if (err == -EAGAIN)
		die(EXIT_FAILED, "processes come and go too quickly for a table that is true of one moment; try again, or leave out --consistent");
	if (err)
		die(EXIT_FAILED, "can't read %s: %s", proc_relate_device.path,
		    strerror(-err));
}
