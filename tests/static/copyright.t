#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks that debian/copyright is machine-readable and agrees with all SPDX lines.

Needs the Debian system's Python, because of python3-debian.
"""
import re
import subprocess
import sys
from pathlib import Path

from debian.copyright import Copyright

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/vm"))
from tap import Tap  # noqa: E402

# Files without an SPDX line: documents, packaging, which debian/copyright covers, and
# data without comments: JSON, a tune, fuzzing seeds.
WITHOUT = re.compile(r"(.*/)?README\.md|CHANGELOG|LICENSE|\.gitignore|debian/.*|"
                     r".*\.json|\.shellcheckrc|tests/vm/tune/melody|"
                     r"tests/fuzz/corpus/.*")


def spdx(path):
    head = path.read_text(encoding="utf-8", errors="replace").splitlines()[:5]
    match = re.search(r'SPDX-License-Identifier: ([^*",\n]+)', "\n".join(head))
    return match and match.group(1).strip()


def main():
    out = Tap()
    files = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True,
                           text=True, stdout=subprocess.PIPE).stdout
    with open(TOP / "debian/copyright", encoding="utf-8") as text:
        copyrights = Copyright(text, strict=True)
    texts = {paragraph.license.synopsis
             for paragraph in copyrights.all_license_paragraphs()}
    missing, wrong, used = [], [], set()
    for name in files.split("\0")[:-1]:
        paragraph = copyrights.find_files_paragraph(name)
        used.add(paragraph.files)
        texts.add(paragraph.license.text and paragraph.license.synopsis)
        licence = spdx(TOP / name)
        if licence is None and not WITHOUT.fullmatch(name):
            missing.append(name)
        # Debian writes "with X exception" where SPDX writes "WITH X".
        expected = re.sub(r" with (\S+) exception$", r" WITH \1",
                          paragraph.license.synopsis)
        if licence not in (None, expected):
            wrong.append(f"{name}: {licence}, in debian/copyright: {expected}")
    out.test(not missing, "every file has an SPDX line", "\n".join(missing))
    out.test(not wrong, "debian/copyright agrees with the SPDX lines", "\n".join(wrong))
    paragraphs = list(copyrights.all_files_paragraphs())
    idle = [" ".join(p.files) for p in paragraphs if p.files not in used]
    out.test(not idle, "every Files paragraph matches a file", "\n".join(idle))
    lacking = {p.license.synopsis for p in paragraphs} - texts
    out.test(not lacking, "every licence has its text", "\n".join(lacking))
    return out.done()


sys.exit(main())
