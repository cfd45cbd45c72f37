// SPDX-License-Identifier: GPL-2.0-only
/*
 * The drivers and their devices.
 */
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/types.h>

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
