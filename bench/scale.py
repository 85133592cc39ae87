#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make bench-scale`: how much a hundred thousand idle connections take in one process, and what a step
costs among so many. The connections run over streams in memory: no process has so many descriptors.

Real handshakes of that number would take an hour. A thousand are made with them; the others in a
build whose cryptography is cheap (ESP_TLS_CHEAP_CRYPTO), which leaves the same memory behind: that
is compared. Prints the figures and writes them into bench/results-scale.md."""
import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "bench"
FEW, MANY = 1_000, 100_000
RESIDENT_MAX_MB = 300


def command(*args):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(a) for a in args)}\n{done.stdout}{done.stderr}")
    return done.stdout


def program(kind, jobs):
    build = OUT / f"scale-{kind}"
    build.mkdir(parents=True, exist_ok=True)
    settings = build / "defaults"
    # What is cheap is p256-m.
    settings.write_text("CONFIG_MBEDTLS_ECP_DP_CURVE25519_ENABLED=n\nCONFIG_ESP_TLS_P256M=y\n" if kind == "cheap" else "",
                        encoding="utf-8")
    command("cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DESP_TLS_PROGRAMS=OFF",
            "-DESP_TLS_SHARED=OFF", f"-DESP_TLS_CHEAP_CRYPTO={'ON' if kind == 'cheap' else 'OFF'}",
            f"-DSDKCONFIG={build}/sdkconfig",
            f"-DSDKCONFIG_DEFAULTS={ROOT / 'sdkconfig.defaults'};{settings}", "--log-level=WARNING")
    command("cmake", "--build", build, "-j", jobs, "--target", "bench-scale")
    return build / "tests" / "bench-scale"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", default="2")
    args = parser.parse_args()
    real, cheap = program("real", args.jobs), program("cheap", args.jobs)
    runs = [("real", real, FEW), ("cheap", cheap, FEW), ("cheap", cheap, MANY)]
    lines = ["# Many connections in one process", "",
             "Made by `make bench-scale`: idle connections over streams in memory, TLS 1.3, the default "
             "build. `bytes` is what the ledger counts for each, headers of blocks not included; "
             "`resident` is what the process grew by; a step is `esp_tls_conn_read()` that finds nothing.",
             "", "| connections | cryptography | bytes each | resident, MB | a step, microseconds |",
             "| ---: | --- | ---: | ---: | ---: |"]
    results = []
    for kind, path, count in runs:
        print(f"{count} connections, {kind} cryptography", file=sys.stderr, flush=True)
        result = json.loads(command(path, count))
        results.append(result)
        lines.append(f"| {count:,} | {kind} | {result['bytes_each']:,.0f} | "
                     f"{result['resident_mb']:,.1f} | {result['step_us']:.3f} |")
    text = "\n".join(lines) + "\n"
    (ROOT / "bench" / "results-scale.md").write_text(text, encoding="utf-8")
    print(text)
    if results[-1]["resident_mb"] >= RESIDENT_MAX_MB:
        sys.exit(f"wanted: less than {RESIDENT_MAX_MB} MB")


if __name__ == "__main__":
    main()
