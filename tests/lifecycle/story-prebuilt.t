#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prebuilt drivers on Debian: packages of `make kmod` and the DKMS package conflict, and
replacing one with the other leaves a good state. The drivers work after a boot."""
import sys

from image import Image
from machine import MODULES, USER
from prebuilt import SIGNER, Kmods, check_modules, find_modules
from scenario import play

DKMS, PREBUILT = "updates/dkms", "updates/devtrio"


class Prebuilt(Image):
    def make_them(self):
        self.kmods = Kmods(self, self.tree)
        self.add_packages(self.older)
        self.before = find_modules(self)

    def add_packages(self, kernel):
        packages, self.deb = self.kmods.publish_deb(kernel)
        self.offer("current", "kmod")
        return packages

    def is_good(self, package, places):
        """Checks that this is the only driver package, and where its modules are."""
        self.run("dpkg --audit", is_just="")
        self.run("apt-get check")
        self.run("dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' 'devtrio-*' | "
                 "sed -n 's/^ii  //p'", is_just=package)
        check_modules(self, places)
        built = self.status()
        self.check((DKMS in places.values()) == ("installed" in built),
                   f"dkms status agrees: {built}")

    def install_them(self):
        self.prebuilt = f"devtrio-modules-{self.older}"
        output = self.apt(f"install {self.prebuilt}")
        self.check("Building initial module" not in output, "dkms builds nothing")
        self.is_good(self.prebuilt, {self.older: PREBUILT})
        for module in MODULES:
            self.run(f"modinfo -k {self.older} -F signer {module}", is_just=SIGNER)
            path = self.run(f"realpath $(modinfo -k {self.older} -n {module})")
            self.kmods.is_signed(f"{self.tree}{path}")
        self.run("devtrio status --kernel " + self.older, shows="1.0.0 is built")

    def dkms_over_it(self):
        self.apt("install devtrio-dkms", shows=self.prebuilt)
        self.is_good("devtrio-dkms", {self.older: DKMS})

    def it_over_dkms(self):
        """Replaces it with plain dpkg, without apt."""
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
        self.kmods.check_reproducible(self.newer, packages)
        self.apt(f"install devtrio-modules-{self.newer}")
        self.is_good(f"{self.prebuilt}\ndevtrio-modules-{self.newer}",
                     {self.older: PREBUILT, self.newer: PREBUILT})

    def works(self):
        self.run("uname -r", shows=self.newer)
        self.run(f"lsmod | grep -E '{'|'.join(MODULES)}'", shows=MODULES)
        self.run(f"useradd -m -s /bin/bash {USER}")
        self.admit()
        self.run("devtrio status -v", user=USER, shows="the modules are prebuilt")
        super().works()

    def install_again(self):
        """Reinstalls the package and checks that the buffer keeps its content."""
        self.run("devtrio buf write kept")
        self.apt(f"remove {self.prebuilt}")
        self.run(f"lsmod | grep -E '{'|'.join(MODULES)}'", shows=MODULES)
        self.apt(f"remove devtrio-modules-{self.newer}")
        self.run(f"lsmod | grep -E '{'|'.join(MODULES)}'", exits=1)
        check_modules(self, {})
        self.run("devtrio status --next-kernel", exits=3)
        self.apt(f"install devtrio-modules-{self.newer}")
        self.run("devtrio buf read --length 4", is_just="kept")
        self.run("devtrio status", user=USER)

    def play(self):
        self.step("Unpack a system and build the packages", self.prepare)
        self.step("Build packages of prebuilt drivers", self.make_them)
        self.step("Install the prebuilt drivers", self.install_them)
        self.step("devtrio-dkms replaces the prebuilt drivers", self.dkms_over_it)
        self.step("dpkg -i replaces devtrio-dkms with the prebuilt drivers", self.it_over_dkms)
        self.step("A refused dpkg -i devtrio-dkms changes nothing", self.refused)
        self.step("Install reproducible drivers for a second kernel as well",
                  self.second_kernel)
        self.step("Boot the image", self.boot_image)
        self.step("The drivers work for an ordinary user", self.works)
        self.step("A removal and reinstallation keeps the buffer", self.install_again)
        self.step("Shut down; the kernels logged no warnings", self.halt)


sys.exit(play(Prebuilt, tap=True))
