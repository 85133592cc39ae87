#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the certificates of the tests: make.py DIRECTORY

The same bytes every time, on every machine: keys are derived from their names, ECDSA signatures
are those of RFC 6979, dates and serial numbers are fixed, salts come from names. So a size that
a test expects stays what it is, and nothing secret is in the tree.

README.md in this directory lists the files. Written besides them: test_certs.h and test_certs.c,
all of it as arrays for C.
"""
import base64
import datetime
import hashlib
import hmac
import ipaddress
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed, decode_dss_signature, encode_dss_signature)
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PASSWORD = b"correct horse"
VALID = (datetime.datetime(2024, 1, 1), datetime.datetime(2045, 1, 1))
EXPIRED = (datetime.datetime(2020, 1, 1), datetime.datetime(2021, 1, 1))
FUTURE = (datetime.datetime(2048, 1, 1), datetime.datetime(2049, 1, 1))
CURVES = {"ec": ec.SECP256R1(), "ec384": ec.SECP384R1()}
ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF
    << 192 | 0xC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
}


# --- keys and signatures that are the same every time -------------------------------------------


def stream(label):
    """An endless stream of bytes that only depends on the label."""
    count = 0
    while True:
        yield from hashlib.sha512(f"{label}/{count}".encode()).digest()
        count += 1


def number(source, bits):
    return int.from_bytes(bytes(next(source) for _ in range(bits // 8)), "big")


SMALL_PRIMES = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]


def is_prime(n):
    if any(n % p == 0 for p in SMALL_PRIMES):
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13):
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(source, bits):
    while True:
        n = number(source, bits) | 3 << (bits - 2) | 1
        while n.bit_length() == bits:
            if (n - 1) % 65537 and is_prime(n):
                return n
            n += 2


def rsa_key(label, bits=2048):
    source = stream(label)
    p, q = prime(source, bits // 2), prime(source, bits // 2)
    p, q = max(p, q), min(p, q)
    e, n = 65537, p * q
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, n)
    return rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    ).private_key()


def make_key(label, kind):
    if kind == "rsa":
        return rsa_key(label)
    curve = CURVES[kind]
    return ec.derive_private_key(
        number(stream(label), curve.key_size) % (ORDERS[curve.name] - 1) + 1, curve)


def ecdsa_sign(key, message):
    """RFC 6979 section 3.2 (here hash and order have the same length, which makes it short)."""
    d, order = key.private_numbers().private_value, ORDERS[key.curve.name]
    name = "sha384" if key.curve.key_size == 384 else "sha256"
    size = key.curve.key_size // 8
    digest = hashlib.new(name, message).digest()
    h = int.from_bytes(digest, "big")
    seed = d.to_bytes(size, "big") + (h % order).to_bytes(size, "big")
    v, k = b"\1" * size, b"\0" * size
    for byte in (b"\0", b"\1"):
        k = hmac.digest(k, v + byte + seed, name)
        v = hmac.digest(k, v, name)
    while True:
        v = hmac.digest(k, v, name)
        nonce = int.from_bytes(v, "big")
        if 0 < nonce < order:
            point = ec.derive_private_key(nonce, key.curve).public_key().public_numbers()
            r = point.x % order
            return encode_dss_signature(r, pow(nonce, -1, order) * (h + r * d) % order)
        k = hmac.digest(k, v + b"\0", name)
        v = hmac.digest(k, v, name)


# --- DER -----------------------------------------------------------------------------------------


def der(tag, *parts):
    body = b"".join(parts)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (size if len(body) < 128 else bytes([0x80 | len(size)]) + size) + body


def oid(text):
    first, second, *rest = (int(n) for n in text.split("."))
    out = [bytes([40 * first + second])]
    for n in rest:
        seven = [n & 0x7F]
        while n := n >> 7:
            seven.insert(0, n & 0x7F | 0x80)
        out.append(bytes(seven))
    return der(6, *out)


def pem(kind, data, *headers):
    text = base64.b64encode(data).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    head = [*headers, ""] if headers else []
    return "\n".join([f"-----BEGIN {kind}-----", *head, *lines, f"-----END {kind}-----", ""]).encode()


def cbc(key, iv, data):
    fill = 16 - len(data) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(data + bytes([fill]) * fill) + encryptor.finalize()


def pbes2(label, pkcs8, bits):
    """PKCS#8 encrypted as RFC 8018 section 6.2 says: PBKDF2-HMAC-SHA256 and AES-CBC."""
    salt, iv = hashlib.sha256(label.encode()).digest()[:16], hashlib.md5(label.encode()).digest()
    rounds = 2048
    key = hashlib.pbkdf2_hmac("sha256", PASSWORD, salt, rounds, bits // 8)
    kdf = der(0x30, oid("1.2.840.113549.1.5.12"),
              der(0x30, der(4, salt), der(2, rounds.to_bytes(2, "big")),
                  der(0x30, oid("1.2.840.113549.2.9"), der(5))))
    cipher = der(0x30, oid(f"2.16.840.1.101.3.4.1.{2 if bits == 128 else 42}"), der(4, iv))
    return der(0x30, der(0x30, oid("1.2.840.113549.1.5.13"), der(0x30, kdf, cipher)),
               der(4, cbc(key, iv, pkcs8)))


def traditional(label, kind, plain, bits):
    """Encrypted as RFC 1421 PEM, the way `openssl rsa -aes128 -traditional` does."""
    iv = hashlib.md5(label.encode()).digest()
    key, block = b"", b""
    while len(key) < bits // 8:
        block = hashlib.md5(block + PASSWORD + iv[:8]).digest()
        key += block
    return pem(kind, cbc(key[:bits // 8], iv, plain), "Proc-Type: 4,ENCRYPTED",
               f"DEK-Info: AES-{bits}-CBC,{iv.hex().upper()}")


# --- certificates --------------------------------------------------------------------------------


class Cert:
    """A certificate, its key, and what signed it."""

    def __init__(self, label, kind, cn, issuer=None, names=(), ca=False, path=None, when=VALID,
                 usage=None, key=None):
        self.label, self.kind, self.issuer = label, kind, issuer
        self.key = key or make_key(label, kind)
        self.name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "esp-tls tests"),
                               x509.NameAttribute(NameOID.COMMON_NAME, cn)])
        signer = issuer or self
        serial = int.from_bytes(hashlib.sha256(label.encode()).digest()[:8], "big") >> 1 | 1 << 60
        builder = (x509.CertificateBuilder().subject_name(self.name).issuer_name(signer.name)
                   .public_key(self.key.public_key()).serial_number(serial)
                   .not_valid_before(when[0]).not_valid_after(when[1])
                   .add_extension(x509.BasicConstraints(ca, path), critical=True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(
                       self.key.public_key()), False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                       signer.key.public_key()), False)
                   .add_extension(x509.KeyUsage(
                       digital_signature=not ca or bool(names), key_cert_sign=ca, crl_sign=ca,
                       key_encipherment=not ca and kind == "rsa", content_commitment=False,
                       data_encipherment=False, key_agreement=False, encipher_only=False,
                       decipher_only=False), critical=True))
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(
                [self.general_name(n) for n in names]), False)
        self.der = self.sign(builder, signer.key)
        self.pem = pem("CERTIFICATE", self.der)

    @staticmethod
    def general_name(text):
        try:
            return x509.IPAddress(ipaddress.ip_address(text))
        except ValueError:
            return x509.DNSName(text)

    @staticmethod
    def sign(builder, key):
        """The certificate's DER; with an EC key its signature is made again, without chance."""
        sha = hashes.SHA384() if getattr(key, "key_size", 0) == 384 else hashes.SHA256()
        made = builder.sign(key, sha)
        if isinstance(key, rsa.RSAPrivateKey):
            return made.public_bytes(serialization.Encoding.DER)
        algorithm = "1.2.840.10045.4.3." + ("3" if key.key_size == 384 else "2")
        tbs = made.tbs_certificate_bytes
        return der(0x30, tbs, der(0x30, oid(algorithm)), der(3, b"\0", ecdsa_sign(key, tbs)))

    def chain(self):
        """Itself and its intermediates, without the root."""
        out, at = self.pem, self.issuer
        while at is not None and at.issuer is not None:
            out, at = out + at.pem, at.issuer
        return out

    def pkcs8(self):
        return self.key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption())

    def own_format(self):
        """SEC1 of an EC key, PKCS#1 of an RSA key."""
        return self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption())


