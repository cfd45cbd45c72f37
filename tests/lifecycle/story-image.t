#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Builds an image in a chroot, whose kernels do not run, and checks the drivers at its
first boot. On Debian 12, also tests a buzzer."""
import re
import shutil
import sys

from image import SYSTEM, Image
from machine import MODULES, USER
from scenario import play, vm


class FirstBoot(Image):
    def prepare(self):
        super().prepare()
        if SYSTEM == "rpm":
            return
        shutil.copy(vm.TOP / "debian/tests/devices", self.share)
        if SYSTEM != "bookworm":
            return
        for line in self.host(vm.HERE / "build-modules", "6.1"):
            match = re.match(rf"{re.escape(self.newer)} \S+ (/\S+)$", line)
            if match:
                shutil.copy(f"{match.group(1)}/devtrio_testchip.ko", self.share)

    def install_in_it(self):
        output = self.install()
        self.check("NOT BUILT" not in output and "modprobe" not in output,
                   "no warning, and no attempt to load modules")
        self.dkms_is_good([self.older, self.newer])

    def drivers_are_there(self):
        self.run("uname -r", is_just=self.newer)
        self.run(f"systemctl is-system-running; lsmod | grep -E '{'|'.join(MODULES)}'",
                 shows=MODULES)
        self.run(f"useradd -m -s /bin/bash {USER}")
        self.admit()
        self.good(kernels=[self.older, self.newer])

    def autopkgtest(self):
        """Runs the test as autopkgtest does in an isolated machine."""
        self.run("cd $(mktemp -d) && /mnt/devices", shows="/dev/rambuf root:rambuf 660")

    def existing_nodes(self):
        """Gives a node its group even if it is older than the udev rule."""
        self.run("insmod /mnt/devtrio_testchip.ko && modprobe -r beepctrl && "
                 "modprobe beepctrl lines=devtrio-testchip:3 && udevadm settle")
        self.run("stat -Lc '%U:%G %a' /dev/input/beepctrl0", shows="root:beep 660")
        self.run("chown root:root /dev/input/beepctrl0 && "
                 "chmod 600 /dev/input/beepctrl0 && dpkg-reconfigure devtrio && "
                 "udevadm settle")
        self.run("stat -Lc '%U:%G %a' /dev/input/beepctrl0", shows="root:beep 660")

    def play(self):
        self.step("Unpack a system and build the packages", self.prepare)
        self.step("Install a second kernel in the image", self.install_kernel)
        self.step("Install devtrio in the image", self.install_in_it)
        self.step("Boot the image", self.boot_image)
        self.step("The drivers work for an ordinary user", self.drivers_are_there)
        if SYSTEM != "rpm":
            self.step("debian/tests/devices passes", self.autopkgtest)
        if SYSTEM == "bookworm":
            self.step("The postinst gives existing buzzer nodes their group",
                      self.existing_nodes)
        self.step("Shut down; the kernels logged no warnings", self.halt)


sys.exit(play(FirstBoot, tap=True))
