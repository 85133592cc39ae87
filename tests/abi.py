#!/usr/bin/python3
"""The binary interface of the shared library, as text: docs/abi.txt, which docs/abi.md explains.

    tests/abi.py [--build DIR]            says what differs from docs/abi.txt
    tests/abi.py --record [--build DIR]   writes it; refuses what the version does not allow

It has the series of versions; the symbols that the library shows; and what the installed headers
declare with the default settings, one line for each macro, type (its fields in order) and function.
Mbed TLS's symbols and headers are left out: no promise is made about them.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "docs/abi.txt"
FOREIGN = ("et_mbedtls_", "et_psa_", "MBEDTLS_", "PSA_")
NOT_OURS = {"sdkconfig.h", "esp_mbedtls_config.h", "esp_mbedtls_names.h", "threading_alt.h"}


def series():
    """The part of the version that an incompatible change raises."""
    return ".".join((ROOT / "VERSION").read_text(encoding="utf-8").split(".")[:2])


def released(version):
    return f"\n## [{version}." in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def preprocessed(include):
    """{header: its lines without comments, with the directives #define} of the installed headers."""
    paths = [path for path in [*include.glob("*.h"), *(include / "platform").rglob("*.h")]
             if path.name not in NOT_OURS]
    done = subprocess.run(
        ["gcc", "-E", "-dD", "-std=gnu11", f"-I{include}", f"-I{include}/platform", "-xc", "-"],
        input="".join(f'#include "{path}"\n' for path in sorted(paths)), capture_output=True,
        text=True, check=True)
    names = {str(path): path.relative_to(include).as_posix() for path in paths}
    texts, current = {name: [] for name in sorted(names.values())}, None
    for line in done.stdout.splitlines():
        marker = re.match(r'# \d+ "([^"]*)"', line)
        if marker:
            current = names.get(marker[1])
        elif current:
            texts[current].append(line)
    return texts


def statements(lines):
    """Macros, and declarations with their braces, each as one line; bodies of functions are left out."""
    depth, current = 0, ""
    for line in lines:
        if line.startswith("#"):
            macro = re.match(r"#define (?!\w+_H\s*$)", line)
            if macro:
                yield " ".join(line.split())
            continue
        for piece in re.split(r"([{};])", line + " "):
            current += piece
            depth += (piece == "{") - (piece == "}")
            body = piece == "}" and re.match(r"\s*static\b", current)
            if depth == 0 and (piece == ";" or body):
                yield re.sub(r" ?([;,()\[\]{}*]) ?", r"\1", " ".join(current.split()))
                current = ""


def symbols(build):
    done = subprocess.run(["nm", "-D", "--defined-only", build / "libesp-tls.so"],
                          capture_output=True, text=True, check=True)
    names = {line.split()[-1].split("@")[0] for line in done.stdout.splitlines()}
    return sorted(name for name in names  # without the version, which is in the table, too
                  if not name.startswith(FOREIGN) and not re.fullmatch(r"ESP_TLS_\d+", name))


def interface(build):
    with tempfile.TemporaryDirectory() as prefix:
        subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True,
                       stdout=subprocess.DEVNULL)
        texts = preprocessed(Path(prefix) / "include/esp-tls")
    lines = [f"series {series()}"]
    lines += [f"symbol {name}" for name in symbols(build)]
    for name, text in texts.items():
        lines += [f"{name}: {statement}" for statement in statements(text)
                  if not statement.startswith("static")]
    return lines


def compare(old, new):
    """What is gone or changed, and what is new. A further symbol or declaration breaks no program."""
    gone = [line for line in old[1:] if line not in set(new)]
    added = [line for line in new[1:] if line not in set(old)]
    return gone, added


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    args = parser.parse_args()
    new = interface(args.build)
    old = RECORD.read_text(encoding="utf-8").splitlines() if RECORD.exists() else new[:1]
    gone, added = compare(old, new)
    for sign, lines in (("-", gone), ("+", added)):
        print("".join(f"{sign} {line}\n" for line in lines), end="")
    if gone and old[0] == new[0] and released(series()):
        sys.exit(f"The interface of {series()}, which is released, has changed: raise the minor "
                 "version (VERSION), then tests/abi.py --record. docs/abi.md says more.")
    if args.record:
        RECORD.write_text("\n".join(new) + "\n", encoding="utf-8")
    elif old != new:
        sys.exit("docs/abi.txt is not what the headers and the library have: tests/abi.py --record")


if __name__ == "__main__":
    main()
