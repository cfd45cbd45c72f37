// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check that the drivers are installed and built for every kernel.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

/* The source is there, by a package or by hand: DKMS can build it. */
static bool can_be_built(const struct machine *machine)
{
	return machine->version[0];
}

static bool has_headers(const struct machine *machine, const char *kernel)
{
	return machine_has(machine, "/lib/modules/%s/build/include", kernel);
}

/* Which kernel shall be ready to be booted? */
static const struct kernel *next_of(const struct doctor *doctor)
{
	const char *wanted = doctor->scope.kernel;

	if (wanted && *wanted)
		return find_kernel(&doctor->machine, wanted);
	return doctor->machine.next;
}

static bool concerns(const struct doctor *doctor, const struct kernel *kernel)
{
	return !doctor->scope.kernel || kernel == next_of(doctor);
}

/* For a kernel that is not booted it is not a problem yet. */
static struct finding *__attribute__((format(printf, 3, 4)))
find_unbuilt(struct doctor *doctor, const struct kernel *kernel,
	     const char *format, ...)
{
	struct finding *finding;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	if (!doctor->scope.kernel && kernel == doctor->machine.here)
		finding = report_problem(doctor, EXIT_NOT_BUILT,
					 kernel->release, "%s", text);
	else if (kernel == next_of(doctor))
		finding = report_problem(doctor, EXIT_NOT_BUILT_NEXT,
					 kernel->release, "%s", text);
	else
		finding = report_finding(doctor, VERDICT_WARNING, kernel->release, "%s",
					 text);
	return finding;
}

static bool is_added(const struct machine *machine)
{
	size_t i;

	for (i = 0; i < machine->entry_count; i++)
		if (!strcmp(machine->entries[i].version, machine->version))
			return true;
	return false;
}

static bool has_any(const struct kernel *kernel)
{
	size_t i;

	for (i = 0; i < DEVICE_COUNT; i++)
		if (kernel->files[i].path[0])
			return true;
	return false;
}

/* Without source, the modules of any kernel were built elsewhere. */
bool is_prebuilt(const struct machine *machine)
{
	size_t i;

	for (i = 0; !can_be_built(machine) && i < machine->kernel_count; i++)
		if (has_any(&machine->kernels[i]))
			return true;
	return false;
}

/* --force: over modules of another version, or of nobody. */
void add_build_fix(struct doctor *doctor, struct finding *finding,
		   const struct kernel *kernel)
{
	const char *version = doctor->machine.version;

	if (!is_added(&doctor->machine))
		add_fix(finding, STAGE_BUILD, "dkms", "add", "-m", "devtrio",
			"-v", version, NULL);
	add_fix(finding, STAGE_BUILD, "dkms", "install", "-m", "devtrio", "-v",
		version, "-k", kernel->release,
		has_any(kernel) ? "--force" : NULL, NULL);
}

void check_package(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	const char *package = package_of_modules(machine);
	struct finding *finding;

	if (machine->package == PACKAGE_INSTALLED) {
		report_finding(doctor, VERDICT_OK, "", "%s %s is installed", package,
			       machine->package_version);
	} else if (machine->package == PACKAGE_UNFINISHED) {
		finding = report_problem(doctor, EXIT_FAILED, "",
				       "%s %s is unpacked, but not configured",
					 package, machine->package_version);
		add_fix(finding, STAGE_CONFIGURE, "dpkg", "--configure", package,
			NULL);
	} else if (can_be_built(machine)) {
		report_finding(doctor, VERDICT_OK, "",
		     "the source of devtrio %s is there, not from a package",
			       machine->version);
	} else if (is_prebuilt(machine)) {
		report_finding(doctor, VERDICT_OK, "",
			       "the modules are prebuilt, there is no source");
	} else {
		finding = report_problem(doctor, EXIT_NOT_INSTALLED, "",
					 "not installed");
		add_package_fix(doctor, finding, STAGE_PACKAGE, package,
				false);
	}
}

/* What dpkg --verify or rpm --verify says of the source; how many files. */
static size_t count_changed(char *output, const char **first)
{
	char *line, *rest = output, *path;
	size_t count = 0;

	while ((line = strsep(&rest, "\n"))) {
		path = strchr(line, '/');
		/* Time and owner do not change what is built. */
		if (!path || strncmp(path, "/usr/src/", 9) ||
		    (strncmp(line, "missing", 7) && line[2] != '5'))
			continue;
		if (!count++)
			*first = path;
	}
	return count;
}

static bool any_build_failed(const struct machine *machine)
{
	char path[PATH_SIZE], *log;
	size_t i;

	for (i = 0; i < machine->kernel_count; i++) {
		log = dkms_failure(machine, machine->kernels[i].release, path);
		free(log);
		if (log)
			return true;
	}
	return false;
}

