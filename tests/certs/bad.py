#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Chains that something is wrong with, and inputs that cannot be read: bad.py DIRECTORY

Beside those of make.py, whose keys and dates they share; README.md lists them.
"""
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import AuthorityInformationAccessOID

import make
from make import EVERY_NAME, SERVER, Cert


class Aia(Cert):
    """Says where its issuer's certificate is (RFC 5280 section 4.2.2.1)."""

    @staticmethod
    def sign(builder, key):
        return Cert.sign(builder.add_extension(x509.AuthorityInformationAccess([
            x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS,
                                   x509.UniformResourceIdentifier("http://ca.example/int.der"))]),
            False), key)


class Sha1(Cert):
    @staticmethod
    def sign(builder, key):
        return builder.sign(key, hashes.SHA1()).public_bytes(serialization.Encoding.DER)


class ShortKey(Cert):
    """RSA of 1024 bits."""

    def __init__(self, label, *args, **kw):
        full = make.make_key
        make.make_key = lambda name, kind: make.rsa_key(name, 1024)
        try:
            super().__init__(label, *args, **kw)
        finally:
            make.make_key = full


def chains():
    """name -> (certificates as they are sent, key)"""
    ca = make.authorities()
    leaf = Aia("bad-aia", "ec", "localhost", ca["int-ec"], EVERY_NAME, usage=SERVER)
    good = make.leaves(ca)["server-ec"]
    weak = ShortKey("bad-weak", "rsa", "localhost", ca["int-rsa"], EVERY_NAME, usage=SERVER)
    sha1 = Sha1("bad-sha1", "rsa", "localhost", ca["int-rsa"], EVERY_NAME, usage=SERVER)
    no_ca = Cert("bad-no-ca", "ec", "Test Intermediate That Is No CA", ca["root-ec"])
    by_no_ca = Cert("bad-by-no-ca", "ec", "localhost", no_ca, EVERY_NAME, usage=SERVER)
    false_ca = make.FalseCa("bad-false-ca", "Test Intermediate Without cA", ca["root-ec"])
    by_false = Cert("bad-by-false-ca", "ec", "localhost", false_ca, EVERY_NAME, usage=SERVER)
    deep = Cert("bad-deep-int", "ec", "Test Intermediate Deep", ca["root-ec"], ca=True)
    lower = Cert("bad-deep-low", "ec", "Test Intermediate Low", deep, ca=True, path=0)
    low_leaf = Cert("bad-deep", "ec", "localhost", lower, EVERY_NAME, usage=SERVER)
    other = ca["int-rsa"]
    return {
        "bad-alone": ([good], good),
        "bad-aia": ([leaf], leaf),
        "bad-order": ([low_leaf, deep, lower], low_leaf),
        "bad-extra": ([good, ca["int-ec"], other, ca["root-rsa"], ca["root-other"]], good),
        "bad-root-sent": ([good, ca["int-ec"], ca["root-ec"]], good),
        "bad-weak": ([weak, ca["int-rsa"]], weak),
        "bad-sha1": ([sha1, ca["int-rsa"]], sha1),
        "bad-by-no-ca": ([by_no_ca, no_ca], by_no_ca),
        "bad-by-false-ca": ([by_false, false_ca], by_false),
    }


def inputs():
    """Files to be given as a certificate or key."""
    ca = make.authorities()["root-ec"]
    lines = ca.pem.decode().split("\n")
    return {
        "input-not-pem.txt": b"this is no certificate at all\n",
        "input-one-line.pem": "".join(lines).encode(),
        "input-backslash.pem": ca.pem.replace(b"\n", b"\\n"),
        "input-cut.pem": ca.pem[:300],
        "input-bad-char.pem": "\n".join([*lines[:3], "!!" + lines[3][2:], *lines[4:]]).encode(),
        "input-trailing.der": ca.der + b"\x01\x02\x03",
        "input-cut.der": ca.der[:-20],
        "input-damaged.der": ca.der[:40] + b"\xff\xff" + ca.der[42:],
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = Path(sys.argv[1])
    for name, (sent, owner) in chains().items():
        (out / f"{name}.pem").write_bytes(sent[0].pem)
        (out / f"{name}-chain.pem").write_bytes(b"".join(c.pem for c in sent))
        (out / f"{name}.key").write_bytes(make.pem("PRIVATE KEY", owner.pkcs8()))
    for name, data in inputs().items():
        (out / name).write_bytes(data)


if __name__ == "__main__":
    main()
