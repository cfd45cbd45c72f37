#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Validate devtrio status --json against its schema, on this machine and on all those
that test_status_build and test_status_use break. Verify that the schema rejects errors."""
import copy
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/vm"))
from tap import Tap  # noqa: E402

SCHEMA = json.loads((TOP / "src/devtrio/status/status.schema.json").read_text())


def fault(report):
    """The validation error, or ""."""
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft7Validator(SCHEMA).iter_errors(report))
    return error.message if error else ""


def broken_machines():
    with tempfile.NamedTemporaryFile("r") as file:
        for name in ("build", "use"):
            subprocess.run([TOP / f"build/unit-tests/test_status_{name}"], check=True,
                           stdout=subprocess.DEVNULL,
                           env={**os.environ, "STATUS_JSON": file.name})
        return [json.loads(line) for line in file]


def spoiled(report, **fields):
    """A copy with other fields in its first problem."""
    report = copy.deepcopy(report)
    check = next(check for check in report["checks"] if check["verdict"] == "problem")
    check.update(fields)
    return report


def main():
    tap = Tap()
    jsonschema.Draft7Validator.check_schema(SCHEMA)

    run = subprocess.run([TOP / "build/devtrio/devtrio", "status", "--json"], check=False,
                         stdout=subprocess.PIPE)
    here = json.loads(run.stdout)
    tap.test(not fault(here), "valid on this machine", fault(here))
    tap.test(here["exit_code"] == run.returncode, "exit_code matches the exit code")

    reports = broken_machines()
    faults = [*filter(None, map(fault, reports))]
    tap.test(not faults, f"valid on {len(reports)} test machines", "\n".join(faults))
    known = SCHEMA["definitions"]["check"]["properties"]["id"]["enum"]
    seen = {check["id"] for report in reports for check in report["checks"]}
    tap.test(set(known) == seen, "every check in the schema ran",
             f"did not run: {set(known) - seen}")
    codes = {report["exit_code"] for report in reports}
    tap.test(codes >= {0, 1, 3, 4, 5, 6}, "all exit codes occurred", str(codes))

    sick = next(report for report in reports if report["exit_code"])
    for fields in ({"exit_code": 0}, {"commands": []}, {"verdict": "bad"},
                   {"id": "frob"}, {"text": ""}, {"more": 1}):
        tap.test(fault(spoiled(sick, **fields)), f"the schema rejects {fields}")
    return tap.done()


sys.exit(main())
