#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make bench`: our client against the same Mbed TLS used directly (bench/README.md). Prints the
figures, writes them into bench/results.md and build/bench/speed.json."""
import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

import lab
from lab import BENCH, ROOT, Case, say

OUT = ROOT / "build" / "bench"
BUILD = OUT / "fixed"
OURS, DIRECT = "bench-speed-esp-tls", "bench-speed-direct"
CASES = [Case(tls, chain, False) for tls in ("1.2", "1.3") for chain in ("ec", "rsa")]
FEW, MANY = 2, 12  # connections of two runs: the difference is free of the start of the program
MEGABYTES = 64
INSTRUCTIONS_MAX, THROUGHPUT_MIN = 1.02, 0.98


def command(*args):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise lab.Failed(f"{' '.join(str(a) for a in args)}\n{done.stdout}{done.stderr}")
    return done


def build(jobs):
    settings = f"{ROOT / 'sdkconfig.defaults'};{BENCH / 'sdkconfig.fixed'}"
    command("cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-DESP_TLS_TESTS=OFF",
            "-DESP_TLS_SHARED=OFF", f"-DSDKCONFIG={BUILD}/sdkconfig",
            f"-DSDKCONFIG_DEFAULTS={settings}", "--log-level=WARNING")
    command("cmake", "--build", BUILD, "-j", jobs, "--target", OURS, DIRECT)


def program(name):
    return BUILD / "bench" / name


def run(name, verb, argument, case, port):
    done = command(program(name), verb, argument, case.tls, case.chain, port)
    return json.loads(done.stdout)


def instructions(name, case, port, verb="handshakes", argument=FEW):
    with tempfile.TemporaryDirectory() as scratch:
        done = command("valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch}/out",
                       program(name), verb, argument, case.tls, case.chain, port)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def per_handshake(name, case, port):
    few, many = (instructions(name, case, port, argument=n) for n in (FEW, MANY))
    return (many - few) // (MANY - FEW)


def throughput(case, port, rounds):
    """MB/s of each, and the median of the ratios of neighbouring runs."""
    speeds = {OURS: [], DIRECT: []}
    for i in range(rounds):
        for name in (OURS, DIRECT) if i % 2 == 0 else (DIRECT, OURS):
            result = run(name, "fetch", lab.FILE, case, port)
            if result["bytes"] < MEGABYTES << 20:
                raise lab.Failed(f"{name}: only {result['bytes']} bytes came")
            speeds[name].append((result["bytes"] / 1e6 / result["wall"],
                                 result["bytes"] / 1e6 / result["cpu"]))
    out = {}
    for i, kind in enumerate(("wall", "cpu")):
        ratios = [a[i] / b[i] for a, b in zip(speeds[OURS], speeds[DIRECT])]
        out[kind] = {"esp-tls": statistics.median(s[i] for s in speeds[OURS]),
                     "direct": statistics.median(s[i] for s in speeds[DIRECT]),
                     "ratio": statistics.median(ratios)}
    return out


def code_size(name):
    text, data, bss = command("size", program(name)).stdout.splitlines()[1].split()[:3]
    return {"text": int(text), "data": int(data), "bss": int(bss)}


def measure(rounds):
    result = {"handshake": {}, "heap": {}, "throughput": {}, "code": {}}
    with contextlib.ExitStack() as stack:
        small = stack.enter_context(lab.Servers(OUT / "certs"))
        for case in CASES:
            say(f"handshakes, {lab.name_of(case)}")
            port = small.port(case.chain, False)
            ours, direct = (per_handshake(name, case, port) for name in (OURS, DIRECT))
            result["handshake"][lab.name_of(case)] = {
                "esp-tls": ours, "direct": direct, "ratio": ours / direct}
            result["heap"][lab.name_of(case)] = {
                "esp-tls": run(OURS, "heap", "-", case, port),
                "direct": run(DIRECT, "heap", "-", case, port)}
    with lab.Servers(OUT / "certs", MEGABYTES << 20) as large:
        for tls in ("1.2", "1.3"):
            case = Case(tls, "ec", False)
            say(f"throughput, TLS {tls}")
            port = large.port("ec", False)
            figures = throughput(case, port, rounds)
            ours, direct = (instructions(name, case, port, "fetch", lab.FILE)
                            - instructions(name, case, port, argument=1)
                            for name in (OURS, DIRECT))
            figures["instructions"] = {"esp-tls": ours, "direct": direct, "ratio": ours / direct}
            result["throughput"][f"TLS {tls}"] = figures
    (OUT / "certs" / lab.FILE).unlink()
    for name in (OURS, DIRECT):
        result["code"]["esp-tls" if name == OURS else "direct"] = code_size(name)
    return result


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(c) for c in row) + " |" for row in lines)


def describe(result):
    rows = [[case, f"{f['esp-tls']:,}", f"{f['direct']:,}", f"{f['ratio']:.4f}"]
            for case, f in result["handshake"].items()]
    parts = [f"**Instructions per connection and handshake** (wanted: ratio at most "
             f"{INSTRUCTIONS_MAX})\n\n" + table(["", "ESP-TLS", "Mbed TLS alone", "ratio"], rows)]
    rows = []
    for version, kinds in result["throughput"].items():
        for kind, unit in (("wall", "MB/s"), ("cpu", "MB per second of processor time")):
            f = kinds[kind]
            rows.append([f"{version}, {unit}", f"{f['esp-tls']:.0f}", f"{f['direct']:.0f}",
                         f"{f['ratio']:.4f}"])
        f = kinds["instructions"]
        rows.append([f"{version}, instructions", f"{f['esp-tls']:,}", f"{f['direct']:,}",
                     f"{f['ratio']:.4f}"])
    parts.append(f"**Download of {MEGABYTES} MB** (wanted: ratio of throughput at least "
                 f"{THROUGHPUT_MIN}; medians of alternating runs)\n\n"
                 + table(["", "ESP-TLS", "Mbed TLS alone", "ratio"], rows))
    rows = [[f"{case}, {figure}", *(f"{both[who][figure]:,}" for who in ("esp-tls", "direct"))]
            for case, both in result["heap"].items() for figure in ("peak", "idle", "allocations")]
    parts.append("**Heap of a connection**, bytes requested (64 bits)\n\n"
                 + table(["", "ESP-TLS", "Mbed TLS alone"], rows))
    rows = [[figure, *(f"{result['code'][who][figure]:,}" for who in ("esp-tls", "direct"))]
            for figure in ("text", "data", "bss")]
    parts.append("**Code of the program**, by `size` (64 bits)\n\n"
                 + table(["", "ESP-TLS", "Mbed TLS alone"], rows))
    return "\n\n".join(parts)


def missed(result):
    for case, figures in result["handshake"].items():
        if figures["ratio"] > INSTRUCTIONS_MAX:
            yield f"instructions, {case}: {figures['ratio']:.4f}, wanted {INSTRUCTIONS_MAX}"
    for version, kinds in result["throughput"].items():
        if kinds["wall"]["ratio"] < THROUGHPUT_MIN:
            yield f"throughput, {version}: {kinds['wall']['ratio']:.4f}, wanted {THROUGHPUT_MIN}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="downloads of each program (11)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    try:
        command(sys.executable, "-B", BENCH / "certs.py", OUT / "certs")
        say("building")
        build(args.jobs)
        result = measure(args.rounds)
    except lab.Failed as error:
        say(f"bench: {error}")
        return 1
    text = describe(result)
    failures = list(missed(result))
    print(text + "\n\n" + ("\n".join(["Missed:", *failures]) if failures else "All as wanted."))
    (OUT / "speed.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (BENCH / "results.md").write_text(
        "# ESP-TLS against the same Mbed TLS used directly\n\nMade by `make bench` "
        "(`bench/README.md` says how to read it), with fixed buffers: bench/sdkconfig.fixed.\n\n"
        + text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
