// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check that the modules are loaded, current, and loaded at boot.
 */
#include <ctype.h>
#include <dirent.h>
#include <glob.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "status.h"

/* How modprobe.d(5) may keep a module out. */
enum ban { BAN_NONE, BAN_BLACKLIST, BAN_INSTALL, BAN_COMMAND_LINE };

static const char *const config_directories[] = {
	"/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
	"/usr/lib/modprobe.d", "/lib/modprobe.d",
};

/* To modprobe, - and _ are the same. */
static bool is_same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

/* A command that does nothing in place of loading. */
static bool does_nothing(const char *command)
{
	static const char *const nothing[] = {
		"/bin/false", "/bin/true", "/usr/bin/false", "/usr/bin/true",
		"false", "true", ":",
	};
	size_t i, length = strcspn(command, " ");

	for (i = 0; i < ARRAY_SIZE(nothing); i++)
		if (strlen(nothing[i]) == length &&
		    !strncmp(command, nothing[i], length))
			return true;
	return false;
}

/* Its list of modules ends with a blank or a comma. */
static bool is_on_command_line(const struct machine *machine,
			       const char *module)
{
	FILE *file = machine_open(machine, "/proc/cmdline");
	char line[4096], *rest = line, *word, *names, *name;
	bool found = false;

	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	while ((word = strsep(&rest, " \n"))) {
		names = strchr(word, '=');
		if (strncmp(word, "module_blacklist=", 17) &&
		    strncmp(word, "modprobe.blacklist=", 19))
			continue;
		names++;
		while ((name = strsep(&names, ",")))
			found |= is_same_module(name, module);
	}
	return found;
}

static struct kmod_ctx *open_config(const struct machine *machine)
{
	char paths[ARRAY_SIZE(config_directories)][PATH_SIZE];
	const char *config[ARRAY_SIZE(config_directories) + 1] = { };
	char directory[PATH_SIZE];
	struct kmod_ctx *ctx;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(config_directories); i++) {
		machine_path(machine, paths[i], "%s", config_directories[i]);
		config[i] = paths[i];
	}
	machine_path(machine, directory, "/lib/modules/%s", machine->running);
	ctx = kmod_new(directory, config);
	if (!ctx)
		die(EXIT_FAILED, "can't start libkmod");
	kmod_set_log_priority(ctx, -1);
	return ctx;
}

static enum ban ban_of(const struct machine *machine, const char *module)
{
	struct kmod_ctx *ctx = open_config(machine);
	enum ban ban = BAN_NONE;
	struct kmod_config_iter *iter;

	iter = kmod_config_get_blacklists(ctx);
	while (iter && kmod_config_iter_next(iter))
		if (is_same_module(kmod_config_iter_get_key(iter), module))
			ban = BAN_BLACKLIST;
	kmod_config_iter_free_iter(iter);

	iter = kmod_config_get_install_commands(ctx);
	while (iter && kmod_config_iter_next(iter))
		if (is_same_module(kmod_config_iter_get_key(iter), module) &&
		    does_nothing(kmod_config_iter_get_value(iter)))
			ban = BAN_INSTALL;
	kmod_config_iter_free_iter(iter);
	kmod_unref(ctx);

	return is_on_command_line(machine, module) ? BAN_COMMAND_LINE : ban;
}

static bool file_bans(const char *path, const char *keyword,
		      const char *module)
{
	FILE *file = fopen(path, "re");
	char line[1024], *rest, *word;
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		rest = line + strspn(line, " \t");
		word = strsep(&rest, " \t\n");
		if (strcmp(word, keyword) || !rest)
			continue;
		rest += strspn(rest, " \t");
		word = strsep(&rest, " \t\n");
		found = is_same_module(word, module);
	}
	if (file)
		fclose(file);
	return found;
}

/* The first file that keeps the module out, as it is called below the root. */
static bool find_ban(const struct machine *machine, const char *keyword,
		     const char *module, char path[PATH_SIZE])
{
	char pattern[PATH_SIZE];
	bool ok = false;
	glob_t found;
	size_t i, j;

	for (i = 0; !ok && i < ARRAY_SIZE(config_directories); i++) {
		machine_path(machine, pattern, "%s/*.conf",
			     config_directories[i]);
		if (glob(pattern, 0, NULL, &found))
			continue;
		for (j = 0; !ok && j < found.gl_pathc; j++) {
			ok = file_bans(found.gl_pathv[j], keyword, module);
			if (ok)
				snprintf(path, PATH_SIZE, "%s",
					 found.gl_pathv[j] +
						 strlen(machine->root));
		}
		globfree(&found);
	}
	return ok;
}

