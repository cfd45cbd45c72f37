// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check the module files for the running kernel and their signatures.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

#define SECURE_BOOT_VARIABLE						\
	"/sys/firmware/efi/efivars/"					\
	"SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static const struct module_file *file_of(const struct doctor *doctor,
					 size_t device)
{
	return &doctor->machine.here->files[device];
}

static bool is_not_installed(const struct doctor *doctor)
{
	const struct finding *package = find_finding(doctor, "package", "");

	return package && package->code == EXIT_NOT_INSTALLED;
}

/* A file where modules of others go, which depmod's index does not know. */
static bool lies_around(const struct machine *machine, const char *module)
{
	static const char *const places[] = {
		"updates", "updates/dkms", "extra", "weak-updates",
	};
	char pattern[PATH_SIZE];
	glob_t found;
	bool any = false;
	size_t i;

	for (i = 0; !any && i < ARRAY_SIZE(places); i++) {
		machine_path(machine, pattern, "/lib/modules/%s/%s/%s.ko*",
			     machine->running, places[i], module);
		any = !glob(pattern, 0, NULL, &found);
		globfree(&found);
	}
	return any;
}

void check_file(struct doctor *doctor, size_t device)
{
	const struct machine *machine = &doctor->machine;
	const struct module_file *file = file_of(doctor, device);
	const char *module = devices[device]->module;
	struct finding *finding;

	if (file->path[0]) {
		report_finding(doctor, VERDICT_OK, module, "%s", file->path);
	} else if (is_not_installed(doctor)) {
		report_finding(doctor, VERDICT_SKIPPED, module,
			       "not looked for: nothing is installed");
	} else if (lies_around(machine, module)) {
		finding = report_problem(doctor, EXIT_NOT_BUILT, module,
				       "built for %s, but modprobe does not know it",
					 machine->running);
		add_fix(finding, STAGE_BUILD, "depmod", machine->running, NULL);
	} else {
		finding = report_problem(doctor, EXIT_NOT_BUILT, module,
					 "not built for %s", machine->running);
		if (machine->version[0])
			add_build_fix(doctor, finding, machine->here);
		else
			add_note(finding, "install the package again that brought the other modules");
	}
}

void check_file_version(struct doctor *doctor, size_t device)
{
	const struct machine *machine = &doctor->machine;
	const struct module_file *file = file_of(doctor, device);
	const char *module = devices[device]->module;
	struct finding *finding;

	if (!file->path[0])
		return;
	if (!file->version[0]) {
		report_finding(doctor, VERDICT_SKIPPED, module,
			       "not compared: the file tells none");
	} else if (!machine->version[0] ||
		   !strcmp(file->version, machine->version)) {
		report_finding(doctor, VERDICT_OK, module, "%s", file->version);
	} else {
		finding = report_problem(doctor, EXIT_FAILED, module,
				       "%s is installed, but the source is %s",
					 file->version, machine->version);
		add_build_fix(doctor, finding, machine->here);
	}
}

/* Its first four bytes are attributes; then 0 or 1. */
static bool secure_boot_is_on(const struct machine *machine)
{
	unsigned char value[5];
	FILE *file = machine_open(machine, SECURE_BOOT_VARIABLE);
	bool on;

	if (!file)
		return false;
	on = fread(value, 1, sizeof(value), file) == sizeof(value) && value[4];
	fclose(file);
	return on;
}

/* Does the kernel load only modules that are signed by who it trusts? */
static bool wants_signatures(const struct machine *machine)
{
	char line[NAME_SIZE];

	if (machine_line(machine, line,
			 "/sys/module/module/parameters/sig_enforce") &&
	    line[0] == 'Y')
		return true;
	if (machine_line(machine, line, "/sys/kernel/security/lockdown"))
		return !strstr(line, "[none]");
	return secure_boot_is_on(machine);
}

void check_signature(struct doctor *doctor, size_t device)
{
	const struct machine *machine = &doctor->machine;
	const struct module_file *file = file_of(doctor, device);
	const char *module = devices[device]->module;
	struct finding *finding;

	if (!file->path[0])
		return;
	if (file->is_signed) {
		report_finding(doctor, VERDICT_OK, module, "signed by %s",
		     file->signer[0] ? file->signer : "somebody without a name");
	} else if (!wants_signatures(machine)) {
		report_finding(doctor, VERDICT_OK, module,
		     "not signed, which this kernel does not ask for");
	} else {
		finding = report_problem(doctor, EXIT_NOT_LOADED, module,
				       "not signed, but this kernel loads only signed modules");
		if (machine->version[0])
			add_build_fix(doctor, finding, machine->here);
		else
			add_note(finding, "install signed ones: make kmod KEY= CERT= makes them");
	}
}

