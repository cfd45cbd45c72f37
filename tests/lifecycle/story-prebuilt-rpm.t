#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prebuilt drivers where dnf looks after packages: `make kmod`'s and dkms-devtrio put
each other out, and leave one good state. In a chroot, for a kernel of Debian 13."""
import re
import shutil
import sys

from image import Image
from machine import MODULES
from prebuilt import Kmods, are_in
from scenario import play

PREBUILT = "extra/devtrio"
# Debian's dkms is underneath.
DKMS = "updates/dkms"


class PrebuiltRpm(Image):
    def make_them(self):
        self.kmods = Kmods(self, self.tree)
        packages = self.kmods.make(self.older)
        self.kmods.have_no_faults(packages)
        self.kmods.come_out_the_same(self.older, packages)
        rpm = next(path for path in packages if path.suffix == ".rpm")
        folder = self.share / "kmod"
        folder.mkdir()
        shutil.copy(rpm, folder)
        self.host("createrepo_c", "-q", folder)
        self.run(f"rpm -qp --requires /mnt/kmod/{rpm.name}",
                 shows=f"kernel-uname-r = {self.older}")
        self.prebuilt = f"kmod-devtrio-{self.older}"
        self.offer("current", "kmod")

    def is_good(self, package, place):
        names = self.run("rpm -qa --qf '%{NAME}\\n' | grep devtrio | grep -vx devtrio")
        self.check(names == package, f"of the drivers' packages just {package} is there")
        self.run(f"rpm -V {package}", is_just="")
        self.run("dnf -q check", is_just="")
        are_in(self, {self.older: place})
        built = re.findall("installed", self.run("dkms status -m devtrio"))
        self.check(len(built) == (place == DKMS), "DKMS knows of that")

    def install_them(self):
        self.dnf(f"install {self.prebuilt} devtrio")
        self.is_good(self.prebuilt, PREBUILT)
        for module in MODULES:
            path = self.run(f"modinfo -k {self.older} -n {module}")
            self.kmods.is_signed(f"{self.tree}{path}")
        there = self.tree / f"usr/share/devtrio/{self.older}.der"
        self.check(there.read_bytes() == (self.folder / "cert.der").read_bytes(),
                   "the certificate is that of the key")

    def utility_before_them(self):
        """As where a kernel of before keeps the drivers of before."""
        self.offer("newer")
        self.dnf("upgrade")
        self.run("rpm -q --qf '%{VERSION}' devtrio", is_just=self.versions["newer"])
        self.is_good(self.prebuilt, PREBUILT)
        self.offer("current", "kmod")
        self.dnf("downgrade devtrio")

    def dkms_over_it(self):
        self.dnf("install --allowerasing dkms-devtrio")
        self.is_good("dkms-devtrio", DKMS)

    def it_over_dkms(self):
        self.dnf(f"swap dkms-devtrio {self.prebuilt}")
        self.is_good(self.prebuilt, PREBUILT)

    def refused(self):
        self.run("dnf -y install dkms-devtrio", exits=1, shows="conflict")
        self.run("rpm -i /mnt/current/dkms-devtrio-*.rpm", exits=1, shows="conflicts with")
        self.is_good(self.prebuilt, PREBUILT)

    def remove_them(self):
        self.dnf("remove 'kmod-devtrio-*'")
        are_in(self, {})
        self.run(f"grep -r devtrio/ /lib/modules/{self.older}/modules.dep", exits=1)
        self.run(f"ls -d /lib/modules/{self.older}/extra/devtrio", exits=2)

    def play(self):
        self.step("Unpack a system, make packages", self.prepare)
        self.step("Make packages of the built drivers, twice", self.make_them)
        self.step("Install them", self.install_them)
        self.step("The utility is upgraded before them", self.utility_before_them)
        self.step("dkms-devtrio takes their place", self.dkms_over_it)
        self.step("They take its place", self.it_over_dkms)
        self.step("Without being asked, neither does", self.refused)
        self.step("Removed, nothing is left", self.remove_them)


sys.exit(play(PrebuiltRpm, tap=True))
