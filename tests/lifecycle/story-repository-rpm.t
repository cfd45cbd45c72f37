#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`dnf install dkms-devtrio` from the repository of `make repo`, over HTTP, with
gpgcheck and repo_gpgcheck. dnf must refuse files that are corrupted, unsigned, or signed
with another key. In a chroot, on Debian 13."""
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

    def dnf_uncached(self, request, **expected):
        self.run("rm -rf /var/cache/dnf /var/lib/dnf/repos")
        return self.run(f"dnf -y {request}", **expected)

    def refuses(self, *reasons):
        self.dnf_uncached("install dkms-devtrio", exits=1, shows=reasons)
        self.run("rpm -qa | grep devtrio", exits=1)

    def another_key(self):
        self.trust(KEYS[1])
        self.refuses("Failed to download metadata")
        self.trust(KEYS[0])
        self.run("rpm -e --allmatches gpg-pubkey; true")

    def corrupt_index(self):
        self.repository.corrupt("repodata/repomd.xml")
        self.refuses("Failed to download metadata")
        self.repository.restore()

    def corrupt_package(self):
        self.repository.corrupt("dkms-devtrio-*.rpm")
        self.refuses("checksum")
        self.repository.restore()

    def unsigned_package(self):
        """Signs the repository's metadata, but not its packages."""
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
        output = self.dnf_uncached("install dkms-devtrio <&-")
        self.check("scriptlet failed" not in output, "no scriptlet failed")
        self.run("rpm -qa --qf '%{NAME}\\n' | grep devtrio | sort",
                 is_just="devtrio\ndevtrio-selftests\ndkms-devtrio")
        self.run("rpm -V devtrio dkms-devtrio", is_just="")
        self.built_for(self.older)

    def end(self):
        super().end()
        self.repository.end()

    def play(self):
        self.step("Unpack a system, make and serve the repository",
                  self.prepare)
        self.step("dnf refuses the repository with another key", self.another_key)
        self.step("dnf refuses a corrupted index", self.corrupt_index)
        self.step("dnf refuses a corrupted package", self.corrupt_package)
        self.step("dnf refuses an unsigned package", self.unsigned_package)
        self.step("dnf installs dkms-devtrio with the right key", self.install_them)


sys.exit(play(DnfRepository, tap=True))
