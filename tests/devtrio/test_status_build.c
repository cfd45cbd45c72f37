// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the checks that concern installing and building the modules: package,
 * headers, DKMS, kernels, files.
 */
#include "machine.h"

static void healthy_machine_is_ok(void **state)
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

static void package_missing(void **state)
{
	(void)state;
	fake_tool("dpkg-query", "");
	shell("rm -r usr/src var/lib/dkms lib/modules/*/updates");
	depmod(RUNNING);
	depmod(NEXT);
	examine();
	assert_problem("package", "", EXIT_NOT_INSTALLED,
		       "apt-get install -y devtrio-dkms\n");
	assert_verdict("module-file", "rambuf", VERDICT_SKIPPED, EXIT_OK);
	assert_int_equal(doctor_exit_code(&doctor), EXIT_NOT_INSTALLED);
}

static void package_half_configured(void **state)
{
	(void)state;
	fake_tool("dpkg-query", "half-configured 1.0.0-1");
	examine();
	assert_problem("package", "", EXIT_FAILED,
		       "dpkg --configure devtrio-dkms\n");
}

static void source_without_package_is_ok(void **state)
{
	(void)state;
	fake_tool("dpkg-query", "not-installed 1.0.0-1");
	examine();
	assert_ok("package", "");
	assert_null(find_finding(&doctor, "source", ""));
}

static void prebuilt_modules_need_no_dkms(void **state)
{
	(void)state;
	fake_tool("dpkg-query", "config-files 1.0.0-1");
	shell("rm -r usr/src var/lib/dkms lib/modules/*/build");
	examine();
	assert_ok("package", "");
	assert_verdict("headers", "", VERDICT_SKIPPED, EXIT_OK);
	assert_null(find_finding(&doctor, "dkms", RUNNING));
	assert_ok("next-kernel", NEXT);
	assert_int_equal(doctor_exit_code(&doctor), EXIT_OK);
}

/* The DKMS package would replace the prebuilt ones, so it is not the fix. */
static void prebuilt_modules_missing_for_next_kernel(void **state)
{
	(void)state;
	fake_tool("dpkg-query", "config-files 1.0.0-1");
	shell("rm -r usr/src var/lib/dkms lib/modules/*/build lib/modules/" NEXT "/updates");
	depmod(NEXT);
	examine();
	assert_ok("package", "");
	assert_problem("next-kernel", NEXT, EXIT_NOT_BUILT_NEXT,
		       "apt-get install -y devtrio-modules-" NEXT "\n");
	write_file("etc/os-release", "ID=fedora\n");
	write_file("bin/rpm", "#!/bin/sh\nexit 1\n");
	shell("chmod +x bin/rpm");
	examine();
	assert_problem("next-kernel", NEXT, EXIT_NOT_BUILT_NEXT,
		       "dnf install -y kmod-devtrio-" NEXT "\n");
}

static void fedora_uses_rpm_and_dnf(void **state)
{
	(void)state;
	write_file("etc/os-release", "ID=rocky\nID_LIKE=\"rhel centos fedora\"\n");
	fake_tool("rpm", "1.0.0-1.fc41");
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

static void unknown_package_manager_gives_notes(void **state)
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

static void headers_missing(void **state)
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

static void headers_metapackage_missing(void **state)
{
	(void)state;
	examine();
	assert_null(find_finding(&doctor, "headers-upgrade", ""));
	fake_tool("dpkg-query", "installed 1.0.0-1\nlinux-image-amd64 installed\n"
				"linux-headers-amd64 config-files");
	examine();
	assert_warning("headers-upgrade", "",
		       "apt-get install -y linux-headers-amd64\n");
	fake_tool("dpkg-query", "installed 1.0.0-1\nlinux-image-amd64 installed\n"
				"linux-headers-amd64 installed");
	examine();
	assert_ok("headers-upgrade", "");
}

static void modules_missing_for_next_kernel(void **state)
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
	assert_null(find_finding(&doctor, "loaded", "rambuf"));
	examine_scope(RUNNING);
	assert_int_equal(doctor_exit_code(&doctor), EXIT_OK);
}

static void older_kernel_without_modules_is_a_warning(void **state)
{
	(void)state;
	add_kernel("6.1.0-8-amd64");
	examine();
	assert_warning("dkms", "6.1.0-8-amd64",
		       "dkms install -m devtrio -v 1.0.0 -k 6.1.0-8-amd64\n");
	assert_int_equal(doctor_exit_code(&doctor), EXIT_OK);
}

