#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`apt install devtrio-dkms` from the repository of `make repo`, over HTTP, as a user
does it. apt must refuse corrupted files and other keys. In a chroot."""
import re
import sys

from image import Image
from repository import KEYS, Repository
from scenario import play, vm

KEYRING = "/etc/apt/keyrings/devtrio.asc"
SOURCE = """cat >/etc/apt/sources.list.d/devtrio.sources <<END
Types: deb deb-src
URIs: {url}
Suites: stable
Components: main
Signed-By: {keyring}
END
"""


class AptRepository(Image):
    def prepare(self):
        self.repository = Repository(self, "deb")
        super().prepare()
        self.repository.make()
        self.run("rm /etc/apt/sources.list.d/*; rm -rf /var/lib/apt/lists/*; "
                 "mkdir -p /etc/apt/keyrings")
        self.run(SOURCE.format(url=self.repository.url, keyring=KEYRING))

    def trust(self, name):
        self.repository.public_key(name, vm.Path(f"{self.tree}{KEYRING}"))

    def update(self, refuses=None):
        """refuses: a pattern for the reason of gpgv or sqv, if apt must refuse it."""
        self.run("rm -rf /var/lib/apt/lists/*")
        output = self.run("apt-get update", exits=100 if refuses else 0)
        if refuses:
            self.check(re.search(refuses, output), f"apt prints the reason: {refuses}")
            self.apt("install devtrio-dkms", fails=True,
                     shows="Unable to locate package")

    def another_key(self):
        self.trust(KEYS[1])
        self.update(refuses="NO_PUBKEY|Missing key")

    def no_key(self):
        self.run(f"rm {KEYRING}")
        self.update(refuses="is not signed")
        self.trust(KEYS[0])

    def corrupt_index(self):
        for pattern, reason in (("dists/stable/InRelease", "BADSIG|Bad signature|manipulated|Malformed"),
                                ("dists/stable/main/binary-*/Packages.xz",
                                 "Hash Sum mismatch")):
            self.repository.corrupt(pattern)
            self.update(refuses=reason)
            self.repository.restore()

    def corrupt_package(self):
        self.update()
        self.repository.corrupt("pool/devtrio-dkms_*.deb")
        self.apt("install devtrio-dkms", fails=True, shows="Hash Sum mismatch")
        self.run("dpkg-query -W 'devtrio*'", exits=1)
        self.repository.restore()
        self.run("apt-get clean")

    def install_them(self):
        """Installs unattended: no standard input, and no DEBIAN_FRONTEND for debconf."""
        self.update()
        self.run("env -u DEBIAN_FRONTEND apt-get -y install devtrio-dkms <&-",
                 shows="Setting up devtrio ")
        self.built_for(self.older)
        self.run("dpkg --audit", is_just="")
        self.run("devtrio --version")

    def has_all_packages(self):
        output = self.run("apt-cache policy devtrio devtrio-dkms devtrio-dev")
        self.check(len(re.findall(re.escape(self.repository.url), output)) == 3,
                   "the repository has all three packages")
        self.run("apt-cache showsrc devtrio", shows="Package: devtrio")

    def end(self):
        super().end()
        self.repository.end()

    def play(self):
        self.step("Unpack a system, make and serve the repository",
                  self.prepare)
        self.step("apt refuses the repository with another key", self.another_key)
        self.step("apt refuses the repository without a key", self.no_key)
        self.step("apt refuses a corrupted index", self.corrupt_index)
        self.step("apt refuses a corrupted package", self.corrupt_package)
        self.step("apt installs devtrio-dkms with the right key", self.install_them)
        self.step("The repository has all packages and the source", self.has_all_packages)


sys.exit(play(AptRepository, tap=True))
