// SPDX-License-Identifier: GPL-2.0-only
/*
 * fake_machine.py preloads this into devtrio: the running kernel is $FAKE_RELEASE,
 * /dev/beepctrl (a terminal) has the buzzers $FAKE_BUZZERS ("!" marks an absent one),
 * and the NSS service "fake" reads /etc/nss-passwd and /etc/nss-group.
 */
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "devtrio/beepctrl.h"

/* The tools that devtrio runs are scripts of the fake machine. */
__attribute__((constructor)) static void unload_from_children(void)
{
	unsetenv("LD_PRELOAD");
}

int uname(struct utsname *name)
{
	const char *release = getenv("FAKE_RELEASE");
	int err = syscall(SYS_uname, name);

	if (release)
		snprintf(name->release, sizeof(name->release), "%s", release);
	return err;
}

static int get_buzzer(struct beepctrl_info *info)
{
	char list[1024], *rest = list, *name;

	snprintf(list, sizeof(list), "%s", getenv("FAKE_BUZZERS") ?: "");
	info->count = 0;
	while (*list && (name = strsep(&rest, ","))) {
		if (info->count++ != info->index)
			continue;
		info->flags = *name == '!' ? BEEPCTRL_ABSENT : 0;
		snprintf(info->name, sizeof(info->name), "%s", name + (*name == '!'));
	}
	errno = info->count ? EINVAL : ENODEV;
	return info->index < info->count ? 0 : -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == BEEPCTRL_GET_INFO)
		return get_buzzer(arg);
	return syscall(SYS_ioctl, fd, request, arg);
}

#define LOOKUP(function, type, next, file, key, matches)			\
enum nss_status function(key, struct type *entry, char *buffer, size_t size,	\
			 int *err);						\
enum nss_status function(key, struct type *entry, char *buffer, size_t size,	\
			 int *err)						\
{										\
	FILE *stream = fopen(file, "re");					\
	struct type *found = NULL;						\
										\
	while (stream && !next(stream, entry, buffer, size, &found) &&		\
	       !(matches))							\
		found = NULL;							\
	if (stream)								\
		fclose(stream);							\
	*err = ENOENT;								\
	return found ? NSS_STATUS_SUCCESS : NSS_STATUS_NOTFOUND;		\
}

LOOKUP(_nss_fake_getpwnam_r, passwd, fgetpwent_r, "/etc/nss-passwd",
       const char *name, !strcmp(entry->pw_name, name))
LOOKUP(_nss_fake_getpwuid_r, passwd, fgetpwent_r, "/etc/nss-passwd",
       uid_t uid, entry->pw_uid == uid)
LOOKUP(_nss_fake_getgrnam_r, group, fgetgrent_r, "/etc/nss-group",
       const char *name, !strcmp(entry->gr_name, name))
LOOKUP(_nss_fake_getgrgid_r, group, fgetgrent_r, "/etc/nss-group",
       gid_t gid, entry->gr_gid == gid)
