// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check that the drivers are installed, and built for every kernel.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"

#define FORCE_INSTALL	"dkms install -m devtrio -v %s -k %s --force"

/* The source exists, from a package or by hand: DKMS can build it. */
bool can_be_built(const struct machine *machine)
{
	return machine->version[0];
}

static size_t count_files(const struct kernel *kernel)
{
	size_t i, count = 0;

	for (i = 0; i < DEVICE_COUNT; i++)
		count += kernel->files[i].path[0] != '\0';
	return count;
}

/* Without source, the modules of any kernel were built elsewhere. */
bool is_prebuilt(const struct machine *machine)
{
	size_t i;

	for (i = 0; !can_be_built(machine) && i < machine->kernel_count; i++)
		if (count_files(&machine->kernels[i]))
			return true;
	return false;
}

/* Something that can't be read may hold the drivers. */
static const char *find_closed(const struct machine *machine)
{
	size_t i;

	if (machine->dkms_is_closed)
		return "/var/lib/dkms";
	if (machine->closed)
		return "/lib/modules";
	for (i = 0; i < machine->kernel_count; i++)
		if (machine->kernels[i].closed[0])
			return machine->kernels[i].closed;
	return NULL;
}

void check_package(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	const char *package = package_of_modules(machine);
	const char *closed = find_closed(machine);

	if (machine->package == PACKAGE_INSTALLED)
		report_ok(doctor, "", "%s %s is installed", package, machine->package_version);
	else if (machine->package == PACKAGE_UNFINISHED)
		return;		/* see check_configured() */
	else if (can_be_built(machine))
		report_ok(doctor, "", "the source of devtrio %s is there, not from a package",
			  machine->version);
	else if (is_prebuilt(machine))
		report_ok(doctor, "", "the modules are prebuilt, there is no source");
	else if (any_is_loaded())
		report_ok(doctor, "", "the modules were loaded by hand");
	else if (closed)
		report_closed(doctor, "", closed);
	else
		add_package_fix(doctor, report_problem(doctor, EXIT_NOT_INSTALLED, "",
						       "devtrio's drivers are not installed"),
				package, false);
}

/* After the checks of what may have kept the package from being configured. */
void check_configured(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	const char *package = package_of_modules(machine);

	if (machine->package == PACKAGE_UNFINISHED)
		add_fix(report_problem(doctor, EXIT_FAILED, "",
				       "%s %s is unpacked, but not configured", package,
				       machine->package_version),
			"dpkg --configure %s", package);
}

/* The kernel that must be ready to boot. */
static const struct kernel *next_of(const struct doctor *doctor)
{
	const char *wanted = doctor->scope.kernel;

	return wanted && *wanted ? find_kernel(&doctor->machine, wanted) : doctor->machine.next;
}

static bool concerns(const struct doctor *doctor, const struct kernel *kernel)
{
	return !doctor->scope.kernel || kernel == next_of(doctor);
}

/* A problem of the running and of the next kernel, and a warning for others. */
static struct finding *__attribute__((format(printf, 3, 4)))
report_kernel(struct doctor *doctor, const struct kernel *kernel, const char *format, ...)
{
	struct finding *finding;
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	finding = report_problem(doctor, EXIT_NOT_BUILT_NEXT, kernel->release, "%s", text);
	if (!doctor->scope.kernel && kernel == doctor->machine.here)
		finding->code = EXIT_NOT_BUILT;
	else if (kernel != next_of(doctor))
		downgrade(finding);
	return finding;
}

/* The first module that is missing, or has another version than the source; or NULL. */
static const char *find_wrong_file(const struct doctor *doctor, const struct kernel *kernel,
				   const struct module_file **wrong)
{
	const char *version = doctor->machine.version;
	const struct module_file *file;
	size_t i;

	for (i = 0; i < DEVICE_COUNT; i++) {
		*wrong = file = &kernel->files[i];
		if (doctor->scope.devices[i] &&
		    (!file->path[0] || (file->version[0] && version[0] &&
					strcmp(file->version, version))))
			return devices[i]->module;
	}
	return NULL;
}

