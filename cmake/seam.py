#!/usr/bin/python3
"""The seam into Mbed TLS: its table (components/esp-tls/src/stack/mbedtls/seam.txt, which says how
it is read) against a source of Mbed TLS.

    seam.py configure [--source DIR] --out DIR what holds, as seam.cmake and mbed_seam_features.h;
                                               without a source (the system's library): nothing
    seam.py digests --source DIR...            the table, with the digests of these sources; each
                                               has a --source of its own
    seam.py markdown                           the table for people: docs/mbedtls.md
"""
import argparse
import hashlib
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "components/esp-tls/src/stack/mbedtls/seam.txt"
DIGEST_LEN = 12


class Bad(Exception):
    """The table cannot be read."""


# --- C --------------------------------------------------------------------------------------------


def without_comments(text):
    """The same lines, with a blank where a comment was."""
    def blank(match):
        found = match[0]
        return found if found[0] in "\"'" else " " + "\n" * found.count("\n")

    pattern = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*'
    return re.sub(pattern, blank, text, flags=re.DOTALL)


def is_head(lines, at):
    """Can this line belong to what stands in front of a function's brace? A directive does not, nor
    does a line that continues one."""
    line = lines[at].rstrip()
    continues = at > 0 and lines[at - 1].rstrip().endswith("\\")
    return bool(line) and not line.startswith(("#", "}")) and not line.endswith((";", "\\")) \
        and not continues


def functions(code):
    """(name, text) of each function definition. Mbed TLS's files have the braces of a function in
    the first column, and no others there but those of types and tables."""
    lines = code.split("\n")
    at = 0
    while at < len(lines):
        if lines[at] != "{":
            at += 1
            continue
        begin, end = at, at
        while begin > 0 and is_head(lines, begin - 1):
            begin -= 1
        while end < len(lines) and not lines[end].startswith("}"):
            end += 1
        head = "\n".join(lines[begin:at])
        name = re.search(r"(\w+)\s*\(", head)
        if name and "=" not in head:
            yield name[1], "\n".join(lines[begin:end + 1])
        at = end + 1


def macros(code):
    """(name, text) of each #define, continued lines with it."""
    for match in re.finditer(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(?:\\\n|[^\n])*", code, re.MULTILINE):
        yield match[1], match[0]


def digest(texts):
    """Of definitions: white space is nothing but what keeps two words apart."""
    words = re.findall(r"\w+|[^\w\s]", "\n".join(texts))
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:DIGEST_LEN]


class Source:
    """The folder library/ of a source of Mbed TLS."""

    def __init__(self, root):
        self.root = Path(root) / "library"
        self.read = {}
        self.defined = {}

    def code(self, file):
        if file not in self.read:
            path = self.root / file
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            self.read[file] = without_comments(text.replace("\r\n", "\n"))
        return self.read[file]

    def functions(self, file):
        if file not in self.defined:
            self.defined[file] = list(functions(self.code(file)))
        return self.defined[file]

    def digest(self, file, name):
        """Of a function, or of a macro. None: there is none of that name."""
        found = [text for known, text in [*self.functions(file), *macros(self.code(file))]
                 if known == name]
        return digest(found) if found else None

    def calls(self, file, name):
        """How often the name stands in the file as a call."""
        return len(re.findall(rf"\b{name}\s*\(", self.code(file)))

    def users(self, name):
        """The functions that mention the name, sorted."""
        word = re.compile(rf"\b{name}\b")
        return sorted({f"{path.name}:{function}" for path in self.root.glob("ssl*.[ch]")
                       for function, text in self.functions(path.name) if word.search(text)})


# --- the table ----------------------------------------------------------------------------------------


class Row:
    """One line below a feature. `fits()` says why it does not hold, or ""."""

    def __init__(self, words):
        self.words = words

    def fits(self, source):
        raise NotImplementedError

    def options(self):
        """(file, option of the compiler), as CMake writes a list."""
        return []


