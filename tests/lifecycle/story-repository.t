#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`apt install devtrio-dkms` from what `make repo` made, over http, as a user does it;
what is spoiled, or signed by somebody else, is refused. In a chroot."""
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
        """refuses: a pattern of why nothing of it is taken; by gpgv, or by sqv."""
        self.run("rm -rf /var/lib/apt/lists/*")
        said = self.run("apt-get update", exits=100 if refuses else 0)
        if refuses:
            self.check(re.search(refuses, said), f"it says why: {refuses}")
            self.apt("install devtrio-dkms", fails=True,
                     shows="Unable to locate package")

    def another_key(self):
        self.trust(KEYS[1])
        self.update(refuses="NO_PUBKEY|Missing key")

    def no_key(self):
        self.run(f"rm {KEYRING}")
        self.update(refuses="is not signed")
        self.trust(KEYS[0])

    def spoiled(self):
        for pattern, reason in (("dists/stable/InRelease", "BADSIG|Bad signature|manipulated|Malformed"),
                                ("dists/stable/main/binary-*/Packages.xz",
                                 "Hash Sum mismatch")):
            self.repository.spoil(pattern)
            self.update(refuses=reason)
            self.repository.restore()

    def spoiled_package(self):
        self.update()
        self.repository.spoil("pool/devtrio-dkms_*.deb")
        self.apt("install devtrio-dkms", fails=True, shows="Hash Sum mismatch")
        self.run("dpkg-query -W 'devtrio*'", exits=1)
        self.repository.restore()
        self.run("apt-get clean")

    def install_them(self):
        """Unattended: there is nobody to ask, and nobody says so to debconf."""
        self.update()
        self.run("env -u DEBIAN_FRONTEND apt-get -y install devtrio-dkms <&-",
                 shows="Setting up devtrio ")
        self.built_for(self.older)
        self.run("dpkg --audit", is_just="")
        self.run("devtrio --version")

    def all_is_there(self):
        said = self.run("apt-cache policy devtrio devtrio-dkms devtrio-dev")
        self.check(len(re.findall(re.escape(self.repository.url), said)) == 3,
                   "all three packages are there")
        self.run("apt-cache showsrc devtrio", shows="Package: devtrio")

    def end(self):
        super().end()
        self.repository.end()

    def play(self):
        self.step("Unpack a system; make and serve the repository",
                  self.prepare)
        self.step("With another key it is refused", self.another_key)
        self.step("Without one, too", self.no_key)
        self.step("A spoiled index is refused", self.spoiled)
        self.step("A spoiled package is refused", self.spoiled_package)
        self.step("With the key, devtrio-dkms is installed", self.install_them)
        self.step("All packages and the source are there", self.all_is_there)


sys.exit(play(AptRepository, tap=True))
