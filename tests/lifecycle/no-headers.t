#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Without the kernel's headers, the installation says what is missing."""
import sys

from debian import MODULES, Debian
from scenario import play


class NoHeaders(Debian):
    def remove_headers(self):
        self.run(f"DEBIAN_FRONTEND=noninteractive apt-get purge -y "
                 f"linux-headers-{self.older}")
        self.run(f"ls -d /lib/modules/{self.older}/build/include", exits=2)

    def install_without(self):
        self.install(shows=["THE DRIVERS WERE NOT BUILT",
                            f"sudo apt install linux-headers-{self.older}"])
        self.run("dpkg --audit")

    def status_tells(self):
        self.run("devtrio status", user="alice", exits=4,
                 shows=[f"not built for {self.older}",
                        f"linux-headers-{self.older}"])
        self.run("devtrio buf info", user="alice", exits=6,
                 shows="not loaded")

    def install_headers(self):
        self.run("echo 'deb [trusted=yes] file:/mnt/newer ./' "
                 ">/etc/apt/sources.list.d/newer.list && apt-get update")
        self.run("DEBIAN_FRONTEND=noninteractive apt-get install -y "
                 f"linux-headers-{self.older}", seconds=1500)

    def built(self):
        self.run("dkms status", shows=[self.older, "installed"])
        self.run(f"modprobe -a {' '.join(MODULES)} && "
                 "udevadm settle && stat -c '%G %a' /dev/rambuf",
                 shows="rambuf 660")

    def play(self):
        self.step("Make packages and a Debian 12 machine", self.prepare)
        self.step("Boot it", self.boot_guest)
        self.step("Its kernel's headers are removed", self.remove_headers)
        self.step("apt install says loudly what is missing", self.install_without)
        self.step("devtrio status says it too", self.status_tells)
        self.step("The command that they told is typed", self.install_headers)
        self.step("The drivers are built and work", self.built)
        self.step("Shut down; no kernel complained", self.halt)


sys.exit(play(NoHeaders, tap=True))