static void add_ban_fix(struct finding *finding, const char *keyword,
			const char *module, const char *path)
{
	char script[NAME_SIZE * 2], name[NAME_SIZE];
	const char *underscore = strchr(module, '_');

	if (strncmp(path, "/etc/", 5)) {
		add_note(finding, "%s is not yours to change: find out why it is there",
			 path);
		return;
	}
	snprintf(name, sizeof(name), "%s", module);
	if (underscore)
		snprintf(name, sizeof(name), "%.*s[_-]%s",
			 (int)(underscore - module), module, underscore + 1);
	snprintf(script, sizeof(script), "s/^\\s*%s\\s+%s\\b/# &/", keyword,
		 name);
	add_fix(finding, STAGE_UNMASK, "sed", "-i", "-E", script, path, NULL);
}

void check_blacklist(struct doctor *doctor, size_t device)
{
	const struct machine *machine = &doctor->machine;
	const char *module = devices[device]->module;
	enum ban ban = ban_of(machine, module);
	const char *keyword = ban == BAN_INSTALL ? "install" : "blacklist";
	struct finding *finding;
	char path[PATH_SIZE];

	if (ban == BAN_NONE) {
		report_finding(doctor, VERDICT_OK, module, "not blacklisted");
		return;
	}
	if (ban == BAN_COMMAND_LINE ||
	    !find_ban(machine, keyword, module, path))
		strcpy(path, "/proc/cmdline");

	finding = report_problem(doctor, EXIT_NOT_LOADED, module,
				 "not loaded at boot: %s keeps it out", path);
	if (machine_has_loaded(machine, module))
		downgrade(finding);
	if (strcmp(path, "/proc/cmdline"))
		add_ban_fix(finding, keyword, module, path);
	else
		add_note(finding, "take %s out of the kernel's command line, in the boot loader's configuration",
			 module);
}

static bool is_masked(const char *path)
{
	char target[PATH_SIZE];
	struct stat status;
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n > 0) {
		target[n] = '\0';
		return !strcmp(target, "/dev/null");
	}
	return !stat(path, &status) && !status.st_size;
}

/**
 * find_policy() - which of the files of a name holds
 * @machine: where to look
 * @kind: "modules-load.d/devtrio.conf" and the like
 * @path: the result, without the root
 * @masked: it is there to say that no other holds
 *
 * Return: whether there is one.
 */
bool find_policy(const struct machine *machine, const char *kind,
		 char path[PATH_SIZE], bool *masked)
{
	static const char *const directories[] = {
		"/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib",
	};
	char full[PATH_SIZE];
	struct stat status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		machine_path(machine, full, "%s/%s", directories[i], kind);
		if (lstat(full, &status))
			continue;
		snprintf(path, PATH_SIZE, "%s/%s", directories[i], kind);
		*masked = is_masked(full);
		return true;
	}
	return false;
}

static bool lists(const struct machine *machine, const char *path,
		  const char *module)
{
	FILE *file = machine_open(machine, "%s", path);
	char line[256], *word;
	bool found = false;

	while (file && fgets(line, sizeof(line), file)) {
		word = line + strspn(line, " \t");
		word[strcspn(word, " \t\n")] = '\0';
		found |= is_same_module(word, module);
	}
	if (file)
		fclose(file);
	return found;
}

void check_boot(struct doctor *doctor, size_t device)
{
	const struct machine *machine = &doctor->machine;
	const char *module = devices[device]->module;
	struct finding *finding;
	char path[PATH_SIZE];
	bool masked;

	if (!find_policy(machine, "modules-load.d/devtrio.conf", path,
			 &masked)) {
		finding = report_finding(doctor, VERDICT_WARNING, module,
			       "not loaded at boot: there is no modules-load.d/devtrio.conf");
		add_package_fix(doctor, finding, STAGE_UNMASK, "devtrio",
				true);
	} else if (masked) {
		finding = report_problem(doctor, EXIT_NOT_LOADED, module,
					 "not loaded at boot: %s masks that",
					 path);
		if (machine_has_loaded(machine, module))
			downgrade(finding);
		add_fix(finding, STAGE_UNMASK, "rm", path, NULL);
	} else if (lists(machine, path, module)) {
		report_finding(doctor, VERDICT_OK, module, "loaded at boot, by %s", path);
	} else {
		finding = report_finding(doctor, VERDICT_WARNING, module,
			       "not loaded at boot: %s leaves it out", path);
		add_note(finding, "if it shall be, add a line %s there", module);
	}
}

static bool is_problem(const struct doctor *doctor, const char *id,
		       const char *subject)
{
	const struct finding *finding = find_finding(doctor, id, subject);

	return finding && finding->verdict == VERDICT_PROBLEM;
}

