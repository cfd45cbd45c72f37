# SPDX-License-Identifier: GPL-2.0-only
"""Boots real kernels under QEMU and collects their output.

The console has only the kernel log, which is searched for warnings afterwards. Tests
print to a second serial port.
"""
import base64
import contextlib
import functools
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from console import complaints  # noqa: F401

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "devtrio"


class GuestDied(Exception):
    """The guest exited or timed out before its work was done."""


class EmulationHung(GuestDied):
    """The kernel did not reach /init: on a busy host, QEMU's emulation sometimes
    loses an interrupt during boot. No user space ran yet, so a retry is safe."""


def output_of(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          text=True, **options).stdout


@functools.cache
def use_our_qemu():
    """Installs our QEMU, before a guest's deadline starts, and puts it first in PATH."""
    subprocess.run([HERE / "root", "emulator", "trixie"], check=True,
                   stdout=subprocess.DEVNULL)
    os.environ["PATH"] = f"{HERE}/emulator:{os.environ['PATH']}"


@functools.cache
def fingerprint():
    """Returns a hash of QEMU and this file: a saved guest resumes only if both match."""
    use_our_qemu()
    qemu = output_of("qemu-system-x86_64", "--version").encode()
    return hashlib.sha256(Path(__file__).read_bytes() + qemu).hexdigest()


