# SPDX-License-Identifier: Apache-2.0
"""The default build beside what ESP-IDF's own client takes and beside other libraries: instructions
per handshake and per byte. A part of `make bench` (speed.py)."""
import re

import lab
from lab import Case, command, name_of, say, table

CASES = [Case(tls, chain, False) for tls in ("1.2", "1.3") for chain in ("ec", "rsa")]
# What is wanted at most: esp-tls of ESP-IDF v5.5.5 on Linux with its own settings of Mbed TLS, once
# measured in the same way. Quoted, as its sources are no part of this project.
ORIGINAL = {"TLS 1.2 EC": 41_240_000, "TLS 1.2 RSA": 19_040_000,
            "TLS 1.3 EC": 41_420_000, "TLS 1.3 RSA": 19_040_000}
OURS = "esp-tls"
# program: (name, Debian package of the library)
PEERS = {"mbedtls": ("Mbed TLS", None), "openssl": ("OpenSSL", "libssl3"),
         "gnutls": ("GnuTLS", "libgnutls30"), "wolfssl": ("wolfSSL", "libwolfssl35"),
         "bearssl": ("BearSSL", "libbearssl0")}
ONLY_12 = {"bearssl"}
TARGETS = [f"bench-speed-{name}" for name in (OURS, *PEERS)]
# Bits of the second word of OPENSSL_ia32cap: CPUID's leaf 7, EBX and ECX.
FEATURES = {16: "AVX-512", 19: "ADX", 29: "SHA", 41: "VAES", 42: "VPCLMULQDQ"}


def features(*prefix):
    text = command(*prefix, "openssl", "info", "-cpusettings").stdout
    word = re.search(r"OPENSSL_ia32cap=0x[0-9a-f]+:0x([0-9a-f]+)", text)
    return {name for bit, name in FEATURES.items() if word and int(word[1], 16) >> bit & 1}


def hidden():
    """What this processor has and valgrind's has not."""
    return sorted(features() - features("valgrind", "-q", "--tool=none"))


def version(package, mbedtls):
    if package is None:
        return re.search(r'VERSION_STRING +"(.*)"',
                         (mbedtls / "include/mbedtls/build_info.h").read_text())[1]
    return command("dpkg-query", "-W", "-f", "${Version}", package).stdout


def measure(programs, certs, mbedtls):
    """programs: the directory with the programs of a default build."""
    result = {"hidden": hidden(),
              "version": {name: version(package, mbedtls)
                          for name, (_, package) in PEERS.items()},
              "handshake": {}, "byte": {}}
    with lab.Servers(certs) as servers, lab.downloads(certs):
        for name in (OURS, *PEERS):
            say(f"handshakes and bytes, {name}")
            program = programs / f"bench-speed-{name}"
            handshake, byte = {}, {}
            for case in CASES:
                if case.tls == "1.3" and name in ONLY_12:
                    continue
                port = servers.port(case.chain, False, short=True)
                handshake[name_of(case)] = lab.per_handshake(program, case, port)
                if case.chain == "ec":
                    byte[f"TLS {case.tls}"] = lab.per_byte(program, case, port)
            result["handshake"][name], result["byte"][name] = handshake, byte
    return result


def verdict(ours, original):
    return "met" if ours <= original else f"missed by {(ours / original - 1) * 100:.1f} %"


def row(name, result):
    handshake, byte = result["handshake"][name], result["byte"][name]
    cells = [f"{handshake[name_of(c)] / 1e6:.2f}" if name_of(c) in handshake else "–"
             for c in CASES]
    return cells + [f"{byte[v]:.2f}" if v in byte else "–" for v in ("TLS 1.2", "TLS 1.3")]


def describe(result):
    ours = result["handshake"][OURS]
    rows = [[case, f"{ours[case]:,}", f"{original:,}", verdict(ours[case], original)]
            for case, original in ORIGINAL.items()]
    parts = ["**The default build: instructions per connection and handshake**, chain of leaf and "
             "root (wanted: at most those of ESP-IDF's own client, which are quoted: esp-tls of "
             "v5.5.5 on Linux, with its own settings of Mbed TLS; they are not measured here)\n\n"
             + table(["", "ESP-TLS", "ESP-IDF's", ""], rows)]
    rows = [["ESP-TLS, default build", *row(OURS, result)]]
    rows += [[f"{title} {result['version'][name]}", *row(name, result)]
             for name, (title, _) in PEERS.items()]
    note = ("Valgrind's processor has all that OpenSSL asks for of this one."
            if not result["hidden"] else "This processor has what valgrind's has not: "
            f"{', '.join(result['hidden'])}. OpenSSL and GnuTLS use some of it, and take fewer "
            "instructions then than this table says.")
    parts.append("**Beside other libraries**: millions of instructions per connection and "
                 "handshake, chain of leaf and root; and instructions per byte of a download in "
                 "records of 16 KB, AES-128-GCM. Mbed TLS is as its authors configure it, with "
                 "-O2; the others are Debian's packages. " + note + "\n\n"
                 + table(["", *(name_of(c) for c in CASES), "byte, TLS 1.2", "byte, TLS 1.3"],
                         rows))
    return "\n\n".join(parts)


def missed(result):
    for case, original in ORIGINAL.items():
        ours = result["handshake"][OURS][case]
        if ours > original:
            yield f"instructions of the default build, {case}: {verdict(ours, original)}"


def commands():
    """What measured it, for one's own shell."""
    few, many = lab.FEW, lab.MANY
    program = "valgrind --tool=callgrind build/bench/default/bench/bench-speed-NAME"
    return "\n".join([
        "```", f"$ {' '.join(lab.Servers.command('ec', short=True))}",
        f"$ {program} handshakes {few} 1.3 ec PORT",
        f"$ {program} handshakes {many} 1.3 ec PORT   # minus the former, by {many - few}",
        f"$ {program} fetch f1m 1.3 ec PORT",
        f"$ {program} fetch f9m 1.3 ec PORT   # minus the former, by {8 << 20}",
        "```"])

