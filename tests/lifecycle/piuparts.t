#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""piuparts: installed, upgraded, removed and purged, the packages leave a system as
it was. Where they are installed, there are dkms, a kernel and its headers, so that
the drivers are built each time. What they depend on is there, too: no network."""
import sys

from image import IN_ROOT, SYSTEM, Image
from scenario import play

# No version before this one was released: this one under an earlier number is.
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
        # The system is without docs and translations, which debsums misses.
        output = "\n".join(self.host(
            IN_ROOT, "/", "piuparts", "--existing-chroot", self.tree,
            "--hard-link", "--keep-sources-list", "--no-eatmydata",
            "--warn-on-debsums-errors",
            # The key that dkms makes at its first build is dkms's.
            "--ignore=/var/lib/dkms/mok.key", "--ignore=/var/lib/dkms/mok.pub",
            "--distribution", SYSTEM, "--bindmount", self.share, "--tmpdir", self.folder,
            *options, *sorted(self.share.glob("current/devtrio*.deb"))))
        self.check("PASS: All tests" in output, "piuparts passes")
        self.check("(from devtrio" not in output, "no file of ours differs")
        self.check("Done." in output, "the drivers were built")
        return output

    def purge_and_upgrade(self):
        output = self.piuparts()
        self.check("~~earlier) ..." in output, "upgraded from the earlier one")

    def install_again(self):
        self.piuparts("--install-remove-install", "--no-upgrade-test")

    def play(self):
        self.step("Unpack a system, make packages", self.prepare)
        self.step("Make an earlier version of them", self.earlier)
        self.step("Install, purge; install, upgrade, purge", self.purge_and_upgrade)
        self.step("Install, remove, install, purge", self.install_again)


sys.exit(play(Piuparts, tap=True))
