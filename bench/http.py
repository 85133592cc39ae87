#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make bench-http`: esp_http_client against libcurl, and against Mbed TLS with a minimal GET, on
one nginx of this machine (bench/README.md). Prints ratios and bytes, writes them into
bench/results-http.md and build/bench/http.json."""
import argparse
import contextlib
import json
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lab
from lab import BENCH, ROOT, say

OUT = ROOT / "build" / "bench"
PEERS = OUT / "http"
OURS, CURL, SYSTEM, DIRECT = ("bench-http-esp", "bench-http-curl", "bench-http-curl-system",
                              "bench-http-mbedtls")
THROUGHPUT_MIN, REQUESTS_MIN = 1.0, 2.5
SAME_BUFFER = "buffer of 16 KB"
INSTRUCTIONS_MAX = {"http": 20300, "https": 38800}
CALLS_BELOW = {"http": 4, "https": 5}
COUNTED = {"esp_http_client": OURS, "libcurl": CURL, "libcurl of Debian (OpenSSL)": SYSTEM}
FEW, MANY = 100, 1100 # requests of two runs, whose difference is that of so many requests alone
SECTIONS = "-ffunction-sections -fdata-sections -w"

NGINX = """daemon off; worker_processes 1; pid {dir}/pid; error_log {dir}/error.log;
events {{ }}
http {{
    access_log off; sendfile on; tcp_nodelay on; keepalive_requests 100000000; root {dir}/root;
    client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
    uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
    server {{ listen 127.0.0.1:{http}; }}
    server {{
        listen 127.0.0.1:{https} ssl;
        ssl_certificate {certs}/ec-chain.pem; ssl_certificate_key {certs}/ec-leaf.key;
        ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256; ssl_ecdh_curve prime256v1;
    }}
}}
"""


def command(*args, **options):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, check=False,
                          **options)
    if done.returncode != 0:
        raise lab.Failed(f"{' '.join(str(a) for a in args)}\n{done.stdout}{done.stderr}")
    return done


def source(script, *args):
    return Path(command(ROOT / "cmake" / script, *args).stdout.strip())


def own_build():
    return Path(os.environ.get("BUILD", ROOT / "build")).resolve()


def build_ours(jobs):
    command("cmake", "--build", own_build(), "-j", jobs, "--target", OURS)
    return own_build() / "bench"


def build(jobs):
    """The others' libraries, each with its own build and default settings, optimised for speed;
    Mbed TLS is the very version that ours is made from."""
    mbedtls = source("mbedtls-source.sh")
    curl = source("fetch-source.sh", "curl", "trixie", "upstream")
    made_of = PEERS / "made-of"
    if not made_of.exists() or made_of.read_text() != f"{mbedtls}\n{curl}\n":
        shutil.rmtree(PEERS, ignore_errors=True)
        PEERS.mkdir(parents=True)
        made_of.write_text(f"{mbedtls}\n{curl}\n")
    common = ("-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_C_FLAGS={SECTIONS}",
              "--log-level=WARNING")
    if not (PEERS / "mbedtls/library/libmbedtls.a").exists():
        command("cmake", "-S", mbedtls, "-B", PEERS / "mbedtls", *common, "-DENABLE_PROGRAMS=OFF",
                "-DENABLE_TESTING=OFF")
        command("cmake", "--build", PEERS / "mbedtls", "-j", jobs)
    library = PEERS / "mbedtls/library"
    if not (PEERS / "curl/src/curl").exists():
        command("cmake", "-S", curl, "-B", PEERS / "curl", *common, "-DBUILD_SHARED_LIBS=OFF",
                "-DBUILD_TESTING=OFF", "-DHTTP_ONLY=ON", "-DCURL_USE_OPENSSL=OFF",
                "-DCURL_USE_MBEDTLS=ON", "-DCURL_USE_LIBPSL=OFF", "-DCURL_BROTLI=OFF",
                "-DCURL_ZSTD=OFF", "-DUSE_LIBIDN2=OFF", "-DBUILD_LIBCURL_DOCS=OFF",
                "-DBUILD_MISC_DOCS=OFF", f"-DMBEDTLS_INCLUDE_DIR={mbedtls}/include",
                f"-DMBEDTLS_LIBRARY={library}/libmbedtls.a",
                f"-DMBEDX509_LIBRARY={library}/libmbedx509.a",
                f"-DMBEDCRYPTO_LIBRARY={library}/libmbedcrypto.a", "-DCURL_ZLIB=OFF",
                "-DCURL_USE_LIBSSH2=OFF", "-DUSE_NGHTTP2=OFF", "-DENABLE_CURL_MANUAL=OFF",
                "-DCURL_CA_BUNDLE=none", "-DCURL_CA_PATH=none")
        command("cmake", "--build", PEERS / "curl", "-j", jobs)
    build_dir = own_build()
    command("cmake", "-S", ROOT, "-B", build_dir, f"-DBENCH_HTTP_PEERS={PEERS}",
            f"-DBENCH_HTTP_CURL_INCLUDE={curl}/include", "--log-level=WARNING")
    command("cmake", "--build", build_dir, "-j", jobs, "--target", OURS, CURL, SYSTEM, DIRECT,
            "bench-http-count")
    return build_dir / "bench"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def nginx(certs, megabytes):
    """{scheme: base URL}"""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root"
        root.mkdir()
        os.chmod(scratch, 0o755)
        (root / "small").write_bytes(b"x" * 100)
        (root / "tiny").write_bytes(b"x" * 64)
        (root / "1m").write_bytes(os.urandom(1 << 20))
        with open(root / "big", "wb") as big:
            block = os.urandom(1 << 20)
            for _ in range(megabytes):
                big.write(block)
        (certs / "ec-chain.pem").write_bytes((certs / "ec-leaf.pem").read_bytes()
                                             + (certs / "ec-int.pem").read_bytes())
        for _ in range(5): # another process may take the ports first
            ports = {"http": free_port(), "https": free_port()}
            conf = Path(scratch) / "nginx.conf"
            conf.write_text(NGINX.format(dir=scratch, certs=certs, **ports))
            with subprocess.Popen(["nginx", "-c", conf, "-p", scratch], stderr=subprocess.DEVNULL,
                                  env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}
                                  ) as server:
                time.sleep(0.5)
                if server.poll() is not None:
                    continue
                try:
                    yield {scheme: f"{scheme}://localhost:{port}" for scheme, port in ports.items()}
                finally:
                    server.terminate()
                return
        raise lab.Failed("nginx does not start")


def spent(args):
    """(wall, processor time) of a process from its start to its end."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command(*args)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"wall": time.monotonic() - wall,
            "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def in_turn(rounds, runs):
    """Each of {name: function}, round after round, the order turning: {name: [result]}"""
    results = {name: [] for name in runs}
    names = list(runs)
    for i in range(rounds):
        for name in names[i % len(names):] + names[:i % len(names)]:
            results[name].append(runs[name]())
    return results


