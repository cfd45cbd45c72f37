# SPDX-License-Identifier: GPL-2.0-only
"""The rows of the matrix: what happens to a machine with devtrio, and what is
true of it afterwards. None knows a packaging family's commands, but for those that
have scripts of their own."""
from machine import FRESH, GROUPS, HERE, MODULES, USER
from scenario import Impossible

ROWS = {}
NO_HEADERS = "THE DRIVERS WERE NOT BUILT"
BUILD_FAILED = "Bad return status for module build"


class Row:
    """
    play     does it to a machine that runs
    start    what the machine was left as
    leaves   as what it is left to other rows
    """

    alone = False

    def __init__(self, name, play, start, leaves):
        self.name, self._play, self.start, self.leaves = name, play, start, leaves

    def play(self, machine):
        machine.begin(self.start)
        self._play(machine)
        if self.leaves:
            machine.leave(self.leaves)
        else:
            machine.halt()


class Story:
    """A row that a script tells, which has a machine of its own, in TAP.

    debian, rpm: the scripts
    impossible: the systems on which that can't be done here, and why
    alone: they make packages in the same folders
    """

    start, leaves, alone = None, None, True

    def __init__(self, name, debian, rpm=None, impossible=()):
        self.name, self.impossible = name, dict(impossible)
        self.debian, self.rpm = debian, rpm or debian

    def play(self, machine):
        if machine.system in self.impossible:
            raise Impossible(self.impossible[machine.system])
        script = self.rpm if machine.system == "rpm" else self.debian
        machine.host(HERE / script, machine.system)


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


@row("without headers, headers later", start=FRESH)
def headers_later(m):
    m.remove_headers()
    m.install(shows=[NO_HEADERS, m.headers()])
    m.packages_are_sane()
    m.run("devtrio status", user="alice", exits=4, shows=m.older)
    m.run("devtrio buf info", user="alice", exits=6, shows="not loaded")
    m.install_headers()
    m.run(f"modprobe -a {' '.join(MODULES)} && udevadm settle")
    m.admit()
    m.good()


@row("two kernels at once", start=FRESH)
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
    """Who has them open notices nothing; the next load is of the new ones."""
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


@row("upgrade to one that does not build")
def upgrade_that_fails(m):
    """It is told, what was loaded works on, and the next release mends it."""
    m.upgrade("broken", fails=True, shows=BUILD_FAILED)
    for module in MODULES:
        m.run(f"cat /sys/module/{module}/version",
              is_just=m.versions["current"])
    m.works()
    m.upgrade("newer")
    m.good("newer", reloaded=True)


@row("the same version, bumped release")
def bumped_release(m):
    m.upgrade("bumped")
    m.good("bumped")


@row("reinstall")
def reinstall(m):
    m.reinstall()
    m.good()


@row("downgrade")
def downgrade(m):
    m.downgrade("older")
    m.good("older", reloaded=True)


@row("remove, purge, install again")
def remove_purge_install(m):
    m.remove()
    m.run("dkms status | grep devtrio", exits=1)
    m.run(f"ls /dev/{' /dev/'.join(MODULES)}", exits=2)
    m.purge()
    m.nothing_left()
    m.install()
    m.admit()
    m.good()


@row("power cut during the build", start=FRESH)
def power_cut(m):
    m.start_install()
    m.run("for i in $(seq 1500); do find /var/lib/dkms/devtrio -name '*.o' "
          "2>/dev/null | grep . && exit 0; sleep 0.2; done; exit 1")
    m.cut_power()
    m.start()
    m.repair()
    m.admit()
    m.good()


@row("over a stale DKMS entry", start=FRESH)
def stale_entry(m):
    """A predecessor went without a word to DKMS: its source is gone."""
    m.install("older")
    m.forget()
    m.run("ls -d /var/lib/dkms/devtrio/*")
    m.run("ls -d /usr/src/devtrio-*", exits=2)
    m.install()
    m.admit()
    m.good(reloaded=True)


@row("full disk during the build", start=FRESH)
def full_disk(m):
    m.run("cp -a /var/lib/dkms /tmp/kept && "
          "mount -t tmpfs -o size=1m tmpfs /var/lib/dkms && "
          "cp -a /tmp/kept/. /var/lib/dkms/")
    m.install(fails=True)
    m.run("mount -o remount,size=500m /var/lib/dkms")
    m.repair()
    m.admit()
    m.good()


@row("beside others: ours fails")
def ours_fails(m):
    """Theirs are built all the same, and for a new kernel, too."""
    m.upgrade("broken", fails=True, shows=BUILD_FAILED)
    m.install_peers(fails=None)
    m.peers_are_good([m.older])
    m.install_kernel(fails=None)
    m.peers_are_good([m.older, m.newer])


@row("beside others: theirs fails")
def theirs_fails(m):
    m.install_broken_peer()
    m.good()
    m.upgrade("bumped", fails=None)
    m.good("bumped")
    m.install_kernel(fails=None)
    m.good("bumped", kernels=[m.older, m.newer])


for story in (
        Story("from the repository", "repository.t", "repository-rpm.t"),
        Story("prebuilt", "prebuilt.t", "prebuilt-rpm.t"),
        Story("image build", "image.t"),
        Story("Secure Boot on and off, key enrolled or not", "secure-boot.t", impossible={
            "rpm": "The distributions that have dnf sign their kernels with keys that "
                   "are in their shim; there is none of those in Debian's archives."})):
    ROWS[story.name] = story
