# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel says that makes a run fail."""
import re
from pathlib import Path

# What no kernel log of a passing run holds.
COMPLAINTS = re.compile(
    r"WARNING:|BUG:|\bOops\b|Call Trace:|general protection fault|"
    r"KASAN:|KCSAN:|KFENCE:|UBSAN:|kmemleak:.*new suspected|"
    r"possible circular locking|possible recursive locking|"
    r"inconsistent lock state|suspicious RCU usage|"
    r"INFO: task .* blocked for more than|rcu: INFO:|soft lockup|"
    r"hard LOCKUP|Kernel panic|unable to handle|scheduling while atomic|"
    r"sleeping function called|stack-protector|detected stack smashing|"
    r"refcount_t:|list_(?:add|del) corruption|Bad page|Memory leak|unreferenced object")

# Reports, each from its first line to its last, that are not of our modules' doing:
# data races of the kernel's own functions with each other; how User Mode Linux walks
# a new process's memory; and memory that a test had the kernel not get, which in 6.1
# leaves links in /sys behind, too.
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


def complaints(console, memory_fails=False):
    """The lines of a console log that make a run fail."""
    text = Path(console).read_text(errors="replace").replace("\r", "")
    text = UML_FORKS.sub("", OTHERS_RACE.sub("", text))
    if memory_fails:
        text = NO_MEMORY.sub("", text)
    return [line for line in text.splitlines() if COMPLAINTS.search(line)]