class Call(Row):
    """call FILE FUNCTION[:MACRO] OURS TIMES: calls of FUNCTION in FILE go to OURS."""

    def __init__(self, words):
        super().__init__(words)
        self.file, name, self.ours, times = words
        self.name, _, macro = name.partition(":")
        self.macro = macro or self.name
        self.times = times

    def fits(self, source):
        found = source.calls(self.file, self.name)
        if found > 0 if self.times == "+" else str(found) in self.times.split("|"):
            return ""
        return f"{self.file} calls {self.name}() {found} times, not {self.times}"

    def options(self):
        return [(self.file, f"-D{self.macro}={self.ours}")]


class Define(Row):
    """define FILE MACRO: FILE is compiled with MACRO."""

    def __init__(self, words):
        super().__init__(words)
        self.file, self.macro = words

    def fits(self, source):
        return "" if source.code(self.file) else f"there is no {self.file}"

    def options(self):
        return [(self.file, f"-D{self.macro}")]


class Include(Row):
    """include FILE HEADER: HEADER of our folder is included in front of FILE."""

    def __init__(self, words):
        super().__init__(words)
        self.file, self.header = words

    def fits(self, source):
        return "" if source.code(self.file) else f"there is no {self.file}"

    def options(self):
        return [(self.file, f"-include;{TABLE.parent / self.header}")]


class Relies(Row):
    """relies FILE NAME DIGEST...: the definition of NAME in FILE is one that was read."""

    def __init__(self, words):
        super().__init__(words)
        self.file, self.name, *self.digests = words

    def fits(self, source):
        found = source.digest(self.file, self.name)
        if found in self.digests:
            return ""
        return f"{self.name} in {self.file} " + ("is gone" if found is None else "has changed")


class Uses(Row):
    """uses NAME FILE:FUNCTION...: no function but these mentions NAME."""

    def __init__(self, words):
        super().__init__(words)
        self.name, *self.functions = words

    def fits(self, source):
        more = sorted(set(source.users(self.name)) - set(self.functions))
        return f"{more[0]} uses {self.name}" if more else ""


class File(Row):
    """file NAME: of our folder, is built with the feature. instead NAME: without it."""

    def __init__(self, words):
        super().__init__(words)
        (self.name,) = words

    def fits(self, source):
        return ""


class Instead(File):
    """See File."""


ROWS = {"file": File, "instead": Instead, "call": Call, "define": Define, "include": Include, "relies": Relies, "uses": Uses}
TEXTS = ("what", "off")


class Table:
    """The releases that were read, and the features in their order."""

    def __init__(self):
        self.releases = []
        self.features = []


class Feature:
    """A feature and its rows."""

    def __init__(self, words):
        self.name, *self.symbols = words
        self.rows = []
        self.tests = []
        self.needs = []
        self.when = []
        self.set = []
        self.texts = dict.fromkeys(TEXTS, "")

    def misfits(self, source):
        """Why it does not hold with this source: sentences."""
        found = [row.fits(source) for row in self.rows]
        return list(dict.fromkeys(text for text in found if text))


def read_table(text):
    """The Table."""
    table = Table()
    features = table.features
    for number, line in enumerate(text.split("\n"), 1):
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if not word or word.startswith("#"):
            continue
        try:
            if word == "releases":
                table.releases = rest.split()
            elif word == "feature":
                features.append(Feature(rest.split()))
            elif word in ROWS:
                features[-1].rows.append(ROWS[word](rest.split()))
            elif word in ("tests", "needs", "when", "set"):
                getattr(features[-1], word).extend(rest.split())
            elif word in TEXTS:
                texts = features[-1].texts
                texts[word] = f"{texts[word]} {rest}".strip()
            else:
                raise ValueError(f"no such kind of line: {word}")
        except (ValueError, IndexError) as error:
            raise Bad(f"{TABLE.name}:{number}: {error}") from error
    return table


def off(features, source):
    """{name of a feature that does not hold: why}; what needs one that is off is off as well."""
    found = {}
    for feature in features:
        misfits = feature.misfits(source)
        lost = [name for name in feature.needs if name in found]
        if misfits:
            more = f" (and {len(misfits) - 1} more)" if len(misfits) > 1 else ""
            found[feature.name] = misfits[0] + more
        elif lost:
            found[feature.name] = f"{lost[0]} is off"
    return found


# --- what the build reads ---------------------------------------------------------------------------


def condition(feature):
    """The symbols without which it is not built."""
    return feature.symbols + feature.when