class FalseCa(Cert):
    """Its basicConstraints once passed for an authority's (CVE-2026-49300), which they are not: `made`
    in place of SEQUENCE { BOOLEAN TRUE }."""

    NO_BOOLEAN = b"\x30\x03\x02\x01\x01"  # SEQUENCE { INTEGER 1 }
    BEHIND = b"\x30\x00\x01\x01\xff"      # SEQUENCE {} BOOLEAN TRUE

    def __init__(self, label, cn, issuer=None, made=NO_BOOLEAN):
        self.made = made
        super().__init__(label, "ec", cn, issuer, ca=True)

    def sign(self, builder, key):
        tbs = builder.sign(key, hashes.SHA256()).tbs_certificate_bytes
        true = b"\x04\x05\x30\x03\x01\x01\xff"
        assert tbs.count(true) == 1
        tbs = tbs.replace(true, true[:2] + self.made)
        return der(0x30, tbs, der(0x30, oid("1.2.840.10045.4.3.2")),
                   der(3, b"\0", ecdsa_sign(key, tbs)))


SERVER = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
EVERY_NAME = ("localhost", "test.example", "*.wild.example", "127.0.0.1", "::1")


def authorities():
    out = {}
    for kind, text in (("ec", "EC"), ("ec384", "EC 384"), ("rsa", "RSA")):
        root = out[f"root-{kind}"] = Cert(f"root-{kind}", kind, f"Test Root {text}", ca=True)
        out[f"int-{kind}"] = Cert(f"int-{kind}", kind, f"Test Intermediate {text}", root, ca=True,
                                  path=0)
    root = out["root-ec"]
    out["root-client"] = Cert("root-client", "ec", "Test Root Clients", ca=True)
    out["int-client"] = Cert("int-client", "ec", "Test Intermediate Clients", out["root-client"],
                             ca=True, path=0)
    out["root-other"] = Cert("root-other", "ec", "Some Other Root", ca=True)
    out["root-twin"] = Cert("root-twin", "ec", "Test Root EC", ca=True)
    out["int-expired"] = Cert("int-expired", "ec", "Test Intermediate Expired", root, ca=True,
                              path=0, when=EXPIRED)
    return out


