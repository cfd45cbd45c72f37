// SPDX-License-Identifier: GPL-2.0-only
/*
 * Installed kernels: our modules for them, and which one boots next.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libkmod.h>

#include "doctor.h"
#include "json.h"

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
		else if (!strcmp(key, "sig_id") || !strcmp(key, "sig_hashalgo"))
			file->is_signed = true;
	}
	kmod_module_info_free_list(list);
}

static void read_file(struct kmod_ctx *ctx, struct kernel *kernel, size_t device)
{
	struct module_file *file = &kernel->files[device];
	struct kmod_module *module;
	const char *path;

	if (kmod_module_new_from_name(ctx, devices[device]->module, &module) < 0)
		return;
	path = kmod_module_get_path(module);
	if (path && exists("%s", path) == UNKNOWN) {
		snprintf(kernel->closed, PATH_SIZE, "%s", path);
	} else if (path && exists("%s", path) == YES) {
		snprintf(file->path, PATH_SIZE, "%s", path);
		read_info(module, file);
	}
	kmod_module_unref(module);
}

static void read_files(struct kernel *kernel)
{
	static const char *const no_config[] = { NULL };
	char directory[NAME_SIZE + 32];
	struct kmod_ctx *ctx;
	size_t i;

	snprintf(directory, sizeof(directory), "/lib/modules/%s", kernel->release);
	ctx = kmod_new(directory, no_config);
	if (!ctx)
		die(EXIT_FAILED, "libkmod failed to start");
	/* The checks explain kernels without modules better than libkmod. */
	kmod_set_log_priority(ctx, -1);
	for (i = 0; i < DEVICE_COUNT; i++)
		read_file(ctx, kernel, i);
	kmod_unref(ctx);
}

/* What a removed kernel left, and headers alone, are not a kernel. */
static enum answer is_installed(const char *release)
{
	enum answer tree = exists("/lib/modules/%s/kernel", release);
	enum answer image = exists("/lib/modules/%s/vmlinuz", release);

	if (tree == YES || image == YES)
		return YES;
	if (tree == UNKNOWN || image == UNKNOWN)
		return UNKNOWN;
	return exists("/lib/modules/%s/.", release) == YES ?
	       exists("/boot/vmlinuz-%s", release) : NO;
}

static void add_kernel(struct machine *machine, const char *release, enum answer installed)
{
	struct kernel *kernel;

	machine->kernels = reallocarray(machine->kernels, machine->kernel_count + 1,
					sizeof(*kernel));
	if (!machine->kernels)
		die(EXIT_FAILED, "out of memory");
	kernel = &machine->kernels[machine->kernel_count++];
	*kernel = (struct kernel){ .installed = installed };
	snprintf(kernel->release, sizeof(kernel->release), "%s", release);
	if (exists("/lib/modules/%s/modules.dep", release) != UNKNOWN)
		read_files(kernel);
	else if (exists("/lib/modules/%s", release) == YES)
		snprintf(kernel->closed, PATH_SIZE, "/lib/modules/%s", release);
	else
		strcpy(kernel->closed, "/lib/modules");
}

/* As Debian orders versions: digits by value, ~ before the end. */
static int order_of(char c)
{
	if (c == '~')
		return -1;
	if (!c || isdigit((unsigned char)c))
		return 0;
	return isalpha((unsigned char)c) ? c : c + 256;
}

static int compare_versions(const char *a, const char *b)
{
	unsigned long long first, second;
	char *end;

	while (*a || *b) {
		for (; order_of(*a) || order_of(*b); a++, b++)
			if (order_of(*a) != order_of(*b))
				return order_of(*a) - order_of(*b);
		first = strtoull(a, &end, 10);
		a = end;
		second = strtoull(b, &end, 10);
		b = end;
		if (first != second)
			return first < second ? -1 : 1;
	}
	return 0;
}

/* Release candidates and kept copies come before the release. */
static void normalize(char version[NAME_SIZE], const char *release)
{
	size_t length = snprintf(version, NAME_SIZE, "%s", release);
	char *rc = strstr(version, "-rc");

	if (rc)
		*rc = '~';
	if (length > 4 && strchr(".-", version[length - 4]) &&
	    !strcmp(version + length - 3, "old"))
		version[length - 4] = '~';
}

/* Compares as boot loaders do that sort kernels. */
int compare_releases(const char *a, const char *b)
{
	char first[NAME_SIZE], second[NAME_SIZE];

	normalize(first, a);
	normalize(second, b);
	return compare_versions(first, second);
}

