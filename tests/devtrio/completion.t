#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Test completion in real shells: type a text, press Tab, check the result."""
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/vm"))
from tap import Tap  # noqa: E402 (needs sys.path)

SCRIPTS = TOP / "src/completion"
DEADLINE = 30

# The text before Tab, and the resulting line.
BECOMES = {
    "devtrio p": "devtrio ps",
    "devtrio beep pl": "devtrio beep play",
    "devtrio beep play war": "devtrio beep play warning",
    "devtrio ps --tr": "devtrio ps --tree",
    "devtrio ps --col": "devtrio ps --columns",
    "devtrio ps -o start": "devtrio ps -o start_time",
    "devtrio ps -o pid,start": "devtrio ps -o pid,start_time",
    "devtrio ps --columns=pid,start": "devtrio ps --columns=pid,start_time",
    "devtrio ps --tree -u daemo": "devtrio ps --tree -u daemon",
    "devtrio test proc": "devtrio test proc_relate",
    "devtrio buf -b 0 wr": "devtrio buf -b 0 write",
    "devtrio buf write --off": "devtrio buf write --offset",
    "devtrio buf save CHANGEL": "devtrio buf save CHANGELOG",
    "devtrio beep play --file=CHANGEL": "devtrio beep play --file=CHANGELOG",
    "devtrio help buf sa": "devtrio help buf save",
    "devtrio nothing sa": "devtrio nothing sa",
}

# The text before Tab, and the candidates.
OFFERS = {
    "devtrio b": ["beep", "buf"],
    "devtrio ": ["beep", "buf", "help", "ps", "repair", "status", "test"],
    "devtrio buf r": ["read", "restore"],
    "devtrio beep off -": ["--buzzer", "--help", "--version", "-V", "-b", "-h"],
    "devtrio ps --c": ["--columns", "--consistent", "--count"],
    "devtrio ps --columns=real": ["--columns=real_parent",
                                  "--columns=real_parent_start_time"],
}

ENVIRONMENT = {
    **os.environ, "PATH": f"{TOP}/build/devtrio:{os.environ['PATH']}",
    "TERM": "dumb", "INPUTRC": "/dev/null", "HOME": "/nonexistent",
    "HISTFILE": "/dev/null", "LC_ALL": "C.UTF-8",
}

# A shell function that prints the completed words.
RESULT = r"result() { printf 'RESULT<'; printf '%s ' \"$@\"; printf '>\n'; }"
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             [f"source {SCRIPTS}/devtrio.bash", RESULT.replace("\\\"", '"')]),
    "zsh": (["zsh", "-f", "-i"],
            [f"fpath=({SCRIPTS} $fpath)", "autoload -U compinit",
             "compinit -u -D", "bindkey -e", RESULT.replace("\\\"", '"')]),
}


class Shell:
    """A shell on its own terminal."""

    def __init__(self, command, setup):
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.chdir(TOP)
            os.execvpe(command[0], command, ENVIRONMENT)
        self.said = ""
        for line in setup:
            self.send(line + "\n")
        self.complete("")

    def send(self, text):
        os.write(self.terminal, text.encode())

    def complete(self, typed):
        """Type and complete a text; return the words of the line."""
        self.said = ""
        self.send(f"{typed}\t\x01result \n" if typed else "result\n")
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            found = re.search(r"RESULT<([^%>]*)>", self.said)
            if found:
                return found.group(1).strip()
            if select.select([self.terminal], [], [], 1)[0]:
                try:
                    self.said += os.read(self.terminal, 65536).decode(
                        errors="replace")
                except OSError:
                    break
        return None

    def end(self):
        self.send("exit\n")
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


def run(*command):
    return subprocess.run(command, cwd=TOP, env=ENVIRONMENT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=DEADLINE)


def bash_offers(typed):
    words = [word or "''" for word in typed.replace("=", " = ").split(" ")]
    listed = run("bash", "-c", f"""
        source {SCRIPTS}/devtrio.bash
        COMP_WORDS=({" ".join(words)}) COMP_CWORD={len(words) - 1}
        _devtrio devtrio
        printf '%s\\n' "${{COMPREPLY[@]}}" """)
    # bash itself keeps the part before "=".
    kept = re.search(r"[^ ]*=|$", typed).group()
    return sorted(kept + word for word in listed.stdout.split())


def fish_offers(typed):
    listed = run("fish", "--no-config", "-c",
                 f"source {SCRIPTS}/devtrio.fish; complete -C '{typed}'")
    return sorted(line.split("\t")[0] for line in listed.stdout.splitlines())


def main():
    tap = Tap()
    for name, (command, setup) in SHELLS.items():
        shell = Shell(command, setup)
        for typed, wanted in BECOMES.items():
            line = shell.complete(typed)
            tap.test(line == wanted, f"{name}: '{typed}' completes to '{wanted}'",
                     f"{line}\n{shell.said}")
        shell.end()

    for typed, wanted in BECOMES.items():
        offered = fish_offers(typed)
        last = wanted.split(" ")[-1]
        right = [last] if wanted != typed else []
        tap.test(offered == right, f"fish: '{typed}' completes to '{wanted}'",
                 str(offered))
    for typed, wanted in OFFERS.items():
        for name, offers in ("bash", bash_offers), ("fish", fish_offers):
            offered = offers(typed)
            tap.test(offered == sorted(wanted),
                     f"{name}: '{typed}' offers {' '.join(wanted)}",
                     str(offered))
    explained = run("fish", "--no-config", "-c",
                    f"source {SCRIPTS}/devtrio.fish; complete -C 'devtrio p'")
    tap.test("ps\tshow processes" in explained.stdout,
             "fish: candidates have explanations", explained.stdout)
    return tap.done()


sys.exit(main())
