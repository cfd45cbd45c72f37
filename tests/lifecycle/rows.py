# SPDX-License-Identifier: GPL-2.0-only
"""The rows of the matrix: sequences of package operations, with checks of the result.
Only rows with their own scripts use the commands of a packaging family."""
import inspect
import re

from machine import FRESH, GROUPS, HERE, MODULES, USER, fingerprint_of
from rpm import Rpm
from scenario import Impossible

ROWS = {}
NOT_BUILT = "THE DRIVERS WERE NOT BUILT"
# Exit codes of devtrio status after a failed build. The code names its consequences.
PROBLEMS = range(1, 8)
BUILD_FAILED = "Bad return status for module build"


class Row:
    """
    play     performs the row's operations and checks on a running machine
    start    the saved state that the row starts from
    leaves   the name of the state that it saves for other rows, or None
    """

    alone = False

    def __init__(self, name, play, start, leaves):
        self.name, self._play, self.start, self.leaves = name, play, start, leaves

    def fingerprint(self, kind):
        """Returns hashes of the code that the row runs on a kind of machine."""
        return [inspect.getsource(self._play), fingerprint_of(
            [HERE / "machine.py", HERE / "scenario.py", inspect.getsourcefile(kind)])]

    def play(self, machine):
        machine.begin(self.start)
        self._play(machine)
        if self.leaves:
            machine.leave(self.leaves)
        else:
            # After any row, a purge must leave nothing behind.
            machine.remove()
            machine.purge()
            machine.nothing_left()
            machine.halt()


class Story:
    """A row that runs a script, which has its own machine and prints TAP.

    debian, rpm: the scripts
    impossible: {system where the script cannot run: reason}
    alone: only one story runs at a time, since all build packages in the same folders
    """

    start, leaves, alone = None, None, True

    def __init__(self, name, debian, rpm=None, impossible=()):
        self.name, self.impossible = name, dict(impossible)
        self.debian, self.rpm = debian, rpm or debian

    def _script(self, kind):
        return HERE / (self.rpm if kind is Rpm else self.debian)

    def fingerprint(self, kind):
        modules = {*HERE.glob("*.py")} - {HERE / "rows.py"}
        return [fingerprint_of([self._script(kind), *modules, ".ci", "rpm", "debian"])]

    def play(self, machine):
        if machine.system in self.impossible:
            raise Impossible(self.impossible[machine.system])
        machine.host(self._script(type(machine)), machine.system)


def row(name, start="installed", leaves=None):
    def enter(play):
        ROWS[name] = Row(name, play, start, leaves)
        return play
    return enter


@row("fresh install", start=FRESH, leaves="installed")
def fresh_install(m):
    m.install()
    m.admit()
    m.good()


@row("without headers, then install headers", start=FRESH)
def headers_later(m):
    m.remove_headers()
    m.install(shows=[NOT_BUILT, "headers are missing"])
    m.packages_are_sane()
    m.run("devtrio status", user="alice", exits=4, shows=m.older)
    m.run("devtrio buf info", user="alice", exits=4, shows="headers are missing")
    m.install_headers()
    m.run(f"modprobe -a {' '.join(MODULES)} && udevadm settle")
    m.admit()
    m.good()


@row("udev reads the rules before the groups exist", start=FRESH)
def rules_before_groups(m):
    """udev reads the rules as soon as they are unpacked. From systemd 252 on, it reads
    them and looks up groups again only if a rules file has changed."""
    m.install_slowly("sleep 4 && "
                     "udevadm trigger --settle --action=change --sysname-match=null")
    m.admit()
    m.good()


@row("a group exists before the installation", start=FRESH)
def group_before(m):
    """It is not a system group, so udev of systemd 258 may refuse it. The other nodes
    must be right, status must print the fix, and a purge must keep the group."""
    m.run("groupadd --gid 4321 rambuf")
    m.groups.remove("rambuf")
    m.install()
    m.admit()
    for module in ("proc_relate", "beepctrl"):
        m.run(f"stat -c %U:%G:%a /dev/{module}", is_just=f"root:{GROUPS[module]}:660")
    output = m.run("devtrio status", user=USER, exits=(0, 7), shows="is no system group")
    m.run(re.search(r"groupmod --gid \d+ rambuf", output)[0])
    m.run("devtrio repair -y", seconds=1500)
    m.good()
    # systemd's uaccess rule, which comes after ours, lets the user at the local console
    # beep. modules.devname must not list our modules: boot would create dead nodes.
    m.run("udevadm test /sys/class/misc/beepctrl 2>&1 | "
          "grep -E '(run: .|RUN.builtin. : )uaccess'")
    m.run(f"grep -E '{'|'.join(MODULES)}' /lib/modules/{m.older}/modules.devname",
          exits=1)


