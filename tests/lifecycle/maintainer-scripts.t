#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks that the maintainer scripts leave a good state after a failed build, a failed
upgrade, an aborted removal, and when dpkg runs them twice."""
import re
import sys

from image import Image
from scenario import play

INFO = "/var/lib/dpkg/info/devtrio-dkms"
# Make a later version with a change.
VARIANT = """
set -e
cd {share}
dpkg-deb -R current/devtrio-dkms_*_all.deb {name}
sed -i 's/^Version: .*/&+{name}/' {name}/DEBIAN/control
rm {name}/DEBIAN/md5sums
{change}
dpkg-deb -Znone --root-owner-group -b {name} {name}.deb
rm -r {name}
"""
SOURCE = "usr/src/devtrio-*/src/modules/rambuf/main.c"
# Files that dpkg, apt and man-db change with any package.
VOLATILE = re.compile(r"^/(proc|sys|dev|run|tmp|mnt)(/|$)|^/var/(cache|log)/|"
                      r"^/var/lib/(apt|dpkg)/|^/var/lib/dkms/mok|-$")


class MaintainerScripts(Image):
    def variants(self):
        self.offer("current")
        for name, change in (
                ("refused", "printf '#!/bin/sh\\nexit 1\\n' >refused/DEBIAN/preinst;"
                            "chmod 755 refused/DEBIAN/preinst"),
                ("broken", f"echo '#error broken' >>$(echo broken/{SOURCE})")):
            self.host("sh", "-c", VARIANT.format(
                share=self.share, name=name, change=change))
        # Copy the kernel under the name of an earlier one.
        self.earlier = re.sub(r"-\d+-", "-1-", self.older)
        self.run(f"cp -rl /lib/modules/{self.older} /lib/modules/{self.earlier}")
        self.before = self.files()

    def files(self):
        output = self.guest.run("find / -xdev \\( -path /proc -o -path /sys "
                                "-o -path /dev \\) -prune -o -print")[1]
        return {name for name in output.splitlines()
                if not VOLATILE.search(name)}

    def is_good(self):
        self.built_for(self.earlier, self.older)
        self.run("dpkg --audit", is_just="")
        self.run("dpkg-query -W -f '${Status}\n' devtrio-dkms",
                 shows="install ok installed")

    def without_headers(self):
        for kernel in (self.earlier, self.older):
            self.run(f"mv /lib/modules/{kernel}/build /root/build-{kernel}")
        output = self.apt("install devtrio", shows=[
            "THE DRIVERS WERE NOT BUILT",
            f"sudo apt install linux-headers-{self.older}\n"])
        self.check(output.count("WERE NOT BUILT") == 1, "reported once")
        self.built_for()
        for kernel in (self.earlier, self.older):
            self.run(f"mv /root/build-{kernel} /lib/modules/{kernel}/build")

    def reinstall(self):
        output = self.apt("install --reinstall devtrio-dkms")
        self.check("NOT BUILT" not in output, "no warning")
        self.is_good()

    def refused_upgrade(self):
        self.run("dpkg -i /mnt/refused.deb", exits=1)
        self.is_good()

    def removal_taken_back(self):
        self.run(f"{INFO}.prerm remove")
        self.built_for()
        self.run(f"{INFO}.postinst abort-remove")
        self.is_good()

    def twice(self):
        self.run(f"for n in 1 2; do {INFO}.postinst configure 1.0.0 && "
                 "/var/lib/dpkg/info/devtrio.postinst configure 1.0.0 || exit; done")
        self.is_good()

    def broken_upgrade(self):
        output = self.run("dpkg -i /mnt/broken.deb", exits=1, shows=[
            "THE DRIVERS WERE NOT BUILT. Why is told",
            "/var/lib/dkms/devtrio/*/build/make.log",
            "sudo dpkg --configure -a"])
        self.check(output.count("WERE NOT BUILT") == 1, "reported once")
        self.run("grep '#error broken' /var/lib/dkms/devtrio/*/build/make.log")
        self.run("dpkg --configure -a", exits=1, shows="WERE NOT BUILT")

    def fixed(self):
        self.run(f"sed -i '/#error broken/d' /{SOURCE}")
        self.run("dpkg --configure -a")
        self.is_good()

    def broken_removed(self):
        self.run("dpkg -i /mnt/broken.deb", exits=1)
        self.apt("remove devtrio-dkms")
        self.built_for()

    def purge(self):
        self.apt("purge devtrio devtrio-dkms")
        left, lost = self.files() - self.before, self.before - self.files()
        self.check(not left | lost, f"left: {sorted(left)}, lost: {sorted(lost)}")
        self.run("! grep -E '^(procrelate|beep|rambuf):' /etc/group")

    def play(self):
        self.step("Unpack a system and build the packages", self.prepare)
        self.step("Make variants of the packages and a second kernel", self.variants)
        self.step("An installation without headers prints a warning", self.without_headers)
        self.step("A reinstallation builds for all kernels", self.reinstall)
        self.step("A new preinst that fails aborts the upgrade", self.refused_upgrade)
        self.step("An aborted removal restores the drivers", self.removal_taken_back)
        self.step("The postinst scripts can run twice", self.twice)
        self.step("An upgrade that does not build prints a warning", self.broken_upgrade)
        self.step("After a fix, dpkg --configure -a builds the drivers", self.fixed)
        self.step("A package that does not build can be removed", self.broken_removed)
        self.step("A purge leaves nothing behind", self.purge)


sys.exit(play(MaintainerScripts, tap=True))
