#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of devtrio status on broken machines: verdicts, exit codes, proposed fixes and
output. $DEVTRIO overrides the binary."""
import copy
import json
import re
import subprocess
import sys

from fake_machine import (ALICE, DEVTRIO, DRIVERS, NEXT, RUNNING, SCHEMA, FakeMachine,
                          equal, run_tests, schema_error)

OLD = "6.1.0-8-amd64"
APT = "apt-get install -y"
INSTALL = "dkms install -m devtrio -v 1.0.0 -k"
TRIGGER = "udevadm trigger --settle --action=change --subsystem-match=misc"
RESTART = "systemctl restart systemd-udevd"
FORCE, FORCE_NEXT = f"{INSTALL} {RUNNING} --force", f"{INSTALL} {NEXT} --force"
RELOAD = ("devtrio buf save", "modprobe -r rambuf", "modprobe rambuf",
          "devtrio buf restore")
BUILD_CHECKS = {"package", "headers", "build"}
MAKE_LOG = "var/lib/dkms/devtrio/1.0.0/build/make.log"


def build(release=RUNNING):
    """The fixes if DKMS has nothing for the kernel."""
    return f"{INSTALL} {release}", f"! {INSTALL} {release} --force"


# Output

def test_a_healthy_machine_is_ready(m):
    m.status().is_healthy().boots(NEXT)
    code, output = m.devtrio("status")
    lines = output.splitlines()
    m.expect(code == 0 and len(lines) == 4, output)
    for driver, line in zip(DRIVERS, lines):
        m.match(line, rf"^{driver} +1\.0\.0 is loaded, root may use it$")
    m.match(lines[3], "^ready")


def test_verbose_prints_every_check(m):
    checks = m.status().checks
    for option in ("-v", "--verbose"):
        code, output = m.devtrio("status", option)
        m.expect(code == 0, output)
        for check in checks:
            m.match(output, rf"^ok +{check['id']} .*{re.escape(check['subject'] or '')}")


def test_a_problem_is_printed_with_its_log_and_fixes(m):
    m.unbuild(NEXT)
    m.write(MAKE_LOG, f"DKMS make.log for devtrio-1.0.0 for kernel {NEXT} (x86_64)\n"
            "main.c:1: \033[31merror\u2018\n")
    code, output = m.devtrio("status")
    m.expect(code == 5, output)
    m.match(output, rf"^problem +build +{NEXT}: ", r"^ +\| main.c:1: \?\[31merror\?$",
            rf"^ +-> {INSTALL} {NEXT}$", "^1 problem", "^rambuf +1.0.0 is loaded")
    m.no_match(output, "\033", "^ready")
    m.match(m.devtrio("status", user=True)[1], rf"^ +-> sudo {INSTALL} {NEXT}$",
            "sudo devtrio repair$")


def test_fixes_are_quoted_for_the_shell(m):
    m.write("etc/modprobe.d/it's.conf", "blacklist rambuf\n")
    m.match(m.devtrio("status")[1],
            re.escape("rambuf\\b/# &/' '/etc/modprobe.d/it'\\''s.conf'"))


def test_a_terminal_gets_colours(m):
    m.remove(f"lib/modules/{NEXT}/build")
    m.match(m.devtrio("status", typed="")[1], "^\033\\[33mwarning \033\\[0mheaders ")


def test_quiet_prints_nothing_and_exits_with_the_same_code(m):
    m.unbuild(NEXT)
    m.expect(m.devtrio("status", "-q") == (5, "") and not m.error, m.error)


def test_the_worst_problem_sets_the_exit_code(m):
    m.unbuild(NEXT)
    m.status().exits(5)
    m.add_to_dkms("0.9.0")
    m.remove("usr/src/devtrio-0.9.0")
    m.status().exits(1)
    m.node("rambuf").chmod(0o600)
    m.status().exits(7)
    m.remove("sys/module/proc_relate")
    m.status().exits(6)
    m.unbuild(RUNNING)
    m.status().exits(4)
    m.package("devtrio-dkms", None)
    m.remove("usr/src", "var/lib/dkms", "sys/module/*", optional=True)
    m.status().exits(3)


def test_only_the_named_drivers_are_checked(m):
    m.remove("sys/module/beepctrl", f"lib/modules/{NEXT}/updates/dkms/beepctrl.ko")
    m.depmod(NEXT)
    m.status().exits(6)
    report = m.status("proc_relate", "rambuf").is_healthy().ok("loaded", "rambuf")
    report.expect(not report.find("loaded", "beepctrl"), "beepctrl is not asked for")


def test_commands_say_what_status_says(m):
    m.write("etc/os-release", "ID=fedora\n")
    for path in ("etc/group", "sys/module/rambuf"):
        if path == "etc/group":
            m.replace(path, "^rambuf:.*\n", "")
        else:
            m.remove(path)
        m.remove("dev/rambuf", optional=True)
        report = m.status("rambuf", user=True)
        worst = next(c for c in report.checks if c["verdict"] == "problem" and
                     c["exit_code"] == report.code)
        code, output = m.devtrio("buf", "info", user=True)
        m.expect(code == report.code and not output, f"exit code {code}: {m.error}")
        m.match(m.error, rf"^devtrio: cannot open /dev/rambuf: .*{re.escape(worst['text'])}")
        fix = [c["argv"] for c in worst["commands"] if c["automatic"] and not c["stronger"]]
        m.match(m.error, f"fix it with: sudo {' '.join(fix[0])}$")
        m.expect(m.error.count("devtrio: ") == 1, m.error)


# Package and headers

def test_a_missing_package_is_the_one_finding(m):
    m.package("devtrio-dkms", None)
    m.remove("usr/src", "var/lib/dkms", "lib/modules/*/updates", "sys/module/*")
    m.depmod(RUNNING)
    report = m.status().problem(3, "package", None, f"{APT} devtrio-dkms")
    report.only(("package", None)).skipped("loaded", "rambuf", "package")
    m.package("devtrio-dkms", "purge ok not-installed")
    m.status().problem(3, "package", None, f"{APT} devtrio-dkms")
    m.write("archive", "mokutil")
    m.status().problem(3, "package", None, "# devtrio-dkms")


def test_an_unconfigured_package_is_configured(m):
    m.package("devtrio-dkms", "install ok half-configured")
    m.status().problem(1, "package", None, "dpkg --configure devtrio-dkms")


def test_source_without_a_package_is_enough(m):
    m.package("devtrio-dkms", "deinstall ok config-files")
    m.status().is_healthy().ok("package")


def test_prebuilt_modules_need_no_source_and_no_headers(m):
    m.no_package()
    m.status().is_healthy().ok("package", text="prebuilt").ok("build", NEXT)


def test_missing_prebuilt_modules_come_from_their_package(m):
    m.no_package()
    m.lose_files(NEXT)
    m.status().problem(5, "build", NEXT, f"# devtrio-modules-{NEXT}")
    m.sell(f"devtrio-modules-{NEXT}")
    m.status().problem(5, "build", NEXT, f"{APT} devtrio-modules-{NEXT}")
    m.fedora(packages="")
    m.status().problem(5, "build", NEXT, f"dnf install -y kmod-devtrio-{NEXT}")


def test_fedora_asks_for_headers_by_the_capability_of_all_flavours(m):
    m.fedora()
    for release in ("6.11.4-301.fc41.x86_64+debug", "6.12.0-55.el10.x86_64+rt",
                    "5.14.0-570.el9.aarch64+64k"):
        m.add_kernel(release, package=False)
        m.remove(f"lib/modules/{release}/build")
        m.sell(f"kernel-devel-uname-r = {release}")
        m.status("--kernel", release).ok("package").only(("headers", release)).problem(
            5, "headers", release, f"dnf install -y 'kernel-devel-uname-r = {release}'")


def test_a_missing_package_of_fedora(m):
    m.fedora(packages="")
    m.remove("usr/src", "var/lib/dkms", "lib/modules/*/updates", "sys/module/*")
    m.status().problem(3, "package", None, "dnf install -y dkms-devtrio")


def test_an_unknown_package_manager_gives_notes(m):
    m.fedora()
    m.write("etc/os-release", "ID=slackware\n")
    m.remove("usr/local/sbin/rpm", "usr/local/sbin/dnf", f"lib/modules/{NEXT}/build")
    m.status().ok("package").warning("headers", NEXT, "# distribution|package manager")


def test_missing_headers_are_the_cause_of_a_missing_build(m):
    m.remove(f"lib/modules/{RUNNING}/build")
    fix = f"{APT} linux-headers-{RUNNING}"
    m.status().warning("headers", RUNNING, fix)
    m.unbuild(RUNNING)
    m.remove("sys/module/*")
    report = m.status().problem(4, "headers", RUNNING, fix).only(("headers", RUNNING))
    report.skipped("build", RUNNING, "headers").skipped("loaded", "rambuf", "build")
    report.skipped("node", "rambuf", "loaded")


def test_headers_have_the_name_that_apt_knows(m):
    for image, headers, release in (
            ("proxmox-kernel-{}", "proxmox-headers-{}", "6.8.12-4-pve"),
            ("proxmox-kernel-{}-signed", "proxmox-headers-{}", "6.8.12-5-pve"),
            ("linux-image-{}", "linux-headers-{}", "6.11.0-1.1-liquorix-amd64"),
            ("linux-image-{}", "linux-headers-{}", "6.11.5-x64v3-xanmod1"),
            ("linux-image-unsigned-{}", "linux-headers-{}", "6.8.0-45-generic"),
            ("raspberrypi-kernel", "raspberrypi-kernel-headers", "6.1.21-v8+")):
        image, headers = image.format(release), headers.format(release)
        m.boot(release)
        file = f"/boot/vmlinuz-{release}"
        if "rasp" in image:
            file = f"/lib/modules/{release}/modules.builtin"
        m.package(image, files=[file])
        m.status().problem(4, "headers", release, f"# {image}")
        m.sell(headers)
        m.status().problem(4, "headers", release, f"{APT} {headers}")


def test_a_kernel_of_no_package_is_named_so(m):
    m.sell("linux-headers-6.9.0-1")
    for release in ("5.15.153.1-microsoft-standard-WSL2", "6.9.0", "6.9.0-custom+"):
        m.boot(release)
        if "WSL" in release:
            m.remove(f"boot/vmlinuz-{release}")
        m.status().problem(4, "headers", release, "# no package|by hand|outside").only(
            ("headers", release))


def test_a_kernel_that_left_the_archive_is_upgraded_with_its_headers(m):
    release, meta = "6.1.0-0.deb11.21-amd64", "linux-image-6.1-amd64"
    m.boot(release)
    m.package(f"linux-image-{release}", files=[f"/boot/vmlinuz-{release}"])
    m.package(meta, depends=f"linux-image-{release} (= 1.0.0-1)")
    m.status().problem(4, "headers", release, f"# linux-image-{release}")
    m.sell(meta, "linux-headers-6.1-amd64")
    fix = f"? apt-get install {meta} linux-headers-6.1-amd64"
    m.status().problem(4, "headers", release, f"{fix}  # (no longer|left).*reboot")


def test_what_brings_kernels_must_bring_headers(m):
    for release, image, headers in (
            (NEXT, "linux-image-amd64", "linux-headers-amd64"),
            (NEXT, "linux-image-6.1-amd64", "linux-headers-6.1-amd64"),
            ("6.8.0-45-generic", "linux-image-generic-hwe-22.04",
             "linux-headers-generic-hwe-22.04"),
            ("6.8.12-4-pve", "proxmox-kernel-6.8", "proxmox-headers-6.8")):
        kernel = ("proxmox-kernel-" if "pve" in release else "linux-image-") + release
        if release != NEXT:
            m.add_kernel(release, package=False)
            m.install(release)
        m.package(kernel, files=[f"/boot/vmlinuz-{release}"])
        m.status().is_healthy()
        m.package(image, depends=f"{kernel} (= 1), base-files")
        m.sell(image, headers)
        m.package(headers, "deinstall ok config-files")
        m.status().warning("headers", image, f"{APT} {headers}").exits(0)
        m.package(headers)
        m.status().is_healthy().ok("headers", image)
        m.package(image, None)


def test_a_metapackage_without_a_twin_gives_no_command(m):
    m.package("linux-image-foo", depends=f"linux-image-{NEXT}")
    fixes = m.status().exits(0).fixes("headers", "linux-image-foo")
    m.expect(all(fix.startswith("# ") for fix in fixes), str(fixes))


# Build

def test_a_kernel_without_modules_is_built(m):
    m.unbuild(NEXT)
    for words in ((), ("--next-kernel",), ("-k", NEXT)):
        report = m.status(*words).problem(5, "build", NEXT, *build(NEXT))
        report.only(("build", NEXT)).exits(5)
    report.expect({check["id"] for check in report.checks} == BUILD_CHECKS, "only those")
    m.status("--kernel", RUNNING).is_healthy()
    m.unbuild(RUNNING)
    m.remove("sys/module/*")
    report = m.status().problem(4, "build", RUNNING, *build())
    report.only(("build", NEXT), ("build", RUNNING)).skipped("loaded", "rambuf", "build")


def test_an_older_kernel_without_modules_is_a_warning(m):
    m.add_kernel(OLD)
    m.status().warning("build", OLD, *build(OLD)).exits(0)


def test_modules_that_are_built_but_not_installed(m):
    m.lose_files(RUNNING)
    m.remove(f"var/lib/dkms/devtrio/kernel-{RUNNING}-x86_64")
    m.status().problem(4, "build", RUNNING, *build(), text="built")


def test_source_that_dkms_does_not_know_is_added(m):
    m.lose_files(RUNNING)
    m.remove("var/lib/dkms")
    m.status().problem(4, "build", RUNNING, "dkms add -m devtrio -v 1.0.0", *build())


def test_files_that_dkms_believes_installed_are_forced(m):
    m.lose_files(NEXT)
    m.status("--next-kernel").problem(5, "build", NEXT, FORCE_NEXT)
    m.remove(f"lib/modules/{RUNNING}/updates/dkms/rambuf.ko")
    m.depmod(RUNNING)
    m.status().problem(4, "build", RUNNING, FORCE, text="rambuf")
    m.status("beepctrl").ok("build", RUNNING)


def test_another_version_is_overwritten(m):
    m.copy_modules(RUNNING, "0.9.0")
    for driver in DRIVERS:
        m.load(driver, "0.9.0", "BBB")
    report = m.status().problem(..., "build", RUNNING, FORCE, text="0.9.0").exits(1, 4)
    report.only(("build", RUNNING))
    m.add_to_dkms("0.9.0")
    m.install(RUNNING, "0.9.0")
    m.remove(f"var/lib/dkms/devtrio/1.0.0/{RUNNING}")
    m.status().problem(4, "build", RUNNING, FORCE, text="0.9.0")


def test_without_dkms_it_comes_first(m):
    m.unbuild(RUNNING)
    m.remove("usr/local/sbin/dkms")
    m.sell("dkms")
    m.status().problem(4, "build", RUNNING, f"{APT} dkms", *build())


def test_files_that_modprobe_does_not_find_are_installed_again(m):
    updates = m.root / f"lib/modules/{RUNNING}/updates"
    updates.rename(m.root / "away")
    m.depmod(RUNNING)
    (m.root / "away").rename(updates)
    m.status().problem(4, "build", RUNNING, FORCE)


def test_a_failed_build_shows_the_end_of_its_log(m):
    m.unbuild(RUNNING)
    numbers = "".join(f"{i}\n" for i in range(2, 13))
    m.write(MAKE_LOG, f"DKMS make.log for devtrio-1.0.0 for kernel {RUNNING} (x86_64)\n"
            f"1\n{numbers}main.c:1: error: \u2018x\u2019\n")
    log = m.status().problem(4, "build", RUNNING, *build()).find("build", RUNNING)["log"]
    m.expect(log == f"{numbers}main.c:1: error: ?x?\n", log)
    m.write(MAKE_LOG,
            f"DKMS (dkms-3.2.2) make.log for devtrio/1.0.0 for kernel {RUNNING}x (x)\n")
    log = m.status().find("build", RUNNING)["log"]
    m.expect(log is None, f"this is the log of another kernel: {log}")


def test_a_failed_build_of_modified_source_blames_the_source(m):
    path = "usr/src/devtrio-1.0.0/src/modules/Kbuild"
    m.write(path, "mine\n")
    m.package("devtrio-dkms", files=[f"/{path}"])
    m.write("var/lib/dpkg/info/devtrio-dkms.md5sums", f"{'0' * 32}  {path}\n")
    m.status().exits(0)
    m.unbuild(RUNNING)
    m.write(MAKE_LOG, f"DKMS make.log for devtrio-1.0.0 for kernel {RUNNING} (x86_64)\n")
    report = m.status().problem(4, "build", RUNNING, ..., text="Kbuild")
    equal(report.fixes("build", RUNNING)[0], f"{APT} --reinstall devtrio-dkms", "fix")


def test_a_running_kernel_of_elsewhere_gets_no_command(m):
    m.remove(f"lib/modules/{RUNNING}", "sys/module/*")
    report = m.status().exits(4).boots(NEXT)
    m.match(str(report), f"problem 4 .*{RUNNING}.*\\n *-> # ")
    m.no_match(str(report), "-> [^#]")
    m.remove("lib/modules/*", "boot/*")
    m.status().boots(None)


# Which kernel boots next

def test_leftovers_of_a_kernel_are_not_a_kernel(m):
    m.write("lib/modules/7.0.0-1-amd64/updates/x")
    m.write("lib/modules/7.0.0-1-amd64/modules.dep")
    m.write("lib/modules/7.0.0-2-amd64/build/x")
    m.status().is_healthy().boots(NEXT)
    m.write("boot/vmlinuz-7.0.0-2-amd64")
    m.status().boots("7.0.0-2-amd64")


def test_the_next_kernel_is_the_newest_of_the_running_flavour(m):
    for release, wanted in (
            ("6.1.0-10-rt-amd64", NEXT), ("6.1.0-11-rt-amd64", "6.1.0-11-rt-amd64"),
            ("6.10-rc7-amd64", "6.10-rc7-amd64"), ("6.10-amd64", "6.10-amd64"),
            ("6.10-rc8-amd64", "6.10-amd64"), ("6.10-amd64-old", "6.10-amd64"),
            ("6.10-amd64.old", "6.10-amd64"), ("6.9.0", "6.10-amd64"),
            ("6.10.1", "6.10.1"), ("6.10.1-rc1+", "6.10.1"),
            ("6.10.2-custom+", "6.10.2-custom+")):
        m.add_kernel(release)
        m.status("-n").boots(wanted)


def test_grub_tells_the_next_kernel(m):
    m.unbuild(NEXT)
    for default, path, first, wanted in (
            ("0", "/boot/vmlinuz", RUNNING, RUNNING), ("0", "/vmlinuz", NEXT, NEXT),
            ("0", "/vmlinuz", RUNNING, RUNNING),
            ("${saved_entry}", "/vmlinuz", RUNNING, NEXT)):
        m.write("boot/grub/grub.cfg", f"""
