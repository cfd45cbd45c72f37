# SPDX-License-Identifier: GPL-2.0-only
"""Finds the kernel messages that make a test run fail.

usage: console.py LOG [PATTERN]     prints them, those before the first line that matches
"""
import re
import sys
from pathlib import Path

# The kernel log of a passing run matches none of these.
COMPLAINTS = re.compile(
    r"WARNING:|BUG:|\bOops\b|Call [Tt]race:|general protection fault|"
    r"KASAN:|KCSAN:|KFENCE:|UBSAN:|kmemleak:.*new suspected|"
    r"possible circular locking|possible recursive locking|"
    r"inconsistent lock state|suspicious RCU usage|"
    r"INFO: task .* blocked for more than|rcu: INFO:|soft lockup|"
    r"hard LOCKUP|Kernel panic|unable to handle|scheduling while atomic|"
    r"sleeping function called|stack-protector|detected stack smashing|"
    r"refcount_t:|list_(?:add|del) corruption|Bad page|Memory leak|unreferenced object")

# Complete reports that our modules do not cause: data races between the kernel's own
# functions; RCU usage of User Mode Linux when it walks a new process's memory; and
# allocation failures that a test injects, which also make 6.1 leave links behind in
# /sys.
OTHERS_RACE = re.compile(
    r"^[^\n]*BUG: KCSAN: (?:(?!^[^\n]*={20})[^\[]|"
    r"\[(?!proc_relate|beepctrl|rambuf|devtrio_))*?^[^\n]*={20}[^\n]*$", re.M)
UML_FORKS = re.compile(
    r"^[^\n]*WARNING: suspicious RCU usage\n(?:(?![^\n]*WARNING:)[^\n]*\n)*?"
    r"[^\n]* force_flush_all\+[^\n]*\n[^\n]* fork_handler\+[^\n]*$", re.M)
NO_MEMORY = re.compile(
    r"^[^\n]*(?:page allocation failure|vmalloc error: size|"
    r"sysfs: cannot create duplicate filename '[^']*/(?:consumer:)?platform:beepctrl|"
    r"WARNING:[^\n]*\n[^\n]*Unable to properly free device link symlinks!)[^\n]*\n"
    r"(?:(?![^\n]*(?:WARNING|BUG):)[^\n]*\n)*?[^\n]*Call Trace:\n"
    r"(?:[^\n]*<TASK>\n(?:[^\n]*\n)*?[^\n]*</TASK>$|(?:[^\n]*\[<[^\n]*\n)+)",
    re.M)


def complaints(console, memory_fails=False, until=None):
    """Returns the lines of a console log that make a run fail."""
    text = Path(console).read_text(errors="replace").replace("\r", "")
    if until:
        text = re.split(until, text, maxsplit=1)[0]
    text = UML_FORKS.sub("", OTHERS_RACE.sub("", text))
    if memory_fails:
        text = NO_MEMORY.sub("", text)
    return [line for line in text.splitlines() if COMPLAINTS.search(line)]


if __name__ == "__main__":
    found = complaints(sys.argv[1], until=(sys.argv[2:] or [None])[0])
    print("\n".join(found))
    sys.exit(bool(found))