void check_loaded(struct doctor *doctor, size_t device)
{
	const struct machine *machine = &doctor->machine;
	const char *module = devices[device]->module;
	struct finding *finding;

	if (machine_has_loaded(machine, module)) {
		report_finding(doctor, VERDICT_OK, module, "loaded");
		return;
	}
	if (!machine->here->files[device].path[0]) {
		report_finding(doctor, VERDICT_SKIPPED, module,
			       "not loaded, since there is nothing to load");
		return;
	}
	finding = report_problem(doctor, EXIT_NOT_LOADED, module, "not loaded");
	if (is_problem(doctor, "secure-boot", "") ||
	    is_problem(doctor, "signature", module))
		add_note(finding, "once the kernel takes it: modprobe %s", module);
	else
		add_fix(finding, STAGE_LOAD, "modprobe", module, NULL);
}

/* Nothing holds it: it can be unloaded. */
static bool is_idle(const struct machine *machine, const char *module)
{
	char count[NAME_SIZE], path[PATH_SIZE];
	glob_t holders;
	bool held;

	if (!machine_line(machine, count, "/sys/module/%s/refcnt", module) ||
	    strcmp(count, "0"))
		return false;
	machine_path(machine, path, "/sys/module/%s/holders/*", module);
	held = !glob(path, 0, NULL, &holders);
	globfree(&holders);
	return !held;
}

static bool process_uses(const char *pid, dev_t node)
{
	char path[64 + 256];
	struct dirent *entry;
	struct stat status;
	bool found = false;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	directory = opendir(path);
	while (directory && !found && (entry = readdir(directory)))
		found = !fstatat(dirfd(directory), entry->d_name, &status, 0) &&
			S_ISCHR(status.st_mode) && status.st_rdev == node;
	if (directory)
		closedir(directory);
	return found;
}

/* Who has the node open, as far as the caller may know. */
static void list_users(const struct device *device, char text[NAME_SIZE])
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	char path[64 + 256], name[64];
	struct stat node;
	size_t used = 0;
	FILE *file;

	text[0] = '\0';
	if (stat(device->path, &node))
		node.st_rdev = 0;
	while (directory && (entry = readdir(directory))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !process_uses(entry->d_name, node.st_rdev))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && used < NAME_SIZE)
			used += snprintf(text + used, NAME_SIZE - used,
					 "%s%.*s (%s)", used ? ", " : "",
					 (int)strcspn(name, "\n"), name,
					 entry->d_name);
		fclose(file);
	}
	if (directory)
		closedir(directory);
}

static void add_reload_fix(struct finding *finding,
			   const struct machine *machine,
			   const struct device *device)
{
	bool keeps = device == &rambuf_device;
	const char *module = device->module;
	char users[NAME_SIZE];

	if (!is_idle(machine, module)) {
		list_users(device, users);
		if (!users[0])
			strcpy(users, geteuid() ?
			       "a process that root sees" :
			       "something that has no file open");
		add_note(finding, "it is in use by %s: end that and look again; or:",
			 users);
		add_manual_fix(finding, "the content of rambuf is kept, if its unit is active",
			       "systemctl", "reboot", NULL);
		return;
	}
	if (keeps)
		add_fix(finding, STAGE_LOAD, "devtrio", "buf", "save", NULL);
	add_fix(finding, STAGE_LOAD, "modprobe", "-r", module, NULL);
	add_fix(finding, STAGE_LOAD, "modprobe", module, NULL);
	if (keeps)
		add_fix(finding, STAGE_LOAD, "devtrio", "buf", "restore", NULL);
}

void check_loaded_version(struct doctor *doctor, size_t device)
{
	const struct machine *machine = &doctor->machine;
	const struct module_file *file = &machine->here->files[device];
	const char *module = devices[device]->module;
	char version[NAME_SIZE] = "", hash[NAME_SIZE] = "";
	struct finding *finding;

	if (!machine_has_loaded(machine, module) || !file->path[0])
		return;
	machine_line(machine, version, "/sys/module/%s/version", module);
	machine_line(machine, hash, "/sys/module/%s/srcversion", module);

	if (!version[0] || !file->version[0]) {
		report_finding(doctor, VERDICT_SKIPPED, module,
			       "not compared: the module tells no version");
	} else if (strcmp(version, file->version)) {
		finding = report_problem(doctor, EXIT_FAILED, module,
					 "%s is loaded, but %s is installed",
					 version, file->version);
		add_reload_fix(finding, machine, devices[device]);
	} else if (hash[0] && file->srcversion[0] &&
		   strcmp(hash, file->srcversion)) {
		finding = report_problem(doctor, EXIT_FAILED, module,
				       "another %s is loaded than is installed",
					 version);
		add_reload_fix(finding, machine, devices[device]);
	} else {
		report_finding(doctor, VERDICT_OK, module, "%s, as installed", version);
	}
}
