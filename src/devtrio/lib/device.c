// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open device nodes, and explain why that fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "command.h"
#include "devtrio.h"

const struct device proc_relate_device = {
	.module = "proc_relate",
	.path = "/dev/proc_relate",
	.group = "procrelate",
};

const struct device beepctrl_device = {
	.module = "beepctrl",
	.path = "/dev/beepctrl",
	.group = "beep",
};

const struct device rambuf_device = {
	.module = "rambuf",
	.path = "/dev/rambuf",
	.group = "rambuf",
};

const struct device *const devices[DEVICE_COUNT] = {
	&proc_relate_device,
	&beepctrl_device,
	&rambuf_device,
};

void complete_driver(const char *typed)
{
	size_t i;

	(void)typed;
	for (i = 0; i < DEVICE_COUNT; i++)
		candidate(devices[i]->module, devices[i]->path);
}

/* Returns the index in devices[]. */
size_t device_or_die(const char *name)
{
	size_t i;

	for (i = 0; i < DEVICE_COUNT; i++)
		if (!strcmp(name, devices[i]->module))
			return i;
	die(EXIT_USAGE, "unknown driver '%s': expected proc_relate, beepctrl or rambuf",
	    name);
}

/* Checks the group database, which applies from the next login on. */
bool is_group_member(const struct passwd *user, gid_t gid)
{
	gid_t groups[1024];
	int i, count = ARRAY_SIZE(groups);

	if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0)
		return false;
	for (i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

#define ADVISE(problem, ...) \
	snprintf((problem)->advice, sizeof((problem)->advice), __VA_ARGS__)

static void explain_no_permission(const struct device *device,
				  struct problem *problem)
{
	const struct passwd *user = getpwuid(getuid());
	const struct group *group = getgrnam(device->group);

	problem->code = EXIT_NO_PERMISSION;
	snprintf(problem->what, sizeof(problem->what),
		 "cannot open %s: permission denied", device->path);

	if (!group)
		ADVISE(problem, "group %s does not exist, reinstall the package that creates it: sudo apt install --reinstall devtrio",
		       device->group);
	else if (group_member(group->gr_gid))
		ADVISE(problem, "you are in group %s, so the node has the wrong group or mode; fix it with: sudo udevadm trigger --settle --name-match=%s",
		       device->group, device->path);
	else if (user && is_group_member(user, group->gr_gid))
		ADVISE(problem, "you joined group %s after this session started: log in again",
		       device->group);
	else
		ADVISE(problem, "add yourself to group %s and log in again: sudo usermod -aG %s %s",
		       device->group, device->group,
		       user ? user->pw_name : "\"$(id -un)\"");
}

static void explain_missing(const struct device *device,
			    struct problem *problem)
{
	char sysfs[64];

	snprintf(sysfs, sizeof(sysfs), "/sys/module/%s", device->module);
	problem->code = EXIT_NOT_LOADED;
	if (!access(sysfs, F_OK)) {
		snprintf(problem->what, sizeof(problem->what),
			 "cannot open %s: no such device, although module %s is loaded",
			 device->path, device->module);
		ADVISE(problem, "find the cause with: devtrio status");
	} else {
		snprintf(problem->what, sizeof(problem->what),
			 "cannot open %s: module %s is not loaded",
			 device->path, device->module);
		ADVISE(problem, "load it with: sudo modprobe %s",
		       device->module);
	}
}

/**
 * try_open_device() - open a node
 * @device: the device
 * @flags: as for open(2)
 * @problem: the explanation if it fails
 *
 * Return: the file descriptor, or -1.
 */
int try_open_device(const struct device *device, int flags,
		    struct problem *problem)
{
	int fd = open(device->path, flags | O_CLOEXEC);

	if (fd >= 0)
		return fd;

	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		explain_missing(device, problem);
		break;
	case EACCES:
	case EPERM:
		explain_no_permission(device, problem);
		break;
	default:
		problem->code = EXIT_FAILED;
		snprintf(problem->what, sizeof(problem->what),
			 "cannot open %s: %s", device->path, strerror(errno));
		ADVISE(problem, "find the cause with: devtrio status");
	}
	return -1;
}

int open_device(const struct device *device, int flags)
{
	struct problem problem;
	int fd = try_open_device(device, flags, &problem);

	if (fd < 0)
		die_of(&problem);
	return fd;
}