if [ "${{next_entry}}" ] ; then
   set default="${{next_entry}}"
else
   set default="{default}"
fi
menuentry 'Debian' --class gnu-linux {{
\tlinux\t{path}-{first} root=UUID=1 ro quiet
\tinitrd\t/boot/initrd.img-{first}
}}
menuentry 'Debian' --class gnu-linux {{
\tlinux\t{path}-{NEXT if first == RUNNING else RUNNING} root=UUID=1 ro quiet
}}\n""")
        m.status("-n").boots(wanted).exits(5 if wanted == NEXT else 0)
    m.status().problem(5, "build", NEXT, ...)


def test_grubby_tells_the_next_kernel(m):
    m.unbuild(NEXT)
    m.answer("grubby", f"/boot/vmlinuz-{RUNNING}")
    m.status("-n").boots(RUNNING).exits(0)
    m.status().warning("build", NEXT, ...)
    m.answer("grubby", "no default kernel", 1)
    m.status("-n").boots(NEXT).exits(5)


# Stale entries of DKMS

def test_an_older_version_is_removed(m):
    m.add_to_dkms("0.9.0")
    m.status().warning("stale", "0.9.0", "dkms remove -m devtrio -v 0.9.0 --all")


def test_an_entry_without_source_is_deleted(m):
    m.add_to_dkms("0.9.0")
    m.remove("usr/src/devtrio-0.9.0")
    m.status().problem(1, "stale", "0.9.0", "rm -rf /var/lib/dkms/devtrio/0.9.0",
                       "find /var/lib/dkms/devtrio -maxdepth 1 -xtype l -delete")


def test_an_entry_of_another_package_is_left_to_the_user(m):
    m.link("var/lib/dkms/stranger/1.0/source", "/usr/src/stranger-1.0")
    m.status().warning("stale", "stranger/1.0",
                       "? rm -r /var/lib/dkms/stranger/1.0").exits(0)


# What an ordinary user can't read

def test_unreadable_directories_are_not_missing(m):
    for path, name in (("usr/src", "/usr/src"), ("usr/lib/modules", "/lib/modules"),
                       ("boot", ""), ("var/lib/dkms", "/var/lib/dkms")):
        with m.closed(path):
            report = m.status(user=True)
        findings = [c for c in report.checks if c["id"] in
                    BUILD_CHECKS | {"stale", "signing", "boot", "loaded"}]
        report.expect(all(c["verdict"] in ("ok", "skipped") for c in findings) and
                      len(findings) > 5, f"/{path} is closed")
        m.match(str(report), f"only root can read {name}" if name else "ok 0 build")
        if "usr" in path:
            report.skipped("headers", RUNNING, "only root can")
        m.no_match(str(report), r"-> .*\b(rm|dkms|apt-get|mv|find|depmod) ")


def test_unreadable_modules_and_configuration_are_not_missing(m):
    for path, name, check in (("sys/module", "/sys/module/rambuf", "loaded"),
                              ("etc/modprobe.d", "/etc/modprobe.d", "boot"),
                              ("etc/modules-load.d", "/etc/modules-load.d", "boot"),
                              ("etc/udev", "/etc/udev/rules.d", "rules")):
        (m.root / path).mkdir(parents=True, exist_ok=True)
        with m.closed(path):
            report = m.status(user=True)
        subject = None if "load.d" in path or check == "rules" else "rambuf"
        report.skipped(check, subject, f"only root can read {name}")
        report.expect(all(c["verdict"] != "problem" or c["id"] == "access"
                          for c in report.checks), f"/{path} is closed")


def test_an_unreadable_kernel_is_never_safe_to_boot(m):
    with m.closed("usr/lib/modules"):
        m.status("--next-kernel", user=True).exits(7)
        m.expect(m.devtrio("status", "-nq", user=True) == (7, ""), "--quiet")
    with m.closed(f"usr/lib/modules/{NEXT}"):
        m.status("-n", user=True).exits(7)
        m.status("--kernel", NEXT, user=True).exits(7)
        m.status("--kernel", RUNNING, user=True).exits(0)
    with m.closed(f"usr/lib/modules/{NEXT}/updates"):
        m.status("-n", user=True).exits(7)


def test_an_unbuilt_kernel_is_never_safe_to_boot(m):
    m.unbuild(NEXT)
    for path in ("usr/src", "boot", "var/lib/dkms", "etc"):
        with m.closed(path):
            m.status("--next-kernel", user=True).exits(5, 7)


# Signatures

REFUSERS = {
    "sig_enforce": ("sys/module/module/parameters/sig_enforce", "Y\n"),
    "lockdown": ("sys/kernel/security/lockdown", "none [integrity] confidentiality\n"),
    "Secure Boot": ("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-"
                    "00e098032b8c", "\6\0\0\0\1")}


def sign_all(m, *refusers):
    """Signed modules that are not loaded, and what refuses unsigned ones."""
    m.remove("sys/module/*")
    for name in refusers:
        m.write(*REFUSERS[name])
    for release in (RUNNING, NEXT):
        for driver in DRIVERS:
            m.sign(driver, release)
    m.write("var/lib/dkms/mok.pub", "key")


def test_what_refuses_unsigned_modules_is_named(m):
    m.remove("sys/module/rambuf")
    m.write("var/lib/dkms/mok.pub", "key")
    m.status().ok("signing", RUNNING)
    for name, (path, text) in REFUSERS.items():
        m.write(path, text)
        m.status().problem(6, "signing", RUNNING, FORCE, text=name).problem(
            5, "signing", NEXT, FORCE_NEXT, text=name).skipped("loaded", "rambuf", "sign")
        m.remove(path)
    m.write("sys/module/module/parameters/sig_enforce", "N\n")
    m.write(*REFUSERS["Secure Boot"])
    m.write("sys/kernel/security/lockdown", "[none] integrity confidentiality\n")
    m.status().ok("signing", RUNNING)


def test_a_key_that_is_not_enrolled_is_left_to_the_user(m):
    sign_all(m, "Secure Boot", "lockdown")
    m.answer("mokutil", "/var/lib/dkms/mok.pub is not enrolled")
    fix = "? mokutil --import /var/lib/dkms/mok.pub  # reboot"
    m.status().problem(6, "signing", RUNNING, fix, text="Secure Boot").skipped(
        "loaded", "rambuf", "sign")
    m.answer("mokutil", "/var/lib/dkms/mok.pub is already in the enrollment request")
    m.status().problem(6, "signing", RUNNING, "? reboot  # confirm")
    m.answer("mokutil", "/var/lib/dkms/mok.pub is already enrolled")
    m.status().ok("signing", RUNNING).problem(6, "loaded", "rambuf", "modprobe rambuf")
    m.remove("usr/local/sbin/mokutil")
    equal(m.status().fixes("signing", RUNNING), [f"{APT} mokutil"], "without mokutil")


def test_without_secure_boot_mokutil_is_not_asked(m):
    sign_all(m, "sig_enforce")
    m.tool("mokutil", "echo is not enrolled")
    m.match(str(m.status()), "sig_enforce")
    m.no_match(m.read("log"), "mokutil")


def test_the_key_is_the_one_that_dkms_is_configured_to_use(m):
    sign_all(m, "Secure Boot")
    m.answer("mokutil", "is not enrolled")
    for name in "abc":
        m.write(f"root/{name}.der", "key")
    ubuntu, conf = "var/lib/shim-signed/mok/MOK.der", "etc/dkms/framework.conf"
    for path, text, key in (
            (ubuntu, "key", f"/{ubuntu}"),
            (conf, "# mok_certificate=/no\nmok_certificate=/root/a.der\n", "/root/a.der"),
            (f"{conf}.d/10-b.conf", 'mok_certificate="/root/b.der"\n', "/root/b.der"),
            (f"{conf}.d/20-c.txt", "mok_certificate=/root/c.der\n", "/root/b.der")):
        m.write(path, text)
        m.status().problem(6, "signing", RUNNING, f"? mokutil --import {key}")


def test_prebuilt_modules_bring_their_key(m):
    m.no_package()
    sign_all(m, "Secure Boot")
    m.answer("mokutil", "is not enrolled")
    m.no_match(str(m.status()), "mok.pub")
    m.write(f"usr/share/devtrio/{RUNNING}.der", "key")
    m.status().problem(6, "signing", RUNNING,
                       f"? mokutil --import /usr/share/devtrio/{RUNNING}.der")


# Boot and load

def test_a_blacklist_line_is_commented_out(m):
    m.write("etc/modprobe.d/no.conf", "# no\n  blacklist\tproc-relate\n"
            "install rambuf /bin/false\n"
            "install beepctrl /sbin/modprobe -i beepctrl && /usr/bin/notify\n")
    line = "sed -i -E 's/^\\s*{}\\b/# &/' /etc/modprobe.d/no.conf"
    fix = line.format(r"blacklist\s+proc[_-]relate")
    report = m.status().warning("boot", "proc_relate", fix, text="modprobe.d/no.conf")
    report.warning("boot", "rambuf", line.format(r"install\s+rambuf"))
    report.ok("boot", "beepctrl")
    m.remove("sys/module/proc_relate")
    m.status().problem(6, "boot", "proc_relate", fix).skipped(
        "loaded", "proc_relate", "boot|blacklist")


def test_a_ban_of_a_package_or_the_boot_loader_is_left_to_the_user(m):
    m.write("usr/lib/modprobe.d/no.conf", "blacklist rambuf\n")
    m.write("proc/cmdline", "quiet module_blacklist=foo,beepctrl,bar ro\n")
    report = m.status().warning("boot", "rambuf", "# /usr/lib/modprobe.d/no.conf")
    report.warning("boot", "beepctrl", "# command line").ok("boot", "proc_relate")


def test_a_mask_of_the_load_list_is_moved_away(m):
    path = "/etc/modules-load.d/devtrio.conf"
    m.link(path[1:], "/dev/null")
    m.status().warning("boot", None, f"mv {path} {path}.masked")
    m.remove("sys/module/*")
    report = m.status().problem(6, "boot", None, f"mv {path} {path}.masked")
    report.only(("boot", None)).skipped("loaded", "rambuf", "boot")


def test_a_driver_that_the_load_list_leaves_out_is_a_warning(m):
    m.write("etc/modules-load.d/devtrio.conf", "rambuf\n")
    m.status().ok("boot", "rambuf").warning("boot", "beepctrl", "# beepctrl")
    m.remove("etc/modules-load.d", "usr/lib/modules-load.d")
    m.status().warning("boot", None, f"{APT} --reinstall devtrio")


def test_a_module_that_is_not_loaded(m):
    m.remove("sys/module/beepctrl")
    report = m.status().problem(6, "loaded", "beepctrl", "modprobe beepctrl")
    report.only(("loaded", "beepctrl")).skipped("node", "beepctrl", "loaded")
    report.skipped("access", "beepctrl", "node|loaded")
    m.write("sys/module/beepctrl/initstate", "coming\n")
    m.status().problem(6, "loaded", "beepctrl", ...)


def test_modules_disabled_is_named_and_only_a_reboot_helps(m):
    m.remove("sys/module/beepctrl")
    m.write("proc/sys/kernel/modules_disabled", "1\n")
    m.status().problem(6, "loaded", "beepctrl", "? reboot", text="modules_disabled")


def test_an_old_module_is_reloaded_and_the_buffer_kept(m):
    m.load("beepctrl", "0.9.0", "BBB")
    m.load("rambuf", "1.0.0", "BBB")
    m.status().problem(1, "loaded", "rambuf", *RELOAD).problem(
        1, "loaded", "beepctrl", "modprobe -r beepctrl", "modprobe beepctrl")
    m.load("beepctrl", "0.9.0", refcnt=1)
    m.write("sys/module/rambuf/holders/other")
    m.status().problem(1, "loaded", "beepctrl", "# in use", "? reboot").problem(
        1, "loaded", "rambuf", "# in use", "? reboot")


def test_an_old_module_in_the_initramfs_is_named(m):
    m.load("rambuf", "0.9.0", "BBB")
    m.write(f"boot/initrd.img-{RUNNING}")
    m.answer("lsinitramfs", f"usr/lib/modules/{RUNNING}/kernel/fs/ext4.ko")
    m.status().problem(1, "loaded", "rambuf", *RELOAD)
    m.answer("lsinitramfs", f"usr/lib/modules/{RUNNING}/updates/dkms/rambuf.ko.xz")
    m.status().problem(1, "loaded", "rambuf", f"update-initramfs -u -k {RUNNING}",
                       *RELOAD, text="initramfs")
    m.remove("usr/local/sbin/*initramfs", f"boot/initrd.img-{RUNNING}")
    m.write(f"boot/initramfs-{RUNNING}.img")
    m.answer("lsinitrd", f"-rw-r--r-- 1 root root 9 usr/lib/modules/{RUNNING}/rambuf.ko")
    m.tool("dracut")
    m.status().problem(1, "loaded", "rambuf", f"dracut --force --kver {RUNNING}",
                       *RELOAD, text="initramfs")


# Groups, rules, nodes, access

def test_a_missing_group_is_created(m):
    m.replace("etc/group", "^rambuf:.*\n", "")
    report = m.status().problem(7, "group", "rambuf", "systemd-sysusers devtrio.conf",
                                "! groupadd --system rambuf")
    report.only(("group", "rambuf")).skipped("access", "rambuf", "group")
    report.ok("group", "beep")
    m.remove("usr/local/sbin/systemd-sysusers")
    m.status().problem(7, "group", "rambuf", "groupadd --system rambuf")


def test_a_group_above_the_system_range_is_a_warning(m):
    for login_defs, gid, free in (("SYS_GID_MAX 65000", 65001, 65000), ("", 1000, 999)):
        m.write("etc/login.defs", f"#SYS_GID_MAX 5\n{login_defs}\n")
        m.replace("etc/group", "^beep:x:[0-9]+", f"beep:x:{gid}")
        m.status().warning("group", "beep", f"? groupmod --gid {free} beep").problem(
            7, "node", "beepctrl", RESTART, TRIGGER, "! chgrp beep /dev/beepctrl",
            "! chmod 0660 /dev/beepctrl")
    m.replace("etc/group", "^beep:x:1000", "beep:x:999")
    m.status().ok("group", "beep")


def test_masked_rules_are_moved_away_and_missing_ones_reinstalled(m):
    path = "/etc/udev/rules.d/60-devtrio.rules"
    m.link(path[1:], "/dev/null")
    fixes = m.status().problem(1, "rules", None, ...).fixes("rules")
    equal(fixes, [f"mv {path} {path}.masked", RESTART, TRIGGER], "fixes")
    m.remove("etc/udev", "usr/lib/udev")
    m.status().problem(1, "rules", None, f"{APT} --reinstall devtrio")
    m.write("archive")
    m.status().problem(1, "rules", None, "# devtrio")


def test_a_wrong_node_is_replaced_and_nothing_is_deleted(m):
    m.remove("dev/beepctrl", "dev/proc_relate")
    m.write("dev/proc_relate", "mine")
    m.write("sys/class/misc/beepctrl/dev", "10:98\n")
    m.write("sys/class/misc/proc_relate/dev", "10:99\n")
    m.status().skipped("access", "beepctrl", "node").problem(
        1, "node", "beepctrl", "mknod -m 0660 /dev/beepctrl c 10 98",
        "chgrp beep /dev/beepctrl", RESTART, TRIGGER).problem(
        1, "node", "proc_relate",
        "mv --backup=numbered /dev/proc_relate /dev/proc_relate.old",
        "mknod -m 0660 /dev/proc_relate c 10 99", "chgrp procrelate /dev/proc_relate",
        RESTART, TRIGGER)
    m.remove("sys/class/misc/beepctrl")
    m.status().problem(1, "node", "beepctrl", "# log")


def test_every_buffer_has_a_node_with_the_right_mode(m):
    m.add_node("rambuf1", "rambuf")
    m.status().is_healthy()
    m.node("rambuf1").chmod(0o600)
    fixes = TRIGGER, "! chgrp rambuf /dev/rambuf1", "! chmod 0660 /dev/rambuf1"
    m.status().problem(7, "node", "rambuf", RESTART, *fixes, text="rambuf1")
    m.remove("run/systemd", "usr/local/sbin/systemctl")
    m.status().problem(7, "node", "rambuf", "udevadm control --reload", *fixes)
    m.remove("dev/rambuf1")
    m.status().problem(1, "node", "rambuf", ..., text="rambuf1")


def test_sudo_checks_the_user_who_called_it(m):
    m.need_root()
    m.environment["SUDO_UID"] = str(ALICE)
    m.status().ok("access", "rambuf", "alice").problem(
        7, "access", "beepctrl", "gpasswd -a alice beep", "# log in again")
    m.match(m.devtrio("status")[1], "^rambuf +1.0.0 is loaded, alice ")


def test_an_ordinary_user_must_be_in_the_group_and_in_the_session(m):
    m.need_root()
    m.status(user=True).ok("access", "rambuf", "alice").problem(
        7, "access", "beepctrl", "gpasswd -a alice beep", "# log in again")
    m.match(m.devtrio("status", user=True)[1],
            "^rambuf +1.0.0 is loaded, alice may use it$")
    m.replace("etc/group", "^beep:.*:$", r"\g<0>alice")
    m.status(user=True).problem(7, "access", "beepctrl", "# log in again", text="session")


def test_users_and_groups_of_a_directory_get_advice_that_works(m):
    m.need_root()
    m.write("etc/nss-passwd", "directory.user:x:50001:50001::/:/bin/sh\n")
    m.environment["SUDO_UID"] = "50001"
    m.status().problem(7, "access", "rambuf", "gpasswd -a directory.user rambuf",
                       "# log in again")
    m.environment["SUDO_UID"] = str(ALICE)
    line = re.search("^beep:.*\n", m.read("etc/group"), re.M)[0]
    m.replace("etc/group", line, "")
    m.write("etc/nss-group", line)
    report = m.status().ok("group", "beep").problem(7, "access", "beepctrl", ...)
    m.match("\n".join(report.fixes("access", "beepctrl")), "log in again",
            "^\\? sh -c 'getent group beep >>/etc/group", "gpasswd -a .\\$0. beep' alice")


def test_buzzers_are_counted_and_absent_ones_named(m):
    m.status().ok("buzzers", "beepctrl")
    m.environment["FAKE_BUZZERS"] = ""
    m.status().warning("buzzers", "beepctrl", ...)
    m.environment["FAKE_BUZZERS"] = "gpiochip0:25,!pinctrl-bcm2835:537"
    m.write("sys/module/beepctrl/parameters/lines", "gpiochip0:25,pinctrl-bcm2835:537\n")
    report = m.status()
    bad = [c["subject"] for c in report.checks if c["id"] == "buzzers" and c["commands"]]
    report.expect(bad == ["pinctrl-bcm2835:537"], "one buzzer is absent")


def check_schema(tap):
    reports = FakeMachine.reports
    here = json.loads(subprocess.run([DEVTRIO, "status", "--json"], check=False,
                                     stdout=subprocess.PIPE).stdout)
    tap.test(not schema_error(here), "the report on this machine is valid", str(here))
    ids = {check["id"] for report in reports for check in report["checks"]}
    known = set(SCHEMA["definitions"]["check"]["properties"]["id"]["enum"])
    tap.test(ids == known, "every check of the schema occurred", str(ids ^ known))
    codes = {report["exit_code"] for report in reports}
    tap.test(codes >= {0, 1, 3, 4, 5, 6, 7}, "all exit codes occurred", str(codes))
    sick = next(report for report in reports if report["exit_code"])
    for fields in ({"exit_code": 0}, {"commands": []}, {"verdict": "bad"}, {"id": "frob"},
                   {"text": ""}, {"more": 1}):
        report = copy.deepcopy(sick)
        next(c for c in report["checks"] if c["verdict"] == "problem").update(fields)
        tap.test(schema_error(report), f"the schema rejects {fields}")


sys.exit(run_tests(dict(globals()), check_schema))
