// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read files, run tools, and read the machine's state.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"

#define SYSTEM_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Whether a path exists; UNKNOWN if a directory is closed to the caller. */
enum answer exists(const char *format, ...)
{
	char path[PATH_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	if (!access(path, F_OK))
		return YES;
	return errno == ENOENT || errno == ENOTDIR ? NO : UNKNOWN;
}

/* The first line of a small file, such as those of sysfs. */
bool read_line(char line[NAME_SIZE], const char *format, ...)
{
	char path[PATH_SIZE];
	va_list args;
	FILE *file;
	bool ok;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);

	line[0] = '\0';
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fgets(line, NAME_SIZE, file);
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return ok;
}

/* Not a module that is just being loaded or unloaded. */
enum answer is_loaded(const char *module)
{
	char state[NAME_SIZE];

	if (read_line(state, "/sys/module/%s/initstate", module))
		return strcmp(state, "live") ? NO : YES;
	return exists("/sys/module/%s/initstate", module) == UNKNOWN ? UNKNOWN : NO;
}

bool any_is_loaded(void)
{
	size_t i;

	for (i = 0; i < DEVICE_COUNT; i++)
		if (is_loaded(devices[i]->module) == YES)
			return true;
	return false;
}

/* Unless one is known not to be. */
bool all_are_loaded(const struct scope *scope)
{
	size_t i;

	for (i = 0; i < DEVICE_COUNT; i++)
		if (scope->devices[i] && is_loaded(devices[i]->module) == NO)
			return false;
	return true;
}

/* Read all output, and keep what fits. */
static void drain(int fd, char *output, size_t size)
{
	char rest[4096];
	size_t used = 0;
	ssize_t n;

	do {
		bool full = used + 1 >= size;

		n = read(fd, full ? rest : output + used, full ? sizeof(rest) : size - 1 - used);
		if (n > 0 && !full)
			used += n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	output[used] = '\0';
}

/**
 * run_tool() - ask a program of the system, in the C locale
 * @output: what it prints, cut if it is more
 * @size: of @output
 * @argv: the program, searched in the system's directories, and its arguments
 *
 * Return: its exit code, or -1 if it does not exist or was killed.
 */
int run_tool(char *output, size_t size, const char *const *argv)
{
	static char path[] = "PATH=" SYSTEM_PATH;
	static char locale[] = "LC_ALL=C";
	char *const environment[] = { path, locale, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], status = -1;
	pid_t pid;
	int err;

	output[0] = '\0';
	setenv("PATH", SYSTEM_PATH, 1);
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
	/* Where vfork() is fork(), a missing program exits with 127. */
	if (err || !WIFEXITED(status) || WEXITSTATUS(status) == 127)
		return -1;
	return WEXITSTATUS(status);
}

bool has_tool(const char *name)
{
	char directories[] = SYSTEM_PATH, *rest = directories, *directory;

	while ((directory = strsep(&rest, ":")))
		if (exists("%s/%s", directory, name) == YES)
			return true;
	return false;
}

/* The user who ran sudo wants to use the devices. */
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
 */
void machine_read(struct machine *machine)
{
	struct utsname name;

	memset(machine, 0, sizeof(*machine));
	uname(&name);
	snprintf(machine->running, NAME_SIZE, "%s", name.release);
	read_user(machine);
	manager_read(machine);
	dkms_read(machine);
	kernels_read(machine);
}

void machine_free(struct machine *machine)
{
	free(machine->kernels);
	free(machine->entries);
}
