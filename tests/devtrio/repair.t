#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of devtrio repair on broken machines, with tools that fix them, that fail, or
that change nothing. $DEVTRIO overrides the binary."""
import re
import sys

from fake_machine import DRIVERS, GIDS, NEXT, RUNNING, equal, run_tests

INSTALL = f"dkms install -m devtrio -v 1.0.0 -k {RUNNING}"
SYSUSERS = "systemd-sysusers devtrio.conf"
TRIGGER = "udevadm trigger --settle --action=change --subsystem-match=misc"
HEADERS = f"apt-get install -y linux-headers-{RUNNING}"

# Tools that work.
TOOLS = {
    "apt-get": f"mkdir -p /lib/modules/{RUNNING}/build/include",
    "dkms": r"""
[ $1 = remove ] && rm -r /var/lib/dkms/devtrio/$5
[ $1 = install ] || exit 0
shift; target=$4/$6/x86_64 modules=/lib/modules/$6/updates/dkms
mkdir -p /var/lib/dkms/devtrio/$target/module $modules
ln -sfn $target /var/lib/dkms/devtrio/kernel-$6-x86_64
for driver in proc_relate beepctrl rambuf; do cp /fake/$4.ko $modules/$driver.ko; done
/usr/sbin/depmod $6""",
    "modprobe": r"""
