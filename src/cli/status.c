// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio status: what works, and how to mend what does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libkmod.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "command.h"
#include "devtrio.h"
#include "status.h"

/**
 * struct subject - what is checked
 * @device: the driver's node
 * @kmod: its module
 * @kernel: the running kernel's release
 * @loaded: the module is, as far as a check has found out
 * @node: the node is there
 */
struct subject {
	const struct device *device;
	struct kmod_module *kmod;
	const char *kernel;
	bool loaded;
	bool node;
};

/**
 * struct check - something to look at
 * @run: says what it found
 * @only: for this driver; NULL: for all
 *
 * Checks run in the order of the table, and later ones build on what earlier
 * ones noted in the subject.
 */
struct check {
	void (*run)(struct subject *subject, struct finding *finding);
	const struct device *only;
};

static void __attribute__((format(printf, 3, 4)))
find(struct finding *finding, enum verdict verdict, const char *format, ...)
{
	struct problem *problem = &finding->problem;
	va_list args;

	finding->verdict = verdict;
	va_start(args, format);
	vsnprintf(problem->what, sizeof(problem->what), format, args);
	va_end(args);
}

static void __attribute__((format(printf, 3, 4)))
mend(struct finding *finding, enum exit_code code, const char *format, ...)
{
	struct problem *problem = &finding->problem;
	va_list args;

	problem->code = code;
	va_start(args, format);
	vsnprintf(problem->advice, sizeof(problem->advice), format, args);
	va_end(args);
}

/* Its source is there, so it is the building that did not happen. */
static bool source_is_installed(void)
{
	glob_t found;
	bool any;

	if (!access("/var/lib/dkms/devtrio", F_OK))
		return true;
	any = !glob("/usr/src/devtrio-*", 0, NULL, &found);
	globfree(&found);
	return any;
}

static void check_file(struct subject *subject, struct finding *finding)
{
	const char *path = kmod_module_get_path(subject->kmod);

	if (path) {
		find(finding, VERDICT_OK, "built for %s: %s", subject->kernel,
		     path);
	} else if (source_is_installed()) {
		find(finding, VERDICT_PROBLEM, "not built for %s",
		     subject->kernel);
		mend(finding, EXIT_NOT_BUILT,
		     "sudo apt install linux-headers-%s && sudo dkms autoinstall -k %s",
		     subject->kernel, subject->kernel);
	} else {
		find(finding, VERDICT_PROBLEM, "not installed");
		mend(finding, EXIT_NOT_INSTALLED,
		     "sudo apt install devtrio-dkms linux-headers-%s",
		     subject->kernel);
	}
}

static void check_loaded(struct subject *subject, struct finding *finding)
{
	int state = kmod_module_get_initstate(subject->kmod);

	subject->loaded = state == KMOD_MODULE_LIVE ||
			  state == KMOD_MODULE_BUILTIN;
	if (subject->loaded) {
		find(finding, VERDICT_OK, "loaded");
		return;
	}
	find(finding, VERDICT_PROBLEM, "not loaded");
	mend(finding, EXIT_NOT_LOADED, "sudo modprobe %s",
	     subject->device->module);
}

static bool get_loaded_version(const char *module, char *version, size_t size)
{
	char path[64];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "/sys/module/%s/version", module);
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fgets(version, size, file);
	fclose(file);
	if (ok)
		version[strcspn(version, "\n")] = '\0';
	return ok;
}

static bool get_installed_version(struct kmod_module *kmod, char *version,
				  size_t size)
{
	struct kmod_list *list = NULL, *entry;
	bool found = false;

	if (!kmod_module_get_path(kmod) ||
	    kmod_module_get_info(kmod, &list) < 0)
		return false;
	kmod_list_foreach(entry, list) {
		if (strcmp(kmod_module_info_get_key(entry), "version"))
			continue;
		snprintf(version, size, "%s",
			 kmod_module_info_get_value(entry));
		found = true;
	}
	kmod_module_info_free_list(list);
	return found;
}

