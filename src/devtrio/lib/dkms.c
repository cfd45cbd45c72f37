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

#include "doctor.h"

#define TREES		"/var/lib/dkms"
#define TREE		TREES "/devtrio"
#define LOG_LINES	12

static bool is_version(const char *package, const char *name)
{
	char path[PATH_SIZE];
	struct stat status;

	snprintf(path, sizeof(path), TREES "/%s/%s", package, name);
	return name[0] != '.' && strcmp(name, "original_module") &&
	       !lstat(path, &status) && S_ISDIR(status.st_mode);
}

static void keep_newer(char version[NAME_SIZE], const char *other)
{
	if (compare_releases(other, version) > 0)
		snprintf(version, NAME_SIZE, "%s", other);
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
	entry->has_source = exists(TREE "/%s/source/dkms.conf", version);
	if (entry->has_source != NO)
		keep_newer(machine->version, version);
}

static void read_sources(struct machine *machine)
{
	static const char pattern[] = "/usr/src/devtrio-*/dkms.conf";
	const size_t prefix = strlen("/usr/src/devtrio-");
	char version[NAME_SIZE];
	glob_t found;
	size_t i;

	if (glob(pattern, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++) {
		snprintf(version, sizeof(version), "%s",
			 found.gl_pathv[i] + prefix);
		version[strcspn(version, "/")] = '\0';
		keep_newer(machine->version, version);
	}
	globfree(&found);
}

/*
 * Find the versions of devtrio, and the one that DKMS should have built: the newest
 * one whose source may be there.
 */
void dkms_read(struct machine *machine)
{
	DIR *directory = opendir(TREE);
	struct dirent *entry;

	machine->dkms_is_closed = !directory && errno == EACCES;
	while (directory && (entry = readdir(directory)))
		if (is_version("devtrio", entry->d_name))
			add_entry(machine, entry->d_name);
	if (directory)
		closedir(directory);
	read_sources(machine);
}

bool dkms_knows(const struct machine *machine, const char *version)
{
	size_t i;

	for (i = 0; i < machine->entry_count; i++)
		if (!strcmp(machine->entries[i].version, version))
			return true;
	return false;
}

/* Entries of other packages that make dkms fail are shown, but never touched. */
void report_strangers(struct doctor *doctor)
{
	char *version, *name;
	glob_t all;
	size_t i;

	if (glob(TREES "/*/*", 0, NULL, &all))
		return;
	for (i = 0; i < all.gl_pathc; i++) {
		name = all.gl_pathv[i] + strlen(TREES "/");
		version = strrchr(name, '/');
		*version++ = '\0';
		if (!strcmp(name, "devtrio") || !is_version(name, version) ||
		    exists(TREES "/%s/%s/source/dkms.conf", name, version) != NO)
			continue;
		version[-1] = '/';
		add_manual_fix(report_warning(doctor, name, "its source is gone, and dkms may stop at it before it builds others"),
			       "it is not devtrio's: if you do not need it",
			       "rm -r %s", all.gl_pathv[i]);
	}
	globfree(&all);
}

/* Whether kernel-KERNEL-ARCH leads to VERSION/KERNEL/ARCH. */
static bool is_installed(const char *version, const char *kernel, const char *arch)
{
	char path[PATH_SIZE], *target, *wanted;
	bool same;

	snprintf(path, sizeof(path), TREE "/kernel-%s-%s", kernel, arch);
	target = realpath(path, NULL);
	snprintf(path, sizeof(path), TREE "/%s/%s/%s", version, kernel, arch);
	wanted = realpath(path, NULL);
	same = target && wanted && !strcmp(target, wanted);
	free(target);
	free(wanted);
	return same;
}

enum dkms_state dkms_state_for(const char *version, const char *kernel)
{
	enum dkms_state state = DKMS_NONE;
	char pattern[PATH_SIZE], *arch;
	glob_t built;
	size_t i;

	snprintf(pattern, sizeof(pattern), TREE "/%s/%s/*/module", version, kernel);
	if (glob(pattern, 0, NULL, &built))
		return DKMS_NONE;
	for (i = 0; i < built.gl_pathc && state != DKMS_INSTALLED; i++) {
		*strrchr(built.gl_pathv[i], '/') = '\0';
		arch = strrchr(built.gl_pathv[i], '/') + 1;
		state = is_installed(version, kernel, arch) ? DKMS_INSTALLED : DKMS_BUILT;
	}
	globfree(&built);
	return state;
}

/* The first line of a log names the kernel. */
static bool is_about(const char *line, const char *kernel)
{
	const char *at = strstr(line, " for kernel ");
	size_t length = strlen(kernel);

	return at && !strncmp(at + 12, kernel, length) &&
	       (at[12 + length] == ' ' || at[12 + length] == '\n');
}

static char *last_lines(FILE *file)
{
	static char text[8192], *line;
	size_t length, count = 0;

	fseek(file, 0, SEEK_END);
	length = ftell(file);
	fseek(file, length < sizeof(text) ? 0 : length - sizeof(text) + 1, SEEK_SET);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	/* Back from the last newline to the start of a line. */
	for (line = text + length - (length > 0); line > text; line--)
		if (line[-1] == '\n' && ++count == LOG_LINES)
			break;
	return plain_text(strdup(line));
}

/* The end of the log of a failed build for a kernel, which the caller frees; or NULL. */
char *dkms_failure(const struct machine *machine, const char *kernel,
		   char path[PATH_SIZE])
{
	char first[512], *text = NULL;
	FILE *file;

	snprintf(path, PATH_SIZE, TREE "/%s/build/make.log", machine->version);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	if (fgets(first, sizeof(first), file) && is_about(first, kernel))
		text = last_lines(file);
	fclose(file);
	return text;
}

/*
 * Find the certificate of the key that dkms signs with. dkms reads its configuration,
 * which is root's, as shell scripts, so a shell reads it here as well.
 */
enum answer dkms_certificate(char path[PATH_SIZE])
{
	static const char script[] =
		"dkms_tree=" TREES "; kernelver=$(uname -r); "
		"for f in /etc/dkms/framework.conf /etc/dkms/framework.conf.d/*.conf; "
		"do [ ! -r \"$f\" ] || . \"$f\" >/dev/null; done; "
		"printf %s \"$mok_certificate\"";
	const char *const argv[] = { "bash", "-c", script, NULL };

	if (run_tool(path, PATH_SIZE, argv) || path[0] != '/') {
		/* dkms uses it on Ubuntu. */
		strcpy(path, "/var/lib/shim-signed/mok/MOK.der");
		if (exists("%s", path) != YES)
			strcpy(path, TREES "/mok.pub");
	}
	return exists("%s", path);
}