static void leftovers_of_a_kernel_are_ignored(void **state)
{
	(void)state;
	shell("mkdir -p lib/modules/7.0.0-1-amd64/updates lib/modules/7.0.0-2-amd64/build; "
	      "touch lib/modules/7.0.0-1-amd64/modules.dep");
	examine();
	assert_string_equal(doctor.machine.next->release, NEXT);
	assert_null(find_finding(&doctor, "headers", "7.0.0-1-amd64"));
	shell("mkdir boot; touch boot/vmlinuz-7.0.0-2-amd64");
	examine();
	assert_string_equal(doctor.machine.next->release, "7.0.0-2-amd64");
}

static void next_kernel_has_the_running_flavour(void **state)
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

static void running_kernel_not_installed(void **state)
{
	(void)state;
	shell("rm -r lib/modules/" RUNNING);
	examine();
	assert_problem("headers", RUNNING, EXIT_NOT_BUILT,
		       "boot a kernel of your distribution; in a container, ask on its host\n");
	assert_null(find_finding(&doctor, "dkms", RUNNING));
}

static void build_failure_shows_the_log(void **state)
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

	/* The log belongs to another kernel with the same prefix. */
	write_file("var/lib/dkms/devtrio/1.0.0/build/make.log",
		   "DKMS (dkms-3.2.2) make.log for devtrio/1.0.0 for kernel " RUNNING "x (x86_64)\n");
	examine();
	assert_null(found("dkms", RUNNING)->log);
}

static void modified_source(void **state)
{
	(void)state;
	fake_tool("dpkg", "??5?????? c /etc/ours\n"
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

static void built_but_not_installed(void **state)
{
	(void)state;
	shell("rm -r lib/modules/" RUNNING "/updates var/lib/dkms/devtrio/kernel-" RUNNING "-x86_64");
	depmod(RUNNING);
	examine();
	assert_problem("dkms", RUNNING, EXIT_NOT_BUILT,
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING "\n");
	assert_non_null(strstr(found("dkms", RUNNING)->text, "built, but"));
}

static void source_not_added_to_dkms(void **state)
{
	(void)state;
	shell("rm -r lib/modules/" RUNNING "/updates var/lib/dkms");
	depmod(RUNNING);
	examine();
	assert_problem("dkms", RUNNING, EXIT_NOT_BUILT,
		       "dkms add -m devtrio -v 1.0.0\n"
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING "\n");
}

static void stale_older_version(void **state)
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

static void stale_entry_without_source(void **state)
{
	(void)state;
	add_to_dkms("0.9.0");
	shell("rm -r usr/src/devtrio-0.9.0");
	examine();
	assert_problem("stale-dkms", "0.9.0", EXIT_FAILED,
		       "rm -rf /var/lib/dkms/devtrio/0.9.0\n"
		       "find /var/lib/dkms/devtrio -maxdepth 1 -xtype l -delete\n");
}

static void stale_entry_of_another_package_is_left_to_the_user(void **state)
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

static void module_file_missing(void **state)
{
	(void)state;
	shell("rm lib/modules/" RUNNING "/updates/dkms/rambuf.ko");
	depmod(RUNNING);
	examine();
	assert_problem("module-file", "rambuf", EXIT_NOT_BUILT,
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING " --force\n");
	assert_ok("module-file", "beepctrl");
}

static void module_missing_in_depmod_index(void **state)
{
	(void)state;
	shell("mv lib/modules/" RUNNING "/updates away");
	depmod(RUNNING);
	shell("mv away lib/modules/" RUNNING "/updates");
	examine();
	assert_problem("module-file", "rambuf", EXIT_NOT_BUILT,
		       "depmod " RUNNING "\n");
}

static void module_file_has_another_version(void **state)
{
	(void)state;
	install_modules(RUNNING, "0.9.0");
	examine();
	assert_problem("module-version", "rambuf", EXIT_FAILED,
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING " --force\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		check_test(healthy_machine_is_ok),
		check_test(package_missing),
		check_test(package_half_configured),
		check_test(source_without_package_is_ok),
		check_test(prebuilt_modules_need_no_dkms),
		check_test(prebuilt_modules_missing_for_next_kernel),
		check_test(fedora_uses_rpm_and_dnf),
		check_test(unknown_package_manager_gives_notes),
		check_test(headers_missing),
		check_test(headers_metapackage_missing),
		check_test(modules_missing_for_next_kernel),
		check_test(older_kernel_without_modules_is_a_warning),
		check_test(leftovers_of_a_kernel_are_ignored),
		check_test(next_kernel_has_the_running_flavour),
		check_test(running_kernel_not_installed),
		check_test(build_failure_shows_the_log),
		check_test(modified_source),
		check_test(built_but_not_installed),
		check_test(source_not_added_to_dkms),
		check_test(stale_older_version),
		check_test(stale_entry_without_source),
		check_test(stale_entry_of_another_package_is_left_to_the_user),
		check_test(module_file_missing),
		check_test(module_missing_in_depmod_index),
		check_test(module_file_has_another_version),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, prepare, clean_up);
}
