#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The gate: figures of the reference cases must not grow.

  bench/gate.py --build build-arm            compare with bench/gate.json; a test of the ARM build
  bench/gate.py --build build-arm --update   write what is measured into bench/gate.json

Fails when a figure is more than 2 % above the file's: then find out why, or, where the growth is
wanted, update the file in the same commit and say there what it is for. Figures hold for one
compiler; with another one there is nothing to compare (exit status 77, a skip).
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

import lab

FILE = lab.BENCH / "gate.json"
TOLERANCE = 2  # per cent
SKIP = 77
REFERENCE = [lab.Case(tls, chain, mutual) for tls in ("1.2", "1.3")
             for chain, mutual in (("ec", True), ("rsa", False))]


def compiler():
    done = subprocess.run(["arm-linux-gnueabi-gcc", "-dumpfullversion"], capture_output=True,
                          text=True, check=True)
    return f"arm-linux-gnueabi-gcc {done.stdout.strip()}"


def measure(build):
    """{what: {figure: value}}"""
    out = {}
    with lab.Servers(build / "bench" / "certs") as servers:
        for case in REFERENCE:
            result, _ = lab.run(build / "bench" / "bench-client", case,
                                servers.port(case.chain, case.mutual))
            figures = lab.figures(result)
            out[lab.name_of(case)] = {"heap_peak": figures["peak"], "stack": figures["stack"],
                                      "allocations": figures["allocations"]}
    sizes = lab.map_sizes(build / "bench-client.map", r"libesp-tls\.a\(")
    out["library in the client"] = {"code": sizes["code"], "static": sizes["static"]}
    return out


def compare(measured, wanted):
    grown = False
    for what, figures in measured.items():
        for figure, value in figures.items():
            limit = wanted.get(what, {}).get(figure)
            verdict = ""
            if limit is None:
                verdict, grown = "is not in the file", True
            elif value * 100 > limit * (100 + TOLERANCE):
                verdict, grown = f"GREW by {value - limit} ({100 * (value - limit) / limit:.1f} %)", True
            elif value * 100 < limit * (100 - TOLERANCE):
                verdict = f"shrank by {limit - value}: --update keeps it there"
            print(f"{what:22} {figure:12} {value:8} file {limit or 0:8}  {verdict}".rstrip())
    if grown:
        print(f"\nMore than {TOLERANCE} % above bench/gate.json. Where that is wanted: "
              "bench/gate.py --build DIR --update, in the same commit.")
    return 1 if grown else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="a build directory of ours for ARM")
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    try:
        if args.update:
            content = {"compiler": compiler(), "figures": measure(args.build)}
            FILE.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
            return 0
        wanted = json.loads(FILE.read_text(encoding="utf-8"))
        if wanted["compiler"] != compiler():
            print(f"skipped: the figures are those of {wanted['compiler']}, this is {compiler()}")
            return SKIP
        return compare(measure(args.build), wanted["figures"])
    except lab.Failed as error:
        print(error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
