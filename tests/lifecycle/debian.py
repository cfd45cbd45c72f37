# SPDX-License-Identifier: GPL-2.0-only
"""A Debian machine that installs devtrio with apt."""
import functools
import re
import shutil

from machine import ARCHIVE, Machine, fingerprint_of
from scenario import vm

FAILS = range(1, 256)
APT = "DEBIAN_FRONTEND=noninteractive apt-get -y -o Dpkg::Use-Pty=0"
OURS = "devtrio devtrio-dkms"

# The sources of the packages.
SOURCES = ["dkms.conf", "Makefile", "src", "debian", "udev",
           "tests/lifecycle/variant"]

BUILD = """
set -e
cd /mnt/source
DEB_BUILD_OPTIONS='nocheck noautodbgsym' DEB_BUILD_PROFILES=nocheck \
    dpkg-buildpackage --no-sign -b >../log 2>&1 || { tail -n 20 ../log; exit 1; }
rm -rf /mnt/source
"""

# Make a third-party package whose module does not build.
BREAK = """
set -e
trap 'rm -r {broken}.d' EXIT
dpkg-deb -R {package} {broken}.d
sed -i '/^Version:/s/$/+broken/' {broken}.d/DEBIAN/control
echo '#error does not build' | tee -a {broken}.d/usr/src/*/acpi_call.c
rm -f {broken}.d/DEBIAN/md5sums
dpkg-deb -Znone --root-owner-group -b {broken}.d {broken}
"""


