// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check groups, device nodes, their permissions, and membership.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/beepctrl.h"
#include "status.h"

#define NODE_MODE	0660
#define SYSTEM_GID_MAX	999	/* where login.defs does not tell */

/**
 * struct node - one that a driver made, by what sysfs says
 * @name: below /dev
 * @number: its device number
 */
struct node {
	char name[NAME_SIZE];
	dev_t number;
};

/**
 * find_group() - look up a group
 * @machine: of which
 * @name: the group's
 * @gid: its number
 * @member: the user is in it, as the next login will see it
 *
 * Return: whether it exists.
 */
static bool find_group(const struct machine *machine, const char *name,
		       gid_t *gid, bool *member)
{
	const struct group *group = NULL;
	const struct passwd *user;
	FILE *file;
	char **one;

	*member = false;
	if (!machine->root[0]) {
		group = getgrnam(name);
		if (!group)
			return false;
		*gid = group->gr_gid;
		user = getpwuid(machine->uid);
		*member = user && is_group_member(user, *gid);
		return true;
	}

	file = machine_open(machine, "/etc/group");
	while (file && (group = fgetgrent(file)) &&
	       strcmp(group->gr_name, name))
		;
	if (group) {
		*gid = group->gr_gid;
		for (one = group->gr_mem; *one; one++)
			*member |= !strcmp(*one, machine->user);
	}
	if (file)
		fclose(file);
	return group;
}