static void check_headers_of(struct doctor *doctor, const struct kernel *kernel)
{
	const char *release = kernel->release;
	const struct module_file *file;
	enum answer answer = exists("/lib/modules/%s/build/include", release);

	if (exists("/lib/modules/%s", release) == NO)
		return;		/* see check_build_for() */
	if (answer == YES)
		report_ok(doctor, release, "/lib/modules/%s/build", release);
	else if (answer == UNKNOWN)
		report_skipped(doctor, release, "only root can follow /lib/modules/%s/build",
			       release);
	else if (find_wrong_file(doctor, kernel, &file))
		add_headers_fix(doctor, report_kernel(doctor, kernel,
						      "the headers are missing: nothing can be built for it"),
				release);
	else
		add_headers_fix(doctor, report_warning(doctor, release,
						       "the headers are missing: nothing can be built for it any more"),
				release);
}

void check_headers(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	size_t i;

	if (!can_be_built(machine))
		report_skipped(doctor, "", "not checked: there is no source to build");
	for (i = 0; can_be_built(machine) && i < machine->kernel_count; i++)
		if (concerns(doctor, &machine->kernels[i]))
			check_headers_of(doctor, &machine->kernels[i]);
	if (can_be_built(machine))
		report_metapackages(doctor);
}

static void check_entry(struct doctor *doctor, const struct dkms_entry *entry)
{
	const char *version = entry->version;
	struct finding *finding;

	if (entry->has_source == UNKNOWN) {
		report_skipped(doctor, version, "only root can read /usr/src/devtrio-%s", version);
	} else if (entry->has_source == NO) {
		finding = report_problem(doctor, EXIT_FAILED, version,
					 "the source of devtrio/%s is gone, and dkms fails on that",
					 version);
		add_fix(finding, "rm -rf /var/lib/dkms/devtrio/%s", version);
		add_fix(finding, "find /var/lib/dkms/devtrio -maxdepth 1 -xtype l -delete");
	} else if (strcmp(version, doctor->machine.version)) {
		add_fix(report_warning(doctor, version, "devtrio/%s is left of an older version",
				       version),
			"dkms remove -m devtrio -v %s --all", version);
	} else {
		report_ok(doctor, version, "DKMS has its source");
	}
}

void check_stale(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	size_t i;

	if (machine->dkms_is_closed)
		report_closed(doctor, "", "/var/lib/dkms");
	for (i = 0; i < machine->entry_count; i++)
		check_entry(doctor, &machine->entries[i]);
	report_strangers(doctor);
}

/**
 * add_build_fix() - have DKMS build and install the drivers
 * @doctor: the round of checks
 * @finding: what is wrong
 * @kernel: for which
 * @force: over what is there, or over what DKMS takes for installed
 */
void add_build_fix(struct doctor *doctor, struct finding *finding,
		   const struct kernel *kernel, bool force)
{
	const char *version = doctor->machine.version, *release = kernel->release;

	if (!has_tool("dkms"))
		add_package_fix(doctor, finding, "dkms", false);
	if (!dkms_knows(&doctor->machine, version))
		add_fix(finding, "dkms add -m devtrio -v %s", version);
	if (force) {
		add_fix(finding, FORCE_INSTALL, version, release);
		return;
	}
	add_fix(finding, "dkms install -m devtrio -v %s -k %s", version, release);
	add_stronger_fix(finding, FORCE_INSTALL, version, release);
}

/* Another version that DKMS has installed for the kernel, or NULL. */
static const char *other_version(const struct machine *machine, const char *kernel)
{
	const struct dkms_entry *entry;

	for_each(entry, machine->entries, machine->entry_count)
		if (strcmp(entry->version, machine->version) &&
		    dkms_state_for(entry->version, kernel) == DKMS_INSTALLED)
			return entry->version;
	return NULL;
}

static void report_failure(struct doctor *doctor, const struct kernel *kernel, char *log,
			   const char *path)
{
	char first[PATH_SIZE] = "";
	size_t count = count_changed_sources(&doctor->machine, first);
	struct finding *finding;

	if (count) {
		finding = report_kernel(doctor, kernel,
					"the build failed, and %zu files of the source are not as the package has them (%.500s); the end of %.300s:",
					count, first, path);
		add_package_fix(doctor, finding, package_of_modules(&doctor->machine), true);
	} else {
		finding = report_kernel(doctor, kernel, "the build failed; the end of %s:",
					path);
		add_build_fix(doctor, finding, kernel, false);
	}
	finding->log = log;
}