def as_macro(name):
    return "MBED_HAS_" + name.upper().replace("-", "_")


def write(path, text):
    path = Path(path)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def cmake(features, gone):
    """Sets SEAM_OFF (names), SEAM_OFF_<name> (why), SEAM_OFF_<name>_TESTS and SEAM_OFF_SYMBOLS; and
    makes a macro that gives the sources of a folder what they are compiled with."""
    lines = ["# Made by cmake/seam.py from seam.txt. Do not edit.",
             f"set(SEAM_OFF {';'.join(gone)})"]
    symbols = []
    for feature in features:
        if feature.name in gone:
            lines.append(f'set(SEAM_OFF_{feature.name} "{gone[feature.name]}. {feature.texts["off"]}")')
            lines.append(f"set(SEAM_OFF_{feature.name}_TESTS {';'.join(feature.tests)})")
            symbols += [symbol for symbol in feature.symbols + feature.set if symbol not in symbols]
    lines.append(f"set(SEAM_OFF_SYMBOLS {';'.join(symbols)})")
    lines.append("macro(seam_define folder)")
    for feature in features:
        options = [pair for row in feature.rows for pair in row.options()]
        if feature.name in gone or not options:
            continue
        wanted = " AND ".join(f"CONFIG_{symbol}" for symbol in condition(feature))
        if wanted:
            lines.append(f"  if({wanted})")
        for file, option in options:
            lines.append(f'  set_property(SOURCE ${{folder}}/{file} APPEND PROPERTY'
                         f' COMPILE_OPTIONS "{option}")')
        if wanted:
            lines.append("  endif()")
    return "\n".join([*lines, "endmacro()", *choose_files(features, gone)]) + "\n"


def choose_files(features, gone):
    """A macro that takes out of a list of sources what is not built."""
    lines = ["macro(seam_sources list)"]
    for feature in features:
        with_it = [row.name for row in feature.rows if type(row) is File]
        without = [row.name for row in feature.rows if isinstance(row, Instead)]
        wanted = "FALSE" if feature.name in gone else " AND ".join(
            f"CONFIG_{symbol}" for symbol in condition(feature)) or "TRUE"
        for names, unless in ((with_it, f"if(NOT ({wanted}))"), (without, f"if({wanted})")):
            for name in names:
                lines += [f"  {unless}",
                          f'    list(FILTER ${{list}} EXCLUDE REGEX "stack/mbedtls/{name}$")',
                          "  endif()"]
    return [*lines, "endmacro()"]


def header(features, gone):
    """MBED_HAS_<feature> of each feature that holds and that the settings want."""
    lines = ["/* Made by cmake/seam.py from seam.txt: which features hold with the Mbed TLS that is",
             " * built. Do not edit. */", "#pragma once", '#include "sdkconfig.h"']
    for feature in features:
        if feature.name not in gone:
            wanted = " && ".join(f"defined(CONFIG_{symbol})" for symbol in condition(feature))
            define = f"#define {as_macro(feature.name)} 1"
            lines += [f"#if {wanted}", define, "#endif"] if wanted else [define]
    return "\n".join(lines) + "\n"


def configure(args):
    features = read_table(TABLE.read_text(encoding="utf-8")).features
    gone = off(features, Source(args.source[0])) if args.source else {
        feature.name: "the system's Mbed TLS" for feature in features}
    write(Path(args.out) / "seam.cmake", cmake(features, gone))
    write(Path(args.out) / "mbed_seam_features.h", header(features, gone))


# --- what people read --------------------------------------------------------------------------------


def digests(args):
    """Prints the table with the digests, the counts and the users that these sources have."""
    sources = [Source(path) for path in args.source]
    for line in TABLE.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        indent = line[:len(line) - len(line.lstrip())]
        words = line.split()
        kind = words[0] if words else ""
        if kind == "relies":
            found = dict.fromkeys(source.digest(*words[1:3]) or "-" for source in sources)
            line = indent + " ".join([*words[:3], *found])
        elif kind == "call" and words[4] != "+":
            name = words[2].partition(":")[0]
            times = dict.fromkeys(str(source.calls(words[1], name)) for source in sources)
            line = indent + " ".join([*words[:4], "|".join(times)])
        elif kind == "uses":
            users = sorted({user for source in sources for user in source.users(words[1])})
            line = indent + " ".join([*words[:2], *users])
        print(line)


