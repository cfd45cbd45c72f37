#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests beepctrl on a Raspberry Pi 3 emulated by QEMU, with Debian's arm64 kernel
and our device tree overlay. Reads the level of GPIO 25 back from the chip."""
import re
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests" / "vm"))

import vm               # noqa: E402
from tap import Tap     # noqa: E402

DEADLINE = 240


def make_initramfs(folder):
    """Packs an initramfs that has only our PID 1 and the module."""
    tree = folder / "initramfs"
    (tree / "dev").mkdir(parents=True, exist_ok=True)
    subprocess.run(["aarch64-linux-gnu-gcc", "-static", "-O2", "-std=gnu11",
                    "-Wall", "-Wextra", "-D_GNU_SOURCE", f"-I{TOP}/src/uapi",
                    "-o", tree / "init",
                    TOP / "tests/vm/guest/raspi3b.c"], check=True)
    (tree / "beepctrl.ko").write_bytes((folder / "beepctrl.ko").read_bytes())
    image = folder / "initramfs.cpio"
    with open(image, "wb") as out:
        subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"],
                       input="init\nbeepctrl.ko\ndev\n", text=True, cwd=tree,
                       stdout=out, check=True)
    return image


def boot(folder, initramfs):
    """Returns the guest's output: kernel log and TAP share one serial port here."""
    vm.use_our_qemu()
    console = folder / "console.log"
    console.write_bytes(b"")
    with open(folder / "qemu.log", "wb") as log:
        qemu = subprocess.Popen(
            ["qemu-system-aarch64", "-M", "raspi3b", "-display", "none",
             "-nic", "none", "-kernel", folder / "Image",
             "-dtb", folder / "rpi.dtb", "-initrd", initramfs,
             "-serial", "null", "-serial", f"file:{console}",
             "-append", "console=ttyS1,115200 loglevel=5 panic=-1", "-no-reboot"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    end = time.monotonic() + DEADLINE
    text = ""
    while time.monotonic() < end and qemu.poll() is None:
        text = console.read_text(errors="replace").replace("\r", "")
        if re.search(r"^DEVTRIO-GUEST-ENDED \d+$", text, re.M):
            break
        time.sleep(0.2)
    qemu.kill()
    qemu.wait()
    return text


def main():
    tap = Tap()
    made = subprocess.run([TOP / "tests/vm/raspi3b"], stdout=subprocess.PIPE,
                          text=True, check=False)
    if not tap.test(made.returncode == 0,
                    "beepctrl.ko builds for arm64, and the overlay applies"):
        return tap.done()
    folder = Path(made.stdout.splitlines()[-1])
    text = boot(folder, make_initramfs(folder))
    verdict = re.search(r"^DEVTRIO-GUEST-ENDED (\d+)$", text, re.M)
    results = re.findall(r"^(passed|failed): (.+)$", text, re.M)
    for result, name in results:
        tap.test(result == "passed", name)
    for line in re.findall(r"^# (.+)$", text, re.M):
        tap.note(line)
    tap.test(verdict and len(results) == int(verdict.group(1)) > 0,
             "the guest ran to completion")
    bad = vm.complaints(folder / "console.log")
    tap.test(not bad, "the kernel logged no warnings", "\n".join(bad))
    if not verdict:
        tap.note(text[-2000:])
    return tap.done()


sys.exit(main())
