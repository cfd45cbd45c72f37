// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checks of devtrio status, on a machine that is a folder: all well, then
 * with one thing broken on purpose.
 *
 * The tools that are asked (dpkg, rpm, mokutil) are scripts in it, which print
 * what a test wants them to; that the real ones are understood is for the tests
 * in virtual machines to show. The modules are what a compiler makes of their
 * .modinfo; depmod is the real one.
 */
#include <fcntl.h>
#include <ftw.h>
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

#include "status.h"

#define RUNNING	"6.1.0-9-amd64"
#define NEXT	"6.1.0-10-amd64"

static char root[] = "/tmp/devtrio-status.XXXXXX";
static char healthy[sizeof(root)];
static char objects[] = "/tmp/devtrio-modules.XXXXXX";
static struct doctor doctor;

/* Making and breaking the machine */

static void shell(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static void shell(const char *format, ...)
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

static void write_file(const char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void write_file(const char *path, const char *format, ...)
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

/* What a tool prints when it is asked. */
static void tool_says(const char *tool, const char *answer)
{
	char path[64];

	snprintf(path, sizeof(path), "bin/%s", tool);
	write_file(path, "#!/bin/sh\ncat <<'END'\n%s\nEND\n", answer);
	shell("chmod +x bin/%s", tool);
}

/* The modules as another build would have them, in object files. */
static void compile(const char *version, const char *hash)
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

static void depmod(const char *kernel)
{
	shell("PATH=$PATH:/usr/sbin:/sbin depmod -b . %s 2>/dev/null", kernel);
}

static void install_modules(const char *kernel, const char *version)
{
	shell("mkdir -p lib/modules/%s/updates/dkms", kernel);
	shell("for m in proc_relate beepctrl rambuf; do cp %s/%s.o "
	      "lib/modules/%s/updates/dkms/$m.ko; done", objects, version,
	      kernel);
	depmod(kernel);
}

/* As signed by who does not use PKCS#7, which takes no key to make. */
static void sign(const char *module)
{
	shell("printf 'dkms at home\\001\\002\\003\\004sig_\\0\\004\\001\\014\\004\\0\\0\\0\\0\\0\\0\\004"
	      "~Module signature appended~\\n' "
	      ">>lib/modules/" RUNNING "/updates/dkms/%s.ko", module);
}

static void add_to_dkms(const char *version)
{
	shell("mkdir -p usr/src/devtrio-%s var/lib/dkms/devtrio/%s; "
	      "touch usr/src/devtrio-%s/dkms.conf; "
	      "ln -s /usr/src/devtrio-%s var/lib/dkms/devtrio/%s/source",
	      version, version, version, version, version);
}

static void install_by_dkms(const char *version, const char *kernel)
{
	shell("mkdir -p var/lib/dkms/devtrio/%s/%s/x86_64/module; "
	      "ln -sfn %s/%s/x86_64 var/lib/dkms/devtrio/kernel-%s-x86_64",
	      version, kernel, version, kernel, kernel);
}

static void add_kernel(const char *kernel)
{
	shell("mkdir -p lib/modules/%s/kernel lib/modules/%s/build/include; "
	      "touch lib/modules/%s/modules.order lib/modules/%s/modules.builtin",
	      kernel, kernel, kernel, kernel);
}

/* A character device that anybody may make: a terminal. */
static void make_node(const char *module)
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

static void load(const char *module, const char *version, const char *hash)
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

static void make_root(void)
{
	strcpy(root + sizeof(root) - 7, "XXXXXX");
	assert_non_null(mkdtemp(root));
}

/* All but the nodes, for each test to copy. */
static void make_healthy(void)
{
	size_t i;

	make_root();
	strcpy(healthy, root);
	write_file("etc/os-release", "NAME=x\nID=debian\n");
	tool_says("dpkg-query", "installed 1.0.0-1");
	tool_says("dpkg", "");
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

static int make_machine(void **state)
{
	size_t i;

	(void)state;
	make_root();
	shell("cp -a %s/. .", healthy);
	for (i = 0; i < DEVICE_COUNT; i++)
		make_node(devices[i]->module);
	return 0;
}

static int forget(void)
{
	doctor_forget(&doctor);
	machine_free(&doctor.machine);
	memset(&doctor, 0, sizeof(doctor));
	return 0;
}

static int remove_machine(void **state)
{
	(void)state;
	forget();
	shell("cd /; rm -rf %s", root);
	return 0;
}

/* What the doctor says */

/* A terminal beeps, but is no buzzer. */
static void forget_buzzers(void)
{
	const struct finding *last = &doctor.findings[doctor.count - 1];

	if (!strcmp(last->id, "buzzers"))
		soften(&doctor.findings[doctor.count - 1]);
}

/* For status-json.t, which has a schema. */
static void note_json(void)
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

static void examine_scope(const char *kernel)
{
	char path[PATH_SIZE];

	forget();
	snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", root);
	setenv("PATH", path, 1);
	unsetenv("SUDO_UID");
	doctor.scope = (struct scope){
		.devices = { true, true, true }, .kernel = kernel,
	};
	assert_true(machine_read(&doctor.machine, root, RUNNING));
	doctor_examine(&doctor);
	forget_buzzers();
	note_json();
}

static void examine(void)
{
	examine_scope(NULL);
}

static const struct finding *found(const char *id, const char *subject)
{
	const struct finding *finding = doctor_found(&doctor, id, subject);

	if (!finding)
		fail_msg("nothing was found by %s of '%s'", id, subject);
	return finding;
}

static void assert_verdict(const char *id, const char *subject,
			   enum verdict verdict, enum exit_code code)
{
	const struct finding *finding = found(id, subject);

	if (finding->verdict != verdict || finding->code != code)
		fail_msg("%s of '%s' is %s with code %d: %s", id, subject,
			 verdict_names[finding->verdict], finding->code,
			 finding->text);
}

/* The commands and notes, one a line. */
static void assert_mended_by(const char *id, const char *subject,
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

static void assert_problem(const char *id, const char *subject,
			   enum exit_code code, const char *commands)
{
	assert_verdict(id, subject, VERDICT_PROBLEM, code);
	assert_mended_by(id, subject, commands);
}

static void assert_warning(const char *id, const char *subject,
			   const char *commands)
{
	assert_verdict(id, subject, VERDICT_WARNING, EXIT_OK);
	assert_mended_by(id, subject, commands);
}

static void assert_ok(const char *id, const char *subject)
{
	assert_verdict(id, subject, VERDICT_OK, EXIT_OK);
}

/* The tests */

static void a_healthy_machine_has_no_problem(void **state)
{
	size_t i;

	(void)state;
	examine();
	for (i = 0; i < doctor.count; i++) {
		const struct finding *finding = &doctor.findings[i];

		if (strcmp(finding->id, "buzzers") &&
		    finding->verdict != VERDICT_OK)
			fail_msg("%s of '%s' is %s: %s", finding->id,
				 finding->subject,
				 verdict_names[finding->verdict],
				 finding->text);
	}
	assert_string_equal(doctor.machine.next->release, NEXT);
}

static void nothing_is_installed(void **state)
{
	(void)state;
	tool_says("dpkg-query", "");
	shell("rm -r usr/src var/lib/dkms lib/modules/*/updates");
	depmod(RUNNING);
	depmod(NEXT);
	examine();
	assert_problem("package", "", EXIT_NOT_INSTALLED,
		       "apt-get install -y devtrio-dkms\n");
	assert_verdict("module-file", "rambuf", VERDICT_SKIPPED, EXIT_OK);
	assert_int_equal(doctor_exit_code(&doctor), EXIT_NOT_INSTALLED);
}

static void the_package_is_half_configured(void **state)
{
	(void)state;
	tool_says("dpkg-query", "half-configured 1.0.0-1");
	examine();
	assert_problem("package", "", EXIT_FAILED,
		       "dpkg --configure devtrio-dkms\n");
}

static void without_a_package_the_source_counts(void **state)
{
	(void)state;
	tool_says("dpkg-query", "not-installed 1.0.0-1");
	examine();
	assert_ok("package", "");
	assert_null(doctor_found(&doctor, "source", ""));
}

static void prebuilt_modules_need_no_dkms(void **state)
{
	(void)state;
	tool_says("dpkg-query", "config-files 1.0.0-1");
	shell("rm -r usr/src var/lib/dkms lib/modules/*/build");
	examine();
	assert_ok("package", "");
	assert_verdict("headers", "", VERDICT_SKIPPED, EXIT_OK);
	assert_null(doctor_found(&doctor, "dkms", RUNNING));
	assert_ok("next-kernel", NEXT);
	assert_int_equal(doctor_exit_code(&doctor), EXIT_OK);
}

static void on_fedora_other_names_and_tools_are_used(void **state)
{
	(void)state;
	write_file("etc/os-release", "ID=rocky\nID_LIKE=\"rhel centos fedora\"\n");
	tool_says("rpm", "1.0.0-1.fc41");
	shell("rm -r lib/modules/" NEXT "/build lib/modules/" NEXT "/updates var/lib/dkms/devtrio/1.0.0/" NEXT);
	depmod(NEXT);
	examine();
	assert_ok("package", "");
	assert_problem("headers", NEXT, EXIT_NOT_BUILT_NEXT,
		       "dnf install -y kernel-devel-" NEXT "\n");
	write_file("bin/rpm", "#!/bin/sh\necho package dkms-devtrio is not installed\nexit 1\n");
	shell("chmod +x bin/rpm; rm -r usr/src var/lib/dkms lib/modules/*/updates");
	depmod(RUNNING);
	examine();
	assert_problem("package", "", EXIT_NOT_INSTALLED,
		       "dnf install -y dkms-devtrio\n");
}

static void where_nobody_can_be_asked_it_says_so(void **state)
{
	(void)state;
	write_file("etc/os-release", "ID=slackware\n");
	shell("rm bin/*; rm -r lib/modules/" NEXT "/build");
	setenv("PATH", "/nowhere", 1);
	examine();
	assert_ok("package", "");
	assert_warning("headers", NEXT,
		       "install linux-headers-" NEXT
		       ", or what it is called here, with your package manager\n");
}

static void headers_are_missing(void **state)
{
	(void)state;
	shell("rm -r lib/modules/" RUNNING "/build");
	examine();
	assert_warning("headers", RUNNING,
		       "apt-get install -y linux-headers-" RUNNING "\n");
	shell("rm -r lib/modules/*/updates var/lib/dkms/devtrio/1.0.0/" RUNNING);
	depmod(RUNNING);
	examine();
	assert_problem("headers", RUNNING, EXIT_NOT_BUILT,
		       "apt-get install -y linux-headers-" RUNNING "\n");
	assert_problem("dkms", RUNNING, EXIT_NOT_BUILT,
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING "\n");
	assert_ok("headers", NEXT);
}

static void the_next_upgrade_brings_no_headers(void **state)
{
	(void)state;
	examine();
	assert_null(doctor_found(&doctor, "headers-upgrade", ""));
	tool_says("dpkg-query", "installed 1.0.0-1\nlinux-image-amd64 installed\n"
				"linux-headers-amd64 config-files");
	examine();
	assert_warning("headers-upgrade", "",
		       "apt-get install -y linux-headers-amd64\n");
	tool_says("dpkg-query", "installed 1.0.0-1\nlinux-image-amd64 installed\n"
				"linux-headers-amd64 installed");
	examine();
	assert_ok("headers-upgrade", "");
}

static void the_next_kernel_has_no_modules(void **state)
{
	(void)state;
	shell("rm -r lib/modules/" NEXT "/updates var/lib/dkms/devtrio/1.0.0/" NEXT);
	depmod(NEXT);
	examine();
	assert_problem("next-kernel", NEXT, EXIT_NOT_BUILT_NEXT,
		       "dkms install -m devtrio -v 1.0.0 -k " NEXT "\n");
	assert_int_equal(doctor_exit_code(&doctor), EXIT_NOT_BUILT_NEXT);
	examine_scope("");
	assert_int_equal(doctor_exit_code(&doctor), EXIT_NOT_BUILT_NEXT);
	assert_null(doctor_found(&doctor, "loaded", "rambuf"));
	examine_scope(RUNNING);
	assert_int_equal(doctor_exit_code(&doctor), EXIT_OK);
}

static void an_older_kernel_without_modules_is_a_warning(void **state)
{
	(void)state;
	add_kernel("6.1.0-8-amd64");
	examine();
	assert_warning("dkms", "6.1.0-8-amd64",
		       "dkms install -m devtrio -v 1.0.0 -k 6.1.0-8-amd64\n");
	assert_int_equal(doctor_exit_code(&doctor), EXIT_OK);
}

static void leftovers_of_a_kernel_are_no_kernel(void **state)
{
	(void)state;
	shell("mkdir -p lib/modules/7.0.0-1-amd64/updates lib/modules/7.0.0-2-amd64/build; "
	      "touch lib/modules/7.0.0-1-amd64/modules.dep");
	examine();
	assert_string_equal(doctor.machine.next->release, NEXT);
	assert_null(doctor_found(&doctor, "headers", "7.0.0-1-amd64"));
	shell("mkdir boot; touch boot/vmlinuz-7.0.0-2-amd64");
	examine();
	assert_string_equal(doctor.machine.next->release, "7.0.0-2-amd64");
}

static void the_running_flavour_is_next(void **state)
{
	(void)state;
	add_kernel("6.1.0-10-rt-amd64");
	examine();
	assert_string_equal(doctor.machine.next->release, NEXT);
	add_kernel("6.1.0-11-rt-amd64");
	add_kernel("6.10-rc7-amd64");
	examine();
	assert_string_equal(doctor.machine.next->release, "6.10-rc7-amd64");
	add_kernel("6.10.1-amd64");
	examine();
	assert_string_equal(doctor.machine.next->release, "6.10.1-amd64");
}

static void the_running_kernel_is_a_stranger(void **state)
{
	(void)state;
	shell("rm -r lib/modules/" RUNNING);
	examine();
	assert_problem("headers", RUNNING, EXIT_NOT_BUILT,
		       "boot a kernel of your distribution; in a container, ask on its host\n");
	assert_null(doctor_found(&doctor, "dkms", RUNNING));
}

static void a_build_failed(void **state)
{
	(void)state;
	shell("rm -r lib/modules/" RUNNING "/updates var/lib/dkms/devtrio/1.0.0/" RUNNING);
	depmod(RUNNING);
	write_file("var/lib/dkms/devtrio/1.0.0/build/make.log",
		   "DKMS make.log for devtrio-1.0.0 for kernel " RUNNING " (x86_64)\n"
		   "2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\nmain.c:1: error: \xe2\x80\x98x\xe2\x80\x99\n");
	examine();
	assert_problem("dkms", RUNNING, EXIT_NOT_BUILT,
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING "\n");
	assert_string_equal(found("dkms", RUNNING)->log,
			    "2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\nmain.c:1: error: ?x?\n");
	assert_ok("source", "");

	/* Of another kernel, whose name begins the same. */
	write_file("var/lib/dkms/devtrio/1.0.0/build/make.log",
		   "DKMS (dkms-3.2.2) make.log for devtrio/1.0.0 for kernel " RUNNING "x (x86_64)\n");
	examine();
	assert_null(found("dkms", RUNNING)->log);
}

static void the_source_was_changed(void **state)
{
	(void)state;
	tool_says("dpkg", "??5?????? c /etc/ours\n"
			  "missing     /usr/share/doc/devtrio-dkms/README.md\n"
			  "??5??????   /usr/src/devtrio-1.0.0/src/modules/Kbuild");
	examine();
	assert_warning("source", "", "");
	write_file("var/lib/dkms/devtrio/1.0.0/build/make.log",
		   "DKMS make.log for devtrio-1.0.0 for kernel " NEXT " (x86_64)\n");
	examine();
	assert_problem("source", "", EXIT_FAILED,
		       "apt-get install -y --reinstall devtrio-dkms\n");
}

static void dkms_built_but_did_not_install(void **state)
{
	(void)state;
	shell("rm -r lib/modules/" RUNNING "/updates var/lib/dkms/devtrio/kernel-" RUNNING "-x86_64");
	depmod(RUNNING);
	examine();
	assert_problem("dkms", RUNNING, EXIT_NOT_BUILT,
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING "\n");
	assert_non_null(strstr(found("dkms", RUNNING)->text, "built, but"));
}

static void dkms_was_never_told(void **state)
{
	(void)state;
	shell("rm -r lib/modules/" RUNNING "/updates var/lib/dkms");
	depmod(RUNNING);
	examine();
	assert_problem("dkms", RUNNING, EXIT_NOT_BUILT,
		       "dkms add -m devtrio -v 1.0.0\n"
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING "\n");
}

static void an_older_version_is_left(void **state)
{
	(void)state;
	add_to_dkms("0.9.0");
	examine();
	assert_warning("stale-dkms", "0.9.0",
		       "dkms remove -m devtrio -v 0.9.0 --all\n");
	install_by_dkms("0.9.0", RUNNING);
	install_modules(RUNNING, "0.9.0");
	examine();
	assert_problem("dkms", RUNNING, EXIT_NOT_BUILT,
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING " --force\n");
}

static void the_source_of_an_entry_is_gone(void **state)
{
	(void)state;
	add_to_dkms("0.9.0");
	shell("rm -r usr/src/devtrio-0.9.0");
	examine();
	assert_problem("stale-dkms", "0.9.0", EXIT_FAILED,
		       "rm -rf /var/lib/dkms/devtrio/0.9.0\n"
		       "find /var/lib/dkms/devtrio -maxdepth 1 -xtype l -delete\n");
}

static void an_entry_of_others_is_left_to_the_user(void **state)
{
	(void)state;
	shell("mkdir -p var/lib/dkms/stranger/1.0; "
	      "ln -s /usr/src/stranger-1.0 var/lib/dkms/stranger/1.0/source");
	examine();
	assert_ok("stale-dkms", "");
	assert_warning("stale-dkms", "stranger/1.0",
		       "rm -r /var/lib/dkms/stranger/1.0  # it is not devtrio's: if you do not need it\n");
	assert_false(found("stale-dkms", "stranger/1.0")->commands[0].automatic);
}

static void a_module_was_not_built(void **state)
{
	(void)state;
	shell("rm lib/modules/" RUNNING "/updates/dkms/rambuf.ko");
	depmod(RUNNING);
	examine();
	assert_problem("module-file", "rambuf", EXIT_NOT_BUILT,
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING " --force\n");
	assert_ok("module-file", "beepctrl");
}

static void depmod_does_not_know_a_module(void **state)
{
	(void)state;
	shell("mv lib/modules/" RUNNING "/updates away");
	depmod(RUNNING);
	shell("mv away lib/modules/" RUNNING "/updates");
	examine();
	assert_problem("module-file", "rambuf", EXIT_NOT_BUILT,
		       "depmod " RUNNING "\n");
}

static void another_version_is_installed(void **state)
{
	(void)state;
	install_modules(RUNNING, "0.9.0");
	examine();
	assert_problem("module-version", "rambuf", EXIT_FAILED,
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING " --force\n");
}

static void turn_secure_boot_on(void)
{
	write_file("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
		   "\006___\001");
	write_file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
}

static void who_signed_is_told(void **state)
{
	(void)state;
	sign("rambuf");
	examine();
	assert_ok("signature", "rambuf");
	assert_string_equal(found("signature", "rambuf")->text,
			    "signed by dkms at home");
	assert_string_equal(found("signature", "beepctrl")->text,
			    "not signed, which this kernel does not ask for");
}

static void secure_boot_wants_signatures(void **state)
{
	(void)state;
	turn_secure_boot_on();
	sign("rambuf");
	examine();
	assert_ok("signature", "rambuf");
	assert_problem("signature", "beepctrl", EXIT_NOT_LOADED,
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING " --force\n");
	assert_ok("secure-boot", "");

	/* A kernel may enforce it without, or not enforce it. */
	shell("rm -r sys/firmware sys/kernel");
	write_file("sys/module/module/parameters/sig_enforce", "Y\n");
	examine();
	assert_verdict("signature", "beepctrl", VERDICT_PROBLEM,
		       EXIT_NOT_LOADED);
	write_file("sys/module/module/parameters/sig_enforce", "N\n");
	turn_secure_boot_on();
	write_file("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	examine();
	assert_ok("signature", "beepctrl");
	assert_ok("secure-boot", "");
}

static void secure_boot_does_not_know_the_key(void **state)
{
	(void)state;
	turn_secure_boot_on();
	sign("rambuf");
	shell("rm -r sys/module/rambuf");
	examine();
	assert_warning("secure-boot", "",
		       "dkms makes one with the next build; then devtrio status says how to enrol it\n");

	write_file("var/lib/dkms/mok.pub", "key");
	examine();
	assert_verdict("secure-boot", "", VERDICT_SKIPPED, EXIT_OK);
	assert_mended_by("secure-boot", "", "apt-get install -y mokutil\n");

	tool_says("mokutil", "/var/lib/dkms/mok.pub is not enrolled");
	examine();
	assert_problem("secure-boot", "", EXIT_NOT_LOADED,
		       "mokutil --import /var/lib/dkms/mok.pub  # then reboot, and confirm the key on the blue screen\n");
	assert_false(found("secure-boot", "")->commands[0].automatic);
	assert_mended_by("loaded", "rambuf",
			 "once the kernel takes it: modprobe rambuf\n");

	tool_says("mokutil", "/var/lib/dkms/mok.pub is already in the enrollment request");
	examine();
	assert_problem("secure-boot", "", EXIT_NOT_LOADED,
		       "systemctl reboot  # and confirm the key on the blue screen\n");

	tool_says("mokutil", "/var/lib/dkms/mok.pub is already enrolled");
	examine();
	assert_ok("secure-boot", "");
	assert_mended_by("loaded", "rambuf", "modprobe rambuf\n");

	/* Ubuntu's, if it is there. */
	tool_says("mokutil", "EFI variables are not supported on this system");
	write_file("var/lib/shim-signed/mok/MOK.der", "key");
	examine();
	assert_verdict("secure-boot", "", VERDICT_SKIPPED, EXIT_OK);
	assert_non_null(strstr(found("secure-boot", "")->text, "MOK.der"));
}

static void a_module_is_blacklisted(void **state)
{
	(void)state;
	write_file("etc/modprobe.d/no.conf", "# no\n  blacklist\tproc-relate\n");
	examine();
	assert_warning("blacklist", "proc_relate",
		       "sed -i -E 's/^\\s*blacklist\\s+proc[_-]relate\\b/# &/' /etc/modprobe.d/no.conf\n");
	assert_ok("blacklist", "rambuf");
	shell("rm -r sys/module/proc_relate");
	examine();
	assert_verdict("blacklist", "proc_relate", VERDICT_PROBLEM,
		       EXIT_NOT_LOADED);
	/* What the command does makes it well. */
	shell("sed -i -E 's/^\\s*blacklist\\s+proc[_-]relate\\b/# &/' etc/modprobe.d/no.conf");
	examine();
	assert_ok("blacklist", "proc_relate");
}

static void a_module_is_not_installed_by_modprobe(void **state)
{
	(void)state;
	write_file("etc/modprobe.d/no.conf", "install rambuf /bin/false\n");
	examine();
	assert_warning("blacklist", "rambuf",
		       "sed -i -E 's/^\\s*install\\s+rambuf\\b/# &/' /etc/modprobe.d/no.conf\n");
	write_file("etc/modprobe.d/no.conf",
		   "install rambuf /sbin/modprobe -i rambuf && /usr/bin/notify\n");
	examine();
	assert_ok("blacklist", "rambuf");
}

static void a_package_or_the_boot_loader_blacklists(void **state)
{
	(void)state;
	write_file("usr/lib/modprobe.d/no.conf", "blacklist rambuf\n");
	write_file("proc/cmdline", "quiet module_blacklist=foo,beepctrl,bar ro\n");
	examine();
	assert_warning("blacklist", "rambuf",
		       "/usr/lib/modprobe.d/no.conf is not yours to change: find out why it is there\n");
	assert_warning("blacklist", "beepctrl",
		       "take beepctrl out of the kernel's command line, in the boot loader's configuration\n");
	assert_ok("blacklist", "proc_relate");
}

static void loading_at_boot_is_masked(void **state)
{
	(void)state;
	shell("mkdir -p etc/modules-load.d; ln -s /dev/null etc/modules-load.d/devtrio.conf");
	examine();
	assert_warning("boot", "rambuf", "rm /etc/modules-load.d/devtrio.conf\n");
	shell("rm -r sys/module/rambuf");
	examine();
	assert_problem("boot", "rambuf", EXIT_NOT_LOADED,
		       "rm /etc/modules-load.d/devtrio.conf\n");
	write_file("etc/modules-load.d/devtrio.conf", "rambuf\n");
	examine();
	assert_ok("boot", "rambuf");
	assert_warning("boot", "beepctrl",
		       "if it shall be, add a line beepctrl there\n");
	shell("rm -r etc/modules-load.d usr/lib/modules-load.d");
	examine();
	assert_warning("boot", "rambuf",
		       "apt-get install -y --reinstall devtrio\n");
}

static void the_udev_rules_are_masked(void **state)
{
	(void)state;
	shell("mkdir -p etc/udev/rules.d; ln -s /dev/null etc/udev/rules.d/60-devtrio.rules");
	examine();
	assert_problem("udev-rules", "", EXIT_FAILED,
		       "rm /etc/udev/rules.d/60-devtrio.rules\n"
		       "udevadm control --reload\n"
		       "udevadm trigger --settle --action=change --subsystem-match=misc\n");
	shell("rm -r etc/udev usr/lib/udev");
	examine();
	assert_problem("udev-rules", "", EXIT_FAILED,
		       "apt-get install -y --reinstall devtrio\n");
}

static void a_module_is_not_loaded(void **state)
{
	(void)state;
	shell("rm -r sys/module/beepctrl");
	examine();
	assert_problem("loaded", "beepctrl", EXIT_NOT_LOADED,
		       "modprobe beepctrl\n");
	assert_verdict("node", "beepctrl", VERDICT_SKIPPED, EXIT_OK);
	assert_verdict("membership", "beepctrl", VERDICT_SKIPPED, EXIT_OK);
	assert_int_equal(doctor_exit_code(&doctor), EXIT_NOT_LOADED);
	write_file("sys/module/beepctrl/initstate", "coming\n");
	examine();
	assert_verdict("loaded", "beepctrl", VERDICT_PROBLEM, EXIT_NOT_LOADED);
}

static void an_old_module_is_loaded(void **state)
{
	(void)state;
	load("beepctrl", "0.9.0", "BBB");
	load("rambuf", "1.0.0", "BBB");
	examine();
	assert_problem("loaded-version", "beepctrl", EXIT_FAILED,
		       "modprobe -r beepctrl\nmodprobe beepctrl\n");
	assert_problem("loaded-version", "rambuf", EXIT_FAILED,
		       "devtrio buf save\nmodprobe -r rambuf\n"
		       "modprobe rambuf\ndevtrio buf restore\n");
	write_file("sys/module/beepctrl/refcnt", "1\n");
	write_file("sys/module/rambuf/holders/other", "\n");
	examine();
	assert_false(found("loaded-version", "beepctrl")->commands[0].automatic);
	assert_false(found("loaded-version", "rambuf")->commands[0].automatic);
}

static void a_group_is_missing(void **state)
{
	(void)state;
	shell("sed -i /rambuf/d etc/group");
	examine();
	assert_problem("group", "rambuf", EXIT_FAILED,
		       "systemd-sysusers devtrio.conf\n"
		       "udevadm control --reload\n"
		       "udevadm trigger --settle --action=change --subsystem-match=misc\n");
	assert_verdict("node-group", "rambuf", VERDICT_SKIPPED, EXIT_OK);
	assert_ok("group", "beep");
}

static void a_group_is_no_system_group(void **state)
{
	(void)state;
	shell("sed -i 's/^beep:x:[0-9]*/beep:x:65001/' etc/group");
	examine();
	assert_verdict("system-group", "beep", VERDICT_WARNING, EXIT_OK);
	assert_false(found("system-group", "beep")->commands[0].automatic);
	assert_verdict("node-group", "beepctrl", VERDICT_PROBLEM, EXIT_FAILED);
	shell("rm etc/login.defs; sed -i 's/^beep:x:[0-9]*/beep:x:1000/' etc/group");
	examine();
	assert_verdict("system-group", "beep", VERDICT_WARNING, EXIT_OK);
	shell("sed -i 's/^beep:x:[0-9]*/beep:x:999/' etc/group");
	examine();
	assert_ok("system-group", "beep");
}

static void a_node_is_not_as_it_should_be(void **state)
{
	(void)state;
	shell("chmod 0666 $(readlink dev/rambuf); rm dev/beepctrl; "
	      "rm dev/proc_relate; ln -s /dev/null dev/proc_relate; "
	      "echo 10:99 >sys/class/misc/beepctrl/dev");
	examine();
	assert_problem("node-mode", "rambuf", EXIT_FAILED,
		       "udevadm trigger --settle --action=change --subsystem-match=misc\n");
	assert_problem("node", "beepctrl", EXIT_FAILED,
		       "mknod -m 0600 /dev/beepctrl c 10 99\n"
		       "udevadm trigger --settle --action=change --subsystem-match=misc\n");
	assert_verdict("node", "proc_relate", VERDICT_PROBLEM, EXIT_FAILED);
	assert_string_equal(found("node", "proc_relate")->commands[0].argv[0],
			    "rm");
	shell("rm -r sys/class/misc/beepctrl");
	examine();
	assert_mended_by("node", "beepctrl",
			 "the kernel's log says why: journalctl -k\n");
}

static void the_second_buffer_counts_too(void **state)
{
	(void)state;
	make_node("rambuf1");
	examine();
	assert_ok("node", "rambuf");
	assert_ok("node-mode", "rambuf");
	shell("chmod 0600 $(readlink dev/rambuf1)");
	examine();
	assert_verdict("node-mode", "rambuf", VERDICT_PROBLEM, EXIT_FAILED);
	shell("rm dev/rambuf1");
	examine();
	assert_verdict("node", "rambuf", VERDICT_PROBLEM, EXIT_FAILED);
}

static void sudo_asks_for_whoever_typed_it(void **state)
{
	size_t i;

	(void)state;
	examine();
	doctor_forget(&doctor);
	strcpy(doctor.machine.user, "alice");
	doctor.machine.uid = 4242;
	doctor.machine.on_behalf = true;
	doctor.id = "membership";
	for (i = 0; i < DEVICE_COUNT; i++)
		check_membership(&doctor, i);
	assert_ok("membership", "rambuf");
	assert_problem("membership", "beepctrl", EXIT_NO_PERMISSION,
		       "usermod -aG beep alice\nthen log in again\n");
}

static void only_the_drivers_that_are_named_are_checked(void **state)
{
	(void)state;
	shell("rm -r sys/module/beepctrl lib/modules/" NEXT "/updates/dkms/beepctrl.ko");
	depmod(NEXT);
	examine();
	assert_int_equal(doctor_exit_code(&doctor), EXIT_NOT_LOADED);
	doctor_forget(&doctor);
	doctor.scope.devices[1] = false;
	doctor_examine(&doctor);
	assert_int_equal(doctor_exit_code(&doctor), EXIT_OK);
	assert_null(doctor_found(&doctor, "loaded", "beepctrl"));
}

static int prepare(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(objects));
	compile("1.0.0", "AAA");
	compile("0.9.0", "BBB");
	make_healthy();
	return 0;
}

static int clean_up(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s %s", objects, healthy);
	return system(command);
}

#define check_test(test) \
	cmocka_unit_test_setup_teardown(test, make_machine, remove_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		check_test(a_healthy_machine_has_no_problem),
		check_test(nothing_is_installed),
		check_test(the_package_is_half_configured),
		check_test(without_a_package_the_source_counts),
		check_test(prebuilt_modules_need_no_dkms),
		check_test(on_fedora_other_names_and_tools_are_used),
		check_test(where_nobody_can_be_asked_it_says_so),
		check_test(headers_are_missing),
		check_test(the_next_upgrade_brings_no_headers),
		check_test(the_next_kernel_has_no_modules),
		check_test(an_older_kernel_without_modules_is_a_warning),
		check_test(leftovers_of_a_kernel_are_no_kernel),
		check_test(the_running_flavour_is_next),
		check_test(the_running_kernel_is_a_stranger),
		check_test(a_build_failed),
		check_test(the_source_was_changed),
		check_test(dkms_built_but_did_not_install),
		check_test(dkms_was_never_told),
		check_test(an_older_version_is_left),
		check_test(the_source_of_an_entry_is_gone),
		check_test(an_entry_of_others_is_left_to_the_user),
		check_test(a_module_was_not_built),
		check_test(depmod_does_not_know_a_module),
		check_test(another_version_is_installed),
		check_test(who_signed_is_told),
		check_test(secure_boot_wants_signatures),
		check_test(secure_boot_does_not_know_the_key),
		check_test(a_module_is_blacklisted),
		check_test(a_module_is_not_installed_by_modprobe),
		check_test(a_package_or_the_boot_loader_blacklists),
		check_test(loading_at_boot_is_masked),
		check_test(the_udev_rules_are_masked),
		check_test(a_module_is_not_loaded),
		check_test(an_old_module_is_loaded),
		check_test(a_group_is_missing),
		check_test(a_group_is_no_system_group),
		check_test(a_node_is_not_as_it_should_be),
		check_test(the_second_buffer_counts_too),
		check_test(sudo_asks_for_whoever_typed_it),
		check_test(only_the_drivers_that_are_named_are_checked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, prepare, clean_up);
}
