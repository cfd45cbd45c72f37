// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read the machine's state: distribution, package, kernels and their modules.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <pwd.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "status.h"

#define KMOD_DIRECTORY	"/lib/modules/%s"

static int join(const struct machine *machine, char path[PATH_SIZE],
		const char *format, va_list args)
{
	int n = snprintf(path, PATH_SIZE, "%s", machine->root);

	return n + vsnprintf(path + n, PATH_SIZE - n, format, args);
}

/* A path below the root; its length. */
int machine_path(const struct machine *machine, char path[PATH_SIZE],
		 const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = join(machine, path, format, args);
	va_end(args);
	return n;
}

FILE *machine_open(const struct machine *machine, const char *format, ...)
{
	char path[PATH_SIZE];
	va_list args;

	va_start(args, format);
	join(machine, path, format, args);
	va_end(args);
	return fopen(path, "re");
}

bool machine_has(const struct machine *machine, const char *format, ...)
{
	char path[PATH_SIZE];
	va_list args;

	va_start(args, format);
	join(machine, path, format, args);
	va_end(args);
	return !access(path, F_OK);
}

/* The first line of a small file, as those of sysfs are. */
bool machine_line(const struct machine *machine, char line[NAME_SIZE],
		  const char *format, ...)
{
	char path[PATH_SIZE];
	va_list args;
	FILE *file;
	bool ok;

	va_start(args, format);
	join(machine, path, format, args);
	va_end(args);

	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fgets(line, NAME_SIZE, file);
	fclose(file);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}

/* Not one that is just being loaded or unloaded. */
bool machine_has_loaded(const struct machine *machine, const char *module)
{
	char state[NAME_SIZE];

	return machine_line(machine, state, "/sys/module/%s/initstate",
			    module) && !strcmp(state, "live");
}

static void drain(int fd, char *output, size_t size)
{
	char rest[4096];
	size_t used = 0;
	ssize_t n;

	do {
		if (used + 1 < size)
			n = read(fd, output + used, size - 1 - used);
		else
			n = read(fd, rest, sizeof(rest));
		if (n > 0 && used + 1 < size)
			used += n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	output[used] = '\0';
}

/**
 * run_tool() - ask a program of the system, in its own language
 * @output: what it prints, cut if it is more
 * @size: of @output
 * @argv: the program, found through PATH, and its arguments
 *
 * Return: its exit code, or -1 if it is not there or was killed.
 */
int run_tool(char *output, size_t size, const char *const *argv)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char locale[] = "LC_ALL=C";
	char *const environment[] = { path, locale, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], status = -1;
	pid_t pid;
	int err;

	output[0] = '\0';
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	err = posix_spawnp(&pid, argv[0], &actions, NULL, (char **)argv,
			   environment);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (!err) {
		drain(ends[0], output, size);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	/* Where vfork() is a fork(), a program that is not there is known by 127. */
	if (err || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		return -1;
	return WEXITSTATUS(status);
}

/* Is a word in a line of words, as ID_LIKE of os-release is? */
static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);
	const char *at = words;

	while ((at = strstr(at, word))) {
		if ((at == words || at[-1] == ' ') &&
		    (!at[length] || at[length] == ' '))
			return true;
		at += length;
	}
	return false;
}

static enum manager manager_of(const char *ids)
{
	if (has_word(ids, "debian") || has_word(ids, "ubuntu"))
		return MANAGER_APT;
	if (has_word(ids, "fedora") || has_word(ids, "rhel") ||
	    has_word(ids, "centos"))
		return MANAGER_DNF;
	return MANAGER_UNKNOWN;
}

static void strip_quotes(char *value)
{
	size_t length;

	value[strcspn(value, "\n")] = '\0';
	length = strlen(value);
	if (length < 2 || (value[0] != '"' && value[0] != '\'') ||
	    value[length - 1] != value[0])
		return;
	memmove(value, value + 1, length - 2);
	value[length - 2] = '\0';
}

/* By what the distribution says that it is, or by the tools that are there. */
static enum manager read_manager(const struct machine *machine)
{
	FILE *file = machine_open(machine, "/etc/os-release");
	enum manager manager = MANAGER_UNKNOWN, like = MANAGER_UNKNOWN;
	char line[256];

	if (!file)
		file = machine_open(machine, "/usr/lib/os-release");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "ID=", 3)) {
			strip_quotes(line + 3);
			manager = manager_of(line + 3);
		} else if (!strncmp(line, "ID_LIKE=", 8)) {
			strip_quotes(line + 8);
			like = manager_of(line + 8);
		}
	}
	if (file)
		fclose(file);

	if (manager == MANAGER_UNKNOWN)
		manager = like;
	if (manager != MANAGER_UNKNOWN)
		return manager;
	if (machine_has(machine, "/usr/bin/apt-get"))
		return MANAGER_APT;
	return machine_has(machine, "/usr/bin/dnf") ? MANAGER_DNF :
						      MANAGER_UNKNOWN;
}

