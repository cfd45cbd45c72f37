#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prebuilt drivers with dnf: the package of `make kmod` and dkms-devtrio conflict, and
replacing one with the other leaves a good state. In a chroot, for Debian 13's kernel."""
import re
import shutil
import sys

from image import Image
from machine import MODULES
from prebuilt import Kmods, check_modules
from scenario import play

PREBUILT = "extra/devtrio"
# The folder of Debian's dkms.
DKMS = "updates/dkms"


class PrebuiltRpm(Image):
    def make_them(self):
        self.kmods = Kmods(self, self.tree)
        packages = self.kmods.make(self.older)
        self.kmods.lint(packages)
        self.kmods.check_reproducible(self.older, packages)
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
        names = self.run("rpm -qa --qf '%{NAME}\\n' | grep devtrio | "
                         "grep -vxE 'devtrio(-selftests)?'")
        self.check(names == package, f"{package} is the only driver package")
        self.run(f"rpm -V {package}", is_just="")
        self.run("dnf -q check", is_just="")
        check_modules(self, {self.older: place})
        built = re.findall("installed", self.run("dkms status -m devtrio"))
        self.check(len(built) == (place == DKMS), "dkms status agrees")

    def install_them(self):
        self.dnf(f"install {self.prebuilt} devtrio")
        self.is_good(self.prebuilt, PREBUILT)
        for module in MODULES:
            path = self.run(f"modinfo -k {self.older} -n {module}")
            self.kmods.is_signed(f"{self.tree}{path}")
        there = self.tree / f"usr/share/devtrio/{self.older}.der"
        self.check(there.read_bytes() == (self.folder / "cert.der").read_bytes(),
                   "the package has the key's certificate")

    def utility_before_them(self):
        """Upgrades only the utility, as if no newer prebuilt drivers exist."""
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
        check_modules(self, {})
        self.run(f"grep -r devtrio/ /lib/modules/{self.older}/modules.dep", exits=1)
        self.run(f"ls -d /lib/modules/{self.older}/extra/devtrio", exits=2)

    def play(self):
        self.step("Unpack a system and build the packages", self.prepare)
        self.step("Build packages of prebuilt drivers reproducibly", self.make_them)
        self.step("Install the prebuilt drivers", self.install_them)
        self.step("A newer utility works with older drivers", self.utility_before_them)
        self.step("dkms-devtrio replaces the prebuilt drivers", self.dkms_over_it)
        self.step("The prebuilt drivers replace dkms-devtrio", self.it_over_dkms)
        self.step("Installing dkms-devtrio beside them is refused", self.refused)
        self.step("Removal leaves no modules behind", self.remove_them)


sys.exit(play(PrebuiltRpm, tap=True))
