#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Secure Boot, lived through: on with our key unknown, asked to be enrolled, confirmed
at the next boot, known; and off. In each state the kernel takes just the modules that
it should, and `devtrio status` says so, with the one command that helps.

Debian's signed shim, grub and kernel, with the firmware of a real machine's keys. The
system is as small as it gets: an initramfs with our programs, mokutil, and the modules
as `make kmod` signed them, where DKMS would have put them.
"""
import shutil
import sys

from prebuilt import Kmods
from scenario import Scenario, StepFailed, play, vm

SUITE, SERIES = "bookworm", "6.1"
KEY = "/var/lib/dkms/mok.pub"
PASSWORD = "enrol it"
GRUB = """linux /vmlinuz console=ttyS0 panic=-1 oops=panic devtrio.step={step}
initrd /initrd
boot
"""
DOWN, ENTER = "\x1b[B", "\r"


class SecureBoot(Scenario):
    def prepare(self):
        self.host("tests/vm/host-setup", "firmware")
        self.kmods = Kmods(self, SUITE)
        self.kernel = [line.split()[1] for line in
                       (self.kmods.root / "kernels").read_text().splitlines()
                       if line.split()[0] == SERIES][-1]
        self.kmods.make_key()
        self.host("make", "-s", "cli")
        self.tree()
        self.disk()
        self.variables = self.folder / "variables"
        self.use_variables("OVMF_VARS_4M.ms.fd")

    def tree(self):
        """What is unpacked in the guest: the modules, signed and not, and the key."""
        tree = self.folder / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        modules = tree / "lib/modules" / self.kernel
        (modules / "kernel").mkdir(parents=True)
        updates = modules / "updates/dkms"
        updates.mkdir(parents=True)
        deb = next(path for path in self.kmods.make(self.kernel)
                   if path.suffix == ".deb")
        self.host("dpkg-deb", "-x", deb, tree / "package")
        for module in (tree / "package").rglob("*.ko"):
            self.kmods.is_signed(module)
            shutil.copy(module, updates)
        shutil.rmtree(tree / "package")
        self.host("depmod", "-b", tree, self.kernel)
        unsigned = tree / "unsigned"
        unsigned.mkdir()
        for module in updates.iterdir():
            shutil.copy(module, unsigned)
            self.host("objcopy", module, unsigned / module.name)
        key = tree / KEY[1:]
        key.parent.mkdir(parents=True)
        shutil.copy(self.folder / "cert.der", key)
        (tree / "etc").mkdir()
        (tree / "etc/os-release").write_text("ID=debian\n")
        self.host("tar", "-C", tree, "-cf", self.folder / "tree.tar", ".")

    def disk(self):
        self.esp = self.folder / "disk"
        shutil.rmtree(self.esp, ignore_errors=True)
        loaders = vm.Path(self.host(vm.HERE / "boot-loaders")[-1])
        for target in ("EFI/BOOT", "EFI/debian"):
            (self.esp / target).mkdir(parents=True)
        shutil.copy(loaders / "shimx64.efi", self.esp / "EFI/BOOT/BOOTX64.EFI")
        for name in ("mmx64.efi", "grubx64.efi"):
            shutil.copy(loaders / name, self.esp / "EFI/BOOT")
        stock = vm.Kernel(self.kernel, self.kmods.root, self.folder)
        shutil.copy(stock.image, self.esp / "vmlinuz")
        efivarfs = (self.kmods.root / "lib/modules" / self.kernel /
                    "kernel/fs/efivarfs/efivarfs.ko")
        self.host("env", f"LD_LIBRARY_PATH={loaders}/lib", vm.HERE / "make-initramfs", self.esp / "initrd", efivarfs, "--",
                  vm.TOP / "tests/lifecycle/secure-boot/run",
                  vm.TOP / "build/cli/devtrio", loaders / "mokutil",
                  loaders / "lib/libefivar.so.1", self.folder / "tree.tar")

    def use_variables(self, name):
        shutil.copy(vm.Firmware.OVMF / name, self.variables)

    # One boot: the guest takes a step, and says what it saw, one line for each

    def guest_says(self, step, *wanted, keyboard=None):
        """wanted: lines of what it said, in that order, or with a ! what no line is."""
        (self.esp / "EFI/debian/grub.cfg").write_text(GRUB.format(step=step))
        guest = vm.Firmware(self.folder / step, self.esp, self.variables,
                            keyboard is not None)
        try:
            if keyboard:
                keyboard(guest)
            ended = guest.ends_within(600)
        finally:
            guest.kill()
        said = (guest.results.read_text(errors="replace") if not keyboard
                else "").replace("\r", "")
        for line in said.splitlines():
            self.say(f"  {line}")
        if not ended:
            raise StepFailed("the guest did not end in time\n" + guest.last_words())
        if keyboard:
            return
        self.complained_of_nothing(guest)
        self.check(guest.verdict() == 0, "the guest took all its steps")
        for line in wanted:
            if line.startswith("!"):
                self.check(line[1:] not in said, f"it does not say: {line[1:]}")
            else:
                self.check(line in said, f"it says: {line}")

    def unknown(self):
        self.guest_says(
            "import", "lockdown: none [integrity] confidentiality",
            "rambuf: not signed, but this kernel loads only signed modules",
            "on, and there is no key yet to sign the modules with",
            "unsigned rambuf: refused", "signed rambuf: refused",
            f"Secure Boot is on, and does not know the key {KEY}",
            f"-> mokutil --import {KEY}",
            "asked to enrol",
            f"Secure Boot is on, and knows the key {KEY} only after a reboot",
            "-> systemctl reboot")

    def confirm(self):
        """On the blue screen, as a user does."""
        def answer(guest):
            for question, keys in (
                    ("Press any key to perform MOK management", ENTER),
                    ("Enroll MOK", DOWN + ENTER),
                    ("View key 0", DOWN + ENTER),
                    ("Enroll the key(s)?", DOWN + ENTER),
                    ("Password:", PASSWORD + ENTER),
                    ("Reboot", ENTER)):
                guest.answer(question, keys)
                self.say(f"  the screen says: {question}")
        self.guest_says("confirm", keyboard=answer)

    def known(self):
        self.guest_says(
            "use", "lockdown: none [integrity] confidentiality",
            "unsigned rambuf: refused",
            f"Secure Boot is on, and knows the key {KEY}",
            "signed proc_relate: loaded", "signed beepctrl: loaded",
            "signed rambuf: loaded",
            "on, and the kernel has taken the modules", "!-> mokutil")

    def off(self):
        self.use_variables("OVMF_VARS_4M.fd")
        self.guest_says("use", "lockdown: [none] integrity confidentiality",
                        "unsigned rambuf: loaded", "secure-boot      off",
                        "signed rambuf: loaded", "!-> mokutil")

    def end(self):
        super().end()
        for big in (self.esp, self.folder / "tree"):
            shutil.rmtree(big, ignore_errors=True)

    def play(self):
        self.step("Sign modules, make a disk that boots by UEFI", self.prepare)
        self.step("Secure Boot is on, and does not know our key", self.unknown)
        self.step("The key is confirmed at the next boot", self.confirm)
        self.step("Secure Boot knows our key", self.known)
        self.step("Secure Boot is off", self.off)


sys.exit(play(SecureBoot, tap=True))