class Debian(Machine):
    OFFERED = r"^/etc/apt/sources.list.d/devtrio.list$"

    # The output of dpkg --audit that a test expects.
    audit = ""
    BROKEN_PEER = "acpi-call-dkms"

    @staticmethod
    @functools.cache
    def fingerprint():
        return fingerprint_of(SOURCES, without="debian/tests")

    def prepare_share(self):
        archive = self.share / ARCHIVE
        if not archive.exists():
            shutil.copytree(self.root / "newer", archive)
        broken = self.broken_peer()
        if not broken.exists():
            peer = next(archive.glob(f"{self.BROKEN_PEER}_*.deb"))
            self.host("sh", "-c", BREAK.format(package=peer, broken=broken))
        self.build("current")

    def broken_peer(self):
        return self.share / f"{self.BROKEN_PEER}-broken.deb"

    def make_packages(self, folder):
        """Builds the packages in a root of the suite."""
        root = self.host(vm.HERE / "root", "package", self.system)[-1]
        self.host("env", f"DEVTRIO_BIND={folder}", vm.HERE / "in-root",
                  f"{root}/root", "sh", "-c", BUILD)
        self.index(folder)

    @staticmethod
    def index(folder):
        (folder / "Packages").write_text(
            vm.output_of("apt-ftparchive", "packages", ".", cwd=folder))

    # Commands that an administrator types. The repositories are folders.

    def offer(self, *folders):
        self.build_variants(folders)
        sources = "".join(f"deb [trusted=yes] file:/mnt/{folder} ./\\n"
                          for folder in folders)
        self.run(f"printf '{sources}' >/etc/apt/sources.list.d/devtrio.list && "
                 "apt-get update")

    def apt(self, request, fails=False, **expected):
        """fails: whether apt must fail; None if it may."""
        exits = {False: 0, True: FAILS, None: range(256)}[fails]
        return self.run(f"{APT} {request}", exits=exits, seconds=1500, **expected)

    def install(self, variant="current", **expected):
        self.offer(variant)
        return self.apt("install devtrio", **expected)

    def start_install(self):
        self.offer("current")
        self.run(f"{APT} install devtrio >/tmp/install.log 2>&1 &")

    def install_slowly(self, meanwhile):
        self.offer("current")
        self.run(f"dpkg --unpack /mnt/current/devtrio_*.deb && {meanwhile}")
        self.apt(f"install {OURS}")

    def upgrade(self, variant, **expected):
        self.offer(variant)
        return self.apt("upgrade", **expected)

    def downgrade(self, variant, **expected):
        self.offer(variant)
        version = self.run("apt-cache madison devtrio").split("|")[1].strip()
        return self.apt("install --allow-downgrades "
                        f"devtrio={version} devtrio-dkms={version}", **expected)

    def reinstall(self, **expected):
        return self.apt(f"install --reinstall {OURS}", **expected)

    def remove(self):
        """apt may fail because it retries to configure third-party packages."""
        return self.apt(f"remove {OURS}", fails=None if self.audit else False)

    def purge(self):
        return self.apt(f"purge {OURS}", fails=None if self.audit else False)

    def is_interrupted(self):
        self.run("dpkg --audit", shows="devtrio-dkms")

    def repair(self):
        self.run("dpkg --configure -a", seconds=1500)
        self.audit = ""
        self.packages_are_sane()

    def forget(self):
        """Purges without the prerm, as if it had failed or did not run dkms remove."""
        self.run("rm /var/lib/dpkg/info/devtrio-dkms.prerm")
        self.purge()

    def install_kernel(self, **expected):
        self.offer(ARCHIVE)
        return self.apt(f"install linux-image-{self.newer} "
                        f"linux-headers-{self.newer}", **expected)

    def remove_kernel(self, kernel):
        # Newer kernels consist of several packages.
        packages = self.run(f"dpkg-query -W -f '${{Package}} ' 'linux-*-{kernel}'")
        self.others = True
        self.apt(f"purge {packages}")

    def headers(self):
        return f"linux-headers-{self.older}"

    def install_headers(self):
        self.offer(ARCHIVE)
        self.apt(f"install {self.headers()}")

    def remove_headers(self):
        self.apt(f"purge {self.headers()}")
        self.run(f"ls -d /lib/modules/{self.older}/build/include", exits=2)

    def install_peers(self, fails=False):
        self.others = True
        self.offer(ARCHIVE)
        return self.apt(f"install {' '.join(f'{peer}-dkms' for peer in self.PEERS)}",
                        fails)

    def install_broken_peer(self):
        self.others = True
        self.run(f"dpkg -i /mnt/{self.broken_peer().name}", exits=FAILS, seconds=600)
        self.half_configured([self.BROKEN_PEER])

    def remove_broken_peer(self):
        """Removes it with dpkg, because apt cannot purge any package until then."""
        self.run(f"dpkg --purge {self.BROKEN_PEER}")
        self.repair()

    def half_configured(self, names):
        self.audit = self.run("dpkg --audit | grep '^ '")
        found = set(re.findall(r"^ (\S+)", self.audit, re.M))
        kernels = {name for name in found if name.startswith("linux-") and
                   name.endswith(self.newer)}
        self.check(found - kernels == set(names), f"{names} are half configured, "
                   f"and kernel packages {sorted(kernels)}")

    def packages_are_sane(self):
        """Checks all packages, except those that a row broke on purpose."""
        self.run("dpkg --audit | grep '^ '", exits=range(2), is_just=self.audit)
        self.run("apt-get check")

    def installed(self):
        return self.run(f"dpkg-query -W -f '${{Version}} ' {OURS}").split()

    def packed(self, variant):
        return [next((self.share / variant).glob(f"{name}_*.deb")).name.split("_")[1]
                for name in OURS.split()]


class Debian12(Debian):
    """The machine of step-by-step tests, with the packages of `make deb` and a GPIO
    test chip for a buzzer."""

    SERIES = "6.1"

    def __init__(self, folder, quiet=False):
        super().__init__(folder, "bookworm", quiet)
        self.share = self.folder / "share"

    def prepare(self):
        shutil.rmtree(self.share, ignore_errors=True)
        self.find_root()
        self.prepare_share()

        for line in self.host(vm.HERE / "build-modules", self.SERIES):
            match = re.match(r"(\S+) \S+ (/\S+)$", line)
            if match:
                shutil.copy(f"{match.group(2)}/devtrio_testchip.ko",
                            self.share / f"testchip-{match.group(1)}.ko")

    def build(self, variant):
        folder = self.share / variant
        self.host("make", "-s", "deb")
        shutil.copytree(vm.TOP / "build/deb", folder)
        self.index(folder)
        self.versions[variant] = re.search(
            r'^PACKAGE_VERSION="(.*)"', (vm.TOP / "dkms.conf").read_text(), re.M)[1]

    def boot_guest(self):
        self.boot_fresh()
        self.run("grep PRETTY /etc/os-release; uname -r", shows=self.older)

    def install_it(self):
        self.install(shows=("Installing to /lib/modules/", "Inserted module"))
