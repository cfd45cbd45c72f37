// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check that the modules are loaded at boot, loaded now, and the installed ones.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libkmod.h>

#include "doctor.h"

/* To modprobe, - and _ are the same. */
static bool is_same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

/* Whether the kernel's command line blocks a module. */
static bool is_on_command_line(const char *module)
{
	FILE *file = fopen("/proc/cmdline", "re");
	char line[4096] = "", *rest = line, *word;
	bool found = false;

	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	while ((word = strsep(&rest, " \n"))) {
		if (strncmp(word, "module_blacklist=", 17) &&
		    strncmp(word, "modprobe.blacklist=", 19))
			continue;
		strsep(&word, "=");
		while (word && !found)
			found = is_same_module(strsep(&word, ","), module);
	}
	return found;
}

/* A command that does nothing instead of loading. */
static bool does_nothing(const char *command)
{
	char name[16] = "";
	const char *at = command + strcspn(command, " ");

	while (at > command && at[-1] != '/')
		at--;
	sscanf(at, "%15s", name);
	return !strcmp(name, "false") || !strcmp(name, "true") || !strcmp(name, ":");
}

static bool is_listed(struct kmod_config_iter *iter, const char *module, bool is_command)
{
	bool found = false;

	while (iter && kmod_config_iter_next(iter))
		found |= is_same_module(kmod_config_iter_get_key(iter), module) &&
			 (!is_command || does_nothing(kmod_config_iter_get_value(iter)));
	kmod_config_iter_free_iter(iter);
	return found;
}

/* How modprobe.d(5) blocks a module: "blacklist", "install" or NULL. */
static const char *find_block(const char *module)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	const char *keyword = NULL;

	if (!ctx)
		die(EXIT_FAILED, "libkmod failed to start");
	kmod_set_log_priority(ctx, -1);
	if (is_listed(kmod_config_get_install_commands(ctx), module, true))
		keyword = "install";
	else if (is_listed(kmod_config_get_blacklists(ctx), module, false))
		keyword = "blacklist";
	kmod_unref(ctx);
	return keyword;
}

/* Comments out the line that blocks a module, if it is the administrator's. */
static void report_blocked(struct doctor *doctor, const char *module, const char *keyword)
{
	char pattern[NAME_SIZE], script[NAME_SIZE + 16], output[PATH_SIZE] = "";
	const char *path = output, *underscore = strchr(module, '_');
	struct finding *finding;

	if (keyword) {
		snprintf(pattern, sizeof(pattern), "^\\s*%s\\s+%.*s%s%s\\b", keyword,
			 (int)strcspn(module, "_"), module, underscore ? "[_-]" : "",
			 underscore ? underscore + 1 : "");
		ask(output, "grep", "-lsrE", "--include=*.conf", pattern, "/etc/modprobe.d",
		    "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d");
		output[strcspn(output, "\n")] = '\0';
		snprintf(script, sizeof(script), "s/%s/# &/", pattern);
	}
	if (!output[0])
		path = "the kernel's command line";
	finding = report_problem(doctor, EXIT_NOT_LOADED, module,
				 "not loaded at boot: %s blocks it", path);
	if (is_loaded(module) != NO)
		downgrade(finding);
	if (!output[0])
		add_note(finding, "remove %s from the kernel's command line, in the boot loader's configuration",
			 module);
	else if (!strncmp(path, "/etc/", 5))
		add_fix(finding, "sed -i -E %s %s", script, path);
	else
		add_note(finding, "a package owns %s: find out why it is there", path);
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

/*
 * Find the file of a kind, such as modules-load.d/devtrio.conf, that applies. It is
 * masked if it is empty, or a link to /dev/null, to say that no other applies. UNKNOWN:
 * the path is in a directory that only root can read.
 */
enum answer find_policy(const char *kind, char path[PATH_SIZE], bool *masked)
{
	static const char *const directories[] = {
		"/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib",
	};
	struct stat status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(path, PATH_SIZE, "%s/%s", directories[i], kind);
		if (lstat(path, &status) && errno == EACCES)
			return UNKNOWN;
		if (lstat(path, &status))
			continue;
		*masked = is_masked(path);
		return YES;
	}
	return NO;
}