static void check_version(struct subject *subject, struct finding *finding)
{
	const char *module = subject->device->module;
	char loaded[64], installed[64];

	if (!subject->loaded)
		find(finding, VERDICT_SKIPPED,
		     "version not compared: it is not loaded");
	else if (!get_loaded_version(module, loaded, sizeof(loaded)))
		find(finding, VERDICT_SKIPPED,
		     "version not compared: the loaded module tells none");
	else if (!get_installed_version(subject->kmod, installed,
					sizeof(installed)))
		find(finding, VERDICT_SKIPPED,
		     "version not compared: the installed module tells none");
	else if (!strcmp(loaded, installed))
		find(finding, VERDICT_OK, "version %s", loaded);
	else {
		find(finding, VERDICT_PROBLEM,
		     "version %s is loaded, but %s is installed", loaded,
		     installed);
		mend(finding, EXIT_FAILED,
		     "sudo modprobe -r %s && sudo modprobe %s", module, module);
	}
}

static bool stat_node(struct subject *subject, struct finding *finding,
		      struct stat *node)
{
	const char *path = subject->device->path;

	if (stat(path, node)) {
		if (!subject->loaded) {
			find(finding, VERDICT_SKIPPED,
			     "%s not checked: the module is not loaded", path);
		} else {
			find(finding, VERDICT_PROBLEM, "%s is not there: %s",
			     path, strerror(errno));
			mend(finding, EXIT_FAILED,
			     "sudo udevadm trigger --settle --subsystem-match=misc");
		}
		return false;
	}
	if (S_ISCHR(node->st_mode))
		return true;

	find(finding, VERDICT_PROBLEM, "%s is no character device", path);
	mend(finding, EXIT_FAILED, "sudo rm %s && sudo modprobe -r %s && sudo modprobe %s",
	     path, subject->device->module, subject->device->module);
	return false;
}

static void check_node(struct subject *subject, struct finding *finding)
{
	const struct device *device = subject->device;
	const struct group *group;
	struct stat node;

	if (!stat_node(subject, finding, &node))
		return;
	subject->node = true;

	group = getgrnam(device->group);
	if (!group) {
		find(finding, VERDICT_PROBLEM, "there is no group %s",
		     device->group);
		mend(finding, EXIT_FAILED,
		     "sudo systemd-sysusers && sudo udevadm trigger --settle --subsystem-match=misc");
	} else if (node.st_gid != group->gr_gid ||
		   (node.st_mode & 07777) != 0660) {
		find(finding, VERDICT_PROBLEM,
		     "%s has group %u and mode %04o, not %u (%s) and 0660",
		     device->path, node.st_gid, node.st_mode & 07777,
		     group->gr_gid, device->group);
		mend(finding, EXIT_FAILED,
		     "sudo udevadm trigger --settle --subsystem-match=misc");
	} else {
		find(finding, VERDICT_OK, "%s has group %s and mode 0660",
		     device->path, device->group);
	}
}

/* That it opens says more than access(), which knows no security modules. */
static void check_open(struct subject *subject, struct finding *finding)
{
	const char *path = subject->device->path;
	int fd;

	if (!subject->node) {
		find(finding, VERDICT_SKIPPED,
		     "your permission not checked: %s is not there", path);
		return;
	}

	fd = try_open_device(subject->device, O_RDWR | O_NONBLOCK,
			     &finding->problem);
	if (fd < 0) {
		finding->verdict = VERDICT_PROBLEM;
		return;
	}
	close(fd);
	find(finding, VERDICT_OK, "you may open %s", path);
}

static void check_buzzers(struct subject *subject, struct finding *finding)
{
	int fd = open(subject->device->path, O_RDWR | O_CLOEXEC);
	int count;

	if (fd < 0) {
		find(finding, VERDICT_SKIPPED,
		     "buzzers not counted: %s does not open",
		     subject->device->path);
		return;
	}
	count = buzzer_count(fd);
	close(fd);

	if (count > 0) {
		find(finding, VERDICT_OK, "buzzers configured: %d", count);
	} else if (!count) {
		find(finding, VERDICT_NOTE, "no buzzer is configured");
		mend(finding, EXIT_OK, NO_BUZZER_ADVICE);
	} else {
		find(finding, VERDICT_PROBLEM, "%s does not answer: %s",
		     subject->device->path, strerror(-count));
		mend(finding, EXIT_FAILED,
		     "sudo modprobe -r beepctrl && sudo modprobe beepctrl");
	}
}

