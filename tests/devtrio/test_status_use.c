// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the checks that concern using the modules: signatures, loading, groups,
 * nodes.
 */
#include "machine.h"

static void turn_secure_boot_on(void)
{
	write_file("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
		   "\006___\001");
	write_file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
}

static void signature_names_the_signer(void **state)
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

static void secure_boot_requires_signatures(void **state)
{
	(void)state;
	turn_secure_boot_on();
	sign("rambuf");
	examine();
	assert_ok("signature", "rambuf");
	assert_problem("signature", "beepctrl", EXIT_NOT_LOADED,
		       "dkms install -m devtrio -v 1.0.0 -k " RUNNING " --force\n");
	assert_ok("secure-boot", "");

	/* sig_enforce and lockdown decide, not Secure Boot alone. */
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

static void secure_boot_key_not_enrolled(void **state)
{
	(void)state;
	turn_secure_boot_on();
	sign("rambuf");
	shell("rm -r sys/module/rambuf");
	examine();
	assert_warning("secure-boot", "",
		       "dkms 3 makes one with the next build, if openssl is installed; an older dkms signs with sign_tool of /etc/dkms/framework.conf\n");

	/* Don't run the host's mokutil. */
	write_file("bin/mokutil", "#!/bin/sh\nexit 127\n");
	shell("chmod +x bin/mokutil");
	write_file("var/lib/dkms/mok.pub", "key");
	examine();
	assert_verdict("secure-boot", "", VERDICT_SKIPPED, EXIT_OK);
	assert_fixed_by("secure-boot", "", "apt-get install -y mokutil\n");

	fake_tool("mokutil", "/var/lib/dkms/mok.pub is not enrolled");
	examine();
	assert_problem("secure-boot", "", EXIT_NOT_LOADED,
		       "mokutil --import /var/lib/dkms/mok.pub  # then reboot, and confirm the key on the blue screen\n");
	assert_false(found("secure-boot", "")->commands[0].automatic);
	assert_fixed_by("loaded", "rambuf",
			 "once the kernel takes it: modprobe rambuf\n");

	fake_tool("mokutil", "/var/lib/dkms/mok.pub is already in the enrollment request");
	examine();
	assert_problem("secure-boot", "", EXIT_NOT_LOADED,
		       "systemctl reboot  # and confirm the key on the blue screen\n");

	fake_tool("mokutil", "/var/lib/dkms/mok.pub is already enrolled");
	examine();
	assert_ok("secure-boot", "");
	assert_fixed_by("loaded", "rambuf", "modprobe rambuf\n");

	/* Use Ubuntu's key if it exists. */
	fake_tool("mokutil", "EFI variables are not supported on this system");
	write_file("var/lib/shim-signed/mok/MOK.der", "key");
	examine();
	assert_verdict("secure-boot", "", VERDICT_SKIPPED, EXIT_OK);
	assert_non_null(strstr(found("secure-boot", "")->text, "MOK.der"));
}

/* A key that dkms left behind does not sign prebuilt modules. */
static void secure_boot_key_of_prebuilt_modules_not_enrolled(void **state)
{
	(void)state;
	fake_tool("dpkg-query", "config-files 1.0.0-1");
	turn_secure_boot_on();
	sign("rambuf");
	shell("rm -r sys/module/rambuf usr/src var/lib/dkms lib/modules/*/build");
	write_file("var/lib/dkms/mok.pub", "key");
	fake_tool("mokutil", "it is not enrolled");
	examine();
	assert_warning("secure-boot", "",
		       "install signed ones: make kmod KEY= CERT= makes them\n");

	write_file("usr/share/devtrio/" RUNNING ".der", "key");
	examine();
	assert_problem("secure-boot", "", EXIT_NOT_LOADED,
		       "mokutil --import /usr/share/devtrio/" RUNNING ".der  # then reboot, and confirm the key on the blue screen\n");

	fake_tool("mokutil", "it is already enrolled");
	examine();
	assert_ok("secure-boot", "");
	assert_fixed_by("loaded", "rambuf", "modprobe rambuf\n");
}

static void module_blacklisted(void **state)
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
	/* The fix works. */
	shell("sed -i -E 's/^\\s*blacklist\\s+proc[_-]relate\\b/# &/' etc/modprobe.d/no.conf");
	examine();
	assert_ok("blacklist", "proc_relate");
}

