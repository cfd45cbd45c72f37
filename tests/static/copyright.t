#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""debian/copyright is machine-readable, and says of each file what its SPDX line says.

By the Debian system's Python, whose python3-debian knows the format.
"""
import re
import subprocess
import sys
from pathlib import Path

from debian.copyright import Copyright

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/vm"))
from tap import Tap  # noqa: E402

# Texts for people, the packaging, whose licences debian/copyright itself tells,
# and what programs read as it stands: JSON, a tune, fuzzers' seeds.
WITHOUT = re.compile(r"README\.md|CHANGELOG|LICENSE|\.gitignore|debian/.*|"
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
    silent, wrong, used = [], [], set()
    for name in files.split("\0")[:-1]:
        paragraph = copyrights.find_files_paragraph(name)
        used.add(paragraph.files)
        texts.add(paragraph.license.text and paragraph.license.synopsis)
        said = spdx(TOP / name)
        if said is None and not WITHOUT.fullmatch(name):
            silent.append(name)
        # What SPDX writes in capitals, Debian writes in words.
        says = re.sub(r" with (\S+) exception$", r" WITH \1",
                      paragraph.license.synopsis)
        if said not in (None, says):
            wrong.append(f"{name}: {said}, in debian/copyright: {says}")
    out.test(not silent, "every file says its licence", "\n".join(silent))
    out.test(not wrong, "debian/copyright agrees", "\n".join(wrong))
    paragraphs = list(copyrights.all_files_paragraphs())
    idle = [" ".join(p.files) for p in paragraphs if p.files not in used]
    out.test(not idle, "each paragraph is some file's", "\n".join(idle))
    lacking = {p.license.synopsis for p in paragraphs} - texts
    out.test(not lacking, "each licence has its text", "\n".join(lacking))
    return out.done()


sys.exit(main())