def markdown(args):
    del args
    print(as_markdown(read_table(TABLE.read_text(encoding="utf-8")).features), end="")


INTRO = """# What we do to Mbed TLS, and what we rely on

<!-- Made by cmake/seam.py markdown from components/esp-tls/src/stack/mbedtls/seam.txt. Do not edit. -->

The sources of Mbed TLS are compiled as they are. Three things are changed from outside. `esp_mbedtls_config.h` and `adjust.h` are its settings. Each function and variable has the prefix `et_` when it is compiled and linked, by a header of macros (`esp_mbedtls_names.h`, which `cmake/own_names.py` makes of the sources); a program that includes Mbed TLS's headers as they are installed with the library writes the usual names, and may have another Mbed TLS beside it. And some calls between its own files go to functions of ours, by a macro that renames the call when the file is compiled: whoever reads `ssl_tls.c` and meets one of the calls below reads the function of ours in its place. All of these are declared in `stack/mbedtls/seam.h`.

Some of what we do is right only as long as functions inside Mbed TLS are what they were when they were read. For each feature the table lists these functions, with a digest of each; white space and comments are no part of it, so it is the same in the authors' archive, in Debian's and in ESP-IDF's tree. The build compares. When a function has changed or is gone, when a call stands there more or less often, or when another function uses what only some may, the feature is off in that build, whatever the settings say. The configuration says which and why, the feature's tests are skipped with that cause, and everything else works.

A new release that has changed something is read function by function. When it is safe, `cmake/seam.py digests --source OLD --source NEW` prints the table with the digests of both.
"""


def code(text):
    return f"`{text}`"


def calls_of(feature):
    """Lines of a table: file, call, ours."""
    for row in feature.rows:
        if isinstance(row, Call):
            yield f"| {code(row.file)} | {code(row.name + '()')} | {code(row.ours + '()')} | {row.times} |"


def extras_of(feature):
    """Sentences about the other ways in which a file is changed."""
    for row in feature.rows:
        if isinstance(row, Define):
            yield f"{code(row.file)} is compiled with {code(row.macro)}."
        elif isinstance(row, Include):
            yield f"{code(row.header)} is included in front of {code(row.file)}."


def relied_of(feature):
    """Lines of a list: a file and what in it was read."""
    files = {}
    for row in feature.rows:
        if isinstance(row, Relies):
            files.setdefault(row.file, []).append(row.name)
    for file, names in files.items():
        yield f"- {code(file)}: {', '.join(names)}"


def section(feature):
    symbols = " and ".join(code("CONFIG_" + symbol) for symbol in condition(feature))
    lines = [f"## {feature.name}", "", feature.texts["what"]]
    lines += ["", f"**Without it:** {feature.texts['off']}"]
    if symbols:
        lines += ["", f"Built with {symbols}."]
    if feature.needs:
        lines += ["", f"Needs {', '.join(feature.needs)}."]
    calls, extras, relied = list(calls_of(feature)), list(extras_of(feature)), list(relied_of(feature))
    uses = [row for row in feature.rows if isinstance(row, Uses)]
    if calls:
        lines += ["", "| file | call | goes to | times |", "|---|---|---|---|", *calls]
    if extras:
        lines += ["", " ".join(extras)]
    if relied:
        lines += ["", "Relies on:", "", *relied]
    if uses:
        lines += ["", "No further function may use " + ", ".join(code(row.name) for row in uses) + "."]
    return lines


def as_markdown(features):
    """docs/mbedtls.md"""
    lines = [INTRO]
    for feature in features:
        lines += [*section(feature), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("configure", "digests", "markdown"))
    parser.add_argument("--source", action="append", help="a source of Mbed TLS")
    parser.add_argument("--out", help="where the files are written")
    args = parser.parse_args(argv)
    if args.command == "digests" and not args.source:
        parser.error("digests needs --source")
    try:
        {"configure": configure, "digests": digests, "markdown": markdown}[args.command](args)
    except (Bad, OSError) as error:
        print(f"esp-tls: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
