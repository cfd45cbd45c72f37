#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prebuilt drivers on Debian 12: `make kmod`'s packages and the DKMS package put
each other out, and leave one good state; they work in a machine that is booted."""
import shutil
import sys

from image import MODULES, SUITE, Image
from prebuilt import SIGNER, Kmods, are_in, where
from scenario import play, vm

DKMS, PREBUILT = "updates/dkms", "updates/devtrio"


class Prebuilt(Image):
    def make_them(self):
        self.kmods = Kmods(self, SUITE)
        self.kmods.make_key()
        self.debs = {}
        for kernel in (self.older, self.newer):
            packages = self.kmods.make(kernel)
            deb = next(path for path in packages if path.suffix == ".deb")
            self.debs[kernel] = shutil.copy(deb, self.share)
        self.kmods.come_out_the_same(kernel, packages)
        (self.share / "Packages").write_text(
            vm.output_of("apt-ftparchive", "packages", ".", cwd=self.share))
        self.run("apt-get update")
        self.before = where(self)

    def dpkg(self, package, **expected):
        self.run(f"dpkg -i /mnt/{vm.Path(package).name}", **expected)

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

    def install(self):
        self.prebuilt = f"devtrio-modules-{self.older}"
        output = self.apt(f"install {self.prebuilt}")
        self.check("Building initial module" not in output, "nothing is built")
        self.is_good(self.prebuilt, {self.older: PREBUILT})
        for module in MODULES:
            self.run(f"modinfo -k {self.older} -F signer {module}", is_just=SIGNER)
            self.kmods.is_signed(
                f"{self.tree}/usr/lib/modules/{self.older}/{PREBUILT}/{module}.ko")
        self.run("devtrio status --kernel " + self.older, shows="the modules are there")

    def dkms_over_it(self):
        self.apt("install devtrio-dkms", shows=self.prebuilt)
        self.is_good("devtrio-dkms", {self.older: DKMS})

    def it_over_dkms(self):
        """With nothing but dpkg, too."""
        self.dpkg(self.debs[self.older], shows="removing devtrio-dkms in favour of")
        self.is_good(self.prebuilt, {self.older: PREBUILT})

    def refused(self):
        self.dpkg(next(self.share.glob("devtrio-dkms_*.deb")), exits=1,
                  shows="conflicts with devtrio-dkms")
        self.is_good(self.prebuilt, {self.older: PREBUILT})

    def second_kernel(self):
        self.install_newer_kernel()
        self.apt(f"install devtrio-modules-{self.newer}")
        self.is_good(f"{self.prebuilt}\ndevtrio-modules-{self.newer}",
                     {self.older: PREBUILT, self.newer: PREBUILT})

    def works(self):
        self.run("uname -r", shows=self.newer)
        self.run(f"lsmod | grep -E '{'|'.join(MODULES)}'", shows=MODULES)
        self.run("useradd -m -s /bin/bash -G procrelate,beep,rambuf alice")
        self.run("devtrio status", user="alice", shows="the modules are prebuilt")
        # 8: there is no buzzer to test.
        self.run("devtrio test", user="alice", exits=8)

    def reinstall(self):
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
        self.run("devtrio status", user="alice")

    def play(self):
        self.step("Unpack a Debian 12 system, make packages", self.prepare)
        self.step("Make packages of the built drivers, twice", self.make_them)
        self.step("Install them", self.install)
        self.step("DKMS's package takes their place", self.dkms_over_it)
        self.step("They take its place", self.it_over_dkms)
        self.step("Where DKMS's can't, all stays as it is", self.refused)
        self.step("A second kernel has its own beside", self.second_kernel)
        self.step("The image boots", self.boot_image)
        self.step("The drivers work, for an ordinary user", self.works)
        self.step("Removed and installed again, the buffer is kept", self.reinstall)
        self.step("Shut down; no kernel complained", self.halt)


sys.exit(play(Prebuilt, tap=True))
