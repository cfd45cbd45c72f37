// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check groups, udev rules, device nodes, access and buzzers.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "beepctrl.h"
#include "doctor.h"

#define NODE_MODE	0660
#define SYSTEM_GID_MAX	999	/* where login.defs does not say */

static gid_t system_gid_max(void)
{
	FILE *file = fopen("/etc/login.defs", "re");
	gid_t max = SYSTEM_GID_MAX;
	unsigned int value;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "SYS_GID_MAX %u", &value) == 1)
			max = value;
	if (file)
		fclose(file);
	return max;
}

/* Whether a group or user is in the file that groupmod, gpasswd and so on change. */
static bool is_local(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	size_t length = strlen(name);
	char line[4096];
	bool found = false;

	while (file && fgets(line, sizeof(line), file))
		found |= !strncmp(line, name, length) && line[length] == ':';
	if (file)
		fclose(file);
	return found;
}

static void report_high_gid(struct doctor *doctor, const struct group *group, gid_t max)
{
	struct finding *finding;
	gid_t gid = max;

	finding = report_warning(doctor, group->gr_name,
				 "is no system group: udev of systemd 258 and newer ignores it, as %u is above %u",
				 group->gr_gid, max);
	if (!is_local("/etc/group", group->gr_name)) {
		add_note(finding, "change its number where it is defined, which is not /etc/group");
		return;
	}
	while (gid > 1 && getgrgid(gid))
		gid--;
	add_manual_fix(finding, "files that belong to the group keep the old number",
		       "groupmod --gid %u %s", gid, finding->subject);
}

void check_group(struct doctor *doctor, size_t device)
{
	const char *name = devices[device]->group;
	const struct group *group = getgrnam(name);
	gid_t max = system_gid_max();
	struct finding *finding;

	if (!group && has_problem(doctor, "package", "")) {
		report_skipped(doctor, name, "not checked: see package");
	} else if (!group) {
		finding = report_problem(doctor, EXIT_NO_PERMISSION, name,
					 "group %s does not exist", name);
		if (has_tool("systemd-sysusers")) {
			add_fix(finding, "systemd-sysusers devtrio.conf");
			add_stronger_fix(finding, "groupadd --system %s", name);
		} else {
			add_fix(finding, "groupadd --system %s", name);
		}
	} else if (group->gr_gid > max) {
		report_high_gid(doctor, group, max);
	} else {
		report_ok(doctor, name, "is system group %u", group->gr_gid);
	}
}

/*
 * udev looks groups up when it reads its rules, and from systemd 252 on it reads
 * them again only after a change or a restart.
 */
static void add_udev_fix(struct finding *finding)
{
	if (!has_tool("udevadm"))
		return;
	if (exists("/run/systemd/system") == YES)
		add_fix(finding, "systemctl restart systemd-udevd");
	else
		add_fix(finding, "udevadm control --reload");
	add_fix(finding, "udevadm trigger --settle --action=change --subsystem-match=misc");
}

void check_rules(struct doctor *doctor)
{
	struct finding *finding;
	char path[PATH_SIZE];
	bool masked = false;
	enum answer answer = find_policy("udev/rules.d/60-devtrio.rules", path, &masked);

	if (has_problem(doctor, "package", "")) {
		report_skipped(doctor, "", "not checked: see package");
	} else if (answer == UNKNOWN) {
		report_skipped(doctor, "", "only root can read %s", path);
	} else if (answer == NO) {
		finding = report_problem(doctor, EXIT_FAILED, "",
					 "there is no udev/rules.d/60-devtrio.rules");
		add_package_fix(doctor, finding, "devtrio", true);
	} else if (masked) {
		finding = report_problem(doctor, EXIT_FAILED, "", "%s masks the rules", path);
		add_fix(finding, "mv %s %s.masked", path, path);
		add_udev_fix(finding);
	} else {
		report_ok(doctor, "", "%s", path);
	}
}

/* The number of a device that a driver made. */
static bool read_number(const char *name, dev_t *number)
{
	unsigned int major, minor;
	char line[NAME_SIZE];

	if (!read_line(line, "/sys/class/misc/%s/dev", name) ||
	    sscanf(line, "%u:%u", &major, &minor) != 2)
		return false;
	*number = makedev(major, minor);
	return true;
}

