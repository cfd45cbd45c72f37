/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A healthy machine in a directory, for tests of devtrio status to break.
 *
 * The tools dpkg, rpm and mokutil are scripts that print what a test wants; tests
 * in virtual machines use the real ones. The modules are object files with only
 * .modinfo. depmod is the real one.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "status/status.h"

#define RUNNING	"6.1.0-9-amd64"
#define NEXT	"6.1.0-10-amd64"

static char root[] = "/tmp/devtrio-status.XXXXXX";
static char healthy[sizeof(root)];
static char objects[] = "/tmp/devtrio-modules.XXXXXX";
static struct doctor doctor;

/* Create and break the machine */

static inline void shell(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static inline void shell(const char *format, ...)
{
	char command[4096];
	va_list args;
	int n;

	n = snprintf(command, sizeof(command), "set -e; cd %s; ", root);
	va_start(args, format);
	vsnprintf(command + n, sizeof(command) - n, format, args);
	va_end(args);
	if (system(command))
		fail_msg("failed: %s", command);
}

static inline void write_file(const char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline void write_file(const char *path, const char *format, ...)
{
	char full[PATH_SIZE];
	va_list args;
	FILE *file;

	shell("mkdir -p \"$(dirname ./%s)\"; rm -f ./%s", path, path);
	snprintf(full, sizeof(full), "%s/%s", root, path);
	file = fopen(full, "w");
	assert_non_null(file);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fclose(file);
}

/* Replace a tool by a script that prints the answer. */
static inline void fake_tool(const char *tool, const char *answer)
{
	char path[64];

	snprintf(path, sizeof(path), "bin/%s", tool);
	write_file(path, "#!/bin/sh\ncat <<'END'\n%s\nEND\n", answer);
	shell("chmod +x bin/%s", tool);
}

/* Build an object file with the .modinfo of a module. */
static inline void compile(const char *version, const char *hash)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "printf '%%s\\n' "
		 "'const char a[] __attribute__((section(\".modinfo\"), used)) = \"version=%s\";' "
		 "'const char b[] __attribute__((section(\".modinfo\"), used)) = \"srcversion=%s\";' | "
		 "${CC:-cc} -x c -c -o %s/%s.o -", version, hash, objects,
		 version);
	assert_int_equal(system(command), 0);
}

static inline void depmod(const char *kernel)
{
	shell("PATH=$PATH:/usr/sbin:/sbin depmod -b . %s 2>/dev/null", kernel);
}

static inline void install_modules(const char *kernel, const char *version)
{
	shell("mkdir -p lib/modules/%s/updates/dkms", kernel);
	shell("for m in proc_relate beepctrl rambuf; do cp %s/%s.o "
	      "lib/modules/%s/updates/dkms/$m.ko; done", objects, version,
	      kernel);
	depmod(kernel);
}

/* Append a signature that is not PKCS#7: it needs no key. */
static inline void sign(const char *module)
{
	shell("printf 'dkms at home\\001\\002\\003\\004sig_\\0\\004\\001\\014\\004\\0\\0\\0\\0\\0\\0\\004"
	      "~Module signature appended~\\n' "
	      ">>lib/modules/" RUNNING "/updates/dkms/%s.ko", module);
}

static inline void add_to_dkms(const char *version)
{
	shell("mkdir -p usr/src/devtrio-%s var/lib/dkms/devtrio/%s; "
	      "touch usr/src/devtrio-%s/dkms.conf; "
	      "ln -s /usr/src/devtrio-%s var/lib/dkms/devtrio/%s/source",
	      version, version, version, version, version);
}

static inline void install_by_dkms(const char *version, const char *kernel)
{
	shell("mkdir -p var/lib/dkms/devtrio/%s/%s/x86_64/module; "
	      "ln -sfn %s/%s/x86_64 var/lib/dkms/devtrio/kernel-%s-x86_64",
	      version, kernel, version, kernel, kernel);
}

static inline void add_kernel(const char *kernel)
{
	shell("mkdir -p lib/modules/%s/kernel lib/modules/%s/build/include; "
	      "touch lib/modules/%s/modules.order lib/modules/%s/modules.builtin",
	      kernel, kernel, kernel, kernel);
}

/* Use a terminal: a character device that needs no root to create. */
static inline void make_node(const char *module)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	char name[64], path[64];
	struct stat status;

	assert_true(fd >= 0);
	assert_int_equal(grantpt(fd), 0);
	assert_int_equal(unlockpt(fd), 0);
	assert_int_equal(ptsname_r(fd, name, sizeof(name)), 0);
	assert_int_equal(chown(name, getuid(), getgid()), 0);
	assert_int_equal(chmod(name, 0660), 0);
	assert_int_equal(stat(name, &status), 0);
	shell("mkdir -p dev; ln -s %s dev/%s", name, module);
	snprintf(path, sizeof(path), "sys/class/misc/%s/dev", module);
	write_file(path, "%u:%u\n", major(status.st_rdev), minor(status.st_rdev));
}

static inline void load(const char *module, const char *version, const char *hash)
{
	char path[64];

	shell("mkdir -p sys/module/%s/holders", module);
	snprintf(path, sizeof(path), "sys/module/%s/initstate", module);
	write_file(path, "live\n");
	snprintf(path, sizeof(path), "sys/module/%s/refcnt", module);
	write_file(path, "0\n");
	snprintf(path, sizeof(path), "sys/module/%s/version", module);
	write_file(path, "%s\n", version);
	snprintf(path, sizeof(path), "sys/module/%s/srcversion", module);
	write_file(path, "%s\n", hash);
}