def ratios(results, ours, kind):
    """Median of theirs / ours of neighbouring runs, for each other name: above 1 is faster."""
    return {name: statistics.median(their[kind] / our[kind]
                                    for their, our in zip(values, results[ours]))
            for name, values in results.items() if name != ours}


def instructions(*args):
    """Of a process, the kernel's not counted."""
    done = command("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *args)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def system_calls(*args):
    with tempfile.NamedTemporaryFile("r") as table_of_calls:
        command("strace", "-f", "-c", "-o", table_of_calls.name, *args)
        total = table_of_calls.read().splitlines()[-1].split()
    return int(total[3])


def each_request(count, program, url, ca):
    few, many = (count(program, "requests", n, url, ca) for n in (FEW, MANY))
    return (many - few) / (MANY - FEW)


class Bench:
    def __init__(self, programs, certs, rounds):
        self.programs, self.ca, self.rounds = programs, certs / "ec-root.pem", rounds

    def run(self, name, verb, argument, url, *buffer, **options):
        done = command(self.programs / name, verb, argument, url, self.ca, *buffer, **options)
        return json.loads(done.stdout)

    def requests(self, url, count):
        args = (url, count)
        runs = {"ours": lambda: self.run(OURS, "requests", count, url),
                "libcurl": lambda: self.run(CURL, "requests", count, url),
                "libcurl of Debian": lambda: self.run(SYSTEM, "requests", count, url),
                "curl, the program": lambda: spent(
                    [PEERS / "curl/src/curl", "-s", "--tls-max", "1.2", "--cacert", self.ca, "-o",
                     "/dev/null", f"{args[0]}?[1-{args[1]}]"])}
        results = in_turn(self.rounds, runs)
        return {kind: ratios(results, "ours", kind) for kind in ("wall", "cpu")}

    def download(self, url, megabytes, buffer):
        def one(name, *args):
            result = self.run(name, "requests", 1, url, *args)
            if result["bytes"] != megabytes << 20:
                raise lab.Failed(f"{name}: only {result['bytes']} bytes came")
            return result
        runs = {"ours": lambda: one(OURS, *buffer), "libcurl": lambda: one(CURL),
                "libcurl of Debian": lambda: one(SYSTEM)}
        results = in_turn(self.rounds, runs)
        return {kind: ratios(results, "ours", kind) for kind in ("wall", "cpu")}

    def heap(self, base):
        count = self.programs / "libbench-http-count.so"
        clients = {"esp_http_client": (OURS,), "esp_http_client, buffer 16 KB": (OURS, 16384),
                   "libcurl": (CURL,), "Mbed TLS, minimal GET": (DIRECT,),
                   "libcurl of Debian (OpenSSL)": (SYSTEM,)}
        out = {}
        for what, (name, *buffer) in clients.items():
            out[what] = {scheme: self.run(name, "heap", f"{url}/1m", f"{url}/small", *buffer,
                                          env={**os.environ, "LD_PRELOAD": str(count)})
                         for scheme, url in base.items()
                         if name != DIRECT or scheme == "https"}
        return out

    def counts(self, base, clients):
        """{client: {scheme: {"instructions": of one request, "calls": }}}, of 64 bytes"""
        kinds = {"instructions": instructions, "calls": system_calls}

        def counted(name, url):
            return {kind: each_request(count, self.programs / name, f"{url}/tiny", self.ca)
                    for kind, count in kinds.items()}
        return {what: {scheme: counted(name, url) for scheme, url in base.items()}
                for what, name in clients.items()}

    def code(self):
        out = {}
        for what, name in (("esp_http_client", OURS), ("libcurl", CURL),
                           ("Mbed TLS, minimal GET", DIRECT)):
            text, data, bss = command("size", self.programs / name).stdout.splitlines()[1].split()[:3]
            out[what] = {"text": int(text), "data": int(data), "bss": int(bss)}
        return out


def measure(bench, base, args):
    result = {"requests": {}, "download": {}}
    for scheme, url in base.items():
        say(f"requests, {scheme}")
        result["requests"][scheme] = bench.requests(f"{url}/small", args.requests)
    for scheme, url in base.items():
        for name, buffer in (("buffer of 512 bytes", ()), (SAME_BUFFER, (16384,))):
            say(f"download, {scheme}, {name}")
            result["download"][f"{scheme}, {name}"] = bench.download(f"{url}/big", args.megabytes,
                                                                     buffer)
    say("instructions, system calls")
    result["counts"] = bench.counts(base, COUNTED)
    say("heap, code")
    result["heap"] = bench.heap(base)
    result["code"] = bench.code()
    return result


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(c) for c in row) + " |" for row in lines)


