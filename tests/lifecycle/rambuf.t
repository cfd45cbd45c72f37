#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks that rambuf's content survives a reboot and an upgrade, unless disabled."""
import sys

from debian import Debian12
from scenario import play, vm

CONTENT = "kept by the unit"

# Change the version of the package, and the description of the module.
NEXT = """
set -e
dpkg-deb -R {package} {folder}
sed -i 's/^Version: .*/&+next/' {folder}/DEBIAN/control
sed -i 's/^MODULE_DESCRIPTION("RAM/&, the next/' \
    {folder}/usr/src/devtrio-*/src/modules/rambuf/main.c
rm {folder}/DEBIAN/md5sums
dpkg-deb --root-owner-group -b {folder} {next}
"""


class Rambuf(Debian12):
    def prepare(self):
        super().prepare()
        package = next((vm.TOP / "build/deb").glob("devtrio-dkms_*.deb"))
        self.host("sh", "-c", NEXT.format(
            package=package, folder=self.folder / "next",
            next=self.share / "next.deb"))

    def write(self):
        self.run("usermod -aG rambuf alice")
        self.run(f"devtrio buf write '{CONTENT}'", user="alice")

    def is_there(self):
        self.run(f"devtrio buf read -n {len(CONTENT)}", user="alice",
                 shows=CONTENT)

    def upgrade(self):
        self.run("cat /sys/module/rambuf/srcversion >/root/before")
        self.run("DEBIAN_FRONTEND=noninteractive dpkg -i /mnt/next.deb",
                 shows="reloaded rambuf")
        self.run("! cmp /root/before /sys/module/rambuf/srcversion")
        self.is_there()
        self.run("ls -A /var/lib/devtrio/rambuf | wc -l", shows="0")

    def reboot(self):
        self.halt()
        self.boot(self.disk, self.share)

    def switch_off(self):
        self.run("systemctl mask --now devtrio-rambuf.service")
        self.run("rm -f /var/lib/devtrio/rambuf/*")
        self.reboot()
        self.run("devtrio buf info", user="alice", shows="generation: 0")

    def play(self):
        self.step("Build the packages and a Debian 12 machine", self.prepare)
        self.step("Boot the machine", self.boot_guest)
        self.step("Install the packages", self.install_it)
        self.step("An ordinary user writes to the buffer", self.write)
        self.step("An upgrade reloads the module and keeps the content", self.upgrade)
        self.step("Shut down and boot the machine", self.reboot)
        self.step("The content is still there", self.is_there)
        self.step("With the unit masked, a reboot clears the buffer", self.switch_off)
        self.step("Shut down; the kernels logged no warnings", self.halt)


sys.exit(play(Rambuf, tap=True))