@row("install with two kernels", start=FRESH)
def two_kernels(m):
    m.install_kernel()
    m.install()
    m.admit()
    m.good(kernels=[m.older, m.newer])


@row("kernel upgrade, reboot", leaves="two kernels")
def kernel_upgrade(m):
    m.install_kernel()
    m.good(kernels=[m.older, m.newer])
    m.reboot()
    m.run("uname -r", is_just=m.newer)
    m.good(kernels=[m.older, m.newer])


@row("kernel removal", start="two kernels")
def kernel_removal(m):
    m.remove_kernel(m.older)
    m.good(kernels=[m.newer])
    m.run(f"find /lib/modules /var/lib/dkms -name '*{m.older}*'", is_just="")


@row("upgrade while a device is open")
def upgrade_while_open(m):
    """The process with open devices notices nothing. The next load uses the new files."""
    m.run(f"runuser -l {USER} -c 'exec 3<>/dev/rambuf 4</dev/proc_relate; "
          "echo written before >&3; until [ -e /tmp/upgraded ]; do sleep 0.2; "
          "done; head -c 4096 <&4 >/dev/null && echo written after >&3 && "
          "echo fine >/tmp/held' >/tmp/holder 2>&1 &")
    m.run("for i in $(seq 100); do head -c 14 /dev/rambuf | "
          "grep -q 'written before' && exit 0; sleep 0.2; done; exit 1")
    m.upgrade("newer")
    m.run("cat /sys/module/rambuf/version", is_just=m.versions["current"])
    m.run("touch /tmp/upgraded; for i in $(seq 100); do [ -e /tmp/held ] && break; "
          "sleep 0.2; done; cat /tmp/holder; head -c 28 /dev/rambuf",
          is_just="written before\nwritten after")
    m.good("newer", reloaded=True)


@row("upgrade to a version that does not build")
def upgrade_that_fails(m):
    """It prints a warning, loaded drivers keep working, the next release fixes it."""
    m.upgrade("broken", fails=True, shows=[BUILD_FAILED, NOT_BUILT])
    m.run("devtrio status", user=USER, exits=PROBLEMS)
    for module in MODULES:
        m.run(f"cat /sys/module/{module}/version",
              is_just=m.versions["current"])
    m.works()
    m.upgrade("newer")
    m.good("newer", reloaded=True)


@row("upgrade from each earlier release", start=FRESH)
def upgrade_from_earlier(m):
    for earlier in m.earlier():
        m.install(earlier)
        m.admit()
        m.good(earlier)
        m.upgrade("newer")
        m.good("newer", reloaded=True)
        m.remove()
        m.purge()
    m.install()


@row("drivers do not build for one of the kernels")
def other_kernel_fails(m):
    """It prints a warning, and the other kernels get their drivers."""
    tree = "/lib/modules/4.19.0-1-amd64"
    m.run(f"mkdir -p {tree}/kernel {tree}/build/include && "
          f"echo '$(error too old)' >{tree}/build/Makefile")
    m.upgrade("newer", shows=[NOT_BUILT, "4.19.0-1-amd64"])
    m.good("newer", reloaded=True)
    m.run(f"rm -r {tree}")


@row("new package release of the same version")
def bumped_release(m):
    """The source changes, but the version that DKMS sees does not."""
    m.upgrade("bumped")
    m.good("bumped", reloaded=True)
    m.run("modinfo -F description rambuf", shows="bumped")


@row("reinstall")
def reinstall(m):
    """It rebuilds the drivers."""
    when = f"find /lib/modules/{m.older} -name 'rambuf.ko*' -printf '%C@'"
    before = m.run(when)
    m.reinstall()
    m.good()
    m.check(m.run(when) != before, "the driver files are new")


@row("downgrade")
def downgrade(m):
    m.downgrade("older")
    m.good("older", reloaded=True)