def rates(figures):
    names = list(next(iter(figures.values()))["wall"])
    rows = [[f"{what}, {'speed' if kind == 'wall' else 'processor time'}",
             *(f"{both[kind][name]:.2f}" for name in names)]
            for what, both in figures.items() for kind in ("wall", "cpu")]
    return table(["ours is so many times as fast as"] + names, rows)


def describe_counts(counts):
    rows = [[f"{client}, {scheme}", f"{f['instructions']:,.0f}", f"{f['calls']:.1f}"]
            for client, schemes in counts.items() for scheme, f in schemes.items()]
    wanted = "; ".join(f"{scheme} {most:,} instructions at most, "
                       f"fewer than {CALLS_BELOW[scheme]} calls"
                       for scheme, most in INSTRUCTIONS_MAX.items())
    return ("**One GET of 64 bytes on a kept connection**: instructions of the process (callgrind) "
            f"and system calls (strace). Wanted of ours: {wanted}.\n\n"
            + table(["", "instructions", "system calls"], rows))


def describe(result, args):
    parts = [f"**{args.requests} GETs of 100 bytes on one kept connection.** Wanted: "
             f"{REQUESTS_MIN} times the curl program's rate. (Of the program, start and connecting "
             f"count as well.)\n\n" + rates(result["requests"]),
             describe_counts(result["counts"]),
             f"**One body of {args.megabytes} MB.** Wanted: at least libcurl's throughput on the "
             "same TLS library with the same buffer. It is esp_http_client's `buffer_size`, 512 bytes "
             "by default; libcurl's is 16 KB, its default.\n\n" + rates(result["download"])]
    rows = [[f"{client}, {scheme}", *(f"{f[k]:,}" for k in ("peak", "idle", "download"))]
            for client, schemes in result["heap"].items() for scheme, f in schemes.items()]
    parts.append("**Heap of a connection**, bytes requested (64 bits): at the peak (connect, TLS 1.2 "
                 "handshake with P-256, two GETs), kept open and idle, while 1 MB comes\n\n"
                 + table(["", "peak", "idle", "download"], rows))
    rows = [[client, *(f"{f[k]:,}" for k in ("text", "data", "bss"))]
            for client, f in result["code"].items()]
    parts.append("**Code of the program**, by `size` (64 bits; static but for libc, unused sections "
                 "removed)\n\n" + table(["", "text", "data", "bss"], rows))
    return "\n\n".join(parts)


