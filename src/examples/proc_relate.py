#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints pid, parent and name of all processes, and then of each that comes,
changes or goes: what /dev/proc_relate tells of changes.

  python3 proc_relate.py            until Ctrl-C
  python3 proc_relate.py -n 10      until ten changes were printed
"""
import fcntl
import os
import select
import struct
import sys

# struct proc_relate_task and what belongs to it, see <devtrio/proc_relate.h>.
TASK = struct.Struct("=16I5Q16sQ")
QUERY = struct.Struct("=4IQ24x")
TYPE_TASK, TYPE_GONE, TYPE_TABLE = range(3)
CHANGES = 1 << 7

# _IOW(0xBE, 0x01, struct proc_relate_query), as most architectures have it.
SET_QUERY = 1 << 30 | QUERY.size << 16 | 0xBE << 8 | 0x01


def tasks(device):
    """All records of the snapshot that begins here."""
    while True:
        records = os.read(device, 64 * TASK.size)
        if not records:
            return
        yield from TASK.iter_unpack(records)


def name(comm):
    """A process chooses its name: keep it from controlling the terminal."""
    text = comm.split(b"\0")[0].decode("ascii", "replace")
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def print_snapshot(device):
    """Prints a table or what changed; returns how many changes that were."""
    changes, in_table = 0, False
    for kind, pid, _, _, real_parent, *_, comm, _ in tasks(device):
        if kind == TYPE_TABLE:
            # All that was printed before no longer holds.
            in_table = True
        elif kind == TYPE_GONE:
            # Of it only pid and start_time are known.
            print("-", pid)
            changes += 1
        elif kind == TYPE_TASK:
            print(" " if in_table else "+", pid, real_parent, name(comm))
            changes += not in_table
    sys.stdout.flush()
    return changes


def main():
    end = int(sys.argv[2]) if sys.argv[1:2] == ["-n"] else 0
    device = os.open("/dev/proc_relate", os.O_RDONLY | os.O_CLOEXEC)
    # EOPNOTSUPP: this kernel can't tell. EPERM: /proc hides processes.
    fcntl.ioctl(device, SET_QUERY, QUERY.pack(CHANGES, 0, 0, 0, 0))

    poller = select.poll()
    poller.register(device, select.POLLIN)
    changes = print_snapshot(device)
    while not end or changes < end:
        poller.poll()
        os.lseek(device, 0, os.SEEK_SET)
        changes += print_snapshot(device)


try:
    main()
except KeyboardInterrupt:
    pass
except OSError as error:
    sys.exit(f"/dev/proc_relate: {error.strerror}")