static void module_blocked_by_install_line(void **state)
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

static void module_blacklisted_by_package_or_boot_loader(void **state)
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

static void modules_load_conf_masked(void **state)
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

static void udev_rules_masked(void **state)
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

static void module_not_loaded(void **state)
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

static void old_module_loaded(void **state)
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

static void group_missing(void **state)
{
	(void)state;
	shell("sed -i /rambuf/d etc/group");
	examine();
	assert_problem("group", "rambuf", EXIT_FAILED,
		       "systemd-sysusers devtrio.conf\n"
		       "systemctl restart systemd-udevd\n"
		       "udevadm trigger --settle --action=change --subsystem-match=misc\n");
	assert_verdict("node-group", "rambuf", VERDICT_SKIPPED, EXIT_OK);
	assert_ok("group", "beep");
}

static void group_not_a_system_group(void **state)
{
	(void)state;
	shell("sed -i 's/^beep:x:[0-9]*/beep:x:65001/' etc/group");
	examine();
	assert_verdict("system-group", "beep", VERDICT_WARNING, EXIT_OK);
	assert_false(found("system-group", "beep")->commands[0].automatic);
	assert_problem("node-group", "beepctrl", EXIT_FAILED,
		       "systemctl restart systemd-udevd\n"
		       "udevadm trigger --settle --action=change --subsystem-match=misc\n");
	shell("rm etc/login.defs; sed -i 's/^beep:x:[0-9]*/beep:x:1000/' etc/group");
	examine();
	assert_verdict("system-group", "beep", VERDICT_WARNING, EXIT_OK);
	shell("sed -i 's/^beep:x:[0-9]*/beep:x:999/' etc/group");
	examine();
	assert_ok("system-group", "beep");
}

static void node_missing_or_with_wrong_mode(void **state)
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
	assert_fixed_by("node", "beepctrl",
			 "the kernel's log says why: journalctl -k\n");
}

static void second_buffer_is_checked(void **state)
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

static void sudo_checks_the_invoking_user(void **state)
{
	size_t i;

	(void)state;
	examine();
	doctor_free(&doctor);
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

static void only_named_drivers_are_checked(void **state)
{
	(void)state;
	shell("rm -r sys/module/beepctrl lib/modules/" NEXT "/updates/dkms/beepctrl.ko");
	depmod(NEXT);
	examine();
	assert_int_equal(doctor_exit_code(&doctor), EXIT_NOT_LOADED);
	doctor_free(&doctor);
	doctor.scope.devices[1] = false;
	doctor_examine(&doctor);
	assert_int_equal(doctor_exit_code(&doctor), EXIT_OK);
	assert_null(find_finding(&doctor, "loaded", "beepctrl"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		check_test(signature_names_the_signer),
		check_test(secure_boot_requires_signatures),
		check_test(secure_boot_key_not_enrolled),
		check_test(secure_boot_key_of_prebuilt_modules_not_enrolled),
		check_test(module_blacklisted),
		check_test(module_blocked_by_install_line),
		check_test(module_blacklisted_by_package_or_boot_loader),
		check_test(modules_load_conf_masked),
		check_test(udev_rules_masked),
		check_test(module_not_loaded),
		check_test(old_module_loaded),
		check_test(group_missing),
		check_test(group_not_a_system_group),
		check_test(node_missing_or_with_wrong_mode),
		check_test(second_buffer_is_checked),
		check_test(sudo_checks_the_invoking_user),
		check_test(only_named_drivers_are_checked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, prepare, clean_up);
}