/* Nothing can be built: the modules came from elsewhere. */
static void report_not_prebuilt(struct doctor *doctor, const struct kernel *kernel,
				const char *module)
{
	char package[NAME_SIZE * 2];

	snprintf(package, sizeof(package), "%s-%s", doctor->machine.manager == MANAGER_DNF ?
		 "kmod-devtrio" : "devtrio-modules", kernel->release);
	add_package_fix(doctor, report_kernel(doctor, kernel,
					      "%s is missing, and there is no source to build it from",
					      module),
			package, false);
}

static void report_not_built(struct doctor *doctor, const struct kernel *kernel,
			     const char *module, const struct module_file *file)
{
	const char *release = kernel->release, *version = doctor->machine.version;
	const char *other = other_version(&doctor->machine, release);
	enum dkms_state state = dkms_state_for(version, release);
	char path[PATH_SIZE], *log = NULL;
	bool force = file->path[0] || other || state == DKMS_INSTALLED || count_files(kernel);
	struct finding *finding;

	if (file->path[0])
		finding = report_kernel(doctor, kernel, "%s %s is installed, but the source is %s",
					module, file->version, version);
	else if (other)
		finding = report_kernel(doctor, kernel, "devtrio/%s is installed, not %s",
					other, version);
	else if ((log = dkms_failure(&doctor->machine, release, path)))
		finding = NULL;
	else if (state == DKMS_INSTALLED)
		finding = report_kernel(doctor, kernel,
					"DKMS has devtrio/%s installed, but modprobe does not find %s: its file is gone, or depmod has not run",
					version, module);
	else
		finding = report_kernel(doctor, kernel, "devtrio/%s is not %s", version,
					state == DKMS_BUILT ? "installed, only built" : "built");
	if (finding)
		add_build_fix(doctor, finding, kernel, force);
	else
		report_failure(doctor, kernel, log, path);
}

/* The running kernel is not this system's: in a container, or loaded by hand. */
static void report_foreign(struct doctor *doctor, const struct kernel *kernel)
{
	const char *release = kernel->release;

	if (all_are_loaded(&doctor->scope))
		report_skipped(doctor, release,
			       "the drivers are loaded from elsewhere: there is no /lib/modules/%s",
			       release);
	else if (any_is_loaded())
		add_note(report_problem(doctor, EXIT_NOT_LOADED, release,
					"a module is not loaded, and there is no /lib/modules/%s to load it from",
					release),
			 "load it by hand, as the others were");
	else
		add_note(report_kernel(doctor, kernel,
				       "this kernel is not installed here: there is no /lib/modules/%s",
				       release),
			 "boot a kernel of your distribution; in a container, use the devices of the host");
}

static void check_build_for(struct doctor *doctor, const struct kernel *kernel)
{
	const struct machine *machine = &doctor->machine;
	const char *release = kernel->release, *other = other_version(machine, release);
	const struct module_file *file;
	const char *module = find_wrong_file(doctor, kernel, &file);

	if (kernel->closed[0])
		report_closed(doctor, release, kernel->closed);
	else if (!module && !other)
		report_ok(doctor, release, "%s is built%s",
			  file->version[0] ? file->version : "devtrio",
			  kernel != machine->next ? "" : kernel == machine->here ?
			  "; it is the running kernel, and boots next as well" :
			  "; this kernel boots next: safe to reboot");
	else if (exists("/lib/modules/%s", release) == NO)
		report_foreign(doctor, kernel);
	else if (has_problem(doctor, "headers", release))
		report_skipped(doctor, release, "not built: see headers");
	else if (!can_be_built(machine))
		report_not_prebuilt(doctor, kernel, module);
	else
		report_not_built(doctor, kernel, module ? module : devices[0]->module, file);
}

void check_build(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	const char *wanted = doctor->scope.kernel;
	size_t i;

	if (machine->closed && (!wanted || !find_kernel(machine, wanted)))
		report_closed(doctor, "", "/lib/modules");
	else if (wanted && !next_of(doctor))
		report_skipped(doctor, "", "no kernel is installed here, so none boots next");
	if (has_problem(doctor, "package", ""))
		return;
	for (i = 0; i < machine->kernel_count; i++)
		if (concerns(doctor, &machine->kernels[i]))
			check_build_for(doctor, &machine->kernels[i]);
}