/*
 * The certificate that the modules for the running kernel are signed with, or are
 * with the next build: that of the package they came in, or dkms's own.
 */
static bool find_certificate(const struct machine *machine, char path[PATH_SIZE])
{
	static const char *const known[] = {
		"/var/lib/shim-signed/mok/MOK.der",	/* Ubuntu */
		"/var/lib/dkms/mok.pub",
	};
	size_t i;

	if (is_prebuilt(machine)) {
		snprintf(path, PATH_SIZE, "/usr/share/devtrio/%s.der",
			 machine->running);
		return machine_has(machine, "%s", path);
	}
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		snprintf(path, PATH_SIZE, "%s", known[i]);
		if (machine_has(machine, "%s", path))
			return true;
	}
	return false;
}

static void check_enrolled(struct doctor *doctor, const char *key)
{
	const char *const argv[] = { "mokutil", "--test-key", key, NULL };
	struct finding *finding;
	char output[1024];

	/* Its exit codes differ between versions; what it says does not. */
	if (run_tool(output, sizeof(output), argv) < 0) {
		finding = report_finding(doctor, VERDICT_SKIPPED, "",
			       "Secure Boot is on; whether it knows %s can't be said without mokutil",
					 key);
		add_package_fix(doctor, finding, STAGE_PACKAGE, "mokutil",
				false);
	} else if (strstr(output, "already enrolled")) {
		report_finding(doctor, VERDICT_OK, "",
			       "Secure Boot is on, and knows the key %s", key);
	} else if (strstr(output, "enrollment request")) {
		finding = report_problem(doctor, EXIT_NOT_LOADED, "",
				       "Secure Boot is on, and knows the key %s only after a reboot",
					 key);
		add_manual_fix(finding, "and confirm the key on the blue screen",
			       "systemctl", "reboot", NULL);
	} else if (strstr(output, "not enrolled")) {
		finding = report_problem(doctor, EXIT_NOT_LOADED, "",
				       "Secure Boot is on, and does not know the key %s",
					 key);
		add_manual_fix(finding, "then reboot, and confirm the key on the blue screen",
			       "mokutil", "--import", key, NULL);
	} else {
		report_finding(doctor, VERDICT_SKIPPED, "",
		     "Secure Boot is on; mokutil does not say whether it knows %s",
			       key);
	}
}

static bool all_are_loaded(const struct doctor *doctor)
{
	size_t i;

	for (i = 0; i < DEVICE_COUNT; i++)
		if (doctor->scope.devices[i] &&
		    !machine_has_loaded(&doctor->machine,
					devices[i]->module))
			return false;
	return true;
}

void check_secure_boot(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	char key[PATH_SIZE];
	struct finding *finding;

	if (!secure_boot_is_on(machine)) {
		report_finding(doctor, VERDICT_OK, "", "%s",
			       machine_has(machine, "/sys/firmware/efi") ?
			     "off" : "off: this machine did not boot by UEFI");
	} else if (!wants_signatures(machine)) {
		report_finding(doctor, VERDICT_OK, "",
		     "on, but this kernel loads unsigned modules all the same");
	} else if (all_are_loaded(doctor)) {
		report_finding(doctor, VERDICT_OK, "",
			       "on, and the kernel has taken the modules");
	} else if (find_certificate(machine, key)) {
		check_enrolled(doctor, key);
	} else if (is_prebuilt(machine)) {
		finding = report_finding(doctor, VERDICT_WARNING, "",
			       "on, and the prebuilt modules came without a certificate to enrol");
		add_note(finding, "install signed ones: make kmod KEY= CERT= makes them");
	} else {
		finding = report_finding(doctor, VERDICT_WARNING, "",
			       "on, and there is no key yet to sign the modules with");
		add_note(finding, "dkms 3 makes one with the next build, if openssl is installed; an older dkms signs with sign_tool of /etc/dkms/framework.conf");
	}
}
