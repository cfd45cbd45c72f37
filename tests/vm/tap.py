# SPDX-License-Identifier: GPL-2.0-only
"""Writes TAP, and merges the TAP output of other programs."""
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
            # prove shows standard error.
            for line in [name, *detail.splitlines()]:
                print("#", line, file=sys.stderr, flush=True)
        return passed

    def done(self):
        """Prints the plan. It comes last so that a truncated run has none."""
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed or not self.count else 0

    def relay(self, name, lines, exit_code):
        """Reports the TAP of one program as our own tests.

        Adds a test that the program printed a plan, ran that many tests, and
        exited with a code that agrees with their results.
        """
        planned, seen, failed = None, 0, 0
        show_detail = False
        for line in lines:
            plan = re.match(r"1\.\.(\d+)\s*$", line)
            test = re.match(r"(not )?ok\b\s*\d*(?: - | )?([^#]*)(#.*)?$", line)
            if plan:
                planned = int(plan.group(1))
            elif test:
                directive = test.group(3) or ""
                # cmocka reports skipped tests as "not ok", with a SKIP directive.
                bad = bool(test.group(1)) and "# SKIP" not in directive
                seen += 1
                failed += bad
                self.test(not bad, f"{name}: {test.group(2).strip()}",
                          directive=" " + directive if directive else "")
                show_detail = bad
            elif line.strip() and show_detail:
                print("#", line.lstrip("# "), file=sys.stderr, flush=True)
            elif line.strip():
                self.note(line.lstrip("# "))
        self.test(planned == seen and seen > 0 and
                  (exit_code == 0) == (failed == 0),
                  f"{name}: completed its plan",
                  f"planned {planned}, saw {seen}, {failed} failed, "
                  f"exit code {exit_code}")
