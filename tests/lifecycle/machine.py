# SPDX-License-Identifier: GPL-2.0-only
"""A machine to which devtrio is installed, and what is true of a good one."""
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
# Debian's headers take the compiler through ccache then, to which another language
# is another result.
CCACHE = ("export DEBIAN_KERNEL_USE_CCACHE=yes CCACHE_DIR=/var/cache/ccache "
          "CCACHE_TEMPDIR=/run/ccache CCACHE_NOHASHDIR=1 LANG=C.UTF-8; unset LC_ALL")
# The state of a system that was booted once.
FRESH = "fresh"
# What the distribution has: kernels, and DKMS packages of others.
ARCHIVE = "archive"
# What tests/lifecycle/variant makes, beside the releases that have a tag.
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
    """What a row left for others to start from: a disk, the memory of the guest
    that ran on it, and its files before anything of ours was there."""

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
    """To a scenario, what a guest is: something that runs commands."""

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
    """What the rows of the matrix ask of any system.

    system    its name
    share     what the guest sees at /mnt
    disk      what it boots from
    older     the kernel it has, and
    newer     the one that it can be upgraded to
    before    its files before anything of ours was there
    groups    those that came with us
    others    whether packages of others came or went since
    VOLATILE  a pattern of what changes on any such system, if it is not OURS
    OURS      a pattern of what we may have made anywhere
    OFFERED   a pattern of what offer() makes and asks for
    scratch   where the compiler's results are kept over guests, under emulation
              nine tenths of what a row takes; None: it compiles anew

    A packaging family adds its verbs, each with a variant as tests/lifecycle/
    variant names it:

    fingerprint()                 of what the packages are made of
    prepare_share()               packages, in folders of the share
    make_packages(folder)         into a repository, of folder/source, which goes
    install, upgrade, downgrade, reinstall(variant); remove(), purge()
    start_install()               the same, and does not wait for its end
    install_slowly(command)       with a command when files are there, but the scripts
                                  that come after them did not run
    is_interrupted()              that a power cut during an installation shows
    repair()                      finishes what that or an error left
    install_kernel(), remove_kernel(kernel), remove_headers(), install_headers()
    headers()                     what they are called where they are asked for
    install_peers(), install_broken_peer(), remove_broken_peer()
    BROKEN_PEER                   its name
    half_configured(names)        just these are, but for those of the newer kernel
    forget()                      the package goes, its DKMS entry stays
    packages_are_sane()           nothing is half installed, or there twice
    installed(), packed(variant)  versions of the packages

    A verb's `fails` says that it must not succeed; None, that it may do either.
    """

    VOLATILE = (r"^/(proc|sys|dev|run|tmp|mnt|srv|home|var/(log|cache|tmp|mail)|"
                r"var/lib/(apt|dpkg|systemd|initramfs-tools|usbutils|dkms/mok[^/]*)|boot)(/|$)|"
                r"^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|"
                r"^/(vmlinuz|initrd.img)(.old)?$|^/etc/ld.so.cache$|"
                r"^/var/backups/|__pycache__|"
                # The guests were made without what is to read, installed later or not.
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
        """A variant's packages, unless they are there; one of us makes them."""
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
        """All releases; as long as there is none, this one under an earlier number."""
        tags = vm.output_of("git", "-C", vm.TOP, "tag", "--list", "v*",
                            "--sort=version:refname").split()
        return [tag for tag in tags if RELEASE.fullmatch(tag)] or ["older"]

    # From one state to another

    def find_root(self):
        self.root = vm.Path(self.host(vm.HERE / "root", "system", self.system)[-1])
        self.older, self.newer = (self.root / "newer/kernels").read_text().split()

    def prepare(self, folder):
        """The system's root and packages; folder: what its rows share."""
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
        """Has what the rows compile compiled before, in the system as a folder: under
        emulation it takes more than ten times as long."""
        done = self.scratch / "done"
        of = f"{self.root} {self.fingerprint()}"
        if done.exists() and done.read_text() == of:
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
        done.write_text(of)

    def unpack(self, tree):
        tree.mkdir()
        self.host(IN_ROOT, "/", "debugfs", "-R", f"rdump / {tree}",
                  self.root / "root.ext4")
        if self.system == "rpm":
            # rpm's way to a private /tmp for scriptlets needs a root that is mounted.
            (tree / "etc/rpm").mkdir(exist_ok=True)
            (tree / "etc/rpm/macros").write_text("%__transaction_unshare %{nil}\n")

    def erase(self, *folders):
        self.host(IN_ROOT, "/", "rm", "-rf", *folders)

    def begin(self, start):
        """Runs on from what was left as that state."""
        state = State(self.states, start)
        state.disk.parent.mkdir(exist_ok=True)
        with open(self.states / f"{start}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not state.is_of(self.packages_of(start), self.cpus):
                if start != FRESH:
                    raise StepFailed(f"no row left a machine as: {start}")
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
        """Ends the guest, for others to run on from."""
        self.run("umount -a -t 9p && sync")
        guest, self.guest = self.guest, None
        State(self.states, name).keep(self, guest)
        self.complained_of_nothing(guest)

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
        self.say("*** the power is cut")
        self.complained_of_nothing(guest)
        # As the guest's own kernel does, but we look for that on the disk.
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

    # What is true after each row

    def good(self, variant="current", kernels=None, reloaded=False):
        """Exactly one version is there, whole, for these kernels, and works.

        Of an upgraded driver, the one of before may stay loaded while it is in
        use; reloaded: load the new ones first, as a reboot would.
        """
        kernels = kernels or [self.guest.version]
        version = self.versions[variant]
        self.packages_are_sane()
        self.check(self.installed() == self.packed(variant),
                   f"the packages are {self.packed(variant)}")
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
        said = self.run("dkms status")
        entries = re.findall(r"^devtrio[/,] ?([^,]+), ([^,]+), [^,:]+: (.*)$",
                             said, re.M)
        self.check(sorted(entries) == sorted((version, kernel, "installed")
                                             for kernel in kernels) and
                   said.count("devtrio") == len(kernels),
                   f"DKMS has {version} installed, for "
                   f"{' and '.join(kernels)}, and nothing else of ours")
        names = " -o ".join(f"-name '{module}.ko*'" for module in MODULES)
        found = self.run(f"find /lib/modules {names}")
        self.check(sorted(re.findall(r"^/lib/modules/([^/]+)/.*/(\w+)\.ko", found,
                                     re.M)) ==
                   sorted((kernel, module) for kernel in kernels
                          for module in MODULES),
                   "each module is there once for each of them")
        for kernel in kernels:
            for module in MODULES:
                self.run(f"modinfo -k {kernel} -F version {module}",
                         shows=version)
        self.run("ls -d /usr/src/devtrio-* && cd /var/lib/dkms/devtrio && "
                 "find . -maxdepth 1 -mindepth 1 -type d -print -o -xtype l -print",
                 is_just=f"/usr/src/devtrio-{version}\n./{version}")

    def works(self):
        """The devices, for an ordinary user; 8: there is no buzzer to test."""
        said = self.run("devtrio test", user=USER, exits=8)
        self.check("not ok" not in said and re.search(r"^1\.\.\d+", said, re.M),
                   "its tests ran, and none failed")

    def peers_are_good(self, kernels):
        said = self.run("dkms status")
        for peer in self.PEERS:
            for kernel in kernels:
                self.check(re.search(rf"^{peer}[/,].*, {re.escape(kernel)}, "
                                     r"[^,:]+: installed$", said, re.M),
                           f"{peer} is installed for {kernel}")
                self.run(f"modinfo -k {kernel} -n {self.PEERS[peer]}")

    def nothing_left(self):
        """But for kernels and packages of others that came or went meanwhile, all
        files are as before."""
        now = self.files()
        left = {path for path in now - self.before
                if self.OURS.search(path) or not self.others and (
                    "updates/dkms" in path or
                    self.newer.rsplit("-", 1)[0] not in path)}
        self.check(not left, f"no file is left {sorted(left)[:10]}")
        gone = set() if self.others else self.before - now
        self.check(not gone, f"no other file is gone {sorted(gone)[:10]}")
        self.run("dkms status | grep devtrio", exits=1)
        self.run(f"lsmod | grep -E '{'|'.join(MODULES)}'", exits=1)
        stayed = self.run(f"getent group {' '.join(GROUPS.values())}", exits=2)
        self.check({line.split(":")[0] for line in stayed.splitlines()} ==
                   {*GROUPS.values()} - self.groups, "no group of ours is left")
        self.no_nodes()

    def no_nodes(self):
        self.run(f"ls /dev | grep -E '^({'|'.join(MODULES)}|mydevice)'", exits=1)
