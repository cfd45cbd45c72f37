#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The maintainer scripts leave one good state whatever dpkg goes through: a build
that fails, an upgrade or a removal that is taken back, doing it all twice."""
import re
import sys

from image import Image
from scenario import play

INFO = "/var/lib/dpkg/info/devtrio-dkms"
# A version that is later, and what is done to it.
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
# What changes as packages come and go, by dpkg's, apt's and man-db's doing.
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
        # The kernel once more, under the name of an earlier one.
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
        self.check(output.count("WERE NOT BUILT") == 1, "told once")
        self.built_for()
        for kernel in (self.earlier, self.older):
            self.run(f"mv /root/build-{kernel} /lib/modules/{kernel}/build")

    def reinstall(self):
        output = self.apt("install --reinstall devtrio-dkms")
        self.check("NOT BUILT" not in output, "nothing to complain of")
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
        self.check(output.count("WERE NOT BUILT") == 1, "told once")
        self.run("grep '#error broken' /var/lib/dkms/devtrio/*/build/make.log")
        self.run("dpkg --configure -a", exits=1, shows="WERE NOT BUILT")

    def mended(self):
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
        self.step("Unpack a system, make packages", self.prepare)
        self.step("Make variants of them, and a second kernel", self.variants)
        self.step("Installed without headers, they say so", self.without_headers)
        self.step("Reinstalled, each kernel has its drivers", self.reinstall)
        self.step("An upgrade that is refused", self.refused_upgrade)
        self.step("A removal that is taken back", self.removal_taken_back)
        self.step("Configured twice", self.twice)
        self.step("An upgrade that does not build is loud", self.broken_upgrade)
        self.step("Mended, dpkg --configure -a builds it", self.mended)
        self.step("Broken again, it can be removed", self.broken_removed)
        self.step("Purged, nothing is left", self.purge)


sys.exit(play(MaintainerScripts, tap=True))
