# SPDX-License-Identifier: GPL-2.0-only
"""Writes TAP, and takes in the TAP of others."""
import re
import sys


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def note(self, text):
        for line in text.splitlines():
            print("#", line, flush=True)

    def test(self, passed, name, detail="", directive=""):
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}{directive}",
              flush=True)
        if not passed:
            # On standard error, since prove shows that.
            for line in [name, *detail.splitlines()]:
                print("#", line, file=sys.stderr, flush=True)
        return passed

    def done(self):
        """The plan comes last: a run that was cut off has none."""
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed or not self.count else 0

    def relay(self, name, lines, exit_code):
        """Takes in one program's TAP as tests of our own.

        That its plan is there, is kept, and agrees with its exit code is a
        test as well.
        """
        planned, seen, failed = None, 0, 0
        complaining = False
        for line in lines:
            plan = re.match(r"1\.\.(\d+)\s*$", line)
            test = re.match(r"(not )?ok\b\s*\d*(?: - | )?([^#]*)(#.*)?$", line)
            if plan:
                planned = int(plan.group(1))
            elif test:
                directive = test.group(3) or ""
                # What is skipped is not ok for cmocka, but no failure.
                bad = bool(test.group(1)) and "# SKIP" not in directive
                seen += 1
                failed += bad
                self.test(not bad, f"{name}: {test.group(2).strip()}",
                          directive=" " + directive if directive else "")
                complaining = bad
            elif line.strip() and complaining:
                print("#", line.lstrip("# "), file=sys.stderr, flush=True)
            elif line.strip():
                self.note(line.lstrip("# "))
        self.test(planned == seen and seen > 0 and
                  (exit_code == 0) == (failed == 0),
                  f"{name}: ran its whole plan",
                  f"planned {planned}, saw {seen}, {failed} failed, "
                  f"exit code {exit_code}")