def leaves(ca):
    by = ca["int-ec"]
    rows = [
        Cert("server-ec", "ec", "localhost", by, EVERY_NAME, usage=SERVER),
        Cert("server-ec384", "ec384", "localhost", ca["int-ec384"], EVERY_NAME, usage=SERVER),
        Cert("server-rsa", "rsa", "localhost", ca["int-rsa"], EVERY_NAME, usage=SERVER),
        Cert("server-name", "ec", "other.example", by, ("other.example",), usage=SERVER),
        Cert("server-ip", "ec", "addresses", by, ("127.0.0.1", "::1"), usage=SERVER),
        Cert("server-dns", "ec", "localhost", by, ("localhost",), usage=SERVER),
        Cert("server-cn", "ec", "localhost", by, usage=SERVER),
        Cert("server-cn-ip", "ec", "127.0.0.1", by, usage=SERVER),
        Cert("server-expired", "ec", "localhost", by, EVERY_NAME, when=EXPIRED, usage=SERVER),
        Cert("server-future", "ec", "localhost", by, EVERY_NAME, when=FUTURE, usage=SERVER),
        Cert("server-int-expired", "ec", "localhost", ca["int-expired"], EVERY_NAME, usage=SERVER),
        Cert("server-untrusted", "ec", "localhost", ca["root-other"], EVERY_NAME, usage=SERVER),
        Cert("server-twin", "ec", "localhost", ca["root-twin"], EVERY_NAME, usage=SERVER),
        Cert("server-usage", "ec", "localhost", by, EVERY_NAME, usage=CLIENT),
        Cert("self-ca", "ec", "localhost", None, EVERY_NAME, ca=True),
        Cert("self-leaf", "ec", "localhost", None, EVERY_NAME, usage=SERVER),
        Cert("client-ec", "ec", "Client EC", ca["int-client"], usage=CLIENT),
        Cert("client-ec384", "ec384", "Client EC 384", ca["int-client"], usage=CLIENT),
        Cert("client-rsa", "rsa", "Client RSA", ca["int-client"], usage=CLIENT),
        Cert("client-other", "ec", "Client Other", ca["root-other"], usage=CLIENT),
    ]
    out = {c.label: c for c in rows}
    out["server-by-leaf"] = Cert("server-by-leaf", "ec", "localhost", out["server-ec"], EVERY_NAME,
                                 usage=SERVER)
    return out