static void report_wrong_node(struct doctor *doctor, const struct device *device,
			      const char *path, dev_t number, bool in_the_way)
{
	struct finding *finding;

	finding = report_problem(doctor, EXIT_FAILED, device->module, "%s %s", path,
				 in_the_way ? "is not the driver's" : "is missing");
	if (in_the_way)
		add_fix(finding, "mv --backup=numbered %s %s.old", path, path);
	add_fix(finding, "mknod -m 0660 %s c %u %u", path, major(number), minor(number));
	if (getgrnam(device->group))
		add_fix(finding, "chgrp %s %s", device->group, path);
	add_udev_fix(finding);
}

/* Checks a node that is there; returns whether it reported a problem. */
static bool report_rights(struct doctor *doctor, size_t device, const char *path,
			  const struct stat *status)
{
	const struct group *group = getgrnam(devices[device]->group);
	const char *module = devices[device]->module;
	mode_t mode = status->st_mode & 07777;
	enum runner runner = has_tool("udevadm") ? BY_REPAIR_LATER : BY_REPAIR;
	const char *note = runner == BY_REPAIR ? NULL : "if that does not help";
	struct finding *finding;

	if (mode != NODE_MODE)
		finding = report_problem(doctor, EXIT_NO_PERMISSION, module,
					 "%s has mode %04o, not %04o", path, mode, NODE_MODE);
	else if (group && group->gr_gid != status->st_gid)
		finding = report_problem(doctor, EXIT_NO_PERMISSION, module,
					 "%s has group %u, not %u (%s)", path, status->st_gid,
					 group->gr_gid, group->gr_name);
	else
		return false;
	add_udev_fix(finding);
	if (group)
		add_command(finding, runner, note, "chgrp %s %s", group->gr_name, path);
	add_command(finding, runner, note, "chmod 0660 %s", path);
	return true;
}

/* Returns whether it reported a problem. */
static bool check_one_node(struct doctor *doctor, size_t device, const char *name, dev_t number)
{
	struct stat status;
	char path[NAME_SIZE + 8];
	bool there;

	snprintf(path, sizeof(path), "/dev/%s", name);
	there = !stat(path, &status);
	if (there && S_ISCHR(status.st_mode) && status.st_rdev == number)
		return report_rights(doctor, device, path, &status);
	report_wrong_node(doctor, devices[device], path, number,
			  there || errno != ENOENT);
	return true;
}

void check_node(struct doctor *doctor, size_t device)
{
	const char *module = devices[device]->module;
	char name[NAME_SIZE];
	size_t count;
	dev_t number;

	if (is_loaded(module) != YES) {
		report_skipped(doctor, module, "not checked: see loaded");
		return;
	}
	/* There may be several buffers: rambuf, rambuf1 and so on. */
	snprintf(name, sizeof(name), "%s", module);
	for (count = 0; read_number(name, &number); ) {
		if (check_one_node(doctor, device, name, number))
			return;
		snprintf(name, sizeof(name), "%s%zu", module, ++count);
	}
	if (count)
		report_ok(doctor, module, "%s%s", devices[device]->path,
			  count > 1 ? " and so on" : "");
	else
		add_note(report_problem(doctor, EXIT_FAILED, module,
					"loaded, but it made no device"),
			 "the kernel log says why: journalctl -k");
}

static void report_not_member(struct doctor *doctor, const char *module, const char *group)
{
	const char *user = doctor->machine.user;
	struct finding *finding;

	finding = report_problem(doctor, EXIT_NO_PERMISSION, module,
				 "permission denied: %s is not in group %s", user, group);
	if (is_local("/etc/group", group))
		add_fix(finding, "gpasswd -a %s %s", user, group);
	else
		add_manual_fix(finding, "the group is not in /etc/group, which is what tools change; or add the user where it is defined",
			       "sh -c %s%s%s%s %s", "getent group ", group,
			       " >>/etc/group && gpasswd -a \"$0\" ", group, user);
	add_note(finding, "then log in again");
}