def accelerator(kernel):
    """Returns kvm only if a stock kernel boots under KVM in time, else tcg."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"

    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    known = CACHE / f"accel-{boot_id}"
    if not known.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        probe = Qemu(CACHE / f"probe-{os.getpid()}", kernel, minimal_initramfs(),
                     accel="kvm", append="devtrio.probe")
        known.write_text("kvm" if probe.ends_within(15) else "tcg")
        shutil.rmtree(probe.folder)
        print("# using KVM" if known.read_text() == "kvm" else
              "# a guest does not boot under /dev/kvm: using emulation",
              file=sys.stderr)
    return known.read_text()


class Qemu:
    """A virtual machine, with its files in its own folder.

    console.log  the kernel log
    results      the guest's output on its second serial port

    icount: use a clock that counts instructions, instead of accel
    firmware: boot with this firmware, not directly by QEMU
    """

    PROGRAM = "qemu-system-x86_64"
    CONSOLE = "ttyS0"
    # One CPU whose clock counts instructions, 1 ns each, the same in each run. Uses
    # the host's own QEMU, because benchmark guests never finish in a newer one. Without
    # ERMS, the kernel copies 8 bytes at a time: each byte of `rep movsb` would count
    # as one instruction.
    ICOUNT = ["-accel", "tcg", "-cpu", "max,-erms", "-smp", "1",
              "-icount", "shift=0,sleep=off", "-seed", "1",
              "-rtc", "base=2024-01-01,clock=vm"]
    ICOUNT_APPEND = "nokaslr norandmaps tsc=reliable nolapic_timer"
    PLAIN = {"tcg": ["-accel", "tcg,thread=multi", "-cpu", "max"],
             "kvm": ["-accel", "kvm", "-cpu", "qemu64"]}

    def __init__(self, folder, kernel, initrd, accel="tcg", append="",
                 memory="1G", icount=False, cpus=2, firmware=None, extra=()):
        if icount:
            append = f"{self.ICOUNT_APPEND} {append}"
            self.PROGRAM = f"/usr/bin/{self.PROGRAM}"
        append = f"console={self.CONSOLE} panic=-1 oops=panic {append}"
        if firmware:
            firmware.prepare_boot(kernel, initrd, append)
        self._start(folder, [
            *(self.ICOUNT if icount else
              [*self.PLAIN[accel], "-smp", str(cpus)]),
            "-m", memory, *extra,
            *(firmware.options() if firmware else
              ["-kernel", kernel, "-initrd", initrd, "-append", append])])

    def _start(self, folder, options, console="file:{}"):
        use_our_qemu()
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.console = self.folder / "console.log"
        self.results = self.folder / "results"
        self.console.write_bytes(b"")
        self.results.write_bytes(b"")
        command = [
            self.PROGRAM, "-display", "none", "-nodefaults",
            "-no-reboot", "-nic", "none",
            "-serial", console.format(self.console), *self._results_line(),
            *options]
        with open(self.folder / "qemu.log", "wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)

    def _results_line(self):
        return ["-serial", f"file:{self.results}"]

    def ended(self):
        return self.process.poll() is not None

    def ends_within(self, seconds):
        """Waits for the guest to exit; returns whether it did so cleanly."""
        try:
            return self.process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            self.kill()

    def _results_text(self):
        return self.results.read_text(errors="replace").replace("\r", "")

    def programs(self):
        """Yields (name, lines, exit code) of each program that the minimal guest ran."""
        name, lines = None, []
        for line in self._results_text().splitlines():
            start = re.match(r"# program (.*)", line)
            end = re.match(r"# exit (\d+)", line)
            if start:
                name, lines = start.group(1).split("/")[-1], []
            elif end and name:
                yield name, lines, int(end.group(1))
                name, lines = None, []
            else:
                lines.append(line)
        if name:
            yield name, lines, -1

    def verdict(self):
        """Returns the exit code of /test/run, the last line of the results, or None."""
        verdict = re.search(r"^DEVTRIO-GUEST-ENDED (\d+)\s*\Z", self._results_text(), re.M)
        return int(verdict.group(1)) if verdict else None

    def kill(self):
        if not self.ended():
            self.process.kill()
            self.process.wait()

    def last_words(self):
        lines = self.console.read_text(errors="replace").splitlines()[-15:]
        log = (self.folder / "qemu.log").read_text(errors="replace")
        return "\n".join(lines + [log])


class Arm64(Qemu):
    """An arm64 machine. The console uses its only built-in serial port, the results
    one on the PCI bus."""

    PROGRAM = "qemu-system-aarch64"
    CONSOLE = "ttyAMA0"
    # Newer CPUs have features that are slow to emulate.
    PLAIN = {"tcg": ["-M", "virt", "-cpu", "cortex-a76",
                     "-accel", "tcg,thread=multi"]}

    def _results_line(self):
        return ["-chardev", f"file,id=results,path={self.results}",
                "-device", "pci-serial,chardev=results"]


class Firmware:
    """UEFI firmware, with or without Secure Boot, and its disk: a folder with
    EFI/BOOT/BOOTX64.EFI. GRUB on it reads EFI/debian/grub.cfg.

    variables: the firmware's non-volatile variables, a copy of a file of OVMF; the
    .ms file has Secure Boot enabled, with the keys of real machines
    """

    OVMF = Path("/usr/share/OVMF")
    GRUB = "linux /vmlinuz {append}\ninitrd /initrd\nboot\n"

    def __init__(self, disk, variables):
        self.disk, self.variables = disk, variables

    def options(self):
        return [
            # Only the firmware can write its variables.
            "-machine", "q35,smm=on", "-global",
            "driver=cfi.pflash01,property=secure,value=on",
            "-drive", "if=pflash,unit=0,format=raw,readonly=on,"
                      f"file={self.OVMF / 'OVMF_CODE_4M.secboot.fd'}",
            "-drive", f"if=pflash,unit=1,format=raw,file={self.variables}",
            "-drive", f"if=virtio,format=raw,readonly=on,file=fat:{self.disk}"]

    def prepare_boot(self, kernel, initrd, append):
        shutil.copy(kernel, self.disk / "vmlinuz")
        shutil.copy(initrd, self.disk / "initrd")
        Path(self.disk, "EFI/debian/grub.cfg").write_text(
            self.GRUB.format(append=append))


class Interactive(Qemu):
    """A machine that lets a test answer the questions of its firmware and boot
    loaders."""

    def __init__(self, folder, firmware):
        port = Path(f"/tmp/devtrio-{os.getpid()}-{secrets.token_hex(4)}")
        self._start(folder, [
            *self.PLAIN["tcg"], "-smp", "1", "-m", "1G", *firmware.options(),
            "-chardev", f"socket,id=console,path={port},server=on,wait=off,"
                        f"logfile={Path(folder, 'console.log')}"],
            console="chardev:console")
        self.keyboard = connect(port, self)
        self.screen = b""

    def answer(self, question, keys, seconds=300):
        """Waits for a text on the screen, then types keys."""
        deadline = time.monotonic() + seconds
        while question.encode() not in self.screen:
            if time.monotonic() > deadline:
                raise GuestDied(f"never asked: {question}\n" + self.last_words())
            self.keyboard.settimeout(1)
            try:
                data = self.keyboard.recv(65536)
            except socket.timeout:
                continue
            if not data:
                raise GuestDied(f"never asked: {question}\n" + self.last_words())
            self.screen += data
        self.screen = self.screen.split(question.encode(), 1)[1]
        self.keyboard.sendall(keys.encode())


def connect(port, guest):
    """Retries until QEMU listens on its socket, then unlinks the socket."""
    for _ in range(100):
        try:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(port))
            port.unlink()
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            time.sleep(0.1)
    raise GuestDied("QEMU did not open its socket\n" + guest.last_words())


def empty_disk(folder, mib=64):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    disk = folder / "disk"
    disk.write_bytes(b"")
    os.truncate(disk, mib << 20)
    return disk


class DebugQemu(Qemu):
    """A machine for a debug kernel, which has no ACPI.

    disk  receives the coverage counts: see guest/init
    """

    def __init__(self, folder, *args, append="", **options):
        self.disk = empty_disk(folder)
        # Only a triple fault reboots this machine.
        super().__init__(folder, *args, **options,
                         append=f"reboot=t {append}", extra=[
            "-M", "microvm,acpi=off",
            "-drive", f"file={self.disk},format=raw,if=none,id=disk,"
                      "cache=unsafe",
            "-device", "virtio-blk-device,drive=disk"])

    def _results_line(self):
        return ["-chardev", f"file,id=results,path={self.results}",
                "-device", "isa-serial,index=1,chardev=results"]


class UserMode(Qemu):
    """User Mode Linux: a kernel that runs as a process instead of a machine.

    disk  receives the coverage counts: see guest/init
    """

    def __init__(self, folder, kernel, initrd, accel=None, append="", memory="1G",
                 icount=False):
        self.disk = empty_disk(folder)
        self._start(folder, [
            f"mem={memory}", f"initrd={initrd}", f"ubd0={self.disk}", "noreboot",
            "con=null", "con0=null,fd:1", "ssl=null", "ssl1=null,fd:2",
            "panic=-1", "oops=panic", *append.split()], kernel)

    def _start(self, folder, options, kernel):
        """Starts it with pipes, because it polls its outputs, which files can't do."""
        self.folder = Path(folder)
        self.console = self.folder / "console.log"
        self.results = self.folder / "results"
        writers = [subprocess.Popen(["cat"], stdin=subprocess.PIPE,
                                    stdout=open(path, "wb"))
                   for path in (self.console, self.results)]
        (self.folder / "qemu.log").write_bytes(b"")
        self.process = subprocess.Popen(
            [str(word) for word in (kernel, *options)], stdin=subprocess.DEVNULL,
            stdout=writers[0].stdin, stderr=writers[1].stdin,
            start_new_session=True)
        for writer in writers:
            writer.stdin.close()

    def kill(self):
        """Ends the processes of the guest as well: each is a process of the host."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class System(Qemu):
    """A full Debian system on a disk, controlled through its agent.

    share: a folder that the guest can read; scratch: one that it can write
    saved: the saved memory of another guest, to resume with the disk of the same
    moment
    """

    # mitigations=off avoids retpolines, which are slow to emulate.
    APPEND = "root=/dev/vda rw devtrio systemd.show_status=0 mitigations=off"

    def __init__(self, folder, disk, share, scratch=None, saved=None, cpus=2,
                 firmware=None):
        self.disk = Path(disk)
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.kernel = (self._kernel_beside(saved) if saved else
                       self._kernel_on_disk(folder))
        kernel, initrd = self.kernel
        self.version = kernel.name.removeprefix("vmlinuz-")
        self.port = Path(f"/tmp/devtrio-{os.getpid()}-{secrets.token_hex(4)}")
        self.monitor = self.port.with_suffix(".monitor")
        super().__init__(folder, kernel, initrd, memory="2G",
                         accel=accelerator(kernel), append=self.APPEND, cpus=cpus,
                         firmware=firmware, extra=[
            "-drive", f"file={disk},format=raw,if=virtio,cache=unsafe",
            "-virtfs", f"local,path={share},mount_tag=share,"
                       "security_model=none,readonly=on",
            *(["-virtfs", f"local,path={scratch},mount_tag=scratch,"
                          "security_model=none"] if scratch else []),
            # QEMU's main loop polls all queues of all ports in each iteration.
            "-device", "virtio-serial,max_ports=2",
            # A resumed agent must never see its port closed.
            "-chardev", f"socket,id=agent,path={self.port},server=on,"
                        f"wait={'on' if saved else 'off'}",
            "-device", "virtserialport,chardev=agent,name=devtrio.agent",
            "-monitor", f"unix:{self.monitor},server=on,wait=off",
            *(["-incoming", f"exec:cat '{saved}'"] if saved else [])])
        self.pending = b""
        self.socket = connect(self.port, self)

    def _debugfs(self, request):
        return output_of("/sbin/debugfs", "-R", request, self.disk,
                         stderr=subprocess.STDOUT)

    def _kernel_on_disk(self, folder):
        """Copies the kernel that a boot loader would choose, the target of /vmlinuz, and
        its initrd. Only a clean disk is read right: debugfs replays no journal."""
        about = self._debugfs("stat /vmlinuz")
        link = re.search(r"vmlinuz-([^\"]+)\"", about)
        if not link:
            raise GuestDied(f"{self.disk} has no /vmlinuz:\n{about}")
        copies = [folder / f"{name}-{link.group(1)}" for name in ("vmlinuz", "initrd.img")]
        for copy in copies:
            self._debugfs(f"dump /boot/{copy.name} {copy}")
        return copies

    @staticmethod
    def _kernel_beside(saved):
        """Returns the kernel and the initrd that save() kept."""
        boot = Path(saved).with_suffix(".boot")
        return [next(boot.glob(f"{name}-*")) for name in ("vmlinuz", "initrd.img")]

    def _line(self, deadline):
        while b"\n" not in self.pending:
            if time.monotonic() > deadline:
                raise GuestDied("the agent timed out\n" + self.last_words())
            self.socket.settimeout(1)
            try:
                data = self.socket.recv(65536)
            except socket.timeout:
                continue
            if not data:
                raise GuestDied("the guest exited\n" + self.last_words())
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode(errors="replace").rstrip("\r").split("\r")[-1]

    def wait_until_up(self, seconds=400):
        self._wait_for_init()
        deadline = time.monotonic() + seconds
        while self._line(deadline) != "ready":
            pass

    def _wait_for_init(self, silence=60):
        size, since = 0, time.monotonic()
        while b"Run /init" not in self.console.read_bytes():
            if self.console.stat().st_size > size:
                size, since = self.console.stat().st_size, time.monotonic()
            elif self.ended() or time.monotonic() - since > silence:
                raise EmulationHung("/init did not start\n" + self.last_words())
            time.sleep(0.5)

    def run(self, script, seconds=300, line=lambda text: None):
        """Runs a bash script as root; returns its exit code and output."""
        mark = "mark-" + secrets.token_hex(8)
        request = f"{mark} {base64.b64encode(script.encode()).decode()}\n"
        self.socket.sendall(request.encode())
        deadline = time.monotonic() + seconds
        output = []
        while True:
            text = self._line(deadline)
            if text.startswith(mark):
                if output and not output[-1]:
                    output.pop()    # the newline before the mark
                return int(text.split()[1]), "\n".join(output)
            output.append(text)
            line(text)

    def save(self, memory, seconds=300):
        """Saves the memory and ends this guest, so that another one can resume it.
        Keeps its kernel as well, which can't be read from a disk in use."""
        boot = Path(memory).with_suffix(".boot")
        shutil.rmtree(boot, ignore_errors=True)
        boot.mkdir()
        for file in self.kernel:
            shutil.copy(file, boot)
        monitor = connect(self.monitor, self)
        monitor.settimeout(seconds)
        prompt = b"(qemu) "

        def command(line):
            monitor.sendall(line.encode() + b"\n")
            reply = b""
            while not reply.endswith(prompt):
                reply += monitor.recv(65536)
            return reply.decode(errors="replace")

        while not monitor.recv(65536).endswith(prompt):
            pass
        # Without -d, migrate returns when the guest is stopped and nearly saved.
        command(f"migrate \"exec:cat > '{memory}'\"")
        end = time.monotonic() + seconds
        while "completed" not in (status := command("info migrate")):
            if "failed" in status or time.monotonic() > end:
                self.kill()
                raise GuestDied(f"failed to save the guest: {status}")
            time.sleep(0.1)
        self.kill()

    def kill(self):
        super().kill()
        self.monitor.unlink(missing_ok=True)

    def power_off(self, verb="poweroff", seconds=120):
        self.socket.sendall(
            f"x {base64.b64encode(f'systemctl --no-block {verb}'.encode()).decode()}\n"
            .encode())
        if not self.ends_within(seconds):
            raise GuestDied(f"{verb} timed out\n" + self.last_words())


