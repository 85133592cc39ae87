#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a certificate bundle, in ESP-IDF's format, of root certificates: their names and keys, sorted by
name (src/bundle.h has the format).

    gen_crt_bundle.py --input PATH... [--roots PATH...] [--filter CSV] [--output FILE]

A PATH is a file of PEM certificates or of one in DER, or a folder with such files (.pem .crt .der). What
stands between the certificates of a PEM file may be anything. Of --roots, and of a file cacrt_all.pem,
only those are taken that the filter names, if there is one. A certificate that cannot be read is named;
then no bundle is made, or with --bad skip one of the others. The same input makes the same bundle.

Exit status: 0 made, 2 not made.
"""
import argparse
import base64
import binascii
import csv
import re
import struct
import sys
import warnings
from pathlib import Path

SUFFIXES = (".pem", ".crt", ".der")
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.S)
TITLE = re.compile(rb"([^\r\n]+)\r?\n=+[ \t]*\r?\n\s*$")  # ESP-IDF's, above a certificate
SEQUENCE, SET, OID, VERSION = 0x30, 0x31, 0x06, 0xA0
CN, OU, O = b"\x55\x04\x03", b"\x55\x04\x0b", b"\x55\x04\x0a"


class Refused(Exception):
    """Why no bundle is made."""


class Bad(Exception):
    """Why a certificate cannot be read."""


# --- DER ----------------------------------------------------------------------------------------------


def element(der, at, end):
    """(tag, where its content begins, where it ends) of the element there"""
    if end - at < 2:
        raise Bad("it ends within an element")
    tag, length, at = der[at], der[at + 1], at + 2
    if length > 0x80:
        size = length - 0x80
        if size > 3 or end - at < size:
            raise Bad("an element has no length that is one")
        length, at = int.from_bytes(der[at:at + size], "big"), at + size
    elif length == 0x80:
        raise Bad("an element has no length that is one")
    if end - at < length:
        raise Bad("it ends within an element")
    return tag, at, at + length


def expect(der, at, end, tag):
    found, begin, end = element(der, at, end)
    if found != tag:
        raise Bad(f"it is no certificate: tag {found:#04x} where {tag:#04x} belongs")
    return begin, end


def name_and_key(der):
    """Subject and SubjectPublicKeyInfo of a certificate (RFC 5280 section 4.1), as they are in it."""
    at, end = expect(der, 0, len(der), SEQUENCE)
    if end != len(der):
        raise Bad("bytes follow it")
    at, end = expect(der, at, end, SEQUENCE)
    if element(der, at, end)[0] == VERSION:
        at = element(der, at, end)[2]
    for _ in range(4):  # serialNumber, signature, issuer, validity
        at = element(der, at, end)[2]
    _, after_name = expect(der, at, end, SEQUENCE)
    _, after_key = expect(der, after_name, end, SEQUENCE)
    return der[at:after_name], der[after_name:after_key]


def words(name):
    """{OID: text} of a Name, the last of each."""
    found = {}
    at, end = expect(name, 0, len(name), SEQUENCE)
    while at < end:
        inner, at = expect(name, at, end, SET)
        while inner < at:
            pair, inner = expect(name, inner, at, SEQUENCE)
            begin, stop = expect(name, pair, inner, OID)
            tag, first, last = element(name, stop, inner)
            coding = {0x1E: "utf-16-be", 0x14: "latin-1"}.get(tag, "utf-8")
            found[name[begin:stop]] = name[first:last].decode(coding, "replace")
    return found


def title_of(name):
    """What people call it."""
    found = words(name)
    return found.get(CN) or found.get(OU) or found.get(O) or "a root without a name"


def check(der):
    """Whatever else there is to read must be readable, too."""
    try:
        from cryptography import x509
    except ImportError:
        raise Refused("the Python package cryptography is needed (Debian: python3-cryptography)") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a serial number that is not positive
            x509.load_der_x509_certificate(der).public_key()
    except Exception as why:  # noqa: BLE001: of many types, by its version
        raise Bad(str(why) or type(why).__name__) from why


# --- the input ----------------------------------------------------------------------------------------


class Root:
    """A certificate of the input. `where` says which one to a person."""

    def __init__(self, der, where, title=None):
        self.der, self.where, self.title = der, where, title

    def read(self):
        check(self.der)
        self.name, self.key = name_and_key(self.der)
        if max(len(self.name), len(self.key)) > 0xFFFF:
            raise Bad("its name or its key is longer than a bundle can say")
        self.called = title_of(self.name)


def blocks(path, data):
    """(DER or None, where, title) of each certificate of a file."""
    found = list(PEM.finditer(data))
    if not found:
        yield data, str(path), None
    before = 0
    for number, block in enumerate(found, 1):
        line = data.count(b"\n", 0, block.start()) + 1
        title = TITLE.search(data[before:block.start()])
        before = block.end()
        where = f"{path}, line {line} (certificate {number})"
        try:
            der = base64.b64decode(b"".join(block[1].split()), validate=True)
        except binascii.Error:
            der = None
        yield der, where, title[1].decode("utf-8", "replace").strip() if title else None


def files_of(path):
    path = Path(path)
    if path.is_dir():
        files = sorted(f for f in path.iterdir() if f.suffix in SUFFIXES and f.is_file())
        if not files:
            raise Refused(f"{path} has no file that ends in {' '.join(SUFFIXES)}")
        return files
    return [path]


def names_of(csv_file):
    """The names that a filter keeps: the second column, below the heading."""
    with open(csv_file, encoding="utf-8", newline="") as file:
        names = {row[1].strip() for row in list(csv.reader(file))[1:] if len(row) > 1}
    if not names:
        raise Refused(f"{csv_file}: no names in its second column")
    return names


class Reader:
    def __init__(self, bad, say):
        self.roots, self.bad, self.say, self.count_bad = {}, bad, say, 0

    def take(self, path, keep, seen):
        """@param keep  names; None: all  @param seen  those that were found are added"""
        for file in files_of(path):
            for der, where, title in blocks(file, file.read_bytes()):
                self.take_one(der, where, title, keep, seen)

    def take_one(self, der, where, title, keep, seen):
        try:
            if der is None:
                raise Bad("what is between its two lines is no base64")
            root = Root(der, where, title)
            root.read()
        except Bad as why:
            self.count_bad += 1
            print(f"{where}: {why}: {'passed over' if self.bad == 'skip' else 'refused'}",
                  file=sys.stderr)
            return
        if keep is not None:
            fits = {root.title, root.called} & keep
            seen |= fits
            if not fits:
                return
        if (root.name, root.key) in self.roots:
            self.say(f"{where}: {root.called} is there already")
        self.roots.setdefault((root.name, root.key), root)


# --- the bundle ---------------------------------------------------------------------------------------


def bundle_of(pairs):
    """The bytes of a bundle of (name, key)."""
    pairs = sorted(pairs)
    records = [struct.pack("<HH", len(name), len(key)) + name + key for name, key in pairs]
    offsets, at = [], 4 * len(records)
    for record in records:
        offsets.append(struct.pack("<I", at))
        at += len(record)
    return b"".join(offsets + records)


def make(args, say):
    keep = names_of(args.filter) if args.filter else None
    reader, seen = Reader(args.bad, say), set()
    for path in args.roots:
        reader.take(path, keep, seen)
    for path in args.input:
        reader.take(path, keep if Path(path).name == "cacrt_all.pem" else None, seen)
    if reader.count_bad and args.bad == "refuse":
        raise Refused(f"{reader.count_bad} certificates cannot be read; --bad skip leaves them out")
    for name in sorted((keep or set()) - seen):
        say(f"no root is called {name}")
    if len(reader.roots) > args.max_certs:
        raise Refused(f"{len(reader.roots)} certificates are more than {args.max_certs} (--max-certs, "
                      "CONFIG_MBEDTLS_CERTIFICATE_BUNDLE_MAX_CERTS)")
    if not reader.roots and not args.empty:
        raise Refused("no certificate is left")
    made = bundle_of(reader.roots)
    Path(args.output).write_bytes(made)
    say(f"{args.output}: {len(reader.roots)} roots, {len(made)} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--input", "-i", nargs="+", default=[], metavar="PATH", help="take all of these")
    parser.add_argument("--roots", "-r", nargs="+", default=[], metavar="PATH",
                        help="take of these what the filter names")
    parser.add_argument("--filter", "-f", metavar="CSV", help="second column: names of roots to take")
    parser.add_argument("--max-certs", "-m", type=int, default=200, metavar="N", help="200")
    parser.add_argument("--output", "-o", default="x509_crt_bundle", metavar="FILE")
    parser.add_argument("--bad", choices=("refuse", "skip"), default="refuse",
                        help="what becomes of a certificate that cannot be read")
    parser.add_argument("--empty", action="store_true", help="a bundle of no roots is no error")
    parser.add_argument("--quiet", "-q", action="store_true", help="name only what is bad")
    args = parser.parse_args()
    if not args.input and not args.roots and not args.empty:
        parser.error("--input or --roots is needed")
    try:
        make(args, (lambda text: None) if args.quiet else lambda text: print(text, file=sys.stderr))
    except (Refused, OSError) as why:
        print(f"gen_crt_bundle.py: {why}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
