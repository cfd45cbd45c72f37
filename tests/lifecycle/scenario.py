# SPDX-License-Identifier: GPL-2.0-only
"""Runs steps in a full Debian guest; prints and records each step."""
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "vm"))
import vm  # noqa: E402
from tap import Tap  # noqa: E402


class StepFailed(Exception):
    pass


class Impossible(Exception):
    """The row cannot run on this system; the message says why."""


class Scenario:
    """A guest, and the transcript of the commands that run in it.

    Prints commands and their output as they run. The first failed step ends the run
    and is in the summary.
    """

    def __init__(self, folder, quiet=False):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.transcript = open(self.folder / "transcript.txt", "w",
                               encoding="utf-8")
        self.quiet = quiet
        self.results = []
        self.guest = None
        self.boots = 0
        self.scratch = None
        self.environment = ""
        self.cpus = 2
        self.firmware = None

    def say(self, text=""):
        self.transcript.write(text + "\n")
        self.transcript.flush()
        if not self.quiet:
            print(text, flush=True)

    # Steps

    def step(self, name, action):
        self.say(f"\n=== {len(self.results) + 1}. {name}")
        start = time.monotonic()
        try:
            action()
            problem = None
        except (StepFailed, vm.GuestDied, subprocess.CalledProcessError) as error:
            problem = str(error)
            self.say(f"*** failed: {problem}")
        self.results.append((name, time.monotonic() - start, problem))
        if problem is not None:
            raise StepFailed(name)

    def summary(self):
        width = max(len(name) for name, _, _ in self.results)
        self.say("\n{:>2}  {:{}}  {:>7}  result".format("", "step", width, "seconds"))
        for n, (name, seconds, problem) in enumerate(self.results, 1):
            self.say("{:>2}  {:{}}  {:7.1f}  {}".format(
                n, name, width, seconds, "FAILED" if problem else "ok"))
        self.say("\nTranscript: "
                 f"{self.folder.relative_to(vm.TOP)}/transcript.txt")

    # The host

    def host(self, *command):
        """Runs a command on the host, with its output in the transcript."""
        self.say(f"host$ {' '.join(str(word) for word in command)}")
        with subprocess.Popen(command, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              cwd=vm.TOP) as process:
            lines = []
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                self.say(f"  {lines[-1]}")
        if process.returncode:
            raise StepFailed("\n".join([
                f"{Path(command[0]).name} exited with {process.returncode}", *lines[-5:]]))
        return lines

    # The guest

    def boot(self, disk, share, saved=None):
        try:
            self._boot(disk, share, saved)
        except vm.EmulationHung as hung:
            self.say(f"*** {hung}\n*** booting again")
            self.guest.kill()
            self._boot(disk, share, saved)
        self.guest.run("mkdir -p /mnt && mount -t 9p -o "
                       "trans=virtio,version=9p2000.L,ro,msize=262144 share /mnt")

    def _boot(self, disk, share, saved):
        self.boots += 1
        self.guest = vm.System(self.folder / f"boot-{self.boots}", disk, share,
                               self.scratch, saved, self.cpus, self.firmware)
        if saved:
            self.say(f"  resumed Linux {self.guest.version}")
        else:
            self.say(f"  booting Linux {self.guest.version}")
            self.guest.wait_until_up()

    def halt(self, verb="poweroff"):
        """Shuts the guest down cleanly and checks its kernel log for warnings."""
        guest, self.guest = self.guest, None
        guest.power_off(verb)
        self.check_kernel_log(guest)

    @staticmethod
    def check_kernel_log(guest):
        bad = vm.complaints(guest.console)
        if bad:
            raise StepFailed("the kernel logged warnings:\n" + "\n".join(bad))

    def end(self):
        """Ends the guest and deletes its disk, but keeps logs and transcript."""
        if self.guest:
            self.guest.kill()
        for big in (*self.folder.glob("*.ext4"), *self.folder.glob("boot-*/vm*"),
                    *self.folder.glob("boot-*/initrd*")):
            big.unlink()

    def run(self, command, user="root", exits=0, shows=(), is_just=None,
            seconds=900):
        """Runs a command in the guest; checks its exit code and output.

        exits: the expected exit code, or several allowed ones
        """
        self.say(f"{user}{'#' if user == 'root' else '$'} {command}")
        script = command
        if user != "root":
            script = f"runuser -l {user} -c {shell_quote(command)}"
        start = time.monotonic()
        code, output = self.guest.run(
            f"{self.environment}\n{script}", seconds,
            line=lambda text: self.say(f"  {text}"))
        took = time.monotonic() - start
        if took >= 1:
            self.say(f"  ({took:.0f} s)")
        if code not in ((exits,) if isinstance(exits, int) else exits):
            raise StepFailed(f"`{command}` exited with {code}, expected {exits}")
        if is_just is not None and output != is_just:
            raise StepFailed(f"`{command}` does not print exactly: {is_just}")
        for text in (shows,) if isinstance(shows, str) else shows:
            if text not in output:
                raise StepFailed(f"`{command}` does not print: {text}")
        return output

    def check(self, condition, what):
        """Checks a condition that no command's exit code tests."""
        self.say(f"  {'ok' if condition else 'NOT OK'}: {what}")
        if not condition:
            raise StepFailed(what)


def shell_quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


def play(kind, tap):
    """Plays a scenario; prints its transcript, or only TAP. Returns the exit code."""
    name = kind.__name__.lower()
    scenario = kind(vm.TOP / "build" / name, quiet=tap)
    try:
        scenario.play()
        failed = False
    except StepFailed:
        failed = True
    finally:
        scenario.end()
    scenario.summary()
    if tap:
        out = Tap()
        for step, _, problem in scenario.results:
            out.test(problem is None, step, problem or "")
        out.done()
    return int(failed)
