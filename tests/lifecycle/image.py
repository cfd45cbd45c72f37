# SPDX-License-Identifier: GPL-2.0-only
"""A Debian 12 system as a folder, worked on natively in a chroot, as those do who
build images; and booted when that is wanted."""
import os
import subprocess

from scenario import Scenario, vm

SUITE = "bookworm"
MODULES = ["proc_relate", "beepctrl", "rambuf"]
IN_ROOT = vm.HERE / "in-root"


class Chroot:
    """To a scenario, what a guest is: something that runs commands."""

    def __init__(self, tree, share):
        self.tree = tree
        self.environment = {**os.environ, "DEVTRIO_BIND": str(share)}

    def run(self, script, seconds=900, line=lambda text: None):
        with subprocess.Popen([IN_ROOT, self.tree, "bash", "-c", script],
                              env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            output = []
            for text in process.stdout:
                output.append(text.rstrip("\n"))
                line(output[-1])
        return process.returncode, "\n".join(output)

    def kill(self):
        pass


class Image(Scenario):
    def prepare(self):
        """The system unpacked, and packages for it. Its programs lose their
        set-user-id bits, which nothing here needs."""
        self.remove_tree()
        self.share = self.folder / "share"
        self.host("rm", "-rf", self.share)
        self.share.mkdir()
        self.host("make", "-s", "deb")
        self.host("sh", "-c", f"cp build/deb/*.deb {self.share}")
        system = vm.Path(self.host(vm.HERE / "root", "system", SUITE)[-1])
        self.older, self.newer = (system / "newer/kernels").read_text().split()
        self.host("cp", "-r", system / "newer", self.share)
        for folder in (self.share, self.share / "newer"):
            (folder / "Packages").write_text(vm.output_of(
                "apt-ftparchive", "packages", ".", cwd=folder))
        self.tree = self.folder / "tree"
        self.tree.mkdir()
        self.host(IN_ROOT, "/", "debugfs", "-R", f"rdump / {self.tree}",
                  system / "root.ext4")
        self.guest = Chroot(self.tree, self.share)
        self.run("for folder in . ./newer; do "
                 "echo \"deb [trusted=yes] file:/mnt/$folder ./\"; done "
                 ">/etc/apt/sources.list.d/devtrio.list; apt-get update")

    def apt(self, request, **expected):
        return self.run(f"DEBIAN_FRONTEND=noninteractive apt-get -y {request}",
                        **expected)

    def install_newer_kernel(self):
        self.apt(f"install linux-image-{self.newer} linux-headers-{self.newer}")

    def status(self):
        return self.guest.run("dkms status -m devtrio")[1]

    def built_for(self, *kernels):
        """dkms and the kernels' own index know the drivers, for just these."""
        installed = {line.split(", ")[1] for line in self.status().splitlines()
                     if line.endswith(": installed")}
        self.check(installed == set(kernels),
                   f"installed for {sorted(installed)}")
        for kernel in kernels:
            self.run(f"modinfo -k {kernel} -F version {' '.join(MODULES)}")

    def boot_image(self):
        """The folder becomes a disk, and that is booted for the first time."""
        disk = self.folder / "disk.ext4"
        self.host(IN_ROOT, "/", "mke2fs", "-q", "-t", "ext4", "-O", "^orphan_file",
                  "-m", "0", "-d", self.tree, disk, "6G")
        self.remove_tree()
        self.boot(disk, self.share)

    def remove_tree(self):
        self.host(IN_ROOT, "/", "rm", "-rf", self.folder / "tree")

    def end(self):
        super().end()
        self.remove_tree()
