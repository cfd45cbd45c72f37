#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs piuparts: after installation, upgrade, removal and purge, the system must be as
before. It has dkms, a kernel and its headers, so each installation builds the drivers.
All dependencies are installed already, because there is no network."""
import sys

from image import IN_ROOT, SYSTEM, Image
from scenario import play

# There is no earlier release: give this one an earlier version.
EARLIER = """
set -e
mkdir {share}/earlier
cd {share}/earlier
for package in ../current/devtrio*.deb; do
	dpkg-deb -R "$package" unpacked
	sed -i -E 's/^(Version: .*)/\\1~~earlier/; s/(devtrio \\(>= [0-9.]*)\\)/\\1~~)/' \
		unpacked/DEBIAN/control
	dpkg-deb -Znone --root-owner-group -b unpacked .
	rm -r unpacked
done
apt-ftparchive packages . >Packages
"""


class Piuparts(Image):
    def earlier(self):
        self.host("sh", "-c", EARLIER.format(share=self.share))
        self.run("rm /etc/apt/sources.list.d/*; rm -rf /var/lib/apt/lists/*; "
                 f"echo 'deb [trusted=yes] file:{self.share}/earlier ./' "
                 ">/etc/apt/sources.list")

    def piuparts(self, *options):
        # The system has no docs and translations, so debsums may only warn.
        output = "\n".join(self.host(
            IN_ROOT, "/", "piuparts", "--existing-chroot", self.tree,
            "--hard-link", "--keep-sources-list", "--no-eatmydata",
            "--warn-on-debsums-errors",
            # dkms itself creates this key at its first build.
            "--ignore=/var/lib/dkms/mok.key", "--ignore=/var/lib/dkms/mok.pub",
            "--distribution", SYSTEM, "--bindmount", self.share, "--tmpdir", self.folder,
            *options, *sorted(self.share.glob("current/devtrio*.deb"))))
        self.check("PASS: All tests" in output, "piuparts passes")
        self.check("(from devtrio" not in output, "no file of devtrio differs")
        self.check("Done." in output, "dkms built the drivers")
        return output

    def purge_and_upgrade(self):
        output = self.piuparts()
        self.check("~~earlier) ..." in output, "the earlier version was upgraded")

    def install_again(self):
        self.piuparts("--install-remove-install", "--no-upgrade-test")

    def play(self):
        self.step("Unpack a system and build the packages", self.prepare)
        self.step("Make an earlier version of the packages", self.earlier)
        self.step("Install, purge; install, upgrade, purge", self.purge_and_upgrade)
        self.step("Install, remove, reinstall, purge", self.install_again)


sys.exit(play(Piuparts, tap=True))
