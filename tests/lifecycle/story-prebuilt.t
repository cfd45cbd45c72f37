#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prebuilt drivers on Debian: `make kmod`'s packages and the DKMS package put each
other out, and leave one good state; they work in a machine that is booted."""
import sys

from image import Image
from machine import MODULES, USER
from prebuilt import SIGNER, Kmods, are_in, where
from scenario import play

DKMS, PREBUILT = "updates/dkms", "updates/devtrio"


class Prebuilt(Image):
    def make_them(self):
        self.kmods = Kmods(self, self.tree)
        self.add_packages(self.older)
        self.before = where(self)

    def add_packages(self, kernel):
        packages, self.deb = self.kmods.put_deb(kernel)
        self.offer("current", "kmod")
        return packages

    def is_good(self, package, places):
        """Of the packages of the drivers just this one is there."""
        self.run("dpkg --audit", is_just="")
        self.run("apt-get check")
        self.run("dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' 'devtrio-*' | "
                 "sed -n 's/^ii  //p'", is_just=package)
        are_in(self, places)
        built = self.status()
        self.check((DKMS in places.values()) == ("installed" in built),
                   f"DKMS knows of that: {built}")

    def install_them(self):
        self.prebuilt = f"devtrio-modules-{self.older}"
        output = self.apt(f"install {self.prebuilt}")
        self.check("Building initial module" not in output, "nothing is built")
        self.is_good(self.prebuilt, {self.older: PREBUILT})
        for module in MODULES:
            self.run(f"modinfo -k {self.older} -F signer {module}", is_just=SIGNER)
            path = self.run(f"realpath $(modinfo -k {self.older} -n {module})")
            self.kmods.is_signed(f"{self.tree}{path}")
        self.run("devtrio status --kernel " + self.older, shows="the modules are there")

    def dkms_over_it(self):
        self.apt("install devtrio-dkms", shows=self.prebuilt)
        self.is_good("devtrio-dkms", {self.older: DKMS})

    def it_over_dkms(self):
        """With nothing but dpkg, too."""
        self.run(f"dpkg -i /mnt/kmod/{self.deb.name}",
                 shows="removing devtrio-dkms in favour of")
        self.is_good(self.prebuilt, {self.older: PREBUILT})

    def refused(self):
        self.run("dpkg -i /mnt/current/devtrio-dkms_*.deb", exits=1,
                 shows="conflicts with devtrio-dkms")
        self.is_good(self.prebuilt, {self.older: PREBUILT})

    def second_kernel(self):
        self.install_kernel()
        packages = self.add_packages(self.newer)
        self.kmods.come_out_the_same(self.newer, packages)
        self.apt(f"install devtrio-modules-{self.newer}")
        self.is_good(f"{self.prebuilt}\ndevtrio-modules-{self.newer}",
                     {self.older: PREBUILT, self.newer: PREBUILT})

    def works(self):
        self.run("uname -r", shows=self.newer)
        self.run(f"lsmod | grep -E '{'|'.join(MODULES)}'", shows=MODULES)
        self.run(f"useradd -m -s /bin/bash {USER}")
        self.admit()
        self.run("devtrio status", user=USER, shows="the modules are prebuilt")
        super().works()

    def install_again(self):
        """What is in the buffer stays."""
        self.run("devtrio buf write kept")
        self.apt(f"remove {self.prebuilt}")
        self.run(f"lsmod | grep -E '{'|'.join(MODULES)}'", shows=MODULES)
        self.apt(f"remove devtrio-modules-{self.newer}")
        self.run(f"lsmod | grep -E '{'|'.join(MODULES)}'", exits=1)
        are_in(self, {})
        self.run("devtrio status --next-kernel", exits=3)
        self.apt(f"install devtrio-modules-{self.newer}")
        self.run("devtrio buf read --length 4", is_just="kept")
        self.run("devtrio status", user=USER)

    def play(self):
        self.step("Unpack a system, make packages", self.prepare)
        self.step("Make packages of the built drivers", self.make_them)
        self.step("Install them", self.install_them)
        self.step("DKMS's package takes their place", self.dkms_over_it)
        self.step("They take its place", self.it_over_dkms)
        self.step("Where DKMS's can't, all stays as it is", self.refused)
        self.step("A second kernel has its own beside; made twice, they are the same",
                  self.second_kernel)
        self.step("The image boots", self.boot_image)
        self.step("The drivers work, for an ordinary user", self.works)
        self.step("Removed and installed again, the buffer is kept", self.install_again)
        self.step("Shut down; no kernel complained", self.halt)


sys.exit(play(Prebuilt, tap=True))