/* The package that has what DKMS builds. */
const char *package_of_modules(const struct machine *machine)
{
	return machine->manager == MANAGER_DNF ? "dkms-devtrio" :
						 "devtrio-dkms";
}

const char *package_of_headers(const struct machine *machine,
			       const char *release, char package[NAME_SIZE * 2])
{
	snprintf(package, NAME_SIZE * 2, "%s-%s",
		 machine->manager == MANAGER_DNF ? "kernel-devel" :
						   "linux-headers", release);
	return package;
}

/* The one with modules that were built for the kernel before, by `make kmod`. */
const char *package_of_prebuilt(const struct machine *machine,
				const char *release,
				char package[NAME_SIZE * 2])
{
	snprintf(package, NAME_SIZE * 2, "%s-%s",
		 machine->manager == MANAGER_DNF ? "kmod-devtrio" :
						   "devtrio-modules", release);
	return package;
}

static void read_deb(struct machine *machine)
{
	char output[512], state[64];
	const char *const argv[] = {
		"dpkg-query", "--show",
		"--showformat=${db:Status-Status} ${Version}\n",
		package_of_modules(machine), NULL,
	};
	int code = run_tool(output, sizeof(output), argv);

	if (code < 0)
		return;
	machine->package = PACKAGE_ABSENT;
	if (code || sscanf(output, "%63s %255s", state,
			   machine->package_version) != 2)
		return;
	if (!strcmp(state, "installed") || !strncmp(state, "triggers-", 9))
		machine->package = PACKAGE_INSTALLED;
	else if (strcmp(state, "not-installed") && strcmp(state, "config-files"))
		machine->package = PACKAGE_UNFINISHED;
}

static void read_rpm(struct machine *machine)
{
	const char *const argv[] = {
		"rpm", "--query", "--queryformat",
		"%{VERSION}-%{RELEASE}\n", package_of_modules(machine), NULL,
	};
	char output[512];
	int code = run_tool(output, sizeof(output), argv);

	if (code < 0)
		return;
	machine->package = PACKAGE_ABSENT;
	if (!code && sscanf(output, "%255s", machine->package_version) == 1)
		machine->package = PACKAGE_INSTALLED;
}

static void read_info(struct kmod_module *module, struct module_file *file)
{
	struct kmod_list *list = NULL, *entry;

	if (kmod_module_get_info(module, &list) < 0)
		return;
	kmod_list_foreach(entry, list) {
		const char *key = kmod_module_info_get_key(entry);
		const char *value = kmod_module_info_get_value(entry);

		if (!strcmp(key, "version"))
			snprintf(file->version, NAME_SIZE, "%s", value);
		else if (!strcmp(key, "srcversion"))
			snprintf(file->srcversion, NAME_SIZE, "%s", value);
		else if (!strcmp(key, "signer"))
			snprintf(file->signer, NAME_SIZE, "%s", value);
		else if (!strcmp(key, "sig_id") || !strcmp(key, "sig_hashalgo"))
			file->is_signed = true;
	}
	kmod_module_info_free_list(list);
}

static void read_files(const struct machine *machine, struct kernel *kernel)
{
	static const char *const no_config[] = { NULL };
	char directory[PATH_SIZE];
	struct kmod_module *module;
	struct kmod_ctx *ctx;
	const char *path;
	size_t i;

	machine_path(machine, directory, KMOD_DIRECTORY, kernel->release);
	ctx = kmod_new(directory, no_config);
	if (!ctx)
		die(EXIT_FAILED, "can't start libkmod");
	/* It complains of kernels without modules; the checks say it better. */
	kmod_set_log_priority(ctx, -1);

	for (i = 0; i < DEVICE_COUNT; i++) {
		struct module_file *file = &kernel->files[i];

		if (kmod_module_new_from_name(ctx, devices[i]->module,
					      &module) < 0)
			continue;
		path = kmod_module_get_path(module);
		if (path && !access(path, F_OK)) {
			snprintf(file->path, PATH_SIZE, "%s",
				 path + strlen(machine->root));
			read_info(module, file);
		}
		kmod_module_unref(module);
	}
	kmod_unref(ctx);
}

static void add_kernel(struct machine *machine, const char *release)
{
	struct kernel *kernel;

	machine->kernels = reallocarray(machine->kernels,
					machine->kernel_count + 1,
					sizeof(*kernel));
	if (!machine->kernels)
		die(EXIT_FAILED, "out of memory");
	kernel = &machine->kernels[machine->kernel_count++];
	memset(kernel, 0, sizeof(*kernel));
	snprintf(kernel->release, sizeof(kernel->release), "%s", release);
	read_files(machine, kernel);
}

