# SPDX-License-Identifier: GPL-2.0-only
"""A system in a folder, changed natively in a chroot as image builders do, and booted
on demand. The command line names one of the matrix's systems; the default is Debian
12, or rpm for scripts whose name ends in -rpm.t."""
import re
import shutil
import sys

from debian import Debian
from machine import ARCHIVE, IN_ROOT, MODULES, Chroot
from rpm import Rpm
from scenario import vm

SYSTEM = (sys.argv[1] if len(sys.argv) > 1 else
          "rpm" if sys.argv[0].endswith("-rpm.t") else "bookworm")


class Image(Rpm if SYSTEM == "rpm" else Debian):
    """
    tree   the system
    share  mounted at /mnt: the matrix's packages, and files that a test adds
    """

    def __init__(self, folder, quiet=False):
        super().__init__(f"{folder}-{SYSTEM}", SYSTEM, quiet)
        self.tree = self.folder / "tree"

    def prepare(self):
        """Unpacks the system and builds its packages. Its programs lose their
        set-user-id bits, which no test needs."""
        self.clear()
        super().prepare(vm.TOP / "build/lifecycle" / SYSTEM)
        for folder in (ARCHIVE, "current"):
            shutil.copytree(self.share / folder, self.folder / "share" / folder)
        self.share = self.folder / "share"
        self.unpack(self.tree)
        self.guest = Chroot(self.tree, self.share, self.scratch)

    def status(self):
        return self.guest.run("dkms status -m devtrio")[1]

    def built_for(self, *kernels):
        """Checks that dkms and depmod know the drivers for exactly these kernels."""
        # DKMS 2 prints a comma where DKMS 3 prints a slash.
        installed = set(re.findall(r"^devtrio(?:, |/)[^,]+, ([^,]+), [^,]+: installed$",
                                   self.status(), re.M))
        self.check(installed == set(kernels),
                   f"installed for {sorted(installed)}")
        for kernel in kernels:
            self.run(f"modinfo -k {kernel} -F version {' '.join(MODULES)}")

    def boot_image(self):
        """Turns the folder into a disk and boots it for the first time."""
        self.make_disk()
        self.start()

    def make_disk(self):
        self.host(IN_ROOT, "/", "mke2fs", "-q", "-t", "ext4", "-O", "^orphan_file",
                  "-m", "0", "-d", self.tree, self.disk, "6G")
        self.erase(self.tree)

    def clear(self):
        self.erase(self.tree, self.folder / "share")

    def end(self):
        super().end()
        self.clear()
