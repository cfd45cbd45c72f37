// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read the state of DKMS from its tree. All versions use the same layout, it is
 * readable without root, and running dkms is slow.
 *
 *   devtrio/VERSION/source              link to /usr/src/devtrio-VERSION
 *   devtrio/VERSION/KERNEL/ARCH/module  the built modules
 *   devtrio/VERSION/build/make.log      the log of a failed build
 *   devtrio/kernel-KERNEL-ARCH          link to the installed version
 */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "status.h"

#define TREE		"/var/lib/dkms/devtrio"
#define ALL_TREES	"/var/lib/dkms"
#define LOG_LINES	12

static bool is_version(const struct machine *machine, const char *package,
		       const char *name)
{
	char path[PATH_SIZE];
	struct stat status;

	machine_path(machine, path, ALL_TREES "/%s/%s", package, name);
	return name[0] != '.' && strcmp(name, "original_module") &&
	       !lstat(path, &status) && S_ISDIR(status.st_mode);
}

/* With a root, absolute links would lead out of it. */
static bool source_is_there(const struct machine *machine, const char *package,
			    const char *version)
{
	char path[PATH_SIZE], target[PATH_SIZE];
	ssize_t n;

	machine_path(machine, path, ALL_TREES "/%s/%s/source", package,
		     version);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return machine_has(machine, ALL_TREES "/%s/%s/source/dkms.conf",
				   package, version);
	target[n] = '\0';
	if (target[0] == '/')
		return machine_has(machine, "%s/dkms.conf", target);
	return machine_has(machine, ALL_TREES "/%s/%s/%s/dkms.conf", package,
			   version, target);
}

static void add_entry(struct machine *machine, const char *version)
{
	struct dkms_entry *entry;

	machine->entries = reallocarray(machine->entries,
					machine->entry_count + 1,
					sizeof(*entry));
	if (!machine->entries)
		die(EXIT_FAILED, "out of memory");
	entry = &machine->entries[machine->entry_count++];
	snprintf(entry->version, NAME_SIZE, "%s", version);
	entry->broken = !source_is_there(machine, "devtrio", version);
}

/* The newest of two versions stays. */
static void keep_newer(char version[NAME_SIZE], const char *other)
{
	if (strverscmp(other, version) > 0)
		snprintf(version, NAME_SIZE, "%s", other);
}

/* Which version is to be built: the newest one whose source is there. */
static void read_sources(struct machine *machine)
{
	static const char prefix[] = "devtrio-";
	char path[PATH_SIZE];
	struct dirent *entry;
	DIR *directory;

	machine_path(machine, path, "/usr/src");
	directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		if (!strncmp(entry->d_name, prefix, sizeof(prefix) - 1) &&
		    machine_has(machine, "/usr/src/%s/dkms.conf",
				entry->d_name))
			keep_newer(machine->version,
				   entry->d_name + sizeof(prefix) - 1);
	if (directory)
		closedir(directory);
}

/**
 * dkms_read() - find out which versions there are
 * @machine: gets the entries, and the version that is to be built
 */
void dkms_read(struct machine *machine)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	DIR *directory;

	machine_path(machine, path, TREE);
	directory = opendir(path);
	machine->dkms_is_closed = !directory && errno == EACCES;
	while (directory && (entry = readdir(directory))) {
		if (!is_version(machine, "devtrio", entry->d_name))
			continue;
		add_entry(machine, entry->d_name);
		if (!machine->entries[machine->entry_count - 1].broken)
			keep_newer(machine->version, entry->d_name);
	}
	if (directory)
		closedir(directory);
	read_sources(machine);
}

/**
 * dkms_strangers() - find what keeps dkms from building anything
 * @machine: where to look
 * @found: called for each entry of another package whose source is gone
 * @data: passed to it
 */
void dkms_strangers(const struct machine *machine,
		    void (*found)(void *data, const char *package,
				  const char *version), void *data)
{
	char pattern[PATH_SIZE], *package, *version;
	glob_t all;
	size_t i;

	machine_path(machine, pattern, ALL_TREES "/*/*");
	if (glob(pattern, 0, NULL, &all))
		return;
	for (i = 0; i < all.gl_pathc; i++) {
		version = strrchr(all.gl_pathv[i], '/');
		*version++ = '\0';
		package = strrchr(all.gl_pathv[i], '/') + 1;
		if (strcmp(package, "devtrio") &&
		    is_version(machine, package, version) &&
		    !source_is_there(machine, package, version))
			found(data, package, version);
	}
	globfree(&all);
}

/* Does kernel-KERNEL-ARCH lead to VERSION/KERNEL/ARCH? */
static bool is_installed(const struct machine *machine, const char *version,
			 const char *kernel, const char *arch)
{
	char path[PATH_SIZE], target[PATH_SIZE], wanted[NAME_SIZE * 3];
	size_t length, wanted_length;
	ssize_t n;

	machine_path(machine, path, TREE "/kernel-%s-%s", kernel, arch);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	wanted_length = snprintf(wanted, sizeof(wanted), "%s/%s/%s", version,
				 kernel, arch);
	length = n;
	return length >= wanted_length &&
	       !strcmp(target + length - wanted_length, wanted) &&
	       (length == wanted_length ||
		target[length - wanted_length - 1] == '/');
}

enum dkms_state dkms_state_for(const struct machine *machine,
			       const char *version, const char *kernel)
{
	enum dkms_state state = DKMS_NONE;
	char path[PATH_SIZE];
	struct dirent *entry;
	DIR *directory;

	machine_path(machine, path, TREE "/%s/%s", version, kernel);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' ||
		    !machine_has(machine, TREE "/%s/%s/%s/module", version,
				 kernel, entry->d_name))
			continue;
		if (state == DKMS_NONE)
			state = DKMS_BUILT;
		if (is_installed(machine, version, kernel, entry->d_name))
			state = DKMS_INSTALLED;
	}
	if (directory)
		closedir(directory);
	return state;
}

/* Of a build for this kernel? Its first line says so. */
static bool is_about(const char *line, const char *kernel)
{
	const char *at = strstr(line, " for kernel ");
	size_t length = strlen(kernel);

	return at && !strncmp(at + 12, kernel, length) &&
	       (at[12 + length] == ' ' || at[12 + length] == '\n');
}

static char *last_lines(FILE *file)
{
	char *lines[LOG_LINES] = { }, *line = NULL, *text = NULL;
	size_t size = 0, count = 0, i;
	FILE *out = open_memstream(&text, &size);

	size = 0;
	while (out && getline(&line, &size, file) >= 0) {
		free(lines[count % LOG_LINES]);
		lines[count++ % LOG_LINES] = line;
		line = NULL;
	}
	free(line);
	for (i = 0; out && i < LOG_LINES; i++) {
		line = lines[(count + i) % LOG_LINES];
		if (line)
			fputs(line, out);
		free(line);
	}
	if (out)
		fclose(out);
	return text;
}

/**
 * dkms_failure() - the end of the log of a build that failed
 * @machine: where to look
 * @kernel: for which it was built
 * @path: gets where the log is
 *
 * Return: the text, to be freed, or NULL if no build for the kernel failed.
 */
char *dkms_failure(const struct machine *machine, const char *kernel,
		   char path[PATH_SIZE])
{
	char first[512], *text = NULL;
	FILE *file;

	snprintf(path, PATH_SIZE, TREE "/%s/build/make.log", machine->version);
	file = machine_open(machine, "%s", path);
	if (!file)
		return NULL;
	if (fgets(first, sizeof(first), file) && is_about(first, kernel))
		text = last_lines(file);
	fclose(file);
	return text;
}
