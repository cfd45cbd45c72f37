#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Secure Boot from start to end: install prebuilt drivers, then dkms's, while neither
key is enrolled; request enrolment; confirm it at the next boot; load the drivers; turn
Secure Boot off. In each state, the kernel must accept only the modules that it should,
and `devtrio status` and the packages' load script must report the state and the one
command that helps. Package installations must not fail.

Boots a full Debian system with Debian's signed shim, GRUB and kernel, and firmware
with the keys of a real machine.
"""
import re
import shutil
import sys

from image import SYSTEM, Image
from machine import MODULES, USER
from prebuilt import SIGNER, Kmods
from scenario import play, vm

KEY = "/var/lib/dkms/mok.pub"
PASSWORD = "enrol it"
DOWN, ENTER = "\x1b[B", "\r"
FAILS = range(1, 256)
# Each package runs this after its installation.
LOAD = "/usr/libexec/devtrio/drivers load"
REFUSAL = "Key was rejected by service|Required key not available|Operation not permitted"
# Copy rambuf with and without its signature.
COPY_MODULES = """set -e
file=$(modinfo -n rambuf)
case $file in *.xz) xz -dc $file ;; *) cat $file ;; esac >/root/signed.ko
objcopy /root/signed.ko /root/unsigned.ko
tail -c 28 /root/signed.ko | grep 'Module signature appended'
! tail -c 28 /root/unsigned.ko | grep 'Module signature appended'
"""
# Debian 11's dkms signs modules only with a configured sign_tool.
SIGN_TOOL = """set -e
openssl req -new -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=DKMS/' \
    -outform DER -keyout /var/lib/dkms/mok.key -out {key} 2>/dev/null