@row("remove, purge, reinstall")
def remove_purge_install(m):
    m.remove()
    m.run("dkms status | grep devtrio", exits=1)
    m.no_nodes()
    m.purge()
    m.nothing_left()
    m.install()
    m.admit()
    m.good()


@row("power cut during the build", start=FRESH)
def power_cut(m):
    # Don't use the shared compiler cache: a lock in it survives the power cut and blocks
    # other guests until it is old by their clocks, which resuming sets back.
    m.environment += "; export CCACHE_DISABLE=1"
    m.start_install()
    m.run("for i in $(seq 1500); do find /var/lib/dkms/devtrio -name '*.o' "
          "2>/dev/null | grep . && exit 0; sleep 0.2; done; exit 1")
    m.cut_power()
    m.start()
    m.is_interrupted()
    # The list of repositories may not have reached the disk before the power cut.
    m.offer("current")
    m.repair()
    m.admit()
    m.good()


@row("install over a stale DKMS entry", start=FRESH)
def stale_entry(m):
    """An old package was removed without dkms remove, so the source of its entry is
    missing. Such an entry makes dkms autoinstall fail for all modules."""
    m.install_peers()
    m.install("older")
    m.forget()
    m.run("ls -d /var/lib/dkms/devtrio/*")
    m.run("ls -d /usr/src/devtrio-*", exits=2)
    # The groups remained because the drivers are still loaded. Delete them, because no
    # package knows that it created them.
    m.run(" && ".join(f"groupdel {group}" for group in GROUPS.values()))
    # DKMS archives modules there that it found installed by hand.
    m.run("mkdir -p /var/lib/dkms/devtrio/original_module/4.19.0/x86_64")
    m.install()
    m.admit()
    m.peers_are_good([m.older])
    m.run("dkms autoinstall", seconds=600)
    m.run("rm -rf /var/lib/dkms/devtrio/original_module")
    m.good(reloaded=True)


@row("disk full during the build", start=FRESH)
def full_disk(m):
    m.run("cp -a /var/lib/dkms /tmp/kept && "
          "mount -t tmpfs -o size=1m tmpfs /var/lib/dkms && "
          "cp -a /tmp/kept/. /var/lib/dkms/")
    m.install(fails=True, shows=NOT_BUILT)
    m.run("mount -o remount,size=500m /var/lib/dkms")
    m.repair()
    m.admit()
    m.good()
    m.run("cp -a /var/lib/dkms /tmp/full && umount /var/lib/dkms && "
          "cp -a /tmp/full/. /var/lib/dkms/ && rm -r /tmp/full /tmp/kept")


@row("with other DKMS packages: ours does not build")
def ours_fails(m):
    """The other modules are built, even for a new kernel. dkms may leave the headers of
    that kernel half configured until our next release fixes the build."""
    m.upgrade("broken", fails=True, shows=BUILD_FAILED)
    m.install_peers(fails=None)
    m.peers_are_good([m.older])
    m.install_kernel(fails=None)
    m.peers_are_good([m.older, m.newer])
    m.works()
    m.run("devtrio status", user=USER, exits=PROBLEMS)
    m.half_configured(["devtrio-dkms"])
    m.upgrade("newer", fails=None)
    m.repair()
    m.good("newer", kernels=[m.older, m.newer], reloaded=True)
    m.peers_are_good([m.older, m.newer])


@row("with other DKMS packages: theirs does not build")
def theirs_fails(m):
    m.install_broken_peer()
    m.good()
    m.upgrade("newer", fails=None)
    m.good("newer", reloaded=True)
    m.install_kernel(fails=None)
    m.half_configured([m.BROKEN_PEER])
    peer = m.BROKEN_PEER.removesuffix("-dkms")
    m.run(f"grep '#error' /var/lib/dkms/{peer}/*/build/make.log")
    m.run(f"dkms status | grep '^{peer}.*: installed'", exits=1)
    m.good("newer", kernels=[m.older, m.newer])
    m.remove_broken_peer()


for story in (
        Story("install from the repository", "story-repository.t", "story-repository-rpm.t"),
        Story("prebuilt modules", "story-prebuilt.t", "story-prebuilt-rpm.t"),
        Story("image build", "story-image.t"),
        Story("Secure Boot on and off, key enrolled or not", "story-secure-boot.t", impossible={
            "rpm": "Distributions with dnf sign their kernels with keys in their own shim, "
                   "and Debian's archives have none of these shims."})):
    ROWS[story.name] = story