void check_source(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	const char *package = package_of_modules(machine), *first = NULL;
	bool rpm = machine->manager == MANAGER_DNF;
	const char *tool = rpm ? "rpm" : "dpkg";
	const char *const argv[] = { tool, "--verify", package, NULL };
	char output[16384];
	struct finding *finding;
	size_t count;

	if (machine->package != PACKAGE_INSTALLED &&
	    machine->package != PACKAGE_UNFINISHED)
		return;
	if (run_tool(output, sizeof(output), argv) < 0) {
		report_finding(doctor, VERDICT_SKIPPED, "",
		     "source not compared with the package: %s does not run",
			       tool);
		return;
	}
	count = count_changed(output, &first);
	if (!count) {
		report_finding(doctor, VERDICT_OK, "",
			       "the source is as the package has it");
	} else if (any_build_failed(machine)) {
		finding = report_problem(doctor, EXIT_FAILED, "",
				       "the source does not build, and %zu of its files are not the package's: %s%s",
					 count, first, count > 1 ? " ..." : "");
		add_package_fix(doctor, finding, STAGE_SOURCE, package, true);
	} else {
		report_finding(doctor, VERDICT_WARNING, "",
		     "%zu files of the source are not the package's: %s%s",
			       count, first, count > 1 ? " ..." : "");
	}
}

static void check_headers_of(struct doctor *doctor, const struct kernel *kernel)
{
	const struct machine *machine = &doctor->machine;
	const char *release = kernel->release;
	char package[NAME_SIZE * 2];
	struct finding *finding;

	if (has_headers(machine, release)) {
		report_finding(doctor, VERDICT_OK, release, "/lib/modules/%s/build",
			       release);
		return;
	}
	if (!machine_has(machine, "/lib/modules/%s", release)) {
		finding = find_unbuilt(doctor, kernel,
				       "it is none of this system's kernels: there is no /lib/modules/%s",
				       release);
		add_note(finding, "boot a kernel of your distribution; in a container, ask on its host");
		return;
	}
	if (kernel_has_all(kernel, &doctor->scope))
		finding = report_finding(doctor, VERDICT_WARNING, release,
			       "missing: nothing can be built for it any more");
	else
		finding = find_unbuilt(doctor, kernel,
				       "missing: nothing can be built for it");
	add_package_fix(doctor, finding, STAGE_HEADERS,
			package_of_headers(machine, release, package), false);
}

void check_headers(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	size_t i;

	if (!can_be_built(machine)) {
		report_finding(doctor, VERDICT_SKIPPED, "",
			       "not looked for: there is no source to build");
		return;
	}
	for (i = 0; i < machine->kernel_count; i++)
		if (concerns(doctor, &machine->kernels[i]))
			check_headers_of(doctor, &machine->kernels[i]);
}

/*
 * Where a package brings each new kernel, one should bring its headers: without,
 * dkms is not even asked to build, and nothing complains.
 */
void check_headers_upgrade(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	const char *flavour = flavour_of(machine->running);
	char image[NAME_SIZE + 32], headers[NAME_SIZE + 32], output[1024];
	const char *const argv[] = {
		"dpkg-query", "--show",
		"--showformat=${Package} ${db:Status-Status}\n", image, headers,
		NULL,
	};
	struct finding *finding;

	if (!can_be_built(machine) || machine->manager != MANAGER_APT ||
	    !*flavour)
		return;
	snprintf(image, sizeof(image), "linux-image-%s", flavour);
	snprintf(headers, sizeof(headers), "linux-headers-%s", flavour);
	run_tool(output, sizeof(output), argv);
	strcat(image, " installed");
	strcat(headers, " installed");
	if (!strstr(output, image))
		return;
	if (strstr(output, headers)) {
		report_finding(doctor, VERDICT_OK, "", "linux-headers-%s brings them",
			       flavour);
		return;
	}
	snprintf(headers, sizeof(headers), "linux-headers-%s", flavour);
	finding = report_finding(doctor, VERDICT_WARNING, "",
		       "linux-image-%s will bring new kernels, but nothing their headers",
				 flavour);
	add_package_fix(doctor, finding, STAGE_HEADERS, headers, false);
}

/* Another version that DKMS has installed for the kernel, or NULL. */
static const char *other_version(const struct machine *machine,
				 const char *kernel)
{
	size_t i;

	for (i = 0; i < machine->entry_count; i++)
		if (strcmp(machine->entries[i].version, machine->version) &&
		    dkms_state_for(machine, machine->entries[i].version,
				   kernel) == DKMS_INSTALLED)
			return machine->entries[i].version;
	return NULL;
}

static void check_dkms_for(struct doctor *doctor, const struct kernel *kernel)
{
	const struct machine *machine = &doctor->machine;
	const char *release = kernel->release, *version = machine->version;
	enum dkms_state state = dkms_state_for(machine, version, release);
	const char *other = other_version(machine, release);
	char path[PATH_SIZE], *log;
	struct finding *finding;

	if (state == DKMS_INSTALLED) {
		report_finding(doctor, VERDICT_OK, release, "devtrio/%s is installed",
			       version);
		return;
	}
	if (!other && kernel_has_all(kernel, &doctor->scope)) {
		report_finding(doctor, VERDICT_OK, release,
		     "DKMS has nothing installed, but the modules are there");
		return;
	}

	log = dkms_failure(machine, release, path);
	if (log)
		finding = find_unbuilt(doctor, kernel,
				       "the build failed; the end of %s:", path);
	else if (other)
		finding = find_unbuilt(doctor, kernel,
				       "devtrio/%s is installed, not %s", other,
				       version);
	else if (state == DKMS_BUILT)
		finding = find_unbuilt(doctor, kernel,
				       "devtrio/%s is built, but not installed",
				       version);
	else
		finding = find_unbuilt(doctor, kernel,
				       "devtrio/%s is not built", version);
	finding->log = log ? plain_text(log) : NULL;
	/* Without headers, the check of those has told what comes first. */
	add_build_fix(doctor, finding, kernel);
}