cat >/etc/dkms/sign <<'END'
#!/bin/sh
exec /lib/modules/$1/build/scripts/sign-file sha512 /var/lib/dkms/mok.key {key} $2
END
chmod +x /etc/dkms/sign
echo 'sign_tool="/etc/dkms/sign"' >>/etc/dkms/framework.conf
"""


class SecureBoot(Image):
    def prepare(self):
        super().prepare()
        if SYSTEM == "bullseye":
            self.run(SIGN_TOOL.format(key=KEY))
        self.run(f"useradd -m -s /bin/bash {USER}")
        Kmods(self, self.tree).publish_deb(self.older)
        self.certificate = f"/usr/share/devtrio/{self.older}.der"
        self.make_disk()
        esp = self.folder / "esp"
        shutil.rmtree(esp, ignore_errors=True)
        loaders = vm.Path(self.host(vm.HERE / "boot-loaders")[-1])
        for target in ("EFI/BOOT", "EFI/debian"):
            (esp / target).mkdir(parents=True)
        shutil.copy(loaders / "shimx64.efi", esp / "EFI/BOOT/BOOTX64.EFI")
        for name in ("mmx64.efi", "grubx64.efi"):
            shutil.copy(loaders / name, esp / "EFI/BOOT")
        self.firmware = vm.Firmware(esp, self.folder / "variables")
        self.use_variables("OVMF_VARS_4M.ms.fd")

    def use_variables(self, name):
        shutil.copy(vm.Firmware.OVMF / name, self.firmware.variables)

    def refuses(self, module):
        output = self.run(f"insmod /root/{module}.ko", exits=FAILS)
        self.check(re.search(REFUSAL, output), "because the key is not enrolled")
        self.run("ls /sys/module/rambuf", exits=2)

    def prebuilt_unknown(self):
        self.start()
        self.run("cat /sys/kernel/security/lockdown",
                 is_just="none [integrity] confidentiality")
        self.offer("current", "kmod")
        output = self.apt(f"install devtrio-modules-{self.older}")
        self.reports_key(output, self.certificate)
        self.run(COPY_MODULES)
        self.refuses("signed")
        self.run(f"cp {self.certificate} /root/prebuilt.der")

    def reports_key(self, installation, key):
        """Checks that installation and status report a key that is not enrolled."""
        words = (f"Secure Boot is on, and does not trust the key {key}",
                 f"-> mokutil --import {key}")
        for text in words:
            self.check(text in installation, f"the installation prints: {text}")
        self.check(installation.count("mokutil --import") == 1, "printed once")
        self.run("devtrio status", exits=6, shows=words)
        self.run("mokutil --list-new", is_just="")

    def unknown(self):
        """Installs dkms's drivers, which the kernel refuses to load."""
        output = self.apt("install devtrio-dkms")
        self.reports_key(output, KEY)
        self.packages_are_sane()
        self.dkms_is_good([self.older])
        self.admit()
        self.run(COPY_MODULES)
        self.refuses("signed")
        self.refuses("unsigned")

    def without_key(self):
        """Hides the key from devtrio."""
        self.run(f"mv {KEY} /root/key")
        for command, code in (("devtrio status", 6), (LOAD, 0)):
            self.run(command, exits=code,
                     shows=f"there is no certificate {KEY} to enrol")
        self.run(f"mv /root/key {KEY}")

    def asked(self):
        self.run(f"mokutil --generate-hash='{PASSWORD}' >/root/hash && "
                 f"mokutil --import {KEY} /root/prebuilt.der --hash-file /root/hash")
        for command, code in (("devtrio status", 6), (LOAD, 0)):
            self.run(command, exits=code, shows=[
                f"Secure Boot is on, and trusts the key {KEY} only after a reboot",
                "-> reboot"])
        self.halt()

    def confirm(self):
        """Confirms the enrolment in MokManager, as a user does."""
        guest = vm.Interactive(self.folder / "confirm", self.firmware)
        try:
            for question, keys in (
                    ("Press any key to perform MOK management", ENTER),
                    ("Enroll MOK", DOWN + ENTER),
                    ("View key 1", DOWN + DOWN + ENTER),
                    ("Enroll the key(s)?", DOWN + ENTER),
                    ("Password:", PASSWORD + ENTER),
                    ("Reboot", ENTER)):
                guest.answer(question, keys)
                self.say(f"  the screen says: {question}")
            self.check(guest.ends_within(300), "the machine reboots")
        finally:
            guest.kill()

    def known(self):
        self.start()
        self.run("cat /sys/kernel/security/lockdown",
                 is_just="none [integrity] confidentiality")
        self.run(f"mokutil --test-key {KEY}; devtrio status -v", shows=[
            "is already enrolled", "on, and the kernel takes the modules"])
        self.good()
        self.run("modprobe -r rambuf")
        self.refuses("unsigned")
        self.run("devtrio status", exits=6,
                 shows="module rambuf is not loaded")
        self.run("devtrio repair -y && devtrio status")

    def prebuilt(self):
        self.offer("current", "kmod")
        output = self.apt(f"install devtrio-modules-{self.older}")
        self.check("mokutil" not in output, "the installation prints no warning")
        for module in MODULES:
            self.run(f"modinfo -F signer {module}", is_just=SIGNER)
        self.run(f"modprobe -r {' '.join(MODULES)}; "
                 f"modprobe -a {' '.join(MODULES)} && udevadm settle")
        self.run("devtrio status -v", shows=[
            "the modules are prebuilt", "on, and the kernel takes the modules"])
        self.works()
        self.halt()

    def off(self):
        self.use_variables("OVMF_VARS_4M.fd")
        self.start()
        self.run("cat /sys/kernel/security/lockdown",
                 is_just="[none] integrity confidentiality")
        self.run("devtrio status -v", shows="this kernel loads unsigned modules")
        self.works()
        self.run("modprobe -r rambuf && insmod /root/unsigned.ko")
        self.run(f"lsmod | grep -E '{'|'.join(MODULES)}'", shows=MODULES)
        self.halt()

    def end(self):
        super().end()
        shutil.rmtree(self.folder / "esp", ignore_errors=True)

    def play(self):
        self.step("Unpack a system and make a disk that boots by UEFI", self.prepare)
        self.step("Secure Boot on, key of prebuilt drivers not enrolled",
                  self.prebuilt_unknown)
        self.step("Secure Boot on, key of dkms not enrolled", self.unknown)
        self.step("Secure Boot on, key of dkms missing", self.without_key)
        self.step("Request enrolment of both keys", self.asked)
        self.step("Confirm the enrolment at the next boot", self.confirm)
        self.step("Secure Boot on, key of dkms enrolled", self.known)
        self.step("Secure Boot on, key of prebuilt drivers enrolled", self.prebuilt)
        self.step("Secure Boot off", self.off)


sys.exit(play(SecureBoot, tap=True))