[ $1 = -r ] && exec rm -r /sys/module/$2
mkdir -p /sys/module/$1/holders; cd /sys/module/$1
echo live >initstate; echo 1.0.0 >version; echo AAA >srcversion; echo 0 >refcnt""",
    "systemd-sysusers": "".join(f"grep -q ^{group}: /etc/group || "
                                f"echo {group}:x:{gid}: >>/etc/group\n"
                                for group, gid in GIDS.items()),
    "groupadd": f"echo $2:x:{GIDS['rambuf']}: >>/etc/group",
}


def working(m, *names):
    for name in names or TOOLS:
        m.tool(name, TOOLS[name])


def repair(m, code, calls, *words, **streams):
    """Expect an exit code and exactly these commands; return what it printed."""
    got, output = m.devtrio("repair", *words, **streams)
    m.expect(m.calls() == calls, f"ran {m.calls()}, not {calls}:\n{output}{m.error}")
    m.expect(got == code, f"exit code {got}, not {code}:\n{output}{m.error}")
    return output + m.error


def is_healthy(m):
    m.status().is_healthy()


def test_a_healthy_machine_needs_nothing(m):
    repair(m, 0, [])
    repair(m, 0, [], "-y")


def test_dry_run_shows_the_commands_and_runs_none(m):
    working(m)
    m.unbuild(RUNNING)
    for option, user in (("-n", False), ("--dry-run", True)):
        code, output = m.devtrio("repair", option, user=user)
        m.match(output, INSTALL)
        m.expect(m.calls() == [] and code in (4, 7 if user else 4), output)
    m.status().problem(4, "build", RUNNING, ...)


def test_without_a_terminal_it_reads_the_answer(m):
    m.remove("sys/module/rambuf")
    working(m)
    m.match(repair(m, 2, [], piped=""), "no answer; .* devtrio repair --yes")
    repair(m, 6, [], piped="n\n")
    repair(m, 6, [], piped="\n")
    repair(m, 0, ["modprobe rambuf"], piped="y\n")


def test_an_ordinary_user_may_not_repair(m):
    m.remove("sys/module/rambuf")
    code, _ = m.devtrio("repair", "-y", user=True)
    m.expect(code == 7 and not m.calls(), f"exit code {code}, ran {m.calls()}")
    m.match(m.error, "root|sudo")


def test_on_a_terminal_it_asks_and_only_yes_runs(m):
    working(m)
    m.remove("sys/module/rambuf")
    repair(m, 2, [], typed="\4")
    for typed in ("n\n", "\n", "x\n"):
        m.match(repair(m, 6, [], typed=typed), "modprobe rambuf", r"\[y/N\]")
    output = repair(m, 0, ["modprobe rambuf"], typed="y\n")
    m.match(output, r"Run these commands\? \[y/N\]")
    is_healthy(m)


def test_commands_run_in_the_order_in_which_they_need_each_other(m):
    working(m)
    m.add_to_dkms("0.9.0")
    m.remove("usr/src/devtrio-0.9.0", "sys/module/*")
    m.unbuild(RUNNING)
    masked = "/etc/modules-load.d/devtrio.conf"
    m.link(masked[1:], "/dev/null")
    m.replace("etc/group", "^rambuf:.*\n", "")
    loads = [f"modprobe {name}" for name in DRIVERS]
    output = repair(m, 0, [INSTALL, SYSUSERS, *loads], "-y")
    equal(re.findall("^# (.*)", output, re.M), [
        "rm -rf /var/lib/dkms/devtrio/0.9.0",
        "find /var/lib/dkms/devtrio -maxdepth 1 -xtype l -delete", INSTALL,
        f"mv {masked} {masked}.masked", SYSUSERS, *loads], "order")
    is_healthy(m)
    m.expect((m.root / f"{masked[1:]}.masked").is_symlink(), "the mask is not kept")


def test_headers_come_before_the_build(m):
    working(m)
    m.remove(f"lib/modules/{RUNNING}/build", "sys/module/rambuf")
    m.unbuild(RUNNING)
    repair(m, 0, [HEADERS, INSTALL, "modprobe rambuf"], "-y")
    is_healthy(m)


def test_new_findings_are_asked_about_again(m):
    working(m)
    for typed, code in (("y\nn\n", 6), ("y\ny\n", 0)):
        m.remove("sys/module/rambuf")
        m.write("etc/modprobe.d/no.conf", "blacklist rambuf\n")
        calls = ["modprobe rambuf"] * (not code)
        output = repair(m, code, calls, typed=typed)
        m.expect(output.count("[y/N]") == 2, output)
        m.match(m.read("etc/modprobe.d/no.conf"), "^# blacklist rambuf")
        if code:
            m.load("rambuf")
    is_healthy(m)


def test_yes_covers_new_findings(m):
    working(m)
    m.remove("sys/module/rambuf")
    m.write("etc/modprobe.d/no.conf", "blacklist rambuf\n")
    repair(m, 0, ["modprobe rambuf"], "--yes")
    is_healthy(m)


def test_after_a_failure_it_goes_on_with_the_others(m):
    working(m)
    m.tool("systemd-sysusers", "exit 1")
    m.tool("groupadd", "exit 1")
    m.replace("etc/group", "^rambuf:.*\n", "")
    m.remove("sys/module/beepctrl")
    output = repair(
        m, 7, [SYSUSERS, "groupadd --system rambuf", "modprobe beepctrl"], "-y")
    m.match(output, "still there.*rambuf", f"{SYSUSERS}.* 1")
    m.status().ok("loaded", "beepctrl").only(("group", "rambuf"))


def test_a_command_that_changes_nothing_is_followed_by_the_stronger_one(m):
    m.unbuild(RUNNING)
    m.tool("dkms", f'case "$*" in *--force) {TOOLS["dkms"]}\nesac')
    repair(m, 0, [INSTALL, f"{INSTALL} --force"], "-y")
    is_healthy(m)


def test_if_the_stronger_one_changes_nothing_it_says_so_once(m):
    m.unbuild(RUNNING)
    m.remove("sys/module/*")
    output = repair(m, 4, [INSTALL, f"{INSTALL} --force"], "-y")
    m.match(output, f"still there.*{RUNNING}")
    m.status().exits(4)


def test_the_stronger_one_does_not_run_without_need(m):
    working(m)
    m.unbuild(RUNNING)
    repair(m, 0, [INSTALL], "-y")
    is_healthy(m)


def test_a_command_that_fails_but_fixes_is_enough(m):
    m.tool("dkms", f"({TOOLS['dkms']}\n); exit 11")
    m.unbuild(RUNNING)
    m.remove("sys/module/rambuf")
    working(m, "modprobe")
    output = repair(m, 0, [INSTALL, "modprobe rambuf"], "-y")
    m.no_match(output, "still there")
    is_healthy(m)


def test_a_warning_that_is_still_there_fails(m):
    m.remove(f"lib/modules/{RUNNING}/build")
    m.tool("apt-get", "exit 100")
    m.status().exits(0)
    m.match(repair(m, 1, [HEADERS], "-y"), f"still there.*{RUNNING}")


def test_a_command_that_changes_only_the_text_is_not_repeated_for_ever(m):
    m.load("beepctrl", "0.9.0")
    m.tool("modprobe", "echo x >>/sys/module/beepctrl/count\n"
           "wc -l </sys/module/beepctrl/count >/sys/module/beepctrl/version")
    code, output = m.devtrio("repair", "-y")
    m.expect(code == 1 and 2 <= len(m.calls()) < 20, f"{code}: {m.calls()} {output}")


def test_modules_that_dkms_believes_installed_are_forced(m):
    working(m)
    m.lose_files(NEXT)
    repair(m, 0, [f"dkms install -m devtrio -v 1.0.0 -k {NEXT} --force"], "-y")
    is_healthy(m)


def test_without_systemd_it_uses_other_tools(m):
    working(m)
    m.remove("run/systemd", "usr/local/sbin/system*")
    m.node("beepctrl").chmod(0o600)
    m.replace("etc/group", "^rambuf:.*\n", "")
    repair(m, 0, ["groupadd --system rambuf", "udevadm control --reload", TRIGGER], "-y")
    is_healthy(m)


def test_a_node_that_udev_does_not_correct_is_corrected(m):
    m.node("rambuf").chmod(0o666)
    repair(m, 0, ["systemctl restart systemd-udevd", TRIGGER], "-y", "rambuf")
    is_healthy(m)


def test_without_a_repository_nothing_is_fetched(m):
    m.write("archive")
    m.remove("usr/lib/udev", "usr/lib/modules-load.d", f"lib/modules/{RUNNING}/build")
    m.status().problem(1, "rules", None, ...).warning("headers", RUNNING, ...)
    repair(m, 1, [], "-y")


def test_what_the_user_decides_is_shown_and_not_run(m):
    m.load("rambuf", "0.9.0", "BBB", refcnt=1)
    m.link("var/lib/dkms/stranger/1.0/source", "/usr/src/stranger-1.0")
    output = repair(m, 1, [], "-y")
    m.match(output, "reboot", "rm -r /var/lib/dkms/stranger/1.0")
    m.expect((m.root / "var/lib/dkms/stranger/1.0/source").is_symlink(), "it was removed")


def test_only_the_named_drivers_are_repaired(m):
    working(m)
    m.remove("sys/module/rambuf", "sys/module/beepctrl")
    repair(m, 0, ["modprobe rambuf"], "-y", "rambuf")
    m.status().only(("loaded", "beepctrl"))


def test_reloading_keeps_the_content_of_the_buffer(m):
    working(m)
    m.load("rambuf", "0.9.0", "BBB")
    repair(m, 0, ["devtrio buf save", "modprobe -r rambuf", "modprobe rambuf",
                  "devtrio buf restore"], "-y")
    is_healthy(m)


def test_a_module_is_not_removed_if_its_content_can_not_be_saved(m):
    working(m)
    m.load("rambuf", "0.9.0", "BBB")
    m.tool("devtrio", "exit 1")
    output = repair(m, 1, ["devtrio buf save"], "-y")
    m.match(output, "still there.*rambuf")


def test_a_file_in_the_place_of_a_node_is_kept(m):
    target = m.node("rambuf").relative_to("/dev")
    number = m.read("sys/class/misc/rambuf/dev").strip().replace(":", " ")
    m.tool("mknod", f"ln -s {target} $3")
    m.write("dev/rambuf.old", "first")
    m.write("dev/rambuf", "second")
    m.devtrio("repair", "-y")
    m.expect(f"mknod -m 0660 /dev/rambuf c {number}" in m.calls(), str(m.calls()))
    is_healthy(m)
    equal(m.read("dev/rambuf.old"), "second", "the file that was in the way")
    equal(m.read("dev/rambuf.old.~1~"), "first", "the file that had its new name")


sys.exit(run_tests(dict(globals())))