def first_existing(*paths):
    return next((path for path in paths if path.exists()), None)


class Kernel:
    """A kernel and the modules to load into it.

    version  as uname -r prints it
    image    the file to boot
    modules  the kernel's own modules that tests use, and the test chip
    drivers  our modules
    machine  the class of machine that boots it
    """

    # In loading order. Not every kernel has all of them.
    MODULES = ["kernel/drivers/input/evdev.ko", "kernel/fs/configfs/configfs.ko",
               "kernel/drivers/gpio/gpio-sim.ko"]

    def __init__(self, version, root, built):
        base = first_existing(Path(root, "usr/lib/modules", version),
                           Path(root, "lib/modules", version))
        self.version = version
        self.image = first_existing(Path(root, "boot", f"vmlinuz-{version}"),
                                 base / "vmlinuz")
        in_tree = (first_existing(base / name, base / (name + ".xz"))
                   for name in self.MODULES)
        self.modules = [*filter(None, in_tree),
                        *built.glob("devtrio_testchip.ko")]
        self.drivers = [*built.glob("*.ko")]
        self.machine = Qemu
        if Path(root, "build/.config").exists():
            self.machine = UserMode if version.endswith("-uml") else DebugQemu

    @property
    def is_arm64(self):
        return "-arm64" in self.version

    def boot(self, folder, payload, **options):
        """Boots a minimal guest that has the payload in /test."""
        if self.is_arm64:
            sysroot = output_of(HERE / "sysroot").strip()
            return Arm64(folder, self.image, minimal_initramfs(
                folder, self.modules, payload, sysroot), **options)
        return self.machine(folder, self.image,
                            minimal_initramfs(folder, self.modules, payload),
                            accel=accelerator(self.image), **options)

    @classmethod
    def built(cls, series):
        """Builds the drivers for the series' newest kernel, or for SUITE/KERNEL.

        Returns the kernel, or None if the drivers do not build.
        """
        build = subprocess.run([HERE / "build-modules", series], check=False,
                               stdout=subprocess.PIPE, text=True)
        if build.returncode:
            return None
        version, root, where = build.stdout.splitlines()[-1].split()
        return cls(version, root, Path(where))


def minimal_initramfs(folder=None, modules=(), payload=(), sysroot=""):
    """Packs busybox, our /init, modules and payload, with all libraries they need."""
    folder = Path(folder or CACHE / "minimal")
    folder.mkdir(parents=True, exist_ok=True)
    image = folder / "initramfs"
    subprocess.run([HERE / "make-initramfs", image, *modules, "--", *payload],
                   check=True, env={**os.environ, "DEVTRIO_SYSROOT": sysroot})
    return image
