# SPDX-License-Identifier: GPL-2.0-only
"""A machine that installs devtrio with dnf. It is a Debian system with real dkms and
kernels. Packages that are stand-ins say so in their descriptions."""
import functools
import re
import shutil

from machine import ARCHIVE, Machine, fingerprint_of
from scenario import vm

DNF = "dnf -y"
OURS = "devtrio devtrio-selftests dkms-devtrio"

# The sources of the packages, without documentation.
SOURCES = ["dkms.conf", "Makefile", "src", "rpm/devtrio.spec",
           "rpm/dkms", "rpm/85-devtrio.preset", "udev", "tests/lifecycle/variant"]

REPOSITORY = """cat >/etc/yum.repos.d/devtrio-{folder}.repo <<END
[devtrio-{folder}]
name={folder}
baseurl=file:///mnt/{folder}
gpgcheck=0
END
"""

# Third-party modules. dkms builds in alphabetical order: PEER comes after ours, and
# BREAK, which does not build, before.
PEER = """
set -e
cd /usr/src
version=$(ls -d acpi-call-* | sed 's/.*-//')
cp -r acpi-call-$version z-acpi-call-$version
sed -i 's/acpi-call/z-acpi-call/' z-acpi-call-$version/dkms.conf
dkms install z-acpi-call/$version -k {kernel}
"""
BREAK = """
set -e
cd /usr/src
echo '#error does not build' >>$(ls acpi-call-*/acpi_call.c)
dkms add acpi-call/$(ls -d acpi-call-* | sed 's/.*-//')
"""
UNBREAK = "dkms remove acpi-call/$(ls /var/lib/dkms/acpi-call) --all"


class Rpm(Machine):
    VOLATILE = Machine.VOLATILE + r"|^/var/lib/(rpm|dnf)(/|$)|^/etc/yum.repos.d(/|$)"
    # dnf caches the metadata of each repository under its name.
    OFFERED = r"^/etc/yum.repos.d/devtrio-|^/var/(cache|log)/"
    BROKEN_PEER = "acpi-call"
    # Debian 13's v4l2loopback does not build for the newer kernel.
    PEERS = {"z-acpi-call": "acpi_call"}

    @staticmethod
    @functools.cache
    def fingerprint():
        return fingerprint_of(SOURCES)

    def find_root(self):
        self.root = vm.Path(self.host(vm.HERE / "rpm-root", "trixie")[-1])
        self.older, self.newer = (self.root / "newer/kernels").read_text().split()

    def prepare_share(self):
        archive = self.share / ARCHIVE
        if not archive.exists():
            shutil.copytree(self.root / "newer", archive)
            self.host("createrepo_c", "-q", archive)
        self.build("current")

    def make_packages(self, folder):
        """Builds the packages as users do, but without %check."""
        source = folder / "source"
        self.host("make", "-s", "-C", source, "rpm", "RPMBUILDFLAGS=--nocheck")
        for package in (source / "build/rpm").glob("*.rpm"):
            if not package.name.endswith(".src.rpm"):
                package.rename(folder / package.name)
        shutil.rmtree(source)
        self.host("createrepo_c", "-q", folder)

    # Commands that an administrator types. The repositories are folders.

    def offer(self, *folders):
        self.build_variants(folders)
        self.run("mkdir -p /etc/yum.repos.d; rm -f /etc/yum.repos.d/devtrio*")
        for folder in folders:
            self.run(REPOSITORY.format(folder=folder))

    def dnf(self, request, fails=False, **expected):
        """fails: ignored, because a failed build must never fail the transaction of our
        packages; None allows the transaction of other packages to fail."""
        output = self.run(f"{DNF} {request}", exits=range(2) if fails is None else 0,
                          seconds=1500, **expected)
        if fails is not None:
            self.check("scriptlet failed" not in output, "no scriptlet failed")
        return output

    def install(self, variant="current", **expected):
        self.offer(variant)
        return self.dnf("install devtrio", **expected)

    def start_install(self):
        self.offer("current")
        self.run(f"{DNF} install devtrio >/tmp/install.log 2>&1 &")

    def install_slowly(self, meanwhile):
        self.offer("current")
        self.run(f"rpm -i --nopost /mnt/current/devtrio-[0-9]*.rpm && {meanwhile}")
        self.dnf("reinstall devtrio")
        self.dnf(f"install {OURS}")

    def upgrade(self, variant, **expected):
        self.offer(variant)
        return self.dnf("upgrade", **expected)

    def downgrade(self, variant, **expected):
        self.offer(variant)
        return self.dnf(f"downgrade {OURS}", **expected)

    def reinstall(self, **expected):
        return self.dnf(f"reinstall {OURS}", **expected)

    def remove(self, **expected):
        return self.dnf(f"remove {OURS}", **expected)

    def purge(self):
        """RPM packages never remove the groups that they created."""
        self.run(" && ".join(f"groupdel {group}" for group in self.groups))

    def is_interrupted(self):
        """DKMS has our entry already: Fedora's dkms.service would build the drivers at
        this boot with the same command."""
        self.run("dkms status -m devtrio | grep installed", exits=1)
        self.run("dkms autoinstall", seconds=600)
        self.dkms_is_good([self.older])

    def repair(self):
        self.dnf(f"install {OURS}")
        self.reinstall()

    def forget(self):
        self.run(f"rpm -e --noscripts {OURS}")

    def install_kernel(self, **expected):
        self.offer(ARCHIVE)
        return self.dnf("upgrade kernel-core kernel-devel", **expected)

    def remove_kernel(self, kernel):
        self.others = True
        self.dnf(f"remove kernel-core-{kernel} kernel-devel-{kernel}")

    def headers(self):
        return f"'kernel-devel-uname-r = {self.older}'"

    def install_headers(self):
        self.offer(ARCHIVE)
        self.dnf(f"install {self.headers()}")

    def remove_headers(self):
        self.dnf(f"remove kernel-devel-{self.older}")
        self.run(f"ls -d /lib/modules/{self.older}/build/include", exits=2)

    def install_peers(self, fails=False):
        self.others = True
        self.run(PEER.format(kernel=self.older), seconds=600)

    def install_broken_peer(self):
        self.others = True
        self.run(BREAK)

    def remove_broken_peer(self):
        self.run(UNBREAK)

    def half_configured(self, names):
        """rpm has no such state."""

    def packages_are_sane(self):
        """Checks that each package is installed once, with unmodified files."""
        names = self.run("rpm -qa --qf '%{NAME}\\n' | grep devtrio")
        self.check(sorted(names.split()) == sorted(OURS.split()), "each is installed once")
        self.run(f"rpm -V {OURS}", is_just="")
        self.run("dnf -q check", is_just="")

    def installed(self):
        return self.run(f"rpm -q --qf '%{{VERSION}}-%{{RELEASE}} ' {OURS}").split()

    def packed(self, variant):
        return [re.sub(rf"^{name}-(.*)\.[^.]+\.rpm$", r"\1", path.name)
                for name in OURS.split()
                for path in (self.share / variant).glob(f"{name}-[0-9]*.rpm")]
