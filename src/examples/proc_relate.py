#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Print the pid, parent and name of all processes, then of each process that
starts, changes or ends, as reported by /dev/proc_relate.

  python3 proc_relate.py            until Ctrl-C
  python3 proc_relate.py -n 10      until ten changes are printed
"""
import fcntl
import os
import select
import struct
import sys

# struct proc_relate_task and related constants, see <devtrio/proc_relate.h>.
TASK = struct.Struct("=16I5Q16sQ")
QUERY = struct.Struct("=4IQ24x")
TYPE_TASK, TYPE_GONE, TYPE_TABLE = range(3)
CHANGES = 1 << 7

# _IOW(0xBE, 0x01, struct proc_relate_query) on most architectures.
SET_QUERY = 1 << 30 | QUERY.size << 16 | 0xBE << 8 | 0x01


def tasks(device):
    """Yields all records of a new snapshot."""
    while True:
        records = os.read(device, 64 * TASK.size)
        if not records:
            return
        yield from TASK.iter_unpack(records)


def name(comm):
    """Makes comm printable: a process could send terminal escape sequences."""
    text = comm.split(b"\0")[0].decode("ascii", "replace")
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def print_snapshot(device):
    """Prints a table or the changes; returns the number of changes."""
    changes, in_table = 0, False
    for kind, pid, _, _, real_parent, *_, comm, _ in tasks(device):
        if kind == TYPE_TABLE:
            # Earlier records are obsolete.
            in_table = True
        elif kind == TYPE_GONE:
            # Only pid and start_time are valid.
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
    # EOPNOTSUPP: kernel without tracepoints. EPERM: restricted view.
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