/*
 * Leftovers of a kernel that was removed, as depmod's index or a module of
 * somebody's, are no kernel, nor are headers alone.
 */
static bool is_installed(const struct machine *machine, const char *release)
{
	return machine_has(machine, KMOD_DIRECTORY "/kernel", release) ||
	       machine_has(machine, KMOD_DIRECTORY "/vmlinuz", release) ||
	       (machine_has(machine, KMOD_DIRECTORY "/.", release) &&
		machine_has(machine, "/boot/vmlinuz-%s", release));
}

static int by_release(const void *a, const void *b)
{
	const struct kernel *one = a, *other = b;

	return strverscmp(one->release, other->release);
}

static void read_kernels(struct machine *machine)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	DIR *directory;

	machine_path(machine, path, "/lib/modules");
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] != '.' &&
		    strcmp(entry->d_name, machine->running) &&
		    is_installed(machine, entry->d_name))
			add_kernel(machine, entry->d_name);
	}
	if (directory)
		closedir(directory);
	add_kernel(machine, machine->running);
	qsort(machine->kernels, machine->kernel_count,
	      sizeof(*machine->kernels), by_release);
}

const struct kernel *find_kernel(const struct machine *machine,
				 const char *release)
{
	size_t i;

	for (i = 0; i < machine->kernel_count; i++)
		if (!strcmp(machine->kernels[i].release, release))
			return &machine->kernels[i];
	return NULL;
}

/* Where the flavour starts: amd64 of 6.1.0-56-amd64, or at the end. */
static size_t version_length(const char *release)
{
	const char *c = release;

	while ((c = strchr(c, '-')) && !isalpha((unsigned char)c[1]))
		c++;
	return c ? (size_t)(c - release) : strlen(release);
}

/* amd64 of 6.1.0-56-amd64, or "". */
const char *flavour_of(const char *release)
{
	const char *rest = release + version_length(release);

	return *rest ? rest + 1 : rest;
}

/**
 * newest_kernel() - the kernel that is booted next
 * @machine: its kernels, sorted
 *
 * Boot loaders sort by version. Where several flavours have the newest one, as
 * on a Raspberry Pi, it is the running one's that fits the machine.
 *
 * Return: the kernel, or NULL where none is installed, as in a container.
 */
const struct kernel *newest_kernel(const struct machine *machine)
{
	const struct kernel *newest = NULL, *kernel;
	const char *flavour;
	size_t i, length;

	for (i = 0; i < machine->kernel_count; i++)
		if (is_installed(machine, machine->kernels[i].release))
			newest = &machine->kernels[i];
	if (!newest)
		return NULL;

	flavour = machine->running + version_length(machine->running);
	length = version_length(newest->release);
	for (i = 0; i < machine->kernel_count; i++) {
		kernel = &machine->kernels[i];
		if (version_length(kernel->release) == length &&
		    !strncmp(kernel->release, newest->release, length) &&
		    !strcmp(kernel->release + length, flavour) &&
		    is_installed(machine, kernel->release))
			return kernel;
	}
	return newest;
}

bool kernel_has_all(const struct kernel *kernel, const struct scope *scope)
{
	size_t i;

	for (i = 0; i < DEVICE_COUNT; i++)
		if (scope->devices[i] && !kernel->files[i].path[0])
			return false;
	return true;
}

/* Whoever typed sudo is who wants to use the devices. */
static void read_user(struct machine *machine)
{
	const char *sudo_uid = getenv("SUDO_UID");
	const struct passwd *user;
	uint64_t uid;

	machine->uid = getuid();
	if (!geteuid() && sudo_uid && parse_number(sudo_uid, UINT32_MAX, &uid) &&
	    uid) {
		machine->uid = uid;
		machine->on_behalf = true;
	}
	user = getpwuid(machine->uid);
	if (user)
		snprintf(machine->user, NAME_SIZE, "%s", user->pw_name);
	else
		snprintf(machine->user, NAME_SIZE, "%u", machine->uid);
}

/**
 * machine_read() - find out what the checks build on
 * @machine: the result
 * @root: in front of every path, "" for this machine
 * @running: the running kernel's release
 *
 * Return: false if the release is too long to be one.
 */
bool machine_read(struct machine *machine, const char *root,
		  const char *running)
{
	memset(machine, 0, sizeof(*machine));
	if (strlen(running) >= NAME_SIZE || strlen(root) > PATH_SIZE / 2)
		return false;
	machine->root = root;
	strcpy(machine->running, running);
	machine->manager = read_manager(machine);
	if (machine->manager == MANAGER_DNF)
		read_rpm(machine);
	else
		read_deb(machine);
	read_kernels(machine);
	machine->here = find_kernel(machine, running);
	machine->next = newest_kernel(machine);
	read_user(machine);
	return true;
}

void machine_free(struct machine *machine)
{
	free(machine->kernels);
	free(machine->entries);
}
