#!/usr/bin/python3
"""The ten slowest tests of the reports (JUnit's form) that ctest and pytest wrote, and how many passed.

    tests/slowest.py REPORT...
"""
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

MOST = 10


def tests_in(report):
    for case in ET.parse(report).iter("testcase"):
        name = case.get("name")
        if name.startswith("integration"):
            continue  # ctest's name for all of pytest's tests, which have a report of their own
        if case.get("classname") not in (None, name):  # pytest says the file there
            name = f"{case.get('classname')}:{name}"
        failed = any(case.find(word) is not None for word in ("failure", "error"))
        state = "skipped" if case.find("skipped") is not None else "failed" if failed else "passed"
        yield float(case.get("time", 0)), Path(report).resolve().parent.name, name, state


def main():
    tests = [test for report in sys.argv[1:] for test in tests_in(report)]
    for seconds, build, name, _ in sorted(tests, reverse=True)[:MOST]:
        print(f"{seconds:7.1f} s  {build}: {name}")
    number = {state: sum(test[3] == state for test in tests) for state in ("passed", "failed", "skipped")}
    run = number["passed"] + number["failed"]
    print(f"\n{100 * number['passed'] // max(run, 1)}% tests passed, {number['failed']} tests failed "
          f"out of {run} ({number['skipped']} skipped)")


if __name__ == "__main__":
    main()
