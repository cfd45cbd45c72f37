#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Breaks a machine in many ways: devtrio status finds each problem, devtrio repair
fixes it, and status is clean again. Files of other packages stay untouched."""
import json
import sys

import jsonschema

from debian import Debian12
from machine import ARCHIVE, MODULES
from scenario import play, vm

SCHEMA = json.loads((vm.TOP / "src/devtrio/status/status.schema.json").read_text())
REPAIR = "SUDO_UID=$(id -u alice) devtrio repair -y"
STRANGER = "/var/lib/dkms/stranger"


class Doctor(Debian12):
    def status(self, exits, user="alice", options=""):
        """Validates the report against its schema; returns its problems and warnings."""
        output = self.run(f"devtrio status --json {options}", user=user, exits=exits)
        report = json.loads(output)
        jsonschema.validate(report, SCHEMA)
        self.check(report["exit_code"] == exits, "the report has the exit code")
        # Ignore the missing GPIO lines and the other package's DKMS entry.
        return {(check["id"], check["subject"]): check
                for check in report["checks"]
                if check["verdict"] in ("warning", "problem")
                and check["id"] != "buzzers"
                and check["subject"] != "stranger/1.0"}

    def finds(self, exits, name, subject=None, verdict="problem", **options):
        found = self.status(exits, **options)
        check = found.get((name, subject))
        self.check(check and check["verdict"] == verdict,
                   f"{name} of {subject}: {verdict}")
        return check

    def repairs(self):
        self.run(REPAIR, seconds=1500)
        self.check(not self.status(0), "status reports no problems")

    def case(self, name, command, *found, **options):
        """A step that breaks the machine with a command, finds and repairs it."""
        def action():
            self.run(command)
            self.finds(*found, **options)
            self.repairs()
        self.step(name, action)

    # Built and installed

    def no_headers(self):
        self.run("DEBIAN_FRONTEND=noninteractive apt-get purge -y "
                 f"linux-headers-{self.older}")
        self.run("devtrio status", exits=127)
        self.install(shows="THE DRIVERS WERE NOT BUILT")
        self.offer(ARCHIVE)
        self.finds(4, "headers", self.older)
        self.run("devtrio repair", user="alice", exits=7,
                 shows="sudo devtrio repair")
        self.run("devtrio repair --dry-run", user="alice", exits=4,
                 shows=f"apt-get install -y linux-headers-{self.older}")
        self.run(f"test ! -e /lib/modules/{self.older}/build/include")

    def repair_headers(self):
        self.run(REPAIR, seconds=1500,
                 shows=[f"apt-get install -y linux-headers-{self.older}",
                        "gpasswd -a alice rambuf"])
        self.check(not self.status(0), "status reports no problems")
        self.run("devtrio status", user="alice",
                 shows=["rambuf       1.0.0 is loaded, alice may use it", "ready"])
        self.run("devtrio status --verbose", user="alice",
                 shows=[f"headers   {self.older}: ", f"build     {self.older}: 1.0.0 is built",
                        "access    rambuf: alice may use it"])

    def failed_build(self):
        self.offer("current")
        source = "/usr/src/devtrio-1.0.0/src/modules/rambuf/main.c"
        self.run(f"echo '#error broken on purpose' >>{source}")
        self.run(f"modprobe -r {' '.join(MODULES)}")
        self.run("dkms remove devtrio/1.0.0 --all; dkms add devtrio/1.0.0")
        self.run(f"dkms install devtrio/1.0.0 -k {self.older}", exits=10)
        check = self.finds(4, "build", self.older)
        self.check("broken on purpose" in check["log"], "the log has the error")
        self.repairs()

    # The next kernel

    def stranger(self):
        """A broken entry makes dkms fail, and so the configuration of any headers."""
        self.run(f"mkdir -p {STRANGER}/1.0 && "
                 f"ln -s /usr/src/stranger-1.0 {STRANGER}/1.0/source")
        self.run("devtrio status", user="alice",
                 shows="rm -r /var/lib/dkms/stranger/1.0  # it is not devtrio's")

    def next_kernel(self):
        self.run("/etc/kernel/postinst.d/zz-devtrio " + self.older +
                 " 2>&1 | wc -c", shows="0")
        self.run("devtrio status --next-kernel", user="alice",
                 shows="it is the running kernel, and boots next as well")
        self.offer(ARCHIVE)
        self.run("DEBIAN_FRONTEND=noninteractive apt-get install -y "
                 f"linux-image-{self.newer}",
                 shows=f"THE DRIVERS ARE NOT BUILT FOR {self.newer}")
        self.run(f"/etc/kernel/header_postinst.d/zz-devtrio {self.newer}",
                 shows=f"THE DRIVERS ARE NOT BUILT FOR {self.newer}")
        self.finds(5, "headers", self.newer)
        self.finds(5, "headers", self.newer, options="--next-kernel")
        self.run("devtrio status --quiet --next-kernel", exits=5)
        self.run(f"devtrio status --quiet --kernel {self.older}")

    def next_kernel_repaired(self):
        self.run(REPAIR, seconds=1500,
                 shows=[f"apt-get install -y linux-headers-{self.newer}",
                        "exited with 100",
                        f"dkms install -m devtrio -v 1.0.0 -k {self.newer}"])
        self.check(not self.status(0), "status reports no problems")
        self.run("devtrio status --next-kernel", user="alice",
                 shows=f"{self.newer}: 1.0.0 is built; this kernel boots next: safe to reboot")
        for hook in ("postinst.d", "header_postinst.d"):
            self.run(f"/etc/kernel/{hook}/zz-devtrio {self.newer} 2>&1 | wc -c",
                     shows="0")

    # An old module

    def load_old(self, module):
        """Loads an older version than the installed file, as after an upgrade."""
        path = f"/lib/modules/{self.older}/updates/dkms/{module}.ko"
        self.run(f"sed 's/\\bversion=1.0.0/version=0.9.9/' {path} >/tmp/{module}.ko && "
                 f"modprobe -r {module} && insmod /tmp/{module}.ko && udevadm settle && "
                 f"grep -qx 0.9.9 /sys/module/{module}/version")

    def old_module_idle(self):
        self.load_old("rambuf")
        self.run("devtrio buf write 'dear to alice'", user="alice")
        self.finds(1, "loaded", "rambuf")
        self.repairs()
        self.run("devtrio buf read -n 13", user="alice", shows="dear to alice")

    def old_module_busy(self):
        self.load_old("proc_relate")
        self.run("setsid sleep 1000 </dev/proc_relate >/dev/null 2>&1 & "
                 "echo $! >/run/sleep.pid")
        check = self.finds(1, "loaded", "proc_relate", user="root")
        self.check("fuser -v /dev/proc_relate" in check["commands"][0]["note"],
                   "the note says how to find the process")
        self.run("devtrio repair -y", exits=1, shows="for you to decide: reboot")
        self.run("grep -x 0.9.9 /sys/module/proc_relate/version")
        self.run("kill $(cat /run/sleep.pid)")
        self.repairs()

    # Permissions

    def older_session(self):
        self.run("setpriv --reuid alice --regid alice --groups $(getent group beep | "
                 "cut -d: -f3) devtrio status", exits=7,
                 shows=["rambuf: permission denied: alice is in group rambuf, but this "
                        "session is older", "newgrp rambuf",
                        "beepctrl     1.0.0 is loaded, alice may use it"])

    def closed_dkms(self):
        self.run("chmod 0700 /var/lib/dkms")
        self.run("devtrio status --verbose", user="alice",
                 shows="skipped stale     only root can read /var/lib/dkms")
        self.run("chmod 0755 /var/lib/dkms")

    def stranger_is_untouched(self):
        self.run(f"readlink {STRANGER}/1.0/source", shows="/usr/src/stranger-1.0")
        self.run(f"find {STRANGER} | wc -l", shows="3")

    def cases(self):
        old = "/usr/src/devtrio-0.9.0"
        add = (f"cp -r /usr/src/devtrio-1.0.0 {old} && "
               f"sed -i 's/\"1.0.0\"/\"0.9.0\"/' {old}/dkms.conf && "
               "dkms add devtrio/0.9.0")
        self.case("A device node has a wrong mode", "chmod 0600 /dev/rambuf",
                  7, "node", "rambuf")
        self.case("A device node has a wrong group", "chgrp root /dev/proc_relate",
                  7, "node", "proc_relate")
        self.case("A device node is missing", "rm /dev/beepctrl", 1, "node", "beepctrl")
        self.case("A regular file replaces a device node",
                  "rm /dev/proc_relate && echo >/dev/proc_relate",
                  1, "node", "proc_relate")
        self.case("A group is missing", "groupdel rambuf", 7, "group", "rambuf")
        self.case("A user is not in a group", "gpasswd -d alice procrelate",
                  7, "access", "proc_relate")
        self.step("A session is older than the group membership", self.older_session)
        self.step("Status reports checks that only root can do", self.closed_dkms)
        self.case("A module is blacklisted",
                  "echo 'blacklist beepctrl' >/etc/modprobe.d/no-beep.conf && "
                  "modprobe -r beepctrl", 6, "boot", "beepctrl")
        self.case("An install rule keeps modprobe from loading a module",
                  "echo 'install proc-relate /bin/false' >/etc/modprobe.d/no.conf && "
                  "modprobe -r proc_relate", 6, "boot", "proc_relate")
        self.case("Loading at boot is masked",
                  "ln -s /dev/null /etc/modules-load.d/devtrio.conf",
                  0, "boot", verdict="warning")
        self.case("The udev rules are masked",
                  "ln -s /dev/null /etc/udev/rules.d/60-devtrio.rules && "
                  "udevadm control --reload", 1, "rules")
        self.case("Modules are not loaded", f"modprobe -r {' '.join(MODULES)}",
                  6, "loaded", "rambuf")
        self.case("Modules are missing in depmod's index",
                  f"cd /lib/modules/{self.older}/updates && mv dkms /tmp/away && "
                  "depmod && mv /tmp/away dkms", 4, "build", self.older)
        self.case("Modules are built but not installed",
                  f"dkms uninstall devtrio/1.0.0 -k {self.older}",
                  4, "build", self.older)
        self.case("A module file has another version",
                  f"cd /lib/modules/{self.older}/updates/dkms && "
                  "sed -i 's/\\bversion=1.0.0/version=0.9.9/' rambuf.ko",
                  4, "build", self.older)
        self.case("DKMS has an entry of an older devtrio", add,
                  0, "stale", "0.9.0", verdict="warning")
        self.case("DKMS has an entry of an older devtrio without source", f"{add} && rm -r {old}",
                  1, "stale", "0.9.0")
        self.step("An old module is loaded and unused", self.old_module_idle)
        self.step("An old module is loaded and in use", self.old_module_busy)

    def play(self):
        self.step("Build the packages and a Debian 12 machine", self.prepare)
        self.step("Boot the machine", self.boot_guest)
        self.step("Install without the kernel's headers", self.no_headers)
        self.step("Repair headers, build, modules and groups",
                  self.repair_headers)
        self.cases()
        self.step("A build failed", self.failed_build)
        self.step("Another package has a stale DKMS entry", self.stranger)
        self.step("A new kernel without headers causes one warning", self.next_kernel)
        self.step("Repair the drivers of the next kernel", self.next_kernel_repaired)
        self.step("The other package's entry is unchanged",
                  self.stranger_is_untouched)
        self.step("Shut down; the kernels logged no warnings", self.halt)


sys.exit(play(Doctor, tap=True))