static const struct check checks[] = {
	{ check_file, NULL },
	{ check_loaded, NULL },
	{ check_version, NULL },
	{ check_node, NULL },
	{ check_open, NULL },
	{ check_buzzers, &beepctrl_device },
};

/**
 * format_finding() - a finding as status prints it
 * @text: one line, and below a problem or note a second one that mends it
 * @size: of @text
 * @module: whose
 * @finding: what was found
 */
void format_finding(char *text, size_t size, const char *module,
		    const struct finding *finding)
{
	static const char *const verdicts[] = {
		[VERDICT_OK] = "ok",
		[VERDICT_NOTE] = "note",
		[VERDICT_SKIPPED] = "skipped",
		[VERDICT_PROBLEM] = "problem",
	};
	const struct problem *problem = &finding->problem;

	if (problem->advice[0])
		snprintf(text, size, "%-8s %-12s %s\n%21s -> %s",
			 verdicts[finding->verdict], module, problem->what, "",
			 problem->advice);
	else
		snprintf(text, size, "%-8s %-12s %s",
			 verdicts[finding->verdict], module, problem->what);
}

/**
 * worse() - which of two exit codes tells more
 * @a: one
 * @b: the other
 *
 * What is missing first comes first: the rest follows from that.
 */
enum exit_code worse(enum exit_code a, enum exit_code b)
{
	static const enum exit_code worst_first[] = {
		EXIT_NOT_INSTALLED, EXIT_NOT_BUILT, EXIT_NOT_LOADED,
		EXIT_NO_PERMISSION, EXIT_FAILED, EXIT_NOT_BUILT_NEXT,
		EXIT_NO_BUZZER,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(worst_first); i++)
		if (a == worst_first[i] || b == worst_first[i])
			return worst_first[i];
	return EXIT_OK;
}

static enum exit_code check_device(struct kmod_ctx *ctx, const char *kernel,
				   const struct device *device)
{
	struct subject subject = { .device = device, .kernel = kernel };
	enum exit_code code = EXIT_OK;
	size_t i;
	int err;

	err = kmod_module_new_from_name(ctx, device->module, &subject.kmod);
	if (err < 0)
		die(EXIT_FAILED, "libkmod can't look up %s: %s",
		    device->module, strerror(-err));

	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		struct finding finding = { };
		char text[1024];

		if (checks[i].only && checks[i].only != device)
			continue;
		checks[i].run(&subject, &finding);
		format_finding(text, sizeof(text), device->module, &finding);
		puts(text);
		if (finding.verdict == VERDICT_PROBLEM)
			code = worse(code, finding.problem.code);
	}

	kmod_module_unref(subject.kmod);
	return code;
}

/* libkmod complains of kernels without modules; the checks say it better. */
static void be_quiet(void *data, int priority, const char *file, int line,
		     const char *function, const char *format, va_list args)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)function;
	(void)format;
	(void)args;
}

static int check_all(void)
{
	static const struct device *const devices[] = {
		&proc_relate_device,
		&beepctrl_device,
		&rambuf_device,
	};
	enum exit_code code = EXIT_OK;
	struct kmod_ctx *ctx;
	struct utsname kernel;
	size_t i;

	uname(&kernel);
	ctx = kmod_new(NULL, NULL);
	if (!ctx)
		die(EXIT_FAILED, "can't start libkmod");
	kmod_set_log_fn(ctx, be_quiet, NULL);

	for (i = 0; i < ARRAY_SIZE(devices); i++)
		code = worse(code, check_device(ctx, kernel.release,
						devices[i]));
	kmod_unref(ctx);
	return code;
}

static int status(int argc, char **argv)
{
	struct command_line line = {
		.command = &status_command, .argc = argc, .argv = argv,
	};

	while (next_option(&line) != -1)
		;
	no_more_operands(&line);

	return check_all();
}

const struct command status_command = {
	.name = "status",
	.summary = "say what works, and how to mend what does not",
	.text = "Say for each driver what works, and how to mend what does not. Needs no root. The exit code tells the worst problem, see devtrio(1).",
	.examples = (const char *const[]){
		"devtrio status || echo there is something to mend",
		NULL
	},
	.run = status,
};
