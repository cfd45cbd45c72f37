// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check that the modules are signed, if the kernel requires that.
 */
#include <stdio.h>
#include <string.h>

#include "doctor.h"

#define SECURE_BOOT_VARIABLE						\
	"/sys/firmware/efi/efivars/"					\
	"SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* The first four bytes are attributes; then 0 or 1. */
static bool secure_boot_is_on(void)
{
	FILE *file = fopen(SECURE_BOOT_VARIABLE, "re");
	unsigned char value[5];
	bool on;

	if (!file)
		return false;
	on = fread(value, 1, sizeof(value), file) == sizeof(value) && value[4];
	fclose(file);
	return on;
}

/* What makes the kernel refuse unsigned modules, or NULL. */
static const char *find_enforcer(void)
{
	char line[NAME_SIZE];

	if (read_line(line, "/sys/module/module/parameters/sig_enforce") &&
	    line[0] == 'Y')
		return "module.sig_enforce";
	if (read_line(line, "/sys/kernel/security/lockdown"))
		return strstr(line, "[none]") ? NULL :
		       secure_boot_is_on() ? "Secure Boot" : "lockdown";
	return secure_boot_is_on() ? "Secure Boot" : NULL;
}

static const char *find_unsigned(const struct doctor *doctor,
				 const struct kernel *kernel)
{
	size_t i;

	for (i = 0; i < DEVICE_COUNT; i++)
		if (doctor->scope.devices[i] && kernel->files[i].path[0] &&
		    !kernel->files[i].is_signed)
			return devices[i]->module;
	return NULL;
}

/* The key of the modules: dkms's own, or that of the package they came in. */
static enum answer find_certificate(const struct doctor *doctor,
				    char path[PATH_SIZE])
{
	if (!is_prebuilt(&doctor->machine))
		return dkms_certificate(path);
	snprintf(path, PATH_SIZE, "/usr/share/devtrio/%s.der",
		 doctor->machine.running);
	return exists("%s", path);
}

static void report_unsigned(struct doctor *doctor, const struct kernel *kernel,
			    const char *module, const char *enforcer)
{
	char key[PATH_SIZE];
	struct finding *finding;

	finding = report_problem(doctor, kernel == doctor->machine.here ?
				 EXIT_NOT_LOADED : EXIT_NOT_BUILT_NEXT, kernel->release,
				 "%s is not signed, and %s refuses it", module, enforcer);
	if (!can_be_built(&doctor->machine))
		add_note(finding, "install signed modules: make kmod KEY= CERT= makes them");
	else
		add_build_fix(doctor, finding, kernel, true);
	if (can_be_built(&doctor->machine) && find_certificate(doctor, key) == NO)
		add_note(finding, "dkms 3 makes a key with that build, if openssl is installed; dkms 2 signs with sign_tool of /etc/dkms/framework.conf");
}

static void report_key(struct doctor *doctor, const char *key)
{
	const char *release = doctor->machine.running;
	char output[1024];
	int code = ask(output, "mokutil", "--test-key", key);

	/* Its exit codes differ between versions; its words do not. */
	if (code < 0)
		add_package_fix(doctor, report_warning(doctor, release,
						       "Secure Boot is on; only mokutil can tell whether it trusts %s",
						       key),
				"mokutil", false);
	else if (strstr(output, "already enrolled"))
		report_ok(doctor, release, "Secure Boot is on, and trusts the key %s", key);
	else if (strstr(output, "enrollment request"))
		add_manual_fix(report_problem(doctor, EXIT_NOT_LOADED, release,
					      "Secure Boot is on, and trusts the key %s only after a reboot",
					      key),
			       "and confirm the key on the blue screen", "reboot");
	else if (strstr(output, "not enrolled"))
		add_manual_fix(report_problem(doctor, EXIT_NOT_LOADED, release,
					      "Secure Boot is on, and does not trust the key %s",
					      key),
			       "then reboot, and confirm the key on the blue screen",
			       "mokutil --import %s", key);
	else
		report_skipped(doctor, release,
			       "Secure Boot is on; mokutil does not say whether it trusts %s",
			       key);
}

/* The modules are signed, but not loaded: does the kernel trust the key? */
static void check_trust(struct doctor *doctor, const char *enforcer)
{
	const char *release = doctor->machine.running;
	char key[PATH_SIZE] = "";
	enum answer answer = find_certificate(doctor, key);

	if (!secure_boot_is_on())
		add_note(report_problem(doctor, EXIT_NOT_LOADED, release,
					"%s is on without Secure Boot: the kernel trusts only the keys that it was built with, and no other can be enrolled",
					enforcer),
			 "boot without %s, or have the builder of the kernel sign the modules",
			 enforcer);
	else if (answer == YES)
		report_key(doctor, key);
	else if (answer == UNKNOWN)
		report_skipped(doctor, release, "Secure Boot is on; only root can read %s", key);
	else
		add_note(report_warning(doctor, release,
					"Secure Boot is on, and there is no certificate %s to enrol",
					key),
			 "enrol the certificate of whoever signed the modules");
}

void check_signing(struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	const struct kernel *here = machine->here, *next = machine->next;
	const char *enforcer = find_enforcer();

	if (!enforcer) {
		report_ok(doctor, machine->running, "this kernel loads unsigned modules%s",
			  secure_boot_is_on() ? ", in spite of Secure Boot" : "");
		return;
	}
	if (!all_are_loaded(&doctor->scope) && find_unsigned(doctor, here))
		report_unsigned(doctor, here, find_unsigned(doctor, here), enforcer);
	else if (any_is_loaded())	/* so the kernel trusts the key */
		report_ok(doctor, machine->running, "%s is on, and the kernel takes the modules",
			  enforcer);
	else if (here->files[0].path[0])
		check_trust(doctor, enforcer);
	if (next && next != here && find_unsigned(doctor, next))
		report_unsigned(doctor, next, find_unsigned(doctor, next), enforcer);
}
