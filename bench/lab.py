# SPDX-License-Identifier: Apache-2.0
"""What the measurements share: servers, runs of a client, instructions, sizes from a link map.

Servers are OpenSSL's, on ports that the kernel chooses, one per chain, client authentication and
record size; P-256, AES-128-GCM. A client is a program with bench/harness/meter.c in it."""
import collections
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
FILE = "f64k"

Case = collections.namedtuple("Case", "tls chain mutual")
CASES = [Case(tls, chain, mutual) for tls in ("1.2", "1.3") for chain in ("ec", "rsa")
         for mutual in (False, True)]


def say(text):
    print(text, file=sys.stderr, flush=True)


def name_of(case):
    return f"TLS {case.tls} {case.chain.upper()}{' mutual' if case.mutual else ''}"


class Failed(Exception):
    pass


def command(*args):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(str(a) for a in args)}\n{done.stdout}{done.stderr}")
    return done


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(c) for c in row) + " |" for row in lines)


FEW, MANY = 2, 12  # connections of two runs: the difference is free of the start of the program


def instructions(program, case, port, verb="handshakes", argument=FEW):
    """Of the whole process of a program with speed/speed.c's main()."""
    with tempfile.TemporaryDirectory() as scratch:
        done = command("valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch}/out",
                       program, verb, argument, case.tls, case.chain, port)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def per_handshake(program, case, port):
    few, many = (instructions(program, case, port, argument=n) for n in (FEW, MANY))
    return (many - few) // (MANY - FEW)


DOWNLOADS = {"f1m": 1 << 20, "f9m": 9 << 20}  # two files: the difference is free of the handshake


@contextlib.contextmanager
def downloads(certs):
    for name, size in DOWNLOADS.items():
        (Path(certs) / name).write_bytes(b"x" * size)
    yield
    for name in DOWNLOADS:
        (Path(certs) / name).unlink()


def per_byte(program, case, port):
    small, large = (instructions(program, case, port, "fetch", name) for name in DOWNLOADS)
    return (large - small) / (DOWNLOADS["f9m"] - DOWNLOADS["f1m"])


class Servers:
    """openssl s_server per (chain, mutual, small records, short chain), started when first asked
    for."""

    def __init__(self, certs, data=65536):
        self.certs = Path(certs)
        self.running = {}
        (self.certs / FILE).write_bytes(b"x" * data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process, _ in self.running.values():
            process.kill()
            process.wait()

    def port(self, chain, mutual, small=False, short=False):
        key = (chain, mutual, small, short)
        if key not in self.running:
            self.running[key] = self.start(*key)
        return self.running[key][1]

    @staticmethod
    def command(chain, mutual=False, small=False, short=False):
        leaf = f"{chain}-short" if short else f"{chain}-leaf"
        command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-WWW",
                   "-cert", f"{leaf}.pem", "-key", f"{leaf}.key", "-CAfile", f"{chain}-root.pem",
                   "-groups", "P-256:X25519",
                   "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
                   "-ciphersuites", "TLS_AES_128_GCM_SHA256"]
        command += [] if short else ["-cert_chain", f"{chain}-int.pem"]
        command += ["-Verify", "2", "-verify_return_error"] if mutual else []
        return command + (["-max_send_frag", "4096"] if small else [])

    def start(self, chain, mutual, small, short):
        command = self.command(chain, mutual, small, short)
        log = self.certs / (f"server-{chain}-{'mutual' if mutual else 'server'}"
                            f"{'-short' * short}{'-4k' * small}.log")
        with open(log, "w", encoding="utf-8") as out:
            process = subprocess.Popen(command, cwd=self.certs, stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=subprocess.STDOUT)
        for _ in range(200):
            match = re.search(r"^ACCEPT 127\.0\.0\.1:(\d+)", log.read_text(), re.M)
            if match:
                return process, int(match[1])
            if process.poll() is not None:
                break
            time.sleep(0.05)
        process.kill()
        raise Failed(f"openssl s_server does not start; see {log}")


