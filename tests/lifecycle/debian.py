# SPDX-License-Identifier: GPL-2.0-only
"""A Debian 12 machine to which devtrio is installed with apt."""
import re
import shutil

from scenario import Scenario, vm

SUITE = "bookworm"
SERIES = "6.1"
MODULES = ["proc_relate", "beepctrl", "rambuf"]
GROUPS = {"proc_relate": "procrelate", "beepctrl": "beep", "rambuf": "rambuf"}

# What changes on any Debian system while packages come and go.
VOLATILE = (r"^/(proc|sys|dev|run|tmp|mnt|srv|home|var/(log|cache|tmp|mail)|"
            r"var/lib/(apt|dpkg|systemd|initramfs-tools|usbutils)|boot)(/|$)|"
            r"^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|"
            r"^/(vmlinuz|initrd.img)(.old)?$|^/etc/ld.so.cache$|"
            r"^/var/backups/|__pycache__")


class Debian(Scenario):
    OURS = re.compile(r"devtrio|proc_relate|beepctrl|rambuf|updates/dkms")

    def prepare(self):
        """Packages, a Debian root, and all that the guest is given."""
        self.share = self.folder / "share"
        shutil.rmtree(self.share, ignore_errors=True)
        self.share.mkdir()
        self.host("make", "-s", "deb")
        for deb in (vm.TOP / "build/deb").glob("*.deb"):
            shutil.copy(deb, self.share)
        packages = vm.output_of("apt-ftparchive", "packages", ".", cwd=self.share)
        (self.share / "Packages").write_text(packages)

        for line in self.host(vm.HERE / "build-modules", SERIES):
            match = re.match(r"(\S+) \S+ (/\S+)$", line)
            if match:
                shutil.copy(f"{match.group(2)}/devtrio_testchip.ko",
                            self.share / f"testchip-{match.group(1)}.ko")

        system = vm.Path(self.host(vm.HERE / "root", "system", SUITE)[-1])
        self.older, self.newer = (system / "newer/kernels").read_text().split()
        shutil.copytree(system / "newer", self.share / "newer")
        self.disk = self.folder / "disk.ext4"
        self.host("cp", "--sparse=always", system / "root.ext4", self.disk)

    def boot_guest(self):
        self.boot(self.disk, self.share)
        self.run("grep PRETTY /etc/os-release; uname -r", shows=self.older)
        self.run("useradd -m -s /bin/bash alice && useradd -m -s /bin/bash bob")
        self.before = self.files()

    def install(self, shows=("Installing to /lib/modules/", "Inserted module")):
        """As a user does, but that the repository is a folder."""
        self.run("echo 'deb [trusted=yes] file:/mnt ./' "
                 ">/etc/apt/sources.list.d/devtrio.list && apt-get update")
        self.run("DEBIAN_FRONTEND=noninteractive apt-get install -y devtrio",
                 shows=shows)

    def files(self):
        output = self.guest.run("find / -xdev \\( -path /proc -o -path /sys "
                                "-o -path /dev \\) -prune -o -print")[1]
        return {line for line in output.splitlines()
                if not re.search(VOLATILE, line)}
