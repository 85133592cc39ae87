#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make bench`: our client against the same Mbed TLS used directly, and the default build beside
other libraries (peers.py, bench/README.md). Prints the figures, writes them into bench/results.md
and build/bench/speed.json."""
import argparse
import contextlib
import json
import os
import statistics
import sys
from pathlib import Path

import lab
import peers
from lab import BENCH, ROOT, Case, command, say, table

OUT = ROOT / "build" / "bench"
FIXED, DEFAULT = OUT / "fixed", OUT / "default"
OURS, DIRECT = "bench-speed-esp-tls", "bench-speed-direct"
CASES = [Case(tls, chain, False) for tls in ("1.2", "1.3") for chain in ("ec", "rsa")]
MEGABYTES = 64
INSTRUCTIONS_MAX, THROUGHPUT_MIN = 1.02, 0.98


def build(directory, jobs, targets, *more):
    """With the default settings, and those of the given files on top."""
    settings = ";".join(str(path) for path in (ROOT / "sdkconfig.defaults", *more))
    command("cmake", "-S", ROOT, "-B", directory, "-G", "Ninja", "-DESP_TLS_TESTS=OFF",
            "-DESP_TLS_SHARED=OFF", f"-DSDKCONFIG={directory}/sdkconfig",
            f"-DSDKCONFIG_DEFAULTS={settings}", "--log-level=WARNING")
    command("cmake", "--build", directory, "-j", jobs, "--target", *targets)


def program(name):
    return FIXED / "bench" / name


def run(name, verb, argument, case, port):
    done = command(program(name), verb, argument, case.tls, case.chain, port)
    return json.loads(done.stdout)


def heap(name, case, port):
    return json.loads(command(program(name.replace("speed", "heap")), case.tls, case.chain,
                              port).stdout)


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
    result = {"handshake": {}, "heap": {}, "throughput": {}, "code": {}, "load": os.getloadavg()[0]}
    with contextlib.ExitStack() as stack:
        small = stack.enter_context(lab.Servers(OUT / "certs"))
        for case in CASES:
            say(f"handshakes, {lab.name_of(case)}")
            port = small.port(case.chain, False)
            ours, direct = (lab.per_handshake(program(name), case, port)
                            for name in (OURS, DIRECT))
            result["handshake"][lab.name_of(case)] = {
                "esp-tls": ours, "direct": direct, "ratio": ours / direct}
            result["heap"][lab.name_of(case)] = {
                "esp-tls": heap(OURS, case, port), "direct": heap(DIRECT, case, port)}
    with lab.Servers(OUT / "certs", MEGABYTES << 20) as large, lab.downloads(OUT / "certs"):
        for tls in ("1.2", "1.3"):
            case = Case(tls, "ec", False)
            say(f"throughput, TLS {tls}")
            port = large.port("ec", False)
            figures = throughput(case, port, rounds)
            ours, direct = (lab.per_byte(program(name), case, port) for name in (OURS, DIRECT))
            figures["instructions"] = {"esp-tls": ours, "direct": direct, "ratio": ours / direct}
            result["throughput"][f"TLS {tls}"] = figures
    (OUT / "certs" / lab.FILE).unlink()
    for name in (OURS, DIRECT):
        result["code"]["esp-tls" if name == OURS else "direct"] = code_size(name)
    return result


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
        rows.append([f"{version}, instructions per byte", f"{f['esp-tls']:.2f}",
                     f"{f['direct']:.2f}", f"{f['ratio']:.4f}"])
    load = result["load"]
    parts.append(f"**Download of {MEGABYTES} MB** (wanted: ratio of throughput at least "
                 f"{THROUGHPUT_MIN}; medians of alternating runs; speeds are those of a "
                 f"machine with a load of {load:.0f}, ratios are steadier)\n\n"
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
        fixed = [name.replace("speed", verb)
                 for name in (OURS, DIRECT) for verb in ("speed", "heap")]
        build(FIXED, args.jobs, fixed, BENCH / "sdkconfig.fixed")
        build(DEFAULT, args.jobs, peers.TARGETS)
        result = measure(args.rounds)
        mbedtls = Path(command(ROOT / "cmake" / "mbedtls-source.sh", "--cached").stdout.strip())
        others = peers.measure(DEFAULT / "bench", OUT / "certs", mbedtls)
    except lab.Failed as error:
        say(f"bench: {error}")
        return 1
    text = (f"# Speed\n\nMade by `make bench`; `bench/README.md` says how to read it.\n\n"
            f"## The default build\n\n{peers.describe(others)}\n\nMeasured by "
            "these, the server's in `build/bench/certs`, with files of 1 and 9 MB, the others for "
            f"each client, version and chain:\n\n{peers.commands()}\n\n"
            "## Against the same Mbed TLS used directly\n\nBoth with fixed buffers: "
            f"bench/sdkconfig.fixed.\n\n{describe(result)}\n")
    failures = list(missed(result)) + list(peers.missed(others))
    print(text + "\n" + ("\n".join(["Missed:", *failures]) if failures else "All as wanted."))
    (OUT / "speed.json").write_text(json.dumps({**result, "peers": others}, indent=1) + "\n",
                                    encoding="utf-8")
    (BENCH / "results.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
