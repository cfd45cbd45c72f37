# SPDX-License-Identifier: GPL-2.0-only
"""A machine that devtrio is installed on, and checks of a good installation."""
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess

from scenario import Scenario, StepFailed, vm

HERE = vm.TOP / "tests/lifecycle"
IN_ROOT = vm.HERE / "in-root"
MODULES = ["proc_relate", "beepctrl", "rambuf"]
GROUPS = {"proc_relate": "procrelate", "beepctrl": "beep", "rambuf": "rambuf"}
USER = "bob"
# Makes Debian's kernel headers use ccache. Its results depend on the locale, so use one
# locale everywhere.
CCACHE = ("export DEBIAN_KERNEL_USE_CCACHE=yes CCACHE_DIR=/var/cache/ccache "
          "CCACHE_TEMPDIR=/run/ccache CCACHE_NOHASHDIR=1 LANG=C.UTF-8; unset LC_ALL")
# The state after the first boot of a system.
FRESH = "fresh"
# Packages of the distribution: kernels, and third-party DKMS packages.
ARCHIVE = "archive"
# The versions that tests/lifecycle/variant makes, besides tagged releases.
VARIANTS = ["older", "current", "bumped", "broken", "newer"]
RELEASE = re.compile(r"v\d+\.\d+\.\d+")


def fingerprint_of(sources, without=None):
    files = sorted(path for source in sources
                   for path in [vm.TOP / source, *(vm.TOP / source).rglob("*")]
                   if path.is_file() and path.suffix != ".pyc" and
                   not (without and path.is_relative_to(vm.TOP / without)))
    return hashlib.sha256(b"".join(
        str(path.relative_to(vm.TOP)).encode() + path.read_bytes()
        for path in files)).hexdigest()


class State:
    """A saved machine that other rows start from: its disk, its memory, and the list of
    its files before devtrio was installed."""

    def __init__(self, folder, name):
        self.name = name
        self.disk = folder / "states" / f"{name}.ext4"
        self.memory = self.disk.with_suffix(".memory")
        self.about = self.disk.with_suffix(".json")

    def is_of(self, packages, cpus):
        if not self.about.exists():
            return False
        wanted = {"packages": packages, "cpus": cpus, "vm": vm.fingerprint()}
        return wanted.items() <= json.loads(self.about.read_text()).items()

    def keep(self, machine, guest):
        self.about.unlink(missing_ok=True)
        self.disk.parent.mkdir(exist_ok=True)
        guest.save(self.memory)
        machine.disk.rename(self.disk)
        self.about.write_text(json.dumps(
            {"packages": machine.packages_of(self.name), "cpus": machine.cpus,
             "vm": vm.fingerprint(), "before": sorted(machine.before)}))

    def before(self):
        return set(json.loads(self.about.read_text())["before"])


class Chroot:
    """Runs a scenario's commands in a chroot instead of a guest."""

    def __init__(self, tree, share, ccache=""):
        self.tree = tree
        self.environment = {**os.environ, "DEVTRIO_BIND": str(share),
                            "DEVTRIO_CCACHE": str(ccache)}

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


