#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`dnf install dkms-devtrio` from what `make repo` made, over http, with both of dnf's
checks; what is spoiled, or signed by nobody or somebody else, is refused. In a chroot
with Debian 13 underneath."""
import shutil
import sys

from image import Image
from repository import KEYS, Repository
from scenario import play, vm

KEY = "/etc/pki/rpm-gpg/devtrio.asc"
SOURCE = """mkdir -p /etc/yum.repos.d /etc/pki/rpm-gpg
cat >/etc/yum.repos.d/devtrio.repo <<END
[devtrio]
name=devtrio
baseurl={url}
gpgcheck=1
repo_gpgcheck=1
gpgkey=file://{key}
END
"""


class DnfRepository(Image):
    def prepare(self):
        self.repository = Repository(self, "rpm")
        super().prepare()
        self.repository.make()
        self.run(SOURCE.format(url=self.repository.url, key=KEY))

    def trust(self, name):
        self.repository.public_key(name, vm.Path(f"{self.tree}{KEY}"))

    def dnf_anew(self, request, **expected):
        self.run("rm -rf /var/cache/dnf /var/lib/dnf/repos")
        return self.run(f"dnf -y {request}", **expected)

    def refuses(self, *reasons):
        self.dnf_anew("install dkms-devtrio", exits=1, shows=reasons)
        self.run("rpm -qa | grep devtrio", exits=1)

    def another_key(self):
        self.trust(KEYS[1])
        self.refuses("Failed to download metadata")
        self.trust(KEYS[0])
        self.run("rpm -e --allmatches gpg-pubkey; true")

    def spoiled(self):
        self.repository.spoil("repodata/repomd.xml")
        self.refuses("Failed to download metadata")
        self.repository.restore()

    def spoiled_package(self):
        self.repository.spoil("dkms-devtrio-*.rpm")
        self.refuses("checksum")
        self.repository.restore()

    def unsigned_package(self):
        """The list of packages is signed, they aren't."""
        served = self.repository.served
        for package in (vm.TOP / "build/rpm").glob("*.rpm"):
            shutil.copy(package, served)
        shutil.rmtree(served / "repodata")
        self.host("createrepo_c", "-q", served)
        repomd = served / "repodata/repomd.xml"
        self.repository.sign(repomd, f"{repomd}.asc")
        self.refuses("is not signed")
        self.repository.restore()

    def install_them(self):
        said = self.dnf_anew("install dkms-devtrio <&-")
        self.check("scriptlet failed" not in said, "no scriptlet failed")
        self.run("rpm -qa --qf '%{NAME}\\n' | grep devtrio | sort",
                 is_just="devtrio\ndkms-devtrio")
        self.run("rpm -V devtrio dkms-devtrio", is_just="")
        self.built_for(self.older)

    def end(self):
        super().end()
        self.repository.end()

    def play(self):
        self.step("Unpack a system; make and serve the repository",
                  self.prepare)
        self.step("With another key it is refused", self.another_key)
        self.step("A spoiled index is refused", self.spoiled)
        self.step("A spoiled package is refused", self.spoiled_package)
        self.step("A package without a signature is refused", self.unsigned_package)
        self.step("With the key, dkms-devtrio is installed", self.install_them)


sys.exit(play(DnfRepository, tap=True))
