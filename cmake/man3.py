#!/usr/bin/python3
"""Manual pages of section 3, from the comments of the public headers.

    man3.py --out DIR --date DATE HEADER...

Each header is a page of its name (esp_tls.3), with the comment that it begins with and with every
function that it declares; each function is a file that includes the page, so that `man` finds it.
Headers that declare no function have no page.
"""
import argparse
import re
import sys
import textwrap
from pathlib import Path

DECLARATION = re.compile(r"(?P<type>[\w ]+?[ *]+)(?P<name>[a-z]\w*)\((?P<args>.*)\)")
ATTRIBUTES = re.compile(r"__attribute__\s*\(\(.*?\)\)|\b[A-Z][A-Z_]+\((?:\w+, ?\d|\d, ?\d)\)"
                        r"|\bESP_TLS_DEPRECATED\b|\bextern\b|\bPLAT_MUST_USE\b", re.DOTALL)


class Function:
    def __init__(self, match):
        self.type = " ".join(match["type"].split())
        self.name = match["name"]
        self.args = [" ".join(arg.split()) for arg in split_args(match["args"])]


def split_args(text):
    """Arguments apart at the commas outside parentheses."""
    args, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            args.append("")
        else:
            args[-1] += char
    return args


def comment_lines(text, margin):
    """The lines of a comment without its frame, which ends margin blanks after the asterisk."""
    first, *lines = text.strip()[2:-2].lstrip("*").split("\n")
    return [first.strip()] + [re.sub(rf"^\s*\*? {{0,{margin}}}", "", line.rstrip()) for line in lines]


def pieces(text):
    """("comment" or "code", text) of a header, in order; code without directives."""
    text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.MULTILINE)
    text = text.replace('extern "C" {', "")
    position = 0
    for match in re.finditer(r"/\*.*?\*/", text, re.DOTALL):
        yield "code", text[position:match.start()]
        yield "comment", match[0]
        position = match.end()
    yield "code", text[position:]


def statements(code, depth):
    """(statement at the top level, ended) pieces of code; depth is a list of one number, kept between."""
    current = ""
    for part in re.split(r"([{};])", code):
        if depth[0] == 0 and part == ";":
            yield current.strip()
            current = ""
            continue
        depth[0] += (part == "{") - (part == "}")
        depth[0] = max(depth[0], 0)
        current += part
        if depth[0] == 0 and part == "}" and "(" in current.split("{")[0]:
            current = ""  # an inline function
    if current.strip():
        yield current.strip() + "\0"


def groups(text):
    """[(lines of the comment, functions that it is about)], and the header's own comment before."""
    found, depth, pending, own = [], [0], "", None
    for kind, piece in pieces(text):
        if kind == "comment":
            if own is None:
                own = comment_lines(piece, 1)
            elif piece.startswith("/**") and depth[0] == 0 and not pending:
                found.append((comment_lines(piece, 2), []))
            continue
        for statement in statements(piece, depth):
            pending += statement
            if pending.endswith("\0"):
                pending = pending[:-1] + " "
                continue
            plain = " ".join(ATTRIBUTES.sub("", pending).split())
            pending = ""
            match = DECLARATION.fullmatch(plain)
            if match and not re.match(r"(typedef|static)\b", plain) and "{" not in plain:
                found[-1:] or found.append(([], []))
                found[-1][1].append(Function(match))
            else:
                found.append(([], []))
    return own or [], [group for group in found if group[1]]


# --- mdoc -----------------------------------------------------------------------------------------


def escape(text):
    text = text.replace("\\", "\\e")
    text = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", text)
    return re.sub(r"^([.'])", r"\\&\1", text)


def filled(text):
    """Text as lines, each sentence on a new one."""
    text = " ".join(text.split())
    for sentence in re.split(r"(?<=[.!?]) (?=[A-Z`])", text):
        for line in textwrap.wrap(escape(sentence), 78, break_long_words=False,
                                  break_on_hyphens=False):
            yield re.sub(r"^([.'])", r"\\&\1", line)


def prose(lines):
    """Paragraphs; what is indented stays as it is."""
    out, text, literal = [], [], []

    def flush():
        if text:
            out.extend([".Pp", *filled(" ".join(text))])
            text.clear()
        if literal:
            while not literal[-1].strip():
                literal.pop()
            out.extend([".Bd -literal -offset indent", *(escape(line) for line in
                                                         textwrap.dedent("\n".join(literal)).split("\n")),
                        ".Ed"])
            literal.clear()

    for line in lines:
        if line.startswith("    ") or (literal and not line.strip()):
            if text:
                flush()
            literal.append(line)
            continue
        if literal or not line.strip() or line.startswith("- "):
            flush()
        if line.strip():
            text.append(line.strip())
    flush()
    return out


