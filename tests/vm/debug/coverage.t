#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measures the line coverage of the drivers, over all guests with debug kernels.

usage: coverage.t

Reads the counts that the other tests of this folder left in build/vm, and writes a
table per file to build/coverage/report.md and .json. The file never-run must explain
exactly the lines that never ran.
"""
import collections
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[2]
sys.path.insert(0, str(HERE.parent))

import vm               # noqa: E402
from tap import Tap     # noqa: E402

OUT = TOP / "build" / "coverage"
EXPLANATIONS = HERE / "never-run"
# {kernel name for build-modules: guests that run in it}
GUESTS = {"uml": ["selftests", "faults"], "kasan": ["selftests", "reload", "fuzz"]}
GOAL = 95

# A source line: its place, its function and its text.
Line = collections.namedtuple("Line", "file number function text")


def counts_of(guest, kernel, built):
    """Runs gcov on the counts of one guest; returns {Line: count}."""
    unpacked = OUT / f"{guest}-{kernel.version}"
    archive = TOP / "build" / "vm" / f"{guest}-{kernel.version}" / "disk"
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(parents=True)
    if not archive.exists() or subprocess.run(
            ["tar", "-x", "-f", archive, "-C", unpacked],
            check=False).returncode:
        return {}
    counts = collections.Counter()
    for data in unpacked.rglob("*.gcda"):
        notes = Path("/", data.relative_to(unpacked)).with_suffix(".gcno")
        if built / "src" not in notes.parents:
            continue
        shutil.copy(notes, data.with_suffix(".gcno"))
        report = vm.output_of("gcov", "--json-format", "--stdout", data.name,
                              cwd=data.parent)
        for file in json.loads(report)["files"]:
            add_lines(counts, file, built)
    return counts


def add_lines(counts, file, built):
    path = Path(file["file"])
    if built / "src" / "modules" not in path.parents:
        return
    name = str(path.relative_to(built / "src" / "modules"))
    text = path.read_text().splitlines()
    for line in file["lines"]:
        number = line["line_number"]
        counts[Line(name, number, line.get("function_name", "-"),
                    " ".join(text[number - 1].split()))] += line["count"]


def explanations():
    """Returns {(file, function, text): (reason, whether it may run in some runs)}.

    A paragraph is a reason, in lines that begin with #, and the lines it explains.
    The reason of lines that run in some runs begins with "Sometimes".
    """
    found = {}
    for paragraph in EXPLANATIONS.read_text().split("\n\n"):
        lines = paragraph.splitlines()
        reason = " ".join(line[2:] for line in lines if line.startswith("#"))
        for line in lines:
            if line and not line.startswith("#"):
                file, function, text = line.split(None, 2)
                found[file, function, text] = (reason,
                                               reason.startswith("Sometimes"))
    return found


def key_of(line):
    # The compiler may split a function: use the name before the suffix.
    return line.file, re.sub(r"\..*", "", line.function), line.text


def summary(counts):
    """Returns rows: file, number of lines, number of lines that ran."""
    files = collections.defaultdict(lambda: [set(), set()])
    for line, count in counts.items():
        for name in (line.file, line.file.split("/")[0] + "/", "all"):
            files[name][0].add((line.file, line.number))
            if count:
                files[name][1].add((line.file, line.number))
    return [(name, len(lines), len(ran))
            for name, (lines, ran) in sorted(files.items())]


def never_run(counts):
    ran = {(line.file, line.number) for line, n in counts.items() if n}
    return sorted({line for line in counts
                   if (line.file, line.number) not in ran})


def write_report(rows, missed, explained, guests):
    percent = [(name, lines, ran, round(100 * ran / lines, 1))
               for name, lines, ran in rows]
    table = ["| file | lines | run | % |", "|---|---:|---:|---:|"]
    table += [f"| {name} | {lines} | {ran} | {part} |"
              for name, lines, ran, part in percent]
    reasons = [f"- {line.file}:{line.number} `{line.text}`: "
               f"{explained.get(key_of(line), ('not explained', False))[0]}"
               for line in missed]
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "report.md").write_text("\n".join(
        [f"# Lines run in the guests {', '.join(guests)}", "", *table, "",
         "## Never run", "", *reasons, ""]))
    (OUT / "report.json").write_text(json.dumps({
        "guests": guests,
        "files": [dict(zip(("file", "lines", "run", "percent"), row))
                  for row in percent],
        "never_run": [{"file": line.file, "line": line.number,
                       "function": line.function, "text": line.text,
                       "why": explained.get(key_of(line), ("",))[0]}
                      for line in missed]}, indent=1) + "\n")


def main():
    tap = Tap()
    total = collections.Counter()
    guests = []
    for name, folders in GUESTS.items():
        kernel = vm.Kernel.built(name)
        if not tap.test(kernel is not None, f"drivers build for {name}"):
            continue
        for guest in folders:
            counts = counts_of(guest, kernel, kernel.drivers[0].parent)
            if tap.test(any(counts.values()),
                        f"{guest} in {kernel.version} wrote its counts"):
                guests.append(f"{guest} ({name})")
            total.update(counts)
    if not guests:
        return tap.done()

    rows, missed, explained = summary(total), never_run(total), explanations()
    write_report(rows, missed, explained, guests)
    for name, lines, ran in rows:
        tap.note(f"{name}: {ran} of {lines} lines, {100 * ran / lines:.1f}%")
    _, lines, ran = rows[[row[0] for row in rows].index("all")]
    tap.test(100 * ran >= GOAL * lines, f"at least {GOAL}% of the lines ran",
             f"{ran} of {lines}")

    missed_keys = {key_of(line) for line in missed}
    unexplained = sorted(missed_keys - set(explained))
    tap.test(not unexplained, "never-run explains each line that never ran",
             "\n".join("\t".join(key) for key in unexplained))
    wrong = sorted(key for key, (_, sometimes) in explained.items()
                   if not sometimes and key not in missed_keys)
    tap.test(not wrong, "never-run has no line that ran",
             "\n".join("\t".join(key) for key in wrong))
    tap.note(f"see {(OUT / 'report.md').relative_to(TOP)} for the table")
    return tap.done()


sys.exit(main())