class Machine(Scenario):
    """The operations and checks that the rows of the matrix use, on any system.

    system    its name
    share     the folder that the guest mounts at /mnt
    disk      its root disk
    older     its installed kernel
    newer     the kernel that it can be upgraded to
    before    its files before devtrio was installed
    groups    the groups that our packages created
    others    whether other packages were installed or removed since
    VOLATILE  pattern of files that change on any system, unless they match OURS
    OURS      pattern of files that belong to devtrio
    OFFERED   pattern of files that offer() creates, or that depend on it
    scratch   the compiler cache that guests share; without it, a row takes ten times
              as long under emulation. None: compile everything

    A packaging family adds these operations. A variant is a name that
    tests/lifecycle/variant knows:

    fingerprint()                 hash of the packages' sources
    prepare_share()               put packages into folders of the share
    make_packages(folder)         build folder/source, turn folder into a repository
    install, upgrade, downgrade, reinstall(variant); remove(), purge()
    start_install()               install without waiting for the end
    install_slowly(command)       run a command between unpacking the files and running
                                  the post-installation scripts
    is_interrupted()              check for the traces of a power cut while installing
    repair()                      complete an interrupted or failed installation
    install_kernel(), remove_kernel(kernel), remove_headers(), install_headers()
    headers()                     the name of the headers package
    install_peers(), install_broken_peer(), remove_broken_peer()
    BROKEN_PEER                   the package with a module that does not build
    half_configured(names)        check for exactly these, and the newer kernel's
    forget()                      remove the package, but keep its DKMS entry
    packages_are_sane()           check that no package is broken or there twice
    installed(), packed(variant)  versions of the packages

    `fails` says whether an operation must fail; None means that it may.
    """

    VOLATILE = (r"^/(proc|sys|dev|run|tmp|mnt|srv|home|var/(log|cache|tmp|mail)|"
                r"var/lib/(apt|dpkg|systemd|initramfs-tools|usbutils|dkms/mok[^/]*)|boot)(/|$)|"
                r"^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|"
                r"^/(vmlinuz|initrd.img)(.old)?$|^/etc/ld.so.cache$|"
                r"^/var/backups/|__pycache__|"
                # The guests were built without documentation.
                r"^/usr/share/(doc|man)/linux-")
    OURS = re.compile(r"devtrio|proc_relate|beepctrl|rambuf")
    PEERS = {"acpi-call": "acpi_call", "v4l2loopback": "v4l2loopback"}

    def __init__(self, folder, system, quiet=False):
        super().__init__(folder, quiet)
        self.system = system
        self.disk = self.folder / "disk.ext4"
        self.before = set()
        self.groups = set(GROUPS.values())
        self.others = False
        self.versions = {}

    def build(self, variant):
        """Builds a variant's packages once, even if several processes ask for it."""
        folder = self.share / variant
        key = self.fingerprint()
        done = folder / "fingerprint"
        with open(folder.with_suffix(".lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists() or done.read_text() != key:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                version = self.host(HERE / "variant", variant, folder / "source")[-1]
                self.make_packages(folder)
                (folder / "version").write_text(version)
                done.write_text(key)
        self.versions[variant] = (folder / "version").read_text()

    def build_variants(self, folders):
        for folder in folders:
            if folder not in self.versions and (
                    folder in VARIANTS or RELEASE.fullmatch(folder)):
                self.build(folder)

    def earlier(self):
        """Returns all releases, or the "older" variant if there is no release yet."""
        tags = vm.output_of("git", "-C", vm.TOP, "tag", "--list", "v*",
                            "--sort=version:refname").split()
        return [tag for tag in tags if RELEASE.fullmatch(tag)] or ["older"]

    # State changes

    def find_root(self):
        self.root = vm.Path(self.host(vm.HERE / "root", "system", self.system)[-1])
        self.older, self.newer = (self.root / "newer/kernels").read_text().split()

    def prepare(self, folder):
        """Prepares the system's root and packages in the folder that its rows share."""
        self.find_root()
        self.states = folder
        self.share = folder / "share"
        self.scratch = folder / "ccache"
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.environment = CCACHE
        root = self.share / "root"
        if not root.exists() or root.read_text() != str(self.root):
            for outdated in (self.share / "archive", folder / "states"):
                shutil.rmtree(outdated, ignore_errors=True)
            self.share.mkdir(parents=True, exist_ok=True)
            root.write_text(str(self.root))
        self.prepare_share()

    def warm(self):
        """Fills the compiler cache natively in a chroot: compiling under emulation takes
        more than ten times as long."""
        done = self.scratch / "done"
        key = f"{self.root} {self.fingerprint()}"
        if done.exists() and done.read_text() == key:
            return
        tree = self.folder / "tree"
        self.erase(tree)
        self.unpack(tree)
        self.guest = Chroot(tree, self.share, self.scratch)
        self.install_kernel()
        self.install_peers(fails=None)
        self.install("older")
        self.upgrade("current")
        self.upgrade("bumped")
        self.upgrade("broken", fails=None)
        self.upgrade("newer")
        self.guest = None
        self.erase(tree)
        done.write_text(key)

    def unpack(self, tree):
        tree.mkdir()
        self.host(IN_ROOT, "/", "debugfs", "-R", f"rdump / {tree}",
                  self.root / "root.ext4")
        if self.system == "rpm":
            # rpm can give scriptlets a private /tmp only if the root is a mount point.
            (tree / "etc/rpm").mkdir(exist_ok=True)
            (tree / "etc/rpm/macros").write_text("%__transaction_unshare %{nil}\n")

    def erase(self, *folders):
        self.host(IN_ROOT, "/", "rm", "-rf", *folders)

    def begin(self, start):
        """Resumes the saved state `start`."""
        state = State(self.states, start)
        state.disk.parent.mkdir(exist_ok=True)
        with open(self.states / f"{start}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not state.is_of(self.packages_of(start), self.cpus):
                if start != FRESH:
                    raise StepFailed(f"no row saved the state: {start}")
                self.boot_fresh()
                self.leave(start)
        self.host("cp", "--sparse=always", state.disk, self.disk)
        self.start(state.memory)
        self.before = state.before()

    def boot_fresh(self):
        self.host("cp", "--sparse=always", self.root / "root.ext4", self.disk)
        self.start()
        self.run("useradd -m -s /bin/bash alice && "
                 f"useradd -m -s /bin/bash {USER}")
        self.before = self.files()

    def leave(self, name):
        """Ends the guest and saves its state for other rows."""
        self.run("umount -a -t 9p && sync")
        guest, self.guest = self.guest, None
        State(self.states, name).keep(self, guest)
        self.check_kernel_log(guest)

    def packages_of(self, state):
        return self.root.name if state == FRESH else self.fingerprint()

    def start(self, saved=None):
        self.boot(self.disk, self.share, saved)
        if self.scratch:
            self.run("mkdir -p /var/cache/ccache && mount -t 9p -o "
                     "trans=virtio,version=9p2000.L scratch /var/cache/ccache")

    def reboot(self):
        self.halt("reboot")
        self.start()

    def cut_power(self):
        guest, self.guest = self.guest, None
        guest.kill()
        self.say("*** power cut")
        self.check_kernel_log(guest)
        # Replay the journal now: start() reads the disk before the guest's kernel does.
        self.host("sh", "-c", f"/sbin/e2fsck -p -E journal_only '{self.disk}' || "
                              "[ $? = 1 ]")

    def admit(self):
        self.run(f"usermod -aG {','.join(GROUPS.values())} {USER}")

    def files(self):
        output = self.guest.run("find / -xdev \\( -path /proc -o -path /sys "
                                "-o -path /dev \\) -prune -o -print")[1]
        return {line for line in output.splitlines()
                if not re.search(self.OFFERED, line) and
                (self.OURS.search(line) or not re.search(self.VOLATILE, line))}

    # Checks after each row

    def good(self, variant="current", kernels=None, reloaded=False):
        """Checks that just this version is installed for these kernels, and works.

        After an upgrade, an old driver may stay loaded while it is in use.
        reloaded: load the new drivers first, as a reboot would.
        """
        kernels = kernels or [self.guest.version]
        version = self.versions[variant]
        self.packages_are_sane()
        self.check(self.installed() == self.packed(variant),
                   f"the installed packages are {self.packed(variant)}")
        self.dkms_is_good(kernels, variant)
        if reloaded:
            self.run(f"modprobe -r {' '.join(MODULES)} && "
                     f"modprobe -a {' '.join(MODULES)} && udevadm settle")
            for module in MODULES:
                self.run(f"modinfo -F srcversion {module} | "
                         f"diff - /sys/module/{module}/srcversion")
        for module, group in GROUPS.items():
            self.run(f"cat /sys/module/{module}/version", shows=version)
            self.run(f"stat -c '%F %U:%G %a' /dev/{module}",
                     shows=f"character special file root:{group} 660")
        self.run("devtrio status", user=USER)
        self.works()

    def dkms_is_good(self, kernels, variant="current"):
        version = self.versions[variant]
        status = self.run("dkms status")
        entries = re.findall(r"^devtrio[/,] ?([^,]+), ([^,]+), [^,:]+: (.*)$",
                             status, re.M)
        self.check(sorted(entries) == sorted((version, kernel, "installed")
                                             for kernel in kernels) and
                   status.count("devtrio") == len(kernels),
                   f"DKMS has only devtrio {version} installed, for "
                   f"{' and '.join(kernels)}")
        names = " -o ".join(f"-name '{module}.ko*'" for module in MODULES)
        found = self.run(f"find /lib/modules {names}")
        self.check(sorted(re.findall(r"^/lib/modules/([^/]+)/.*/(\w+)\.ko", found,
                                     re.M)) ==
                   sorted((kernel, module) for kernel in kernels
                          for module in MODULES),
                   "each module is installed once per kernel")
        for kernel in kernels:
            for module in MODULES:
                self.run(f"modinfo -k {kernel} -F version {module}",
                         shows=version)
        self.run("ls -d /usr/src/devtrio-* && cd /var/lib/dkms/devtrio && "
                 "find . -maxdepth 1 -mindepth 1 -type d -print -o -xtype l -print",
                 is_just=f"/usr/src/devtrio-{version}\n./{version}")

    def works(self):
        """Tests the devices as an ordinary user. Exit code 8: there is no buzzer."""
        output = self.run("devtrio test", user=USER, exits=8)
        self.check("not ok" not in output and re.search(r"^1\.\.\d+", output, re.M),
                   "all tests ran and passed")

    def peers_are_good(self, kernels):
        status = self.run("dkms status")
        for peer in self.PEERS:
            for kernel in kernels:
                self.check(re.search(rf"^{peer}[/,].*, {re.escape(kernel)}, "
                                     r"[^,:]+: installed$", status, re.M),
                           f"{peer} is installed for {kernel}")
                self.run(f"modinfo -k {kernel} -n {self.PEERS[peer]}")

    def nothing_left(self):
        """Checks that all files are as before the installation, except for kernels and
        other packages that came or went meanwhile."""
        now = self.files()
        left = {path for path in now - self.before
                if self.OURS.search(path) or not self.others and (
                    "updates/dkms" in path or
                    self.newer.rsplit("-", 1)[0] not in path)}
        self.check(not left, f"no file is left: {sorted(left)[:10]}")
        gone = set() if self.others else self.before - now
        self.check(not gone, f"no other file is missing: {sorted(gone)[:10]}")
        self.run("dkms status | grep devtrio", exits=1)
        self.run(f"lsmod | grep -E '{'|'.join(MODULES)}'", exits=1)
        stayed = self.run(f"getent group {' '.join(GROUPS.values())}", exits=2)
        self.check({line.split(":")[0] for line in stayed.splitlines()} ==
                   {*GROUPS.values()} - self.groups, "no group of ours is left")
        self.no_nodes()

    def no_nodes(self):
        self.run(f"ls /dev | grep -E '^({'|'.join(MODULES)}|mydevice)'", exits=1)