static int by_release(const void *a, const void *b)
{
	const struct kernel *one = a, *other = b;

	return compare_releases(one->release, other->release);
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

/* The kernel of a path such as /boot/vmlinuz-6.1.0-56-amd64, or NULL. */
static const struct kernel *kernel_of(const struct machine *machine, char *path)
{
	char *release = strstr(path, "vmlinuz-");

	if (!release)
		return NULL;
	release += strlen("vmlinuz-");
	release[strcspn(release, " \t\r\n'\"")] = '\0';
	return find_kernel(machine, release);
}

static const struct kernel *ask_grubby(const struct machine *machine)
{
	char output[PATH_SIZE];

	return ask(output, "grubby", "--default-kernel") ? NULL : kernel_of(machine, output);
}

/* GRUB boots the first entry, unless its configuration names another one. */
static const struct kernel *read_grub(const struct machine *machine, const char *path)
{
	const struct kernel *first = NULL;
	bool is_first = false, is_other = false;
	FILE *file = fopen(path, "re");
	char line[4096], *word;

	while (file && fgets(line, sizeof(line), file)) {
		word = line + strspn(line, " \t");
		if (!strncmp(word, "set default=\"0\"", 15))
			is_first = true;
		else if (!strncmp(word, "set default=\"", 13) && !strstr(word, "${next_entry}"))
			is_other = true;
		else if (!first && !strncmp(word, "linux", 5))
			first = kernel_of(machine, word);
	}
	if (file)
		fclose(file);
	return is_first && !is_other ? first : NULL;
}

static const struct kernel *ask_systemd_boot(const struct machine *machine)
{
	const struct kernel *kernel = NULL;
	struct json_object *list, *entry, *field;
	static char output[1 << 16];
	size_t i;

	if (exists("/sys/firmware/efi") != YES ||
	    ask(output, "bootctl", "--json=short", "list"))
		return NULL;
	list = json_tokener_parse(output);
	for (i = 0; json_object_is_type(list, json_type_array) &&
	     i < json_object_array_length(list); i++) {
		entry = json_object_array_get_idx(list, i);
		if (json_object_object_get_ex(entry, "isDefault", &field) &&
		    json_object_get_boolean(field) &&
		    json_object_object_get_ex(entry, "version", &field))
			kernel = find_kernel(machine, json_object_get_string(field));
	}
	json_object_put(list);
	return kernel;
}

/* Where the flavour starts: at -amd64 of 6.1.0-56-amd64, or at the end. */
static size_t version_length(const char *release)
{
	const char *c = release;

	while ((c = strchr(c, '-')) && !isalpha((unsigned char)c[1]))
		c++;
	return c ? (size_t)(c - release) : strlen(release);
}

/*
 * By the order of most boot loaders. If several flavours have the newest version,
 * as on a Raspberry Pi, the running one fits the machine.
 */
static const struct kernel *newest_kernel(const struct machine *machine)
{
	const char *flavour = machine->running + version_length(machine->running);
	const struct kernel *newest = NULL, *kernel;
	size_t i, length;

	for (i = 0; i < machine->kernel_count; i++)
		if (machine->kernels[i].installed != NO)
			newest = &machine->kernels[i];
	for (i = 0; newest && i < machine->kernel_count; i++) {
		kernel = &machine->kernels[i];
		length = version_length(kernel->release);
		if (kernel->installed != NO &&
		    length == version_length(newest->release) &&
		    !strncmp(kernel->release, newest->release, length) &&
		    !strcmp(kernel->release + length, flavour))
			return kernel;
	}
	return newest;
}

static const struct kernel *find_next(const struct machine *machine)
{
	const struct kernel *next = ask_grubby(machine);

	if (!next)
		next = read_grub(machine, "/boot/grub/grub.cfg");
	if (!next)
		next = read_grub(machine, "/boot/grub2/grub.cfg");
	if (!next)
		next = ask_systemd_boot(machine);
	return next ? next : newest_kernel(machine);
}

/* Find the installed kernels, and the one that boots next. */
void kernels_read(struct machine *machine)
{
	DIR *directory = opendir("/lib/modules");
	struct dirent *entry;
	enum answer installed;

	machine->closed = !directory && errno == EACCES;
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' ||
		    !strcmp(entry->d_name, machine->running))
			continue;
		installed = is_installed(entry->d_name);
		if (installed != NO)
			add_kernel(machine, entry->d_name, installed);
	}
	if (directory)
		closedir(directory);
	add_kernel(machine, machine->running, is_installed(machine->running));
	qsort(machine->kernels, machine->kernel_count,
	      sizeof(*machine->kernels), by_release);
	machine->here = find_kernel(machine, machine->running);
	machine->next = machine->closed ? NULL : find_next(machine);
}