static gid_t system_gid_max(const struct machine *machine)
{
	FILE *file = machine_open(machine, "/etc/login.defs");
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

static void add_rights_fix(struct finding *finding)
{
	add_fix(finding, finding->stage == STAGE_USER ? STAGE_RIGHTS :
		finding->stage,
		"udevadm", "trigger", "--settle", "--action=change",
		"--subsystem-match=misc", NULL);
}

/*
 * udev looks groups up when it reads its rules, and from systemd 252 on
 * "udevadm control --reload" reads none that did not change.
 */
static void add_group_fix(struct finding *finding, enum stage stage)
{
	add_fix(finding, stage, "systemctl", "restart", "systemd-udevd", NULL);
	add_rights_fix(finding);
}

void check_udev_rules(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	struct finding *finding;
	char path[PATH_SIZE];
	bool masked;

	if (!find_policy(machine, "udev/rules.d/60-devtrio.rules", path,
			 &masked)) {
		finding = report_problem(doctor, EXIT_FAILED, "",
				       "there is no udev/rules.d/60-devtrio.rules");
		add_package_fix(doctor, finding, STAGE_UNMASK, "devtrio",
				true);
	} else if (masked) {
		finding = report_problem(doctor, EXIT_FAILED, "",
					 "%s masks the rules", path);
		add_fix(finding, STAGE_UNMASK, "rm", path, NULL);
		add_fix(finding, STAGE_UNMASK, "udevadm", "control", "--reload",
			NULL);
		add_rights_fix(finding);
	} else {
		report_finding(doctor, VERDICT_OK, "", "%s", path);
	}
}

void check_group(struct doctor *doctor, size_t device)
{
	const char *name = devices[device]->group;
	struct finding *finding;
	bool member;
	gid_t gid;

	if (find_group(&doctor->machine, name, &gid, &member)) {
		report_finding(doctor, VERDICT_OK, name, "exists, with number %u", gid);
		return;
	}
	finding = report_problem(doctor, EXIT_FAILED, name, "does not exist");
	add_fix(finding, STAGE_GROUP, "systemd-sysusers", "devtrio.conf", NULL);
	add_group_fix(finding, STAGE_GROUP);
}

static gid_t free_gid(gid_t max)
{
	while (max > 1 && getgrgid(max))
		max--;
	return max;
}

void check_system_group(struct doctor *doctor, size_t device)
{
	const char *name = devices[device]->group;
	gid_t gid, max = system_gid_max(&doctor->machine);
	struct finding *finding;
	char number[16];
	bool member;

	if (!find_group(&doctor->machine, name, &gid, &member))
		return;
	if (gid <= max) {
		report_finding(doctor, VERDICT_OK, name, "is a system group");
		return;
	}
	finding = report_finding(doctor, VERDICT_WARNING, name,
		       "is no system group, and udev of systemd 258 and newer ignores it or warns of it: %u is above %u",
				 gid, max);
	snprintf(number, sizeof(number), "%u", free_gid(max));
	add_manual_fix(finding, "files that belong to the group have to be given to it again",
		       "groupmod", "--gid", number, name, NULL);
}

static bool read_node(const struct machine *machine, const char *name,
		      struct node *node)
{
	unsigned int major, minor;
	char number[NAME_SIZE];

	snprintf(node->name, NAME_SIZE, "%s", name);
	if (!machine_line(machine, number, "/sys/class/misc/%s/dev", name) ||
	    sscanf(number, "%u:%u", &major, &minor) != 2)
		return false;
	node->number = makedev(major, minor);
	return true;
}

#define MAX_NODES	16

/* There may be several buffers: rambuf, rambuf1 and so on. */
static size_t list_nodes(const struct machine *machine, size_t device,
			 struct node nodes[MAX_NODES])
{
	const char *module = devices[device]->module;
	char name[NAME_SIZE];
	size_t count = 0;

	if (!read_node(machine, module, &nodes[0]))
		return 0;
	for (count = 1; count < MAX_NODES; count++) {
		snprintf(name, sizeof(name), "%.64s%zu", module, count);
		if (!read_node(machine, name, &nodes[count]))
			break;
	}
	return count;
}

static bool stat_node(const struct machine *machine, const struct node *node,
		      struct stat *status)
{
	char path[PATH_SIZE];

	machine_path(machine, path, "/dev/%s", node->name);
	return !stat(path, status);
}

static bool is_right(const struct node *node, const struct stat *status)
{
	return S_ISCHR(status->st_mode) && status->st_rdev == node->number;
}

static void add_node_fix(struct finding *finding, const struct node *node,
			 bool in_the_way)
{
	char path[PATH_SIZE], major[16], minor[16];

	snprintf(path, sizeof(path), "/dev/%.*s",
		 NAME_SIZE, node->name);
	snprintf(major, sizeof(major), "%u", major(node->number));
	snprintf(minor, sizeof(minor), "%u", minor(node->number));
	if (in_the_way)
		add_fix(finding, STAGE_NODE, "rm", "-r", path, NULL);
	add_fix(finding, STAGE_NODE, "mknod", "-m", "0600", path, "c", major,
		minor, NULL);
	add_rights_fix(finding);
}

void check_node(struct doctor *doctor, size_t device)
{
	const struct machine *machine = &doctor->machine;
	const char *module = devices[device]->module;
	struct node nodes[MAX_NODES];
	struct finding *finding;
	struct stat status;
	size_t i, count;
	bool there;

	if (!machine_has_loaded(machine, module)) {
		report_finding(doctor, VERDICT_SKIPPED, module,
			       "not looked for: it is not loaded");
		return;
	}
	count = list_nodes(machine, device, nodes);
	if (!count) {
		finding = report_problem(doctor, EXIT_FAILED, module,
					 "loaded, but it made no device");
		add_note(finding, "the kernel's log says why: journalctl -k");
		return;
	}
	for (i = 0; i < count; i++) {
		there = stat_node(machine, &nodes[i], &status);
		if (there && is_right(&nodes[i], &status))
			continue;
		finding = report_problem(doctor, EXIT_FAILED, module, "/dev/%s %s",
					 nodes[i].name,
					 there ? "is not the driver's" :
					 "is not there");
		add_node_fix(finding, &nodes[i], there);
		return;
	}
	report_finding(doctor, VERDICT_OK, module, "/dev/%s%s", nodes[0].name,
		       count > 1 ? " and so on" : "");
}

/* Is there a node that is wrong? */
static bool find_wrong_node(struct doctor *doctor, size_t device, gid_t gid,
			    bool (*is_wrong)(const struct stat *, gid_t),
			    struct node *wrong, struct stat *status)
{
	struct node nodes[MAX_NODES];
	size_t i, count = list_nodes(&doctor->machine, device, nodes);

	for (i = 0; i < count; i++) {
		if (!stat_node(&doctor->machine, &nodes[i], status) ||
		    !is_wrong(status, gid))
			continue;
		*wrong = nodes[i];
		return true;
	}
	return false;
}

static bool has_node(const struct doctor *doctor, size_t device)
{
	const struct finding *node = find_finding(doctor, "node",
						  devices[device]->module);

	return node && node->verdict == VERDICT_OK;
}

static bool mode_is_wrong(const struct stat *status, gid_t gid)
{
	(void)gid;
	return (status->st_mode & 07777) != NODE_MODE;
}

static bool group_is_wrong(const struct stat *status, gid_t gid)
{
	return status->st_gid != gid;
}

void check_node_mode(struct doctor *doctor, size_t device)
{
	struct finding *finding;
	struct stat status;
	struct node wrong;

	if (!has_node(doctor, device))
		return;
	if (find_wrong_node(doctor, device, 0, mode_is_wrong, &wrong,
			    &status)) {
		finding = report_problem(doctor, EXIT_FAILED,
					 devices[device]->module,
					 "/dev/%s has mode %04o, not %04o",
					 wrong.name, status.st_mode & 07777,
					 NODE_MODE);
		add_rights_fix(finding);
		return;
	}
	report_finding(doctor, VERDICT_OK, devices[device]->module, "%04o", NODE_MODE);
}

void check_node_group(struct doctor *doctor, size_t device)
{
	const char *name = devices[device]->group;
	const char *module = devices[device]->module;
	struct finding *finding;
	struct stat status;
	struct node wrong;
	bool member;
	gid_t gid;

	if (!has_node(doctor, device))
		return;
	if (!find_group(&doctor->machine, name, &gid, &member)) {
		report_finding(doctor, VERDICT_SKIPPED, module,
			       "not compared: there is no group %s", name);
	} else if (find_wrong_node(doctor, device, gid, group_is_wrong, &wrong,
				   &status)) {
		finding = report_problem(doctor, EXIT_FAILED, module,
					 "/dev/%s has group %u, not %u (%s)",
					 wrong.name, status.st_gid, gid, name);
		add_group_fix(finding, STAGE_RIGHTS);
	} else {
		report_finding(doctor, VERDICT_OK, module, "%s", name);
	}
}

static void find_not_member(struct doctor *doctor, const char *module,
			    const char *group)
{
	const struct machine *machine = &doctor->machine;
	struct finding *finding;

	finding = report_problem(doctor, EXIT_NO_PERMISSION, module,
				 "%s may not use it: not in group %s",
				 machine->user, group);
	add_fix(finding, STAGE_MEMBER, "usermod", "-aG", group, machine->user,
		NULL);
	add_note(finding, "then log in again");
}

/* Can't be opened, though root does not ask. */
static void find_refused(struct doctor *doctor, size_t device, int err)
{
	const char *group = devices[device]->group;
	const char *module = devices[device]->module;
	const char *user = doctor->machine.user;
	struct finding *finding;
	bool member;
	gid_t gid;

	if (err != EACCES && err != EPERM) {
		finding = report_problem(doctor, EXIT_FAILED, module,
					 "/dev/%s does not open: %s", module,
					 strerror(err));
		add_note(finding, "the kernel's log may say why: journalctl -k");
	} else if (!find_group(&doctor->machine, group, &gid, &member)) {
		finding = report_problem(doctor, EXIT_NO_PERMISSION, module,
				       "%s may not use it: there is no group %s",
					 user, group);
		add_note(finding, "mend that first");
	} else if (group_member(gid)) {
		finding = report_problem(doctor, EXIT_NO_PERMISSION, module,
				       "%s may not use it, though in group %s",
					 user, group);
		add_rights_fix(finding);
	} else if (member) {
		finding = report_problem(doctor, EXIT_NO_PERMISSION, module,
				       "%s is in group %s, but this session is older than that",
					 user, group);
		add_note(finding, "log in again; for this shell alone: newgrp %s",
			 group);
	} else {
		find_not_member(doctor, module, group);
	}
}

static int open_node(const struct machine *machine, const char *module)
{
	char path[PATH_SIZE];

	machine_path(machine, path, "/dev/%s", module);
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

/* That it opens says more than the group, and than access(2). */
static void check_own_access(struct doctor *doctor, size_t device)
{
	const struct machine *machine = &doctor->machine;
	const char *module = devices[device]->module;
	bool member;
	gid_t gid;
	int fd;

	if (!has_node(doctor, device)) {
		report_finding(doctor, VERDICT_SKIPPED, module,
			       "not tried: there is no node");
		return;
	}
	fd = open_node(machine, module);
	if (fd < 0) {
		find_refused(doctor, device, errno);
		return;
	}
	close(fd);
	if (!machine->uid)
		report_finding(doctor, VERDICT_OK, module, "root may use it");
	else if (find_group(machine, devices[device]->group, &gid, &member) &&
		 group_member(gid))
		report_finding(doctor, VERDICT_OK, module,
			       "%s may use it, by group %s in this session",
			       machine->user, devices[device]->group);
	else
		report_finding(doctor, VERDICT_OK, module,
		     "%s may use it, though not by group %s", machine->user,
			       devices[device]->group);
}

void check_membership(struct doctor *doctor, size_t device)
{
	const struct machine *machine = &doctor->machine;
	const char *group = devices[device]->group;
	const char *module = devices[device]->module;
	bool member;
	gid_t gid;

	if (!machine->on_behalf) {
		check_own_access(doctor, device);
		return;
	}
	/* sudo made the session another's: only the next login is known. */
	if (!find_group(machine, group, &gid, &member))
		report_finding(doctor, VERDICT_SKIPPED, module,
			       "not looked up: there is no group %s", group);
	else if (member)
		report_finding(doctor, VERDICT_OK, module,
		     "%s is in group %s, from the next login on at the latest",
			       machine->user, group);
	else
		find_not_member(doctor, module, group);
}

void check_buzzers(struct doctor *doctor, size_t device)
{
	const char *module = devices[device]->module;
	struct finding *finding;
	int fd, count;

	if (devices[device] != &beepctrl_device || !has_node(doctor, device))
		return;
	fd = open_node(&doctor->machine, module);
	if (fd < 0) {
		report_finding(doctor, VERDICT_SKIPPED, module,
			       "not counted: /dev/%s does not open", module);
		return;
	}
	count = buzzer_count(fd);
	close(fd);

	if (count > 0) {
		report_finding(doctor, VERDICT_OK, module, "%d configured", count);
	} else if (!count) {
		finding = report_finding(doctor, VERDICT_WARNING, module,
					 "no buzzer is configured");
		add_note(finding, "%s", NO_BUZZER_ADVICE);
	} else {
		finding = report_problem(doctor, EXIT_FAILED, module,
					 "/dev/%s does not answer: %s", module,
					 strerror(-count));
		add_note(finding, "the kernel's log may say why: journalctl -k");
	}
}
