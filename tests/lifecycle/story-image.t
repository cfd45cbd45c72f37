#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""An image is built in a chroot, where no kernel of its own runs; the drivers are
there at its first boot. On Debian 12 there is a buzzer, too."""
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
                   "nothing to complain of, and nothing is loaded")
        self.dkms_is_good([self.older, self.newer])

    def drivers_are_there(self):
        self.run("uname -r", is_just=self.newer)
        self.run(f"systemctl is-system-running; lsmod | grep -E '{'|'.join(MODULES)}'",
                 shows=MODULES)
        self.run(f"useradd -m -s /bin/bash {USER}")
        self.admit()
        self.good(kernels=[self.older, self.newer])

    def autopkgtest(self):
        """What autopkgtest does in a testbed that is a machine of its own."""
        self.run("cd $(mktemp -d) && /mnt/devices", shows="/dev/rambuf root:rambuf 660")

    def nodes_of_before(self):
        """A node that was there before the udev rule gets its group."""
        self.run("insmod /mnt/devtrio_testchip.ko && modprobe -r beepctrl && "
                 "modprobe beepctrl lines=devtrio-testchip:3 && udevadm settle")
        self.run("stat -Lc '%U:%G %a' /dev/input/beepctrl0", shows="root:beep 660")
        self.run("chown root:root /dev/input/beepctrl0 && "
                 "chmod 600 /dev/input/beepctrl0 && dpkg-reconfigure devtrio && "
                 "udevadm settle")
        self.run("stat -Lc '%U:%G %a' /dev/input/beepctrl0", shows="root:beep 660")

    def play(self):
        self.step("Unpack a system, make packages", self.prepare)
        self.step("Install a second kernel in it", self.install_kernel)
        self.step("Install devtrio in it", self.install_in_it)
        self.step("The image boots", self.boot_image)
        self.step("The drivers work, for an ordinary user", self.drivers_are_there)
        if SYSTEM != "rpm":
            self.step("The Debian test of the devices passes", self.autopkgtest)
        if SYSTEM == "bookworm":
            self.step("An upgrade gives buzzers' nodes their group",
                      self.nodes_of_before)
        self.step("Shut down; no kernel complained", self.halt)


sys.exit(play(FirstBoot, tap=True))
