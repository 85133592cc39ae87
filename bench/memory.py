#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make bench-memory`: what TLS clients take on 32 bits. bench/README.md says how it is counted.

  bench/memory.py                 all clients: tables, build/bench/memory.json, the README's tables
  bench/memory.py --only NAME ... some of them; writes no file
  bench/memory.py --by-site NAME  who holds heap and stack at the peak, by call; static data by name
"""
import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import lab
from lab import BENCH, CASES, ROOT, Case, name_of, say

OUT = ROOT / "build" / "bench"
TOOLCHAIN = ROOT / "cmake" / "arm-linux-gnueabi.cmake"
OURS = {"esp-tls": ["sdkconfig.memory"],
        "esp-tls-smallest": ["sdkconfig.memory", "sdkconfig.smallest"]}
PEERS = {"wolfssl": r"libwolf\.a", "bearssl-16k": r"libbear\.a", "bearssl-512": r"libbear\.a",
         "mbedtls": r"libmbedtls_default\.a", "mbedtls-tuned": r"libmbedtls_tuned\.a"}
CLIENTS = [*OURS, *PEERS]
ONLY_12 = {"bearssl-16k", "bearssl-512"}
SMALL_RECORDS = {"bearssl-512"}  # asks for records of 512 bytes and takes no larger ones

HEADLINE = Case("1.3", "ec", True)
RECORD = {"heap_download_16k": 16384, "heap_download_4k": 4096}
FIGURES = ("heap_peak", "heap_idle", "heap_download_16k", "heap_download_4k", "stack", "static")


# --- goals ----------------------------------------------------------------------------------------


def goal(client, case, figure):
    """Bytes wanted of ours, or None."""
    if client not in OURS:
        return None
    which = 0 if client == "esp-tls" else 1
    if figure == "heap_peak":
        if case.chain == "rsa":
            if case.mutual:
                return (15500, 10900)[which]
            return (11500, 9200)[which] if case.tls == "1.3" else None
        if case.mutual:
            return {"1.3": (8400, 7200), "1.2": (8200, 7000)}[case.tls][which]
        return None
    if figure == "heap_idle":
        return (2500, 1200)[which]
    if figure in RECORD:
        return RECORD[figure] + (2800, 1500)[which]
    if figure == "total" and case == HEADLINE:
        return (11500, 10200)[which]
    return None


# --- building ---------------------------------------------------------------------------------------


def command(*args, **options):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, check=False,
                          **options)
    if done.returncode != 0:
        raise lab.Failed(f"{' '.join(str(a) for a in args)}\n{done.stdout}{done.stderr}")
    return done.stdout


def fetch(package, *choices):
    """The source directory of a Debian package: the first choice that can be had."""
    for choice in choices[:-1]:
        with contextlib.suppress(lab.Failed):
            return command(ROOT / "cmake" / "fetch-source.sh", package, *choice).strip()
    return command(ROOT / "cmake" / "fetch-source.sh", package, *choices[-1]).strip()


def build_ours(client, jobs):
    where = OUT / client
    settings = [ROOT / "sdkconfig.defaults"] + [BENCH / name for name in OURS[client]]
    # Tables for the trace of call sites; the code is the same.
    command("cmake", "-S", ROOT, "-B", where, "-G", "Ninja", f"-DCMAKE_TOOLCHAIN_FILE={TOOLCHAIN}",
            "-DESP_TLS_TESTS=OFF", f"-DSDKCONFIG={where}/sdkconfig", f"-DBENCH_CLIENT={client}",
            f"-DSDKCONFIG_DEFAULTS={';'.join(str(s) for s in settings)}",
            "--log-level=WARNING", env={**os.environ, "CFLAGS": "-funwind-tables"})
    command("cmake", "--build", where, "-j", jobs, "--target", "bench-client", "bench-client-trace")


def build_peers(jobs):
    sources = {"MBEDTLS": command(ROOT / "cmake" / "mbedtls-source.sh").strip(),
               "WOLFSSL": fetch("wolfssl", ("sid", "upstream"), ("trixie",)),
               "BEARSSL": fetch("bearssl", ("-",))}
    where = OUT / "peers"
    command("cmake", "-S", BENCH / "peers", "-B", where, "-G", "Ninja", "--log-level=WARNING",
            f"-DCMAKE_TOOLCHAIN_FILE={TOOLCHAIN}", f"-DCERTS={OUT / 'certs'}",
            *(f"-D{name}={path}" for name, path in sources.items()))
    command("cmake", "--build", where, "-j", jobs)
    return sources


def versions(sources):
    def find(path, pattern):
        match = re.search(pattern, Path(path).read_text(encoding="utf-8", errors="replace"))
        return match[1] if match else "?"

    return ", ".join([
        "Mbed TLS " + find(f"{sources['MBEDTLS']}/include/mbedtls/build_info.h",
                           r'VERSION_STRING +"([^"]+)"'),
        "wolfSSL " + find(f"{sources['WOLFSSL']}/wolfssl/version.h", r'VERSION_STRING "([^"]+)"'),
        "BearSSL " + find(f"{sources['BEARSSL']}/debian/changelog", r"\(([0-9.]+)")])


def program(client, trace=False):
    suffix = "-trace" if trace else ""
    if client in OURS:
        return OUT / client / "bench" / f"bench-client{suffix}"
    return OUT / "peers" / f"{client}{suffix}"


def map_of(client):
    """Link map, and which archive in it is the library."""
    if client in OURS:
        return OUT / client / "bench-client.map", r"libesp-tls\.a\("
    return OUT / "peers" / f"{client}.map", PEERS[client]


def static_of(client):
    return lab.map_sizes(*map_of(client))["static"]


# --- measuring ----------------------------------------------------------------------------------------


def measure(client, case, servers):
    """One row of the result."""
    row = {"client": client, "tls": case.tls, "chain": case.chain, "mutual": case.mutual,
           **dict.fromkeys(FIGURES)}
    if client in ONLY_12 and case.tls == "1.3":
        return row
    runs = [lab.figures(lab.run(program(client), case,
                                servers.port(case.chain, case.mutual, small))[0])
            for small in (False, True)]
    row["heap_peak"] = max(r["peak"] for r in runs)
    row["heap_idle"] = max(r["idle"] for r in runs)
    row["stack"] = max(r["stack"] for r in runs)
    row["static"] = static_of(client)
    row["heap_download_16k"], row["heap_download_4k"] = (r["download"] for r in runs)
    return row


def total(row):
    return None if row["heap_peak"] is None else row["heap_peak"] + row["stack"] + row["static"]


def breakdown(client, case, servers):
    """Bytes by purpose at the peak; and the same peak as a region counts it."""
    port = servers.port(case.chain, case.mutual)
    notes = lab.run(program(client), case, port, "breakdown")[0]["notes"]
    region = lab.run(program(client), case, port, "breakdown", "region")[0]["notes"]
    return {k: v for k, v in notes.items() if k != "all" and v}, notes["all"], region["all"]


# --- printing -------------------------------------------------------------------------------------------


def number(value):
    return "–" if value is None else f"{value:,}"


def table(head, rows):
    """A Markdown table, which reads well as text too."""
    cells = [head, *rows]
    width = [max(len(str(r[i])) for r in cells) for i in range(len(head))]

    def line(row):
        return "| " + " | ".join(
            str(c).ljust(w) if i == 0 else str(c).rjust(w)
            for i, (c, w) in enumerate(zip(row, width))) + " |"

    rule = "|" + "|".join(("-" * (w + 1) + ("-" if i == 0 else ":"))
                          for i, w in enumerate(width)) + "|"
    return "\n".join([line(head), rule, *map(line, rows)])


def short(case):
    return f"{case.tls} {case.chain.upper()}{' mutual' if case.mutual else ''}"


def by_case(results, pick, clients):
    return [[client] + [number(pick(results[client, case])) for case in CASES]
            for client in clients]


def full_tables(results, clients):
    cases = [short(case) for case in CASES]
    titles = {"heap_peak": "Heap at the peak of the handshake", "heap_idle": "Heap, idle",
              "heap_download_16k": "Heap, download in records of 16 KB",
              "heap_download_4k": "Heap, download in records of 4 KB",
              "stack": "Stack", "static": "Static data"}
    out = []
    for figure, title in titles.items():
        out.append(f"**{title}**, bytes\n\n" + table(
            ["client", *cases], by_case(results, lambda row, f=figure: row[f], clients)))
    out.append("**Heap at the peak + stack + static**, bytes\n\n" + table(
        ["client", *cases], by_case(results, total, clients)))
    return "\n\n".join(out)


def front_table(results, clients):
    rows = []
    for client in clients:
        case = HEADLINE if client not in ONLY_12 else Case("1.2", "ec", True)
        row = results[client, case]
        rows.append([f"`{client}`" + (" (TLS 1.2)" if client in ONLY_12 else ""),
                     *(number(row[f]) for f in FIGURES), number(total(row))])
    return table(["client", "heap, peak", "idle", "download 16 KB", "download 4 KB", "stack",
                  "static", "heap + stack + static"], rows)


def goals_table(results, clients):
    rows = []
    for client in clients:
        for case in CASES:
            for figure in (*FIGURES, "total"):
                wanted = goal(client, case, figure)
                if wanted is None:
                    continue
                row = results[client, case]
                has = total(row) if figure == "total" else row[figure]
                missed = "failed" if has is None else number(max(0, has - wanted)) \
                    if has > wanted else "met"
                rows.append([client, short(case), figure, number(has), number(wanted), missed])
    return table(["client", "case", "figure", "measured", "goal", "missed by"], rows)


def not_below(results, clients):
    """Cells in which ours is not less than a peer that can receive the same records."""
    for client in [c for c in clients if c in OURS]:
        for peer in [c for c in clients if c in PEERS and c not in SMALL_RECORDS]:
            for case in CASES:
                ours, theirs = results[client, case], results[peer, case]
                for figure in FIGURES[:4]:
                    if ours[figure] and theirs[figure] and ours[figure] >= theirs[figure]:
                        yield (f"{client} {short(case)} {figure}: {number(ours[figure])}, "
                               f"{peer} {number(theirs[figure])}")
                if theirs["heap_peak"] and total(ours) >= total(theirs):
                    yield (f"{client} {short(case)} heap + stack + static: {number(total(ours))}, "
                           f"{peer} {number(total(theirs))}")


def put_table(path, text):
    """Replace what stands between the markers. A file without markers is left alone."""
    begin, end = "<!-- memory-table -->", "<!-- /memory-table -->"
    if not path.exists():
        return
    old = path.read_text(encoding="utf-8")
    if begin not in old or end not in old:
        say(f"{path.name} has no {begin} ... {end}: left as it is")
        return
    head, _, rest = old.partition(begin)
    new = f"{head}{begin}\n{text}\n{end}{rest.partition(end)[2]}"
    if new != old:
        path.write_text(new, encoding="utf-8")
        say(f"{path.relative_to(ROOT)} has a new table")


# --- commands ---------------------------------------------------------------------------------------------


def prepare(clients, jobs):
    command(sys.executable, "-B", BENCH / "certs.py", OUT / "certs")
    for client in clients:
        if client in OURS:
            say(f"building {client}")
            build_ours(client, jobs)
    if any(c in PEERS for c in clients):
        say("building the peers")
        return build_peers(jobs)
    return None


def print_settings(client):
    print(f"\nConfiguration of {client}: sdkconfig.defaults, "
          + ", ".join(f"bench/{name}" for name in OURS[client]))
    for path in [ROOT / "sdkconfig.defaults"] + [BENCH / name for name in OURS[client]]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("CONFIG_"):
                print(f"    {line}")
    print(f"    (complete: {(OUT / client / 'sdkconfig').relative_to(ROOT)})")


def print_breakdown(client, servers):
    rows, names = {}, []
    for case in CASES:
        parts, peak, region = breakdown(client, case, servers)
        names += [n for n in parts if n not in names]
        rows[case] = (parts, peak)
        if peak != region:
            say(f"{client} {name_of(case)}: {peak} by the meter, {region} in a region")
    if not names:  # built without CONFIG_ESP_TLS_MEMORY_DETAIL
        return
    print(f"\n**{client}: the peak by purpose**, bytes\n")
    print(table(["case", *names, "all"],
                [[short(case), *(number(parts.get(n, 0)) for n in names), number(peak)]
                 for case, (parts, peak) in rows.items()]))


def measure_all(clients, servers):
    results, failed = {}, []
    for client in clients:
        say(f"measuring {client}")
        for case in CASES:
            try:
                results[client, case] = measure(client, case, servers)
            except lab.Failed as error:
                failed.append(str(error))
                results[client, case] = {"client": client, "tls": case.tls, "chain": case.chain,
                                         "mutual": case.mutual, **dict.fromkeys(FIGURES)}
    return results, failed


def report(clients, write, sources, servers):
    results, failed = measure_all(clients, servers)
    ours = [c for c in clients if c in OURS]
    tables = full_tables(results, clients)
    print(f"\n{tables}\n\n**Goals**\n\n{goals_table(results, ours)}")
    for client in ours:
        print_breakdown(client, servers)
        print_settings(client)
    above = list(not_below(results, clients))
    print("\n" + ("\n".join(["Not below a peer:", *above]) if above else
                  "In every cell less than each peer that can receive the same records."
                  if write else ""))
    if write:
        (OUT / "memory.json").write_text(json.dumps(list(results.values()), indent=1) + "\n")
        note = f"Peers: {versions(sources)}. Made by `make bench-memory`."
        put_table(BENCH / "README.md", f"{tables}\n\n{note}")
        put_table(ROOT / "README.md", front_table(results, clients))
    for line in failed:
        print(f"failed: {line}")
    return 1 if failed else 0


def print_sites(client, servers, depth):
    for case in CASES:
        if client in ONLY_12 and case.tls == "1.3":
            continue
        traced = program(client, trace=True)
        result, rest = lab.run(traced, case, servers.port(case.chain, case.mutual))
        print(f"\n{client}, {name_of(case)}: {number(lab.figures(result)['peak'])} bytes at the peak")
        for size, count, site in lab.sites(traced, rest, depth):
            print(f"{size:7} x{count:<3} {site}")
        _, rest = lab.run(program(client), case, servers.port(case.chain, case.mutual), "deepest")
        print("  the stack at its deepest:")
        for below, function in lab.deepest(program(client), rest):
            print(f"{below:7} {function}")
    print(f"\n{client}: {number(static_of(client))} bytes of static data")
    static = [row for row in lab.map_sections(*map_of(client)) if row[0].startswith(lab.STATIC)]
    for name, size, member in sorted(static, key=lambda row: -row[1]):
        if size:
            print(f"{size:7} {name} in {member}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=CLIENTS, metavar="NAME",
                        help="of " + ", ".join(CLIENTS))
    parser.add_argument("--by-site", choices=CLIENTS, metavar="NAME")
    parser.add_argument("--depth", type=int, default=6, help="callers per site (6)")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    clients = [args.by_site] if args.by_site else args.only or CLIENTS
    try:
        sources = prepare(clients, args.jobs)
        with lab.Servers(OUT / "certs") as servers:
            if args.by_site:
                return print_sites(args.by_site, servers, args.depth)
            return report(clients, not args.only, sources, servers)
    except lab.Failed as error:
        say(f"bench-memory: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
