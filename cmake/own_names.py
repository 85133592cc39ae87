#!/usr/bin/python3
"""What we build in has names of its own: headers that give each function and variable of Mbed TLS, and
each function of llhttp, that other files see the prefix et_. Mbed TLS's configuration
(esp_mbedtls_config.h) includes its header first, and llhttp's is included in front of its sources and of
those that use it. So their objects, ours and those of programs mean the same, and none of them another
Mbed TLS or llhttp in the same process.

    own_names.py mbedtls SOURCE HEADER         SOURCE: the directory that has library/ in it
    own_names.py llhttp FILE... HEADER

Macros, types and static functions have no symbol and keep their names. A name of which the compiler
was told something else (seam.txt: a call that goes to a function of ours) is left to it.
"""
import re
import sys
from pathlib import Path

import seam

SOURCES = ("library", "3rdparty/p256-m", "3rdparty/p256-m/p256-m")
HEADERS = ("include/mbedtls", "include/psa", *SOURCES)
NAME = r"\b((?:mbedtls|psa|p256)_\w+)"


def files(source, folders, kind):
    return [path for folder in folders for path in sorted((source / folder).glob(kind))]


def without_directives(code):
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", "", code, flags=re.M)


def statements(code):
    """What stands outside of braces, those of extern "C" aside."""
    code = re.sub(r'extern\s+"C"\s*\{', "", without_directives(code))
    depth, words = 0, []
    for piece in re.split(r"([{};])", code):
        if piece == "{":
            depth += 1
        elif piece == "}":
            depth = max(depth - 1, 0)
            if depth == 0 and "(" in "".join(words) and "=" not in "".join(words):
                words = [] # a function's body has no semicolon behind it
        elif depth == 0 and piece == ";":
            yield " ".join("".join(words).split())
            words = []
        elif depth == 0:
            words.append(piece)


def declared(code):
    """Functions and variables that a header declares for other files."""
    for statement in statements(code):
        if re.search(r"\b(typedef|static)\b", statement):
            continue
        call = re.search(NAME + r" ?\(", statement)
        data = re.search(r"\bextern\b.*?(?:\(\*(?:const )?)?" + NAME + r"(?:\[.*|\) ?\(.*)?$", statement)
        if data:
            yield data[1]
        elif call:
            yield call[1]


def defined(code):
    for name, text in seam.functions(code):
        head = text.partition("{")[0]
        if re.fullmatch(NAME, name) and not re.search(r"\bstatic\b", head):
            yield name


def macros(code):
    """Names that a macro without parameters has."""
    return re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(?!\()\b", code, re.M)


def read(path):
    return seam.without_comments(path.read_text(encoding="utf-8"))


def of_mbedtls(source):
    found, other = set(), set()
    for folders, kind, names in ((HEADERS, "*.h", declared), (SOURCES, "*.c", defined)):
        for code in map(read, files(source, folders, kind)):
            found.update(names(code))
            other.update(macros(code))
    return found - other


def of_llhttp(paths):
    return {name for path in paths for name in re.findall(r"\b(llhttp_\w+)\s*\(", read(path))}


def header(found, what):
    guard = f"ET_{what.upper()}_NAMES_H"
    lines = [f"/* Made by cmake/own_names.py from the sources of {what}. Do not edit. */",
             f"#ifndef {guard}", f"#define {guard}"]
    for name in sorted(found):
        lines += [f"#ifndef {name}", f"#define {name} et_{name}", "#endif"]
    return "\n".join([*lines, "#endif"]) + "\n"


def main():
    what, *paths, out = sys.argv[1:]
    paths = [Path(path) for path in paths]
    seam.write(out, header(of_llhttp(paths) if what == "llhttp" else of_mbedtls(paths[0]), what))


if __name__ == "__main__":
    main()