def key_files(c):
    """Every form of one key."""
    plain, own = c.pkcs8(), c.own_format()
    kind = "RSA PRIVATE KEY" if c.kind == "rsa" else "EC PRIVATE KEY"
    name = "pkcs1" if c.kind == "rsa" else "sec1"
    yield f"{c.label}.key", pem("PRIVATE KEY", plain)
    if not c.label.startswith("client-"):
        return
    yield f"{c.label}.p8.der", plain
    yield f"{c.label}.{name}.pem", pem(kind, own)
    yield f"{c.label}.{name}.der", own
    for bits in (128, 256):
        locked = pbes2(f"{c.label}/{bits}", plain, bits)
        yield f"{c.label}.aes{bits}.pem", pem("ENCRYPTED PRIVATE KEY", locked)
        yield f"{c.label}.aes{bits}.der", locked
        yield f"{c.label}.rfc1421-aes{bits}.pem", traditional(f"{c.label}/{bits}", kind, own, bits)


def damaged(text):
    """PEM whose base64 is fine and whose DER is not."""
    lines = text.decode().split("\n")
    return "\n".join([lines[0], "A" * 64, *lines[2:]]).encode()


def corpus():
    ca = authorities()
    leaf = leaves(ca)
    files = {"password.txt": PASSWORD}
    for c in [*ca.values(), *leaf.values()]:
        files[f"{c.label}.pem"] = c.pem
        files[f"{c.label}.der"] = c.der
        if c.issuer is not None:
            files[f"{c.label}-chain.pem"] = c.chain()
        files.update(key_files(c))
    roots = [ca[f"root-{kind}"].pem for kind in ("rsa", "ec", "ec384")]
    files["bundle.pem"] = b"".join(roots)
    files["bundle-crlf.pem"] = b"# three roots\r\n" + b"\r\n".join(
        r.replace(b"\n", b"\r\n") for r in roots)
    files["bundle-one-bad.pem"] = roots[0] + damaged(ca["root-other"].pem) + roots[1]
    files["bundle-first-bad.pem"] = damaged(ca["root-other"].pem) + roots[0] + roots[1]
    files["bundle-all-bad.pem"] = damaged(roots[0]) + damaged(roots[1])
    files["truncated.der"] = ca["root-ec"].der[:-20]
    return files


# --- as C ----------------------------------------------------------------------------------------


def c_name(file):
    return "cert_" + file.replace(".", "_").replace("-", "_")


def c_sources(files):
    header = ["/* Made by tests/certs/make.py. PEM ends with a NUL, which sizeof counts. */",
              "#ifndef TEST_CERTS_H", "#define TEST_CERTS_H", ""]
    source = ['#include "test_certs.h"']
    for name, data in files.items():
        if not name.endswith(".der"):
            data = data + b"\0"
        header.append(f"extern const unsigned char {c_name(name)}[{len(data)}];")
        source.append(f"\nconst unsigned char {c_name(name)}[{len(data)}] = {{")
        source += ["    " + ", ".join(str(b) for b in data[i:i + 20]) + ","
                   for i in range(0, len(data), 20)]
        source.append("};")
    header += ["", "#endif", ""]
    return "\n".join(header).encode(), "\n".join([*source, ""]).encode()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    files = corpus()
    header, source = c_sources(files)
    for name, data in [*files.items(), ("test_certs.h", header), ("test_certs.c", source)]:
        (out / name).write_bytes(data)
        if name.endswith(".key"):
            (out / name).chmod(0o600)


if __name__ == "__main__":
    main()
