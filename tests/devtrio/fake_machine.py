# SPDX-License-Identifier: GPL-2.0-only
"""A healthy machine in a directory, for tests of devtrio status and repair to break.

The real binary runs in it, in a mount namespace and a chroot. /etc, /sys, /proc and so on
are plain directories. The programs in BINARIES, dpkg and depmod among them, are the
host's. All other tools are scripts that log their command line.
"""
import atexit
import contextlib
import glob
import json
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import jsonschema

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/vm"))
from tap import Tap  # noqa: E402 (needs sys.path)

DEVTRIO = os.environ.get("DEVTRIO", TOP / "build/devtrio/devtrio")
SCHEMA = json.loads((TOP / "src/devtrio/status/status.schema.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)

RUNNING, NEXT = "6.1.0-9-amd64", "6.1.0-10-amd64"
IS_ROOT = os.geteuid() == 0
DRIVERS = {"proc_relate": "procrelate", "beepctrl": "beep", "rambuf": "rambuf"}
# Only root can give a terminal to another group.
GIDS = {group: 901 + i if IS_ROOT else 0 for i, group in enumerate(DRIVERS.values())}
ALICE = 1000

BINARIES = """sh bash cat cp mv rm ln mkdir touch chmod chgrp sed grep wc find env kmod
    dpkg dpkg-query""".split()
LOGGING = """apt-get dkms modprobe udevadm systemctl systemd-sysusers groupadd groupmod
    gpasswd mokutil update-initramfs mknod devtrio""".split()
# /archive lists what apt and dnf can install: package names, or capabilities.
APT_CACHE = r"""[ "$1" = policy ] || exit 100
for name; do
    version='' source=''
    grep -qx "$name" /archive && version=9 source='http://deb.example stable Packages'
    [ "$version" ] || ! dpkg-query -W "$name" >/dev/null 2>&1 ||
        version=1 source=/var/lib/dpkg/status
    [ "$version" ] && printf '%s:\n  Installed: (none)\n  Candidate: %s\n  Version table:
     %s 500\n        500 %s\n' "$name" $version $version "$source"
done; exit 0"""
DNF = r"""for name; do :; done
case "$*" in *repoquery*) grep -Fx "$name" /archive; esac"""
# /rpmdb has lines of NAME VERSION-RELEASE.
RPM = r"""case "$*" in *-V*|*--verify*) exit 0; esac
for name; do :; done
while read -r package version; do
    case "$*" in *"installed %{"*) version="installed $version" ;; esac
    [ "$package" = "$name" ] && echo "$version" && exit
done </rpmdb
echo "package $name is not installed"; exit 1"""

# Root could damage the host's programs.
ENTER = f"""set -e; root=$1; libraries=$2; shift 2
bind() {{ [ ! -e "$1" ] || mount -o "bind{',ro' * IS_ROOT}" "$1" "$root$2"; }}
bind /usr/bin /host/bin; bind /usr/sbin /host/sbin
bind "$libraries" "$libraries"; bind /usr/lib64 /usr/lib64
mount --bind /dev/pts "$root/dev/pts"; mount --bind /dev/null "$root/dev/null"
exec "$@" """
# Memory is three times faster than a disk.
SHM = Path("/dev/shm")
SCRATCH = SHM if os.access(SHM, os.W_OK) and not os.statvfs(SHM).f_flag & os.ST_NOEXEC \
    else None
LIBRARIES = next(Path("/usr/lib").glob("*-linux-gnu*/libkmod.so.2")).parent


class Skip(Exception):
    """The test needs something that the host lacks."""


def compile_objects(folder):
    """Build two versions of a module, with only .modinfo, and the preloaded library."""
    folder.mkdir()
    compiler = shlex.split(os.environ.get("CC", "cc"))
    for version, srcversion in ("1.0.0", "AAA"), ("0.9.0", "BBB"):
        source = "".join(
            f'const char {key}[] __attribute__((section(".modinfo"), used)) = '
            f'"{key}={value}";'
            for key, value in (("version", version), ("srcversion", srcversion)))
        subprocess.run([*compiler, "-x", "c", "-c", "-o", folder / f"{version}.ko", "-"],
                       input=source, text=True, check=True)
    subprocess.run([*compiler, "-D_GNU_SOURCE", "-shared", "-fPIC",
                    "-Wl,-soname,libnss_fake.so.2", "-I", TOP / "src/uapi",
                    "-o", folder / "fake.so", Path(__file__).with_name("fake_uname.c")],
                   check=True)


class FakeMachine:
    """Healthy until its methods break it. Paths are relative to the fake root."""
    template = None
    reports = []

    def __init__(self):
        self.root = Path(tempfile.mkdtemp(prefix="devtrio-machine.", dir=SCRATCH))
        atexit.register(self.discard)
        self.root.chmod(0o755)
        self.terminals = []
        self.checks, self.error = 0, ""
        self.environment = {"FAKE_RELEASE": RUNNING, "FAKE_BUZZERS": "gpiochip0:25"}
        if not FakeMachine.template:
            self.create()
            return
        source = f"{FakeMachine.template.root}/."
        subprocess.run(["cp", "-a", source, self.root], check=True)
        for driver in DRIVERS:
            self.add_node(driver)

    def discard(self):
        shutil.rmtree(self.root, ignore_errors=True)
        while self.terminals:
            os.close(self.terminals.pop())

    def create(self):
        """The template of all machines: everything but the nodes."""
        compile_objects(self.root / "fake")
        for folder in ("host/bin", "host/sbin", "usr/bin", str(LIBRARIES)[1:], "dev/pts",
                       "usr/lib64", "boot", "var/lib/dpkg/updates", "run/systemd/system"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            self.link(name, f"usr/{name}")
        for name in BINARIES:
            self.link(f"usr/bin/{name}", f"/host/bin/{name}")
        self.link("usr/sbin/depmod", "/host/bin/kmod")
        # AddressSanitizer complains without it.
        self.link("proc/self/exe", "/usr/bin/devtrio")
        for loader in Path("/lib").glob("ld-linux*"):
            self.link(f"usr/lib/{loader.name}", os.readlink(loader))
        shutil.copy(DEVTRIO, self.root / "usr/bin/devtrio")
        for name in LOGGING:
            self.tool(name)
        self.tool("apt-cache", APT_CACHE, log=False)
        self.create_files()
        for release in (RUNNING, NEXT):
            self.add_kernel(release)
            self.install(release)
            self.sell(f"linux-headers-{release}")
        self.sell("devtrio", "devtrio-dkms", "mokutil")

    def create_files(self):
        groups = "".join(f"{group}:x:{gid}:{'alice' * (group == 'rambuf')}\n"
                         for group, gid in GIDS.items())
        for path, text in {
                "archive": "", "dev/null": "", "etc/os-release": "NAME=x\nID=debian\n",
                "etc/nsswitch.conf": "passwd: files fake\ngroup: files fake\n",
                "etc/passwd": f"root:x:0:0::/:\nalice:x:{ALICE}:{ALICE}::/:\n",
                "etc/group": f"root:x:0:\n{groups}",
                "etc/login.defs": "SYS_GID_MAX 65000\n",
                "usr/lib/modules-load.d/devtrio.conf": "# ours\n" + "\n".join(DRIVERS),
                "usr/lib/udev/rules.d/60-devtrio.rules": "# ours\n",
                "proc/cmdline": "quiet\n", "proc/sys/kernel/modules_disabled": "0\n",
                "var/lib/dpkg/status": ""}.items():
            self.write(path, text)
        for name in ("devtrio", "devtrio-dkms"):
            self.package(name)
        self.add_to_dkms("1.0.0")
        for driver in DRIVERS:
            self.load(driver)

    # Break it

    def write(self, path, text="", mode=0o644):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def read(self, path):
        return (self.root / path).read_text()

    def replace(self, path, pattern, text):
        old = self.read(path)
        new = re.sub(pattern, text, old, flags=re.M)
        assert new != old, f"{path} has no {pattern}"
        self.write(path, new)

    def remove(self, *patterns, optional=False):
        for pattern in patterns:
            paths = glob.glob(str(self.root / pattern))
            assert paths or optional, f"there is no {pattern} to remove"
            for path in paths:
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                else:
                    os.unlink(path)

    def link(self, path, target):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def tool(self, name, script="", log=True):
        """Replace a tool by a shell script that logs its command line."""
        line = f'echo "{name} $*" >>/log\n' if log else ""
        self.write(f"usr/local/sbin/{name}", f"#!/bin/sh\n{line}{script}\n", 0o755)

    def answer(self, name, text, code=0):
        self.tool(name, f"cat <<'END'\n{text}\nEND\nexit {code}", log=False)

    def package(self, name, status="install ok installed", depends="base", files=()):
        """Replace a package in dpkg's database; status None removes it."""
        texts = self.read("var/lib/dpkg/status").split("\n\n")
        texts = [text for text in texts if text and f"Package: {name}\n" not in text]
        if status:
            version = "" if "not-installed" in status else "\nVersion: 1.0.0-1"
            texts.append(f"Package: {name}\nStatus: {status}\nArchitecture: all\n"
                         f"Maintainer: x <x@example.org>{version}\n"
                         f"Depends: {depends}\nDescription: x")
            self.write(f"var/lib/dpkg/info/{name}.list", "\n".join(["/.", *files, ""]))
        self.write("var/lib/dpkg/status", "\n\n".join(texts) + "\n")

    def sell(self, *names):
        """The archive has these packages as well."""
        self.write("archive", "\n".join([self.read("archive"), *names]))

    def no_package(self):
        """The modules come without their source."""
        self.package("devtrio-dkms", None)
        self.remove("lib/modules/*/build", "usr/src", "var/lib/dkms")

    def fedora(self, packages="dkms-devtrio 1.0.0-1.fc41\ndevtrio 1.0.0-1.fc41\n"):
        self.write("etc/os-release", 'ID=rocky\nID_LIKE="rhel centos fedora"\n')
        self.remove("usr/bin/dpkg*", "usr/local/sbin/apt*")
        self.tool("dnf", DNF)
        self.tool("rpm", RPM, log=False)
        self.write("rpmdb", packages)

    def add_kernel(self, release, package=True):
        """A kernel with headers, from the package linux-image-RELEASE."""
        folder, source = f"usr/lib/modules/{release}", f"usr/src/linux-headers-{release}"
        for path in (f"{folder}/kernel/ext4.ko", f"{folder}/modules.order",
                     f"{folder}/modules.builtin", f"{source}/include/x.h",
                     f"boot/vmlinuz-{release}"):
            self.write(path)
        self.link(f"{folder}/build", f"/{source}")
        if package:
            self.package(f"linux-image-{release}", files=[f"/boot/vmlinuz-{release}"])

    def boot(self, release):
        """The only kernel is another one, without a package, headers and modules."""
        for old in (RUNNING, NEXT):
            self.package(f"linux-image-{old}", None)
        self.remove("usr/lib/modules/*", "boot/*", "var/lib/dkms/devtrio/kernel-*",
                    "var/lib/dkms/devtrio/1.0.0/6*", "sys/module/*", optional=True)
        self.add_kernel(release, package=False)
        self.remove(f"usr/lib/modules/{release}/build")
        self.environment["FAKE_RELEASE"] = release

    def depmod(self, release):
        subprocess.run(["/sbin/depmod", "-b", self.root, release], check=True,
                       stderr=subprocess.DEVNULL)

    def copy_modules(self, release, version="1.0.0"):
        folder = self.root / f"usr/lib/modules/{release}/updates/dkms"
        folder.mkdir(parents=True, exist_ok=True)
        for driver in DRIVERS:
            shutil.copy(self.root / f"fake/{version}.ko", folder / f"{driver}.ko")
        self.depmod(release)

    def install(self, release, version="1.0.0"):
        """As dkms install does."""
        self.copy_modules(release, version)
        target = f"{version}/{release}/x86_64"
        self.write(f"var/lib/dkms/devtrio/{target}/module/rambuf.ko")
        self.link(f"var/lib/dkms/devtrio/kernel-{release}-x86_64", target)

    def lose_files(self, release):
        """DKMS still says that they are installed."""
        self.remove(f"lib/modules/{release}/updates")
        self.depmod(release)

    def unbuild(self, release):
        self.lose_files(release)
        self.remove(f"var/lib/dkms/devtrio/1.0.0/{release}",
                    f"var/lib/dkms/devtrio/kernel-{release}-*")

    def add_to_dkms(self, version):
        self.write(f"usr/src/devtrio-{version}/dkms.conf")
        self.link(f"var/lib/dkms/devtrio/{version}/source", f"/usr/src/devtrio-{version}")

    def sign(self, driver, release):
        """Append a signature that is not PKCS#7: it needs no key."""
        path = self.root / f"usr/lib/modules/{release}/updates/dkms/{driver}.ko"
        with path.open("ab") as file:
            file.write(b"dkms at home\1\2\3\4sig_\0\4\1\14\4\0\0\0\0\0\0\4"
                       b"~Module signature appended~\n")

    def load(self, driver, version="1.0.0", srcversion="AAA", refcnt=0):
        (self.root / f"sys/module/{driver}/holders").mkdir(parents=True, exist_ok=True)
        for name, text in {"initstate": "live", "refcnt": refcnt, "version": version,
                           "srcversion": srcversion}.items():
            self.write(f"sys/module/{driver}/{name}", f"{text}\n")

    def add_node(self, name, driver=None):
        """A terminal: a character device that needs no root to create."""
        primary, secondary = pty.openpty()
        path = os.ttyname(secondary)
        os.chown(path, -1, GIDS[DRIVERS[driver or name]] if IS_ROOT else -1)
        os.chmod(path, 0o660)
        number = os.stat(path).st_rdev
        self.terminals += [primary, secondary]
        self.link(f"dev/{name}", path.removeprefix("/dev/"))
        self.write(f"sys/class/misc/{name}/dev",
                   f"{os.major(number)}:{os.minor(number)}\n")

    def node(self, name):
        """The terminal behind a node."""
        return Path("/dev", os.readlink(self.root / "dev" / name))

    @contextlib.contextmanager
    def closed(self, path):
        """Only root may read it."""
        (self.root / path).chmod(0)
        yield
        (self.root / path).chmod(0o755)

    def need_root(self):
        if not IS_ROOT:
            raise Skip("only root can use several groups and users")

    # Run devtrio in it

    def command(self, *words, user=False):
        enter = ["unshare", "-m"] + ["-r"] * (not IS_ROOT)
        enter += ["sh", "-c", ENTER, "sh", self.root, LIBRARIES]
        if user and IS_ROOT:
            enter += ["chroot", f"--userspec={ALICE}:{ALICE}",
                      f"--groups={ALICE},{GIDS['rambuf']}", self.root]
        elif user:
            enter += ["unshare", "-U", f"--map-user={ALICE}", f"--map-group={ALICE}",
                      "-R", self.root]
        else:
            enter += ["chroot", self.root]
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        return [*enter, "/bin/env", "-i", "LD_PRELOAD=/fake/fake.so", *variables,
                "/usr/bin/devtrio", *words]

    def devtrio(self, *words, user=False, typed=None, piped=""):
        """Run it on a terminal where the text is typed, or without one."""
        self.write("log", "", 0o666)
        command = self.command(*words, user=user)
        if typed is not None:
            return run_on_terminal(command, typed)
        result = subprocess.run(command, check=False, text=True, capture_output=True,
                                input=piped, timeout=10)
        self.error = result.stderr
        return result.returncode, result.stdout

    def calls(self):
        """The commands that the last run of devtrio ran, without its questions."""
        return [line.rstrip() for line in self.read("log").splitlines() if not
                re.match("udevadm settle|mokutil --test-key|dnf .*repoquery", line)]

    def status(self, *words, user=False):
        code, output = self.devtrio("status", "--json", *words, user=user)
        try:
            report = json.loads(output)
        except ValueError:
            raise AssertionError(f"no JSON, exit code {code}: {self.error}") from None
        equal(schema_error(report), "", "schema")
        equal(report["exit_code"], code, "exit code")
        FakeMachine.reports.append(report)
        return Report(self, report)

    # Expect

    def expect(self, condition, detail):
        self.checks += 1
        assert condition, detail

    def match(self, text, *patterns):
        for pattern in patterns:
            found = re.search(pattern, text, re.M | re.I)
            self.expect(found, f"no {pattern!r} in {text}")

    def no_match(self, text, *patterns):
        for pattern in patterns:
            found = re.search(pattern, text, re.M | re.I)
            self.expect(not found, f"{pattern!r} in {text}")


def run_on_terminal(command, typed):
    pid, terminal = pty.fork()
    if not pid:
        os.execvp(command[0], command)
    os.write(terminal, typed.encode())
    output = b""
    with contextlib.suppress(OSError):
        while select.select([terminal], [], [], 10)[0]:
            output += os.read(terminal, 65536)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output.decode()


def equal(got, wanted, what):
    assert got == wanted, f"{what}: expected {wanted!r}, got {got!r}"


def schema_error(report):
    error = jsonschema.exceptions.best_match(VALIDATOR.iter_errors(report))
    return error.message if error else ""


def fix_text(fix):
    """COMMAND, ? COMMAND (the user decides) or ! COMMAND (stronger); # NOTE."""
    mark = "! " if fix.get("stronger") else "" if fix["automatic"] else "? "
    text = mark + shlex.join(fix["argv"]) if fix["argv"] else ""
    return (f"{text}  # {fix['note']}" if fix["note"] else text).strip()


def is_fix(text, wanted):
    """A wanted note is a pattern, and may be left out after a command."""
    command, _, note = f"  {text}".partition("  # ")
    wanted, _, pattern = f"  {wanted}".partition("  # ")
    return command == wanted and bool(re.search(pattern, note, re.I))


class Report:
    """What devtrio status --json found. What expects something returns the report."""
    def __init__(self, machine, report):
        self.machine, self.checks = machine, report["checks"]
        self.code, self.next = report["exit_code"], report["next_kernel"]
        keys = {(check["id"], check["subject"]) for check in self.checks}
        equal(len(keys), len(self.checks), "number of different findings")
        wrong = {check["id"] for check in self.checks if check["verdict"] != "ok"}
        causes = set(re.findall(r"skipped .*: see (\w+)", str(self)))
        equal(causes - wrong, set(), "causes that were not found")

    def __str__(self):
        return "\n".join(
            f"  {c['verdict']} {c['exit_code']} {c['id']} {c['subject']}: {c['text']}"
            + "".join(f"\n      -> {fix_text(fix)}" for fix in c["commands"])
            for c in self.checks)

    def expect(self, condition, detail):
        self.machine.expect(condition, f"{detail}, but status has\n{self}")
        return self

    def find(self, name, subject=None):
        return next((check for check in self.checks
                     if (check["id"], check["subject"]) == (name, subject)), None)

    def fixes(self, name, subject=None):
        found = self.find(name, subject)
        return [fix_text(fix) for fix in found["commands"]] if found else []

    def has(self, verdict, name, subject, fixes, text="", code=0):
        """A finding with a text that matches, and exactly these fixes, or any if ..."""
        found, got = self.find(name, subject), self.fixes(name, subject)
        same = ... in fixes or len(got) == len(fixes) and all(map(is_fix, got, fixes))
        return self.expect(
            found and same and found["verdict"] == verdict and
            code in (..., found["exit_code"]) and re.search(text, found["text"], re.I),
            f"expected {verdict} {code} {name} {subject}: {text} {fixes}")

    def problem(self, code, name, subject, *fixes, text=""):
        return self.has("problem", name, subject, fixes, text, code)

    def warning(self, name, subject, *fixes, text=""):
        return self.has("warning", name, subject, fixes, text)

    def ok(self, name, subject=None, text=""):
        return self.has("ok", name, subject, (), text)

    def skipped(self, name, subject, text):
        return self.has("skipped", name, subject, (), text)

    def only(self, *wanted):
        """No other problems and warnings: one finding per cause."""
        found = {(c["id"], c["subject"]) for c in self.checks
                 if c["verdict"] in ("problem", "warning")}
        return self.expect(found == set(wanted), f"expected only {wanted}")

    def exits(self, *codes):
        return self.expect(self.code in codes, f"exit code {self.code}, not {codes}")

    def boots(self, release):
        return self.expect(self.next == release, f"next is {self.next}, not {release}")

    def is_healthy(self):
        return self.only().exits(0)


def run_tests(functions, last=None):
    """Run each function test_NAME on a machine of its own."""
    tap = Tap()
    FakeMachine.template = FakeMachine()
    for name, function in functions.items():
        if not name.startswith("test_"):
            continue
        machine, detail, directive = FakeMachine(), "", ""
        try:
            function(machine)
            assert machine.checks, "nothing was expected"
        except Skip as reason:
            directive = f" # SKIP {reason}"
        except Exception as error:  # the others run all the same
            line = traceback.extract_tb(error.__traceback__)[1].lineno
            detail = f"line {line}: {type(error).__name__}: {error}"
        tap.test(not detail, name[len("test_"):].replace("_", " "), detail, directive)
        machine.discard()
    if last:
        last(tap)
    return tap.done()
