#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prebuilt drivers where dnf looks after packages: `make kmod`'s and dkms-devtrio put
each other out, and leave one good state. In a chroot, for a kernel of Debian 13."""
import re
import shutil
import sys

from image import IN_ROOT, Chroot
from prebuilt import Kmods, are_in
from scenario import Scenario, play, vm

PREBUILT = "extra/devtrio"
# Debian's dkms is underneath.
DKMS = "updates/dkms"


class PrebuiltRpm(Scenario):
    def prepare(self):
        self.remove_tree()
        self.share = self.folder / "share"
        shutil.rmtree(self.share, ignore_errors=True)
        self.share.mkdir()
        self.host("make", "-s", "rpm", "RPMBUILDFLAGS=--nocheck")
        self.host("sh", "-c", f"cp build/rpm/*.rpm {self.share}")
        self.host("sh", "-c", f"rm {self.share}/*.src.rpm")
        system = vm.Path(self.host(vm.HERE / "rpm-root", "trixie")[-1])
        self.kernel = (system / "newer/kernels").read_text().split()[0]
        self.tree = self.folder / "tree"
        self.tree.mkdir()
        self.host(IN_ROOT, "/", "debugfs", "-R", f"rdump / {self.tree}",
                  system / "root.ext4")
        self.guest = Chroot(self.tree, self.share)
        # rpm's way to a private /tmp for scriptlets needs a root that is mounted.
        self.run("mkdir -p /etc/rpm && "
                 "echo '%__transaction_unshare %{nil}' >/etc/rpm/macros")

    def make_them(self):
        kmods = Kmods(self, "trixie")
        kmods.make_key()
        packages = kmods.make(self.kernel)
        kmods.come_out_the_same(self.kernel, packages)
        rpm = next(path for path in packages if path.suffix == ".rpm")
        self.prebuilt = shutil.copy(rpm, self.share)
        self.run(f"rpm -qp --requires /mnt/{rpm.name}",
                 shows=f"kernel-uname-r = {self.kernel}")
        self.host("createrepo_c", "-q", self.share)
        self.run("mkdir -p /etc/yum.repos.d; printf '[devtrio]\\nname=devtrio\\n"
                 "baseurl=file:///mnt\\ngpgcheck=0\\n' >/etc/yum.repos.d/devtrio.repo")

    def dnf(self, request, **expected):
        output = self.run(f"dnf -y {request}", **expected)
        self.check("scriptlet failed" not in output, "no scriptlet failed")
        return output

    def is_good(self, package, place):
        names = self.run("rpm -qa --qf '%{NAME}\\n' | grep devtrio | grep -vx devtrio")
        self.check(names == package, f"of the drivers' packages just {package} is there")
        self.run(f"rpm -V {package}", is_just="")
        self.run("dnf -q check", is_just="")
        are_in(self, {self.kernel: place})
        built = re.findall("installed", self.run("dkms status -m devtrio"))
        self.check(len(built) == (place == DKMS), "DKMS knows of that")

    def install(self):
        self.dnf(f"install kmod-devtrio-{self.kernel} devtrio")
        self.is_good(f"kmod-devtrio-{self.kernel}", PREBUILT)

    def dkms_over_it(self):
        self.dnf("install --allowerasing dkms-devtrio")
        self.is_good("dkms-devtrio", DKMS)

    def it_over_dkms(self):
        self.dnf(f"swap dkms-devtrio kmod-devtrio-{self.kernel}")
        self.is_good(f"kmod-devtrio-{self.kernel}", PREBUILT)

    def refused(self):
        self.dnf("install dkms-devtrio", exits=1, shows="conflict")
        self.run("rpm -i /mnt/dkms-devtrio-*.rpm", exits=1, shows="conflicts with")
        self.is_good(f"kmod-devtrio-{self.kernel}", PREBUILT)

    def remove(self):
        self.dnf("remove 'kmod-devtrio-*'")
        are_in(self, {})
        self.run(f"grep -r devtrio/ /lib/modules/{self.kernel}/modules.dep", exits=1)
        self.run(f"ls -d /lib/modules/{self.kernel}/extra/devtrio", exits=2)

    def remove_tree(self):
        self.host(IN_ROOT, "/", "rm", "-rf", self.folder / "tree")

    def end(self):
        super().end()
        self.remove_tree()

    def play(self):
        self.step("Unpack a system with dnf, make packages", self.prepare)
        self.step("Make packages of the built drivers, twice", self.make_them)
        self.step("Install them", self.install)
        self.step("dkms-devtrio takes their place", self.dkms_over_it)
        self.step("They take its place", self.it_over_dkms)
        self.step("Without being asked, neither does", self.refused)
        self.step("Removed, nothing is left", self.remove)


sys.exit(play(PrebuiltRpm, tap=True))