def missed_counts(counts):
    for scheme, f in counts["esp_http_client"].items():
        if f["instructions"] > INSTRUCTIONS_MAX[scheme]:
            yield (f"one request, {scheme}: {f['instructions']:,.0f} instructions, "
                   f"wanted {INSTRUCTIONS_MAX[scheme]:,}")
        if f["calls"] > CALLS_BELOW[scheme] - 0.5:
            yield (f"one request, {scheme}: {f['calls']:.1f} system calls, "
                   f"wanted fewer than {CALLS_BELOW[scheme]}")


def missed(result):
    yield from missed_counts(result["counts"])
    for scheme, both in result["requests"].items():
        ratio = both["wall"]["curl, the program"]
        if ratio < REQUESTS_MIN:
            yield f"requests, {scheme}: {ratio:.2f} times the curl program's, wanted {REQUESTS_MIN}"
    for what, both in result["download"].items():
        ratio = both["wall"]["libcurl"]
        if ratio < THROUGHPUT_MIN and SAME_BUFFER in what:
            yield f"download, {what}: {ratio:.2f} times libcurl's, wanted {THROUGHPUT_MIN}"


def verdict_of(failures):
    return "\n".join(["Missed:", *(f"- {f}" for f in failures)]) if failures else "All as wanted."


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="runs of each program (7)")
    parser.add_argument("--requests", type=int, default=5000, help="on one connection (5000)")
    parser.add_argument("--megabytes", type=int, default=512, help="of a download (512)")
    parser.add_argument("--counts", action="store_true",
                        help="only instructions and system calls, of ours; writes no file")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    certs = OUT / "certs"
    try:
        OUT.mkdir(parents=True, exist_ok=True)
        command(sys.executable, "-B", BENCH / "certs.py", certs)
        say("building")
        programs = build_ours(args.jobs) if args.counts else build(args.jobs)
        with nginx(certs, 0 if args.counts else args.megabytes) as base:
            if args.counts:
                counts = Bench(programs, certs, 1).counts(base, {"esp_http_client": OURS})
                failures = list(missed_counts(counts))
                print(f"{describe_counts(counts)}\n\n{verdict_of(failures)}")
                return 0
            result = measure(Bench(programs, certs, args.rounds), base, args)
    except lab.Failed as error:
        say(f"bench-http: {error}")
        return 1
    text = describe(result, args)
    verdict = verdict_of(list(missed(result)))
    print(f"{text}\n\n{verdict}")
    (OUT / "http.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (BENCH / "results-http.md").write_text(
        "# esp_http_client against libcurl\n\nMade by `make bench-http` (`bench/README.md` says how "
        f"to read it). libcurl: 8.14.1, over the same Mbed TLS as ours; Debian 12's is 7.88.1, over OpenSSL.\n\n{text}\n\n{verdict}\n",
        encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