/* The first file or directory of modprobe.d(5) that only root can read, or "". */
static void find_closed_config(char path[PATH_SIZE])
{
	static const char pattern[] =
		"{/etc,/run,/usr/local/lib,/usr/lib,/lib}/modprobe.d{,/*.conf}";
	glob_t found;
	size_t i;

	path[0] = '\0';
	if (glob(pattern, GLOB_BRACE, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc && !path[0]; i++)
		if (access(found.gl_pathv[i], R_OK) && errno == EACCES)
			snprintf(path, PATH_SIZE, "%s", found.gl_pathv[i]);
	globfree(&found);
}

static bool file_lists(const char *path, const char *module)
{
	FILE *file = fopen(path, "re");
	char line[256], word[64];
	bool found = false;

	while (file && fgets(line, sizeof(line), file))
		found |= sscanf(line, "%63s", word) == 1 &&
			 is_same_module(word, module);
	if (file)
		fclose(file);
	return found;
}

/* The list of modules to load at boot: one finding if it fails all drivers. */
static void check_load_list(struct doctor *doctor, const char *module)
{
	struct finding *finding;
	char path[PATH_SIZE];
	bool masked = false;
	enum answer answer = find_policy("modules-load.d/devtrio.conf", path, &masked);

	if (find_finding(doctor, "boot", "")) {
		return;
	} else if (answer == UNKNOWN) {
		report_skipped(doctor, "", "only root can read %s", path);
	} else if (answer == NO) {
		finding = report_warning(doctor, "", "no driver is loaded at boot: there is no modules-load.d/devtrio.conf");
		add_package_fix(doctor, finding, "devtrio", true);
	} else if (masked) {
		finding = report_problem(doctor, EXIT_NOT_LOADED, "",
					 "no driver is loaded at boot: %s masks the list", path);
		if (all_are_loaded(&doctor->scope))
			downgrade(finding);
		add_fix(finding, "mv %s %s.masked", path, path);
	} else if (file_lists(path, module)) {
		report_ok(doctor, module, "loaded at boot, by %s", path);
	} else {
		finding = report_warning(doctor, module, "not loaded at boot: %s does not list it",
					 path);
		add_note(finding, "to load it at boot, add the line %s there", module);
	}
}

void check_boot(struct doctor *doctor, size_t device)
{
	const char *module = devices[device]->module, *keyword = find_block(module);
	char closed[PATH_SIZE];

	find_closed_config(closed);
	if (has_problem(doctor, "package", ""))
		report_skipped(doctor, module, "not checked: see package");
	else if (keyword || is_on_command_line(module))
		report_blocked(doctor, module, keyword);
	else if (closed[0])
		report_skipped(doctor, module, "only root can read %s", closed);
	else
		check_load_list(doctor, module);
}

/* Whether kernel.modules_disabled forbids loading and unloading. */
static bool is_frozen(void)
{
	char value[NAME_SIZE];

	return read_line(value, "/proc/sys/kernel/modules_disabled") && value[0] == '1';
}

static void report_not_loaded(struct doctor *doctor, size_t device)
{
	const struct kernel *here = doctor->machine.here;
	const char *module = devices[device]->module;

	if (has_problem(doctor, "package", ""))
		report_skipped(doctor, module, "not loaded: see package");
	else if (!here->files[device].path[0])
		report_skipped(doctor, module, "not loaded: see build");
	else if (has_problem(doctor, "signing", here->release))
		report_skipped(doctor, module, "not loaded: see signing");
	else if (has_problem(doctor, "boot", module) || has_problem(doctor, "boot", ""))
		report_skipped(doctor, module, "not loaded: see boot");
	else if (is_frozen())
		add_manual_fix(report_problem(doctor, EXIT_NOT_LOADED, module,
					      "%s is not loaded, and no module can be until a reboot: kernel.modules_disabled is 1",
					      module),
			       "modules-load.d loads it before that is set", "reboot");
	else
		add_fix(report_problem(doctor, EXIT_NOT_LOADED, module,
				       "module %s is not loaded", module),
			"modprobe %s", module);
}

/* Nothing uses it: it can be unloaded. */
static bool is_idle(const char *module)
{
	char count[NAME_SIZE], pattern[NAME_SIZE];
	glob_t holders;
	bool held;

	if (!read_line(count, "/sys/module/%s/refcnt", module) || strcmp(count, "0"))
		return false;
	snprintf(pattern, sizeof(pattern), "/sys/module/%s/holders/*", module);
	held = !glob(pattern, 0, NULL, &holders);
	globfree(&holders);
	return !held;
}

static void add_reload_fix(struct finding *finding, const struct device *device)
{
	bool keeps = device == &rambuf_device;
	const char *module = device->module;

	if (is_frozen()) {
		add_manual_fix(finding, "kernel.modules_disabled is 1: no module can be replaced until then",
			       "reboot");
		return;
	}
	if (!is_idle(module)) {
		add_note(finding, "it is in use: end the programs that `fuser -v %s` shows, or:",
			 device->path);
		add_manual_fix(finding, "rambuf keeps its content, if its unit is active",
			       "reboot");
		return;
	}
	if (keeps)
		add_fix(finding, "devtrio buf save");
	add_fix(finding, "modprobe -r %s", module);
	add_fix(finding, "modprobe %s", module);
	if (keeps)
		add_fix(finding, "devtrio buf restore");
}

/*
 * Whether the initramfs of the running kernel holds the module, which is then loaded
 * from there at each boot, whatever is installed. Asks the tool that made it.
 */
static enum answer initramfs_has(const char *release, const char *module)
{
	static char output[1 << 22];
	char image[NAME_SIZE * 2], file[NAME_SIZE];
	int code;

	snprintf(image, sizeof(image), "/boot/initrd.img-%s", release);
	snprintf(file, sizeof(file), "/%s.ko", module);
	if (has_tool("lsinitrd"))
		code = ask(output, "lsinitrd", "--kver", release);
	else if (exists("%s", image) == YES)
		code = ask(output, "lsinitramfs", image);
	else
		return NO;
	if (strstr(output, file))
		return YES;
	return code ? UNKNOWN : NO;
}

static void report_outdated(struct doctor *doctor, size_t device, const char *loaded)
{
	const char *module = devices[device]->module, *release = doctor->machine.running;
	const char *installed = doctor->machine.here->files[device].version;
	enum answer answer = initramfs_has(release, module);
	struct finding *finding;

	if (answer == YES) {
		finding = report_problem(doctor, EXIT_FAILED, module,
					 "the initramfs holds an older build, which is loaded at boot instead of the installed one");
		add_fix(finding, has_tool("lsinitrd") ? "dracut --force --kver %s" :
						       "update-initramfs -u -k %s", release);
	} else if (!strcmp(loaded, installed)) {
		finding = report_problem(doctor, EXIT_FAILED, module,
					 "another build of %s is loaded than is installed",
					 installed);
	} else {
		finding = report_problem(doctor, EXIT_FAILED, module,
					 "%s is loaded, but %s is installed", loaded, installed);
	}
	add_reload_fix(finding, devices[device]);
	if (answer == UNKNOWN)
		add_note(finding, "if that comes back with each boot, the initramfs, which only root can read, holds an old build");
}

void check_loaded(struct doctor *doctor, size_t device)
{
	const struct module_file *file = &doctor->machine.here->files[device];
	const char *module = devices[device]->module;
	char version[NAME_SIZE], hash[NAME_SIZE];

	switch (is_loaded(module)) {
	case NO:
		report_not_loaded(doctor, device);
		return;
	case UNKNOWN:
		report_skipped(doctor, module, "only root can read /sys/module/%s", module);
		return;
	case YES:
		break;
	}
	read_line(version, "/sys/module/%s/version", module);
	read_line(hash, "/sys/module/%s/srcversion", module);
	if (version[0] && file->version[0] &&
	    (strcmp(version, file->version) ||
	     (hash[0] && file->srcversion[0] && strcmp(hash, file->srcversion))))
		report_outdated(doctor, device, version);
	else
		report_ok(doctor, module, "%s is loaded",
			  version[0] ? version : "a module without a version");
}