def run(program, case, port, *options, emulator=("qemu-arm",)):
    """One connection of one client: (its figures, the rest of its output)."""
    command = [*emulator, str(program), case.tls, case.chain,
               "mutual" if case.mutual else "server", str(port), FILE, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0 or not done.stdout.startswith("{"):
        raise Failed(f"{Path(program).name}, {name_of(case)}: {done.stderr.strip()} "
                     f"(exit {done.returncode})")
    first, _, rest = done.stdout.partition("\n")
    return json.loads(first), rest


def figures(result):
    """Heap at its peak in the handshake, idle and in the download; stack; allocations."""
    phases = result["phases"]
    own = {name: p for name, p in phases.items() if name != "entry"}
    return {
        "peak": max(phases["setup"]["peak"], phases["handshake"]["peak"]),
        "idle": max(phases["handshake"]["live"], phases["download"]["live"]),
        "download": max(phases["write"]["peak"], phases["download"]["peak"]),
        "stack": max(p["stack"] for p in own.values()),
        "allocations": phases["setup"]["count"] + phases["handshake"]["count"],
        "leak": result["leak"],
    }


def map_sections(path, pattern):
    """The kept sections of the archive members that match, in a GNU ld map: (name, size, member)."""
    pending, on = None, False
    for line in open(path, encoding="utf-8", errors="replace"):
        on = on or line.startswith("Linker script and memory map")
        alone = re.match(r"^ (\.\S+|COMMON)\s*$", line)
        if not on or alone:
            pending = alone[1] if alone else None
            continue
        match = re.match(r"^ (\.\S+|COMMON)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$", line)
        section = match and (match[1] or pending)
        if section and int(match[2], 16) and re.search(pattern, match[4]):
            yield section, int(match[3], 16), match[4].split("(")[-1].rstrip(")\n")
        pending = None


STATIC = (".data", ".bss", ".tdata", ".tbss", "COMMON")  # thread-local: once per thread
CODE = (".text", ".rodata", ".data", ".tdata")


def map_sizes(path, pattern):
    sections = list(map_sections(path, pattern))
    return {kind: sum(size for name, size, _ in sections if name.startswith(prefixes))
            for kind, prefixes in (("static", STATIC), ("code", CODE))}


def functions(program, addresses):
    """{return address: name of the function it lies in}."""
    asked = [hex((int(a, 16) & ~1) - 2) for a in addresses]
    done = subprocess.run(["arm-linux-gnueabi-addr2line", "-f", "-e", str(program), *asked],
                          capture_output=True, text=True, check=True)
    return dict(zip(addresses, done.stdout.splitlines()[::2]))


def deepest(program, output):
    """(bytes below the entry, function) for what may be return addresses, deepest first. What a
    function left in a slot that it does not use is among them: a call chain with a few strangers."""
    words = [line.split()[1:] for line in output.splitlines() if line.startswith("word ")]
    words = [(int(depth), value) for depth, value in words if int(value, 16) & 1]  # Thumb
    names = functions(program, sorted({value for _, value in words}))
    return [(depth, names[value]) for depth, value in words]


def sites(program, output, depth):
    """The blocks of a -trace program's last snapshot, summed by call site, largest first."""
    blocks = [line.split()[1:] for line in output.splitlines() if line.startswith("block ")]
    names = functions(program, sorted({a for block in blocks for a in block[2:]}))
    total, count = collections.Counter(), collections.Counter()
    for cost, _, *callers in blocks:
        path = [re.sub(r"^(mbedtls_|wolfSSL_)", "", names[c]) for c in callers]
        path = [p for p in path if not re.fullmatch(
            r"(esp_)?(mem_)?.*(mem_calloc|plat_alloc\w*|alloc_in|plat_system_alloc)", p)]
        site = " < ".join(path[:depth])
        total[site] += int(cost)
        count[site] += 1
    return [(size, count[site], site) for site, size in total.most_common()]