def parts(lines):
    """The comment of a function apart: its text, [(parameter, text)], lines of the result, the rest."""
    text, params, result, rest = [], [], [], []
    current = text
    for line in lines:
        for piece in re.split(r"(?=@(?:param|return)\b)", line):
            if piece.startswith("@param"):
                name, words = re.match(r"@param\s+(\w+(?:, \w+)*)\s*(.*)", piece).groups()
                params.append((name, [words]))
                current = params[-1][1]
            elif piece.startswith("@return"):
                current = result
                current.append(piece[len("@return "):])
            elif current in (text, rest) or piece.startswith(" "):
                current.append(piece)
            elif piece.strip():
                current = rest
                current.append(piece)
    return text, params, result, rest


def result_rows(lines):
    """[(value, text)] of a result that is written as a table; None when it is not."""
    rows = []
    for line in [" " * 8 + lines[0], *lines[1:]]:
        indent = len(line) - len(line.lstrip())
        value, space, text = re.match(r"(.*?)(?:( {2,})(.*))?$", line.strip()).groups()
        if indent == 8:
            if not space and not re.match(r"[<>]|-?\d", value):
                return None
            rows.append((value, [text or ""]))
        elif indent > 8 and rows:
            rows[-1][1].append(line.strip())
        elif line.strip():
            return None
    return rows if len(rows) > 1 else None


def describe(comment):
    text, params, result, rest = parts(comment)
    out = prose(text)
    if params:
        out.append(".Bl -tag -width Ds")
        for name, words in params:
            out += [".It Fa " + " , ".join(name.split(", ")), *filled(" ".join(words))]
        out.append(".El")
    if result:
        rows = result_rows(result)
        if rows:
            out += [".Pp", "Returns:", ".Bl -tag -width Ds -offset indent"]
            for value, words in rows:
                out += [f".It {escape(value)}", *filled(" ".join(words))]
            out.append(".El")
        else:
            flat = re.sub(r"(?<=\S) {2,}(?=\S)", ": ", " ".join(line.strip() for line in result))
            out += [".Pp", *filled("Returns: " + flat)]
    return out + prose(rest)


def prototype(function):
    out = [f".Ft \"{function.type}\"", f".Fo {function.name}"]
    out += [f".Fa \"{arg}\"" for arg in function.args]
    return out + [".Fc"]


def introduction(header, own):
    """What the header is about, in one line, and its comment without that line."""
    own = "\n".join(line for line in own if not line.startswith("SPDX")).strip().split("\n")
    end = own.index("") if "" in own else len(own)
    first = " ".join(own[:end])
    if first.startswith(header.name + ": "):
        return first[len(header.name) + 2:], own[end + 1:]
    about = re.split(r"[.:;]( |$)", first)[0]
    return re.sub(r"^[A-Z][a-z]+\b", lambda word: word[0].lower(), about), own


def page(header, date, own, found):
    title = header.stem
    about, own = introduction(header, own)
    names = [function.name for _, functions in found for function in functions]
    out = [".\\\" Made by cmake/man3.py from " + header.name, f".Dd {date}",
           f".Dt {title.upper()} 3", ".Os", ".Sh NAME"]
    listed = [title] + [name for name in names if name != title]
    out += [f".Nm {name}" + (" ," if name != listed[-1] else "") for name in listed]
    out += [f".Nd {escape(about)}", ".Sh LIBRARY", "libesp-tls, -lesp-tls", ".Sh SYNOPSIS",
            f".In {header.name}"]
    for _, functions in found:
        for function in functions:
            out += prototype(function)
    out.append(".Sh DESCRIPTION")
    body = prose(own)
    out += body[1:] if body[:1] == [".Pp"] else body
    for comment, functions in found:
        out.append(".Ss " + ", ".join(function.name for function in functions))
        body = describe(comment)
        out += body[1:] if body[:1] == [".Pp"] else body
    return "\n".join([*out, ".Sh SEE ALSO", ".Xr esp-tls 1 ,", ".Xr esp-tls-errors 7"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--date", required=True)
    parser.add_argument("headers", nargs="+", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for old in args.out.glob("*.3"):
        old.unlink()
    pages = set()
    for header in args.headers:
        own, found = groups(header.read_text(encoding="utf-8"))
        if found:
            pages.add(header.stem)
            (args.out / f"{header.stem}.3").write_text(page(header, args.date, own, found),
                                                       encoding="utf-8")
            for function in (f for _, functions in found for f in functions):
                link = args.out / f"{function.name}.3"
                if function.name not in pages and not link.exists():
                    link.write_text(f".so man3/{header.stem}.3\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