static inline void make_root(void)
{
	strcpy(root + sizeof(root) - 7, "XXXXXX");
	assert_non_null(mkdtemp(root));
}

/* Create the template for the tests, without the nodes. */
static inline void make_healthy(void)
{
	size_t i;

	make_root();
	strcpy(healthy, root);
	write_file("etc/os-release", "NAME=x\nID=debian\n");
	fake_tool("dpkg-query", "installed 1.0.0-1");
	fake_tool("dpkg", "");
	add_kernel(RUNNING);
	add_kernel(NEXT);
	add_to_dkms("1.0.0");
	install_by_dkms("1.0.0", RUNNING);
	install_by_dkms("1.0.0", NEXT);
	install_modules(RUNNING, "1.0.0");
	install_modules(NEXT, "1.0.0");
	write_file("usr/lib/modules-load.d/devtrio.conf",
		   "# ours\nproc_relate\nbeepctrl\nrambuf\n");
	write_file("usr/lib/udev/rules.d/60-devtrio.rules", "# ours\n");
	write_file("etc/group", "root:x:0:\nprocrelate:x:%u:\nbeep:x:%u:\nrambuf:x:%u:alice\n",
		   getgid(), getgid(), getgid());
	write_file("etc/login.defs", "#SYS_GID_MAX 5\nSYS_GID_MAX 65000\n");
	for (i = 0; i < DEVICE_COUNT; i++)
		load(devices[i]->module, "1.0.0", "AAA");
}

static inline int make_machine(void **state)
{
	size_t i;

	(void)state;
	make_root();
	shell("cp -a %s/. .", healthy);
	for (i = 0; i < DEVICE_COUNT; i++)
		make_node(devices[i]->module);
	return 0;
}

static inline int forget_findings(void)
{
	doctor_free(&doctor);
	machine_free(&doctor.machine);
	memset(&doctor, 0, sizeof(doctor));
	return 0;
}

static inline int remove_machine(void **state)
{
	(void)state;
	forget_findings();
	shell("cd /; rm -rf %s", root);
	return 0;
}

/* Check the findings */

/* The node of beepctrl is a terminal, so the check of buzzers fails. */
static inline void ignore_buzzers(void)
{
	const struct finding *last = &doctor.findings[doctor.count - 1];

	if (!strcmp(last->id, "buzzers"))
		downgrade(&doctor.findings[doctor.count - 1]);
}

/* Write the report for status-json.t. */
static inline void append_json(void)
{
	const char *path = getenv("STATUS_JSON");
	struct json_object *json;
	FILE *file;

	if (!path)
		return;
	file = fopen(path, "a");
	assert_non_null(file);
	json = doctor_json(&doctor);
	fprintf(file, "%s\n", json_object_to_json_string(json));
	json_object_put(json);
	assert_int_equal(fclose(file), 0);
}

static inline void examine_scope(const char *kernel)
{
	char path[PATH_SIZE];

	forget_findings();
	snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", root);
	setenv("PATH", path, 1);
	unsetenv("SUDO_UID");
	doctor.scope = (struct scope){
		.devices = { true, true, true }, .kernel = kernel,
	};
	assert_true(machine_read(&doctor.machine, root, RUNNING));
	dkms_read(&doctor.machine);
	doctor_examine(&doctor);
	ignore_buzzers();
	append_json();
}

static inline void examine(void)
{
	examine_scope(NULL);
}

static inline const struct finding *found(const char *id, const char *subject)
{
	const struct finding *finding = find_finding(&doctor, id, subject);

	if (!finding)
		fail_msg("check %s of '%s' has no finding", id, subject);
	return finding;
}

static inline void assert_verdict(const char *id, const char *subject,
			   enum verdict verdict, enum exit_code code)
{
	const struct finding *finding = found(id, subject);

	if (finding->verdict != verdict || finding->code != code)
		fail_msg("%s of '%s' is %s with code %d: %s", id, subject,
			 verdict_names[finding->verdict], finding->code,
			 finding->text);
}

/* Compare the commands and notes, one per line. */
static inline void assert_fixed_by(const char *id, const char *subject,
			     const char *wanted)
{
	const struct finding *finding = found(id, subject);
	char all[2048] = "", *text;
	size_t i;

	for (i = 0; i < finding->command_count; i++) {
		text = command_text(&finding->commands[i], false);
		strcat(strcat(all, text), "\n");
		free(text);
	}
	assert_string_equal(all, wanted);
}

static inline void assert_problem(const char *id, const char *subject,
			   enum exit_code code, const char *commands)
{
	assert_verdict(id, subject, VERDICT_PROBLEM, code);
	assert_fixed_by(id, subject, commands);
}

static inline void assert_warning(const char *id, const char *subject,
			   const char *commands)
{
	assert_verdict(id, subject, VERDICT_WARNING, EXIT_OK);
	assert_fixed_by(id, subject, commands);
}

static inline void assert_ok(const char *id, const char *subject)
{
	assert_verdict(id, subject, VERDICT_OK, EXIT_OK);
}

static inline int prepare(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(objects));
	compile("1.0.0", "AAA");
	compile("0.9.0", "BBB");
	make_healthy();
	return 0;
}

static inline int clean_up(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s %s", objects, healthy);
	return system(command);
}

#define check_test(test) \
	cmocka_unit_test_setup_teardown(test, make_machine, remove_machine)

#endif /* MACHINE_H */
