#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the chains that verifiers are compared on: chains.py DIRECTORY

Each case is what a server sends and what the client trusts. Good ones and bad ones: nothing here
says which is which, because Mbed TLS's own verifier does (tests/unit/test_chains.c). The leaf's key
is always that of server-ec. The same bytes every time, like make.py, which does the signing.

Written: test_chains.h and test_chains.c.
"""
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509.oid import NameOID

from make import (EVERY_NAME, EXPIRED, FUTURE, SERVER, Cert, FalseCa, der, make_key, oid,
                  rsa_key)

LEAF_KEY = make_key("server-ec", "ec")


class Signer:
    """A name and a key that do not belong together."""

    def __init__(self, name, key):
        self.name, self.key = name, key


def name_of(cn):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "esp-tls tests"),
                      x509.NameAttribute(NameOID.COMMON_NAME, cn)])


def leaf(label, issuer, **more):
    return Cert(label, "ec", "localhost", issuer, EVERY_NAME, usage=SERVER, key=LEAF_KEY, **more)


def authority(label, cn, issuer=None, kind="ec", **more):
    return Cert(label, kind, cn, issuer, ca=True, **more)


def sha1(cert, issuer):
    """The same certificate, signed with sha1WithRSAEncryption."""
    sha256_rsa, sha1_rsa = oid("1.2.840.113549.1.1.11"), oid("1.2.840.113549.1.1.5")
    tbs = x509.load_der_x509_certificate(cert.der).tbs_certificate_bytes
    assert tbs.count(sha256_rsa) == 1
    tbs = tbs.replace(sha256_rsa, sha1_rsa)
    signature = issuer.key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    cert.der = der(0x30, tbs, der(0x30, sha1_rsa, der(5)), der(3, b"\0", signature))
    return cert


def cases():
    """(name, what is sent, what is trusted)"""
    root = {k: authority(f"chains-root-{k}", f"Chains Root {k}", kind=k)
            for k in ("ec", "ec384", "rsa")}
    ec = root["ec"]
    other = authority("chains-other", "Chains Other")
    inter = authority("chains-int", "Chains Int", ec)
    end = leaf("chains-leaf", inter)

    # lengths: 0 to 9 intermediates
    at, line = ec, []
    for n in range(10):
        yield f"length {n + 1}", [leaf(f"chains-length-{n}", at), *reversed(line)], [ec]
        at = authority(f"chains-line-{n}", f"Chains Line {n}", at)
        line.append(at)

    # every pair of kinds of keys
    for above in root:
        for below in root:
            i = authority(f"chains-{above}-{below}", f"Chains {above} {below}", root[above], below)
            yield f"{above} over {below}", [leaf(f"chains-leaf-{above}-{below}", i), i], [root[above]]

    # order, repetition, what does not belong
    second = authority("chains-int-2", "Chains Int 2", inter)
    deep = leaf("chains-deep", second)
    yield "in order", [deep, second, inter], [ec]
    yield "reversed", [deep, inter, second], [ec]
    yield "root sent", [deep, second, inter, ec], [ec]
    yield "root sent first", [deep, ec, second, inter], [ec]
    yield "repeated", [deep, second, second, inter, inter], [ec]
    yield "leaf repeated", [end, end, inter], [ec]
    yield "a stranger between", [deep, other, second, root["rsa"], inter], [ec]
    yield "no intermediate", [end], [ec]
    yield "the upper one is missing", [deep, second], [ec]
    yield "the lower one is missing", [deep, inter], [ec]
    yield "leaf not first", [inter, end], [ec]
    yield "another root is trusted", [end, inter], [other]
    yield "several roots are trusted", [end, inter], [other, root["rsa"], ec, root["ec384"]]
    yield "nothing fits", [leaf("chains-alone", other)], [ec, root["rsa"]]

    # anchors that are no roots
    yield "intermediate trusted", [end, inter], [inter]
    yield "intermediate trusted, not sent", [end], [inter]
    yield "leaf trusted", [end, inter], [end]
    own = Cert("chains-self", "ec", "localhost", None, EVERY_NAME, usage=SERVER, key=LEAF_KEY)
    self_ca = Cert("chains-self-ca", "ec", "localhost", None, EVERY_NAME, ca=True, key=LEAF_KEY)
    yield "self-signed", [own], [ec]
    yield "self-signed and trusted", [own], [own]
    yield "self-signed authority", [self_ca], [ec]
    yield "self-signed authority, trusted", [self_ca], [self_ca]
    yield "self-signed, of an anchor's name", [
        Cert("chains-self-name", "ec", "Chains Root ec", None, EVERY_NAME, usage=SERVER,
             key=LEAF_KEY)], [ec]

    # cross-signed
    by_ec = authority("chains-cross-ec", "Chains Cross", ec, key=make_key("chains-cross", "ec"))
    by_other = authority("chains-cross-other", "Chains Cross", other, key=by_ec.key)
    old = authority("chains-cross-old", "Chains Cross", ec, key=by_ec.key, when=EXPIRED)
    low = leaf("chains-cross-leaf", by_ec)
    for trusted in ([ec], [other], [ec, other], [other, ec], [root["rsa"]]):
        names = "+".join(t.label for t in trusted)
        yield f"cross-signed, {names}", [low, by_ec, by_other], trusted
        yield f"cross-signed, other first, {names}", [low, by_other, by_ec], trusted
    yield "cross-signed, one expired", [low, old, by_ec], [ec]
    yield "cross-signed, one expired, last", [low, by_ec, old], [ec]
    yield "cross-signed, only the expired one", [low, old], [ec]
    forged = authority("chains-cross-forged", "Chains Cross", Signer(ec.name, other.key),
                       key=by_ec.key)
    yield "cross-signed, one forged", [low, forged, by_ec], [ec]
    yield "cross-signed, one forged, last", [low, by_ec, forged], [ec]
    yield "cross-signed, only the forged one", [low, forged], [ec]

    # the same name, another key
    twin_ec = authority("chains-twin", "Chains Root ec")
    twin_int = authority("chains-twin-int", "Chains Int", ec)
    bad_twin = authority("chains-twin-bad", "Chains Int", Signer(ec.name, other.key))
    yield "twin anchor, right one first", [end, inter], [ec, twin_ec]
    yield "twin anchor, right one last", [end, inter], [twin_ec, ec]
    yield "only the twin anchor", [end, inter], [twin_ec]
    yield "twin intermediate, right one first", [end, inter, twin_int], [ec]
    yield "twin intermediate, right one last", [end, twin_int, inter], [ec]
    yield "only the twin intermediate", [end, twin_int], [ec]
    yield "forged twin intermediate first", [end, bad_twin, inter], [ec]
    yield "forged twin intermediate last", [end, inter, bad_twin], [ec]
    yield "twins of both", [end, twin_int, inter], [twin_ec, ec]

    # signed by somebody else than they say
    yield "leaf by a stranger", [leaf("chains-forged", Signer(inter.name, other.key)), inter], [ec]
    yield "leaf names a stranger", [leaf("chains-named", Signer(other.name, inter.key)), inter], [ec]
    i = authority("chains-forged-int", "Chains Forged", Signer(ec.name, other.key))
    yield "intermediate by a stranger", [leaf("chains-forged-leaf", i), i], [ec]
    yield "leaf signs itself", [leaf("chains-itself", Signer(inter.name, LEAF_KEY)), inter], [ec]
    rsa_int = authority("chains-rsa-int", "Chains RSA Int", root["rsa"], "rsa")
    yield "EC signature, RSA issuer", [
        leaf("chains-kind", Signer(rsa_int.name, inter.key)), rsa_int], [root["rsa"]]
    yield "RSA signature, EC issuer", [
        leaf("chains-kind-2", Signer(inter.name, rsa_int.key)), inter], [ec]
    p384 = authority("chains-384-int", "Chains 384 Int", ec, "ec384")
    yield "P-256 signature, P-384 issuer", [
        leaf("chains-kind-3", Signer(p384.name, inter.key)), p384], [ec]

    # issuers that may not be one
    yield "issued by a leaf", [leaf("chains-by-leaf", end), end, inter], [ec]
    no_ca = Cert("chains-no-ca", "ec", "Chains No CA", ec)
    yield "issuer is no authority", [leaf("chains-by-no-ca", no_ca), no_ca], [ec]
    for text, made in (("no BOOLEAN", FalseCa.NO_BOOLEAN), ("BOOLEAN behind", FalseCa.BEHIND)):
        fake = FalseCa(f"chains-fake-{text}", f"Chains Fake {text}", ec, made)
        yield f"false authority, {text}", [leaf(f"chains-by-{text}", fake), fake], [ec]
        yield f"false authority is the anchor, {text}", [leaf(f"chains-by-{text}", fake)], [fake]
        under = authority(f"chains-under-{text}", f"Chains Under {text}", fake)
        yield f"false authority above another, {text}", [
            leaf(f"chains-low-{text}", under), under, fake], [ec]
        top = FalseCa(f"chains-fake-root-{text}", f"Chains Fake Root {text}", None, made)
        yield f"false authority is the root, {text}", [leaf(f"chains-fr-{text}", top)], [top]
        yield f"false authority is the root above another, {text}", [
            leaf(f"chains-frl-{text}", high := authority(f"chains-fri-{text}",
                                                         f"Chains Fri {text}", top)), high], [top]
    short = authority("chains-short", "Chains Short", ec, path=0)
    below = authority("chains-below", "Chains Below", short)
    yield "path length 0", [leaf("chains-path-0", short), short], [ec]
    yield "path length exceeded", [leaf("chains-path", below), below, short], [ec]

    # dates, at each depth
    for when, text in ((EXPIRED, "expired"), (FUTURE, "not yet valid")):
        yield f"leaf {text}", [leaf(f"chains-{text}-leaf", inter, when=when), inter], [ec]
        i = authority(f"chains-{text}-int", f"Chains {text}", ec, when=when)
        yield f"intermediate {text}", [leaf(f"chains-{text}-low", i), i], [ec]
        r = authority(f"chains-{text}-root", f"Chains Root {text}", when=when)
        yield f"anchor {text}", [leaf(f"chains-{text}-end", r)], [r]
        new = authority(f"chains-{text}-new", f"Chains Root {text}", key=r.key)
        yield f"anchor {text}, and renewed", [leaf(f"chains-{text}-end", r)], [r, new]
        yield f"anchor renewed, and {text}", [leaf(f"chains-{text}-end", r)], [new, r]

    # what the profile refuses
    weak = sha1(leaf("chains-sha1", rsa_int), rsa_int)
    yield "leaf with SHA-1", [weak, rsa_int], [root["rsa"]]
    weak_int = sha1(authority("chains-sha1-int", "Chains SHA-1", root["rsa"]), root["rsa"])
    yield "intermediate with SHA-1", [leaf("chains-sha1-leaf", weak_int), weak_int], [root["rsa"]]
    small = authority("chains-1024", "Chains 1024", root["rsa"], "rsa",
                      key=rsa_key("chains-1024", 1024))
    yield "RSA of 1024 bits", [leaf("chains-1024-leaf", small), small], [root["rsa"]]

    # circles
    a_key, b_key = make_key("chains-a", "ec"), make_key("chains-b", "ec")
    a_name, b_name = name_of("Chains A"), name_of("Chains B")
    a = authority("chains-a-by-b", "Chains A", Signer(b_name, b_key), key=a_key)
    b = authority("chains-b-by-a", "Chains B", Signer(a_name, a_key), key=b_key)
    a_good = authority("chains-a-by-root", "Chains A", ec, key=a_key)
    by_a = leaf("chains-circle", Signer(a_name, a_key))
    yield "circle", [by_a, a, b], [ec]
    yield "circle with a way out", [by_a, a, b, a_good], [ec]
    yield "way out first", [by_a, a_good, a, b], [ec]


def c_sources(rows):
    numbers = {}
    source = ['#include "test_chains.h"', ""]

    def number(cert):
        if cert.der not in numbers:
            n = numbers[cert.der] = len(numbers)
            source.append(f"static const unsigned char der_{n}[] = {{")
            source.extend("    " + ", ".join(str(b) for b in cert.der[i:i + 20]) + ","
                          for i in range(0, len(cert.der), 20))
            source.append("};")
        return numbers[cert.der]

    lines = []
    for name, sent, trusted in rows:
        assert len(sent) <= 12 and len(trusted) <= 6
        sent = ", ".join(f"{{der_{number(c)}, sizeof(der_{number(c)})}}" for c in sent)
        trusted = ", ".join(f"{{der_{number(c)}, sizeof(der_{number(c)})}}" for c in trusted)
        lines.append(f'    {{"{name}", {{{sent}}}, {{{trusted}}}}},')
    source += ["", "const struct test_chain test_chains[] = {", *lines, "};",
               "const size_t test_chain_count = sizeof(test_chains) / sizeof(test_chains[0]);", ""]
    header = """/* Made by tests/certs/chains.py. */
#ifndef TEST_CHAINS_H
#define TEST_CHAINS_H

#include <stddef.h>

struct test_der {
    const unsigned char *p;
    size_t len; /* 0: the list is over */
};

struct test_chain {
    const char *name;
    struct test_der sent[13];   /* leaf first */
    struct test_der trusted[7];
};

extern const struct test_chain test_chains[];
extern const size_t test_chain_count;

#endif
"""
    return header, "\n".join(source)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    header, source = c_sources(list(cases()))
    (out / "test_chains.h").write_text(header)
    (out / "test_chains.c").write_text(source)


if __name__ == "__main__":
    main()