void check_dkms(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	const struct kernel *kernel;
	size_t i;

	if (machine->dkms_is_closed) {
		report_finding(doctor, VERDICT_SKIPPED, "",
			       "only root may look into /var/lib/dkms");
		return;
	}
	for (i = 0; can_be_built(machine) && i < machine->kernel_count; i++) {
		kernel = &machine->kernels[i];
		if (concerns(doctor, kernel) &&
		    machine_has(machine, "/lib/modules/%s", kernel->release))
			check_dkms_for(doctor, kernel);
	}
}

/* Another package's is shown, but never touched. */
static void find_stranger(void *data, const char *package, const char *version)
{
	char name[2 * NAME_SIZE], path[PATH_SIZE];
	struct finding *finding;

	snprintf(name, sizeof(name), "%s/%s", package, version);
	snprintf(path, sizeof(path), "/var/lib/dkms/%s", name);
	finding = report_finding(data, VERDICT_WARNING, name,
		       "its source is gone, and dkms may stop at that before it builds others");
	add_manual_fix(finding, "it is not devtrio's: if you do not need it",
		       "rm", "-r", path, NULL);
}

void check_stale(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	const struct dkms_entry *entry;
	struct finding *finding;
	char path[PATH_SIZE];
	size_t i, count = 0;

	for (i = 0; i < machine->entry_count; i++) {
		entry = &machine->entries[i];
		if (entry->broken) {
			finding = report_problem(doctor, EXIT_FAILED,
						 entry->version,
					       "the source of devtrio/%s is gone, and dkms stumbles over it",
						 entry->version);
			snprintf(path, sizeof(path), "/var/lib/dkms/devtrio/%s",
				 entry->version);
			add_fix(finding, STAGE_STALE, "rm", "-rf", path, NULL);
			add_fix(finding, STAGE_STALE, "find",
				"/var/lib/dkms/devtrio", "-maxdepth", "1",
				"-xtype", "l", "-delete", NULL);
			count++;
		} else if (strcmp(entry->version, machine->version)) {
			finding = report_finding(doctor, VERDICT_WARNING, entry->version,
				       "devtrio/%s is left of an older version",
						 entry->version);
			add_fix(finding, STAGE_STALE, "dkms", "remove", "-m",
				"devtrio", "-v", entry->version, "--all", NULL);
			count++;
		}
	}
	if (machine->dkms_is_closed)
		report_finding(doctor, VERDICT_SKIPPED, "",
			       "only root may look into /var/lib/dkms");
	else if (!count && machine->entry_count)
		report_finding(doctor, VERDICT_OK, "", "nothing is left of older versions");
	dkms_strangers(machine, find_stranger, doctor);
}

static void list_missing(const struct doctor *doctor,
			 const struct kernel *kernel, char text[NAME_SIZE])
{
	size_t i, used = 0;

	for (i = 0; i < DEVICE_COUNT; i++)
		if (doctor->scope.devices[i] && !kernel->files[i].path[0])
			used += snprintf(text + used, NAME_SIZE - used, "%s%s",
					 used ? ", " : "", devices[i]->module);
}

void check_next_kernel(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	const struct kernel *kernel = next_of(doctor);
	char missing[NAME_SIZE], package[NAME_SIZE * 2];
	struct finding *finding;

	if (!kernel) {
		report_finding(doctor, VERDICT_SKIPPED, "",
		     "no kernel is installed here: nothing to boot next");
		return;
	}
	if (kernel_has_all(kernel, &doctor->scope)) {
		report_finding(doctor, VERDICT_OK, kernel->release,
			       "the modules are there%s",
		     kernel == machine->here ? "; it is the running one" :
			       ": safe to reboot");
		return;
	}

	list_missing(doctor, kernel, missing);
	finding = find_unbuilt(doctor, kernel,
			       "without %s: not safe to reboot", missing);
	if (is_prebuilt(machine))
		add_package_fix(doctor, finding, STAGE_PACKAGE,
				package_of_prebuilt(machine, kernel->release,
						    package), false);
	else if (!can_be_built(machine))
		add_package_fix(doctor, finding, STAGE_PACKAGE,
				package_of_modules(machine), false);
	else if (has_headers(machine, kernel->release))
		add_build_fix(doctor, finding, kernel);
	else
		add_package_fix(doctor, finding, STAGE_HEADERS,
				package_of_headers(machine, kernel->release,
						   package), false);
}