/* The node does not open, though it is as it should be. */
static void report_refused(struct doctor *doctor, size_t device, int err)
{
	const char *name = devices[device]->group, *module = devices[device]->module;
	const char *who = doctor->machine.user;
	const struct group *group = getgrnam(name);
	const struct passwd *user = getpwuid(doctor->machine.uid);

	if (err == ENOENT && is_loaded(module) == UNKNOWN)
		report_skipped(doctor, module, "%s is missing: see loaded",
			       devices[device]->path);
	else if (err != EACCES && err != EPERM)
		add_note(report_problem(doctor, EXIT_FAILED, module, "%s does not open: %s",
					devices[device]->path, strerror(err)),
			 "the kernel log may say why: journalctl -k");
	else if (group && group_member(group->gr_gid))
		add_note(report_problem(doctor, EXIT_NO_PERMISSION, module,
					"permission denied, although %s is in group %s", who, name),
			 "an access control list, a security module or a container may forbid it");
	else if (group && user && is_group_member(user, group->gr_gid))
		add_note(report_problem(doctor, EXIT_NO_PERMISSION, module,
					"permission denied: %s is in group %s, but this session is older than that",
					who, name),
			 "log in again; for this shell alone: newgrp %s", name);
	else
		report_not_member(doctor, module, name);
}

/* Opening says more than the group does, and than access(2). */
static void check_own_access(struct doctor *doctor, size_t device)
{
	int fd = open(devices[device]->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	const char *remark = ", although not in its group";
	const struct group *group;

	if (fd < 0) {
		report_refused(doctor, device, errno);
		return;
	}
	close(fd);
	group = getgrnam(devices[device]->group);
	if (!doctor->machine.uid || (group && group_member(group->gr_gid)))
		remark = "";
	report_ok(doctor, devices[device]->module, "%s may use it%s", doctor->machine.user,
		  remark);
}

/* sudo changed the session's groups: only the next login is known. */
static void check_member(struct doctor *doctor, size_t device)
{
	const char *name = devices[device]->group, *module = devices[device]->module;
	const struct passwd *user = getpwuid(doctor->machine.uid);
	const struct group *group = getgrnam(name);

	if (group && user && is_group_member(user, group->gr_gid))
		report_ok(doctor, module, "%s is in group %s, from the next login on at the latest",
			  doctor->machine.user, name);
	else
		report_not_member(doctor, module, name);
}

void check_access(struct doctor *doctor, size_t device)
{
	const char *module = devices[device]->module;
	const struct finding *node = find_finding(doctor, "node", module);

	if (has_problem(doctor, "package", ""))
		report_skipped(doctor, module, "not checked: see package");
	else if (has_problem(doctor, "group", devices[device]->group))
		report_skipped(doctor, module, "not checked: see group");
	else if (doctor->machine.on_behalf)
		check_member(doctor, device);
	else if ((node && node->verdict == VERDICT_OK) || is_loaded(module) == UNKNOWN)
		check_own_access(doctor, device);
	else
		report_skipped(doctor, module, "not checked: see node");
}

/* Returns the number of buzzers, or -errno. Reports those whose line is absent. */
static int check_lines(struct doctor *doctor, int fd, unsigned int *absent)
{
	struct beepctrl_info info = { .count = 1 };
	char reason[NAME_SIZE];
	unsigned int i;

	for (i = 0; i < info.count; i++) {
		if (beepctrl_get_info(fd, i, &info))
			return -errno;
		if (!(info.flags & BEEPCTRL_ABSENT))
			continue;
		explain_absent(reason, sizeof(reason), &info);
		add_note(report_problem(doctor, EXIT_NO_BUZZER, info.name, "%s", reason),
			 "correct lines= in /etc/modprobe.d, then: sudo modprobe -r beepctrl && sudo modprobe beepctrl; see beepctrl(4)");
		++*absent;
	}
	return info.count;
}

void check_buzzers(struct doctor *doctor, size_t device)
{
	const char *module = devices[device]->module, *path = devices[device]->path;
	unsigned int absent = 0;
	int fd, count;

	if (devices[device] != &beepctrl_device || is_loaded(module) == NO)
		return;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		report_skipped(doctor, module, "not checked: %s does not open", path);
		return;
	}
	count = check_lines(doctor, fd, &absent);
	close(fd);
	if (count == -ENODEV)
		add_note(report_warning(doctor, module, "no buzzer is configured"),
			 "%s", NO_BUZZER_ADVICE);
	else if (count < 0)
		add_note(report_problem(doctor, EXIT_FAILED, module, "%s does not answer: %s",
					path, strerror(-count)),
			 "the kernel log may say why: journalctl -k");
	else if (!absent)
		report_ok(doctor, module, "%d configured", count);
}
