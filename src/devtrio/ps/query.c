// SPDX-License-Identifier: GPL-2.0-only
/*
 * Query the driver for devtrio ps, and explain its errors.
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
		die(EXIT_FAILED, "%s is not a proc_relate device: %s",
		    proc_relate_device.path, strerror(errno));
	if (info->version < PROC_RELATE_VERSION ||
	    info->record_size != sizeof(struct proc_relate_task))
		die(EXIT_FAILED, "incompatible proc_relate driver: interface version %u with %u-byte records, expected %u with %zu; install the same version of devtrio and devtrio-dkms",
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
			die(EXIT_NO_PERMISSION, "%s is not permitted: /proc hides processes from you; join the group of its mount option gid=, or see hidepid in proc_relate(4)",
			    option_of(query));
		die(EXIT_NO_PERMISSION, "--raw needs CAP_SYSLOG; run it with sudo");
	case ESRCH:
		die(EXIT_FAILED, "no process %u", query->below);
	case EOPNOTSUPP:
		if (!(info->query_flags & PROC_RELATE_TRACK))
			die(EXIT_FAILED, "%s is not supported: this kernel has no tracepoints",
			    option_of(query));
		die(EXIT_FAILED, "%s is not supported in pid namespaces more than %d levels deep; run it in an outer namespace",
		    option_of(query), PROC_RELATE_TRACK_DEPTH);
	case EINVAL:
		if (query->flags & PROC_RELATE_UID)
			die(EXIT_FAILED, "user id %u is not mapped in this user namespace",
			    query->uid);
		/* fallthrough */
	default:
		die(EXIT_FAILED, "cannot query %s: %s", proc_relate_device.path,
		    strerror(err));
	}
}

/**
 * ps_open() - open the device and set the query, or exit
 * @query: the query
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
		warn("showing only processes that you may ptrace: /proc hides the others (hidepid=) or belongs to another pid namespace; see proc_relate(4)");
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
		die(EXIT_FAILED, "cannot take an atomic snapshot: processes start and exit too quickly; try again, or omit --consistent");
	if (err)
		die(EXIT_FAILED, "cannot read %s: %s", proc_relate_device.path,
		    strerror(-err));
}
