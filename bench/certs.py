#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the certificate chains of the measurements: certs.py DIRECTORY

Chains of the size that a public server sends: root (trusted, not sent), intermediate, leaf with
the usual extensions and something of the size of two signed certificate timestamps; and a client
certificate issued by the root, and a server's leaf that the root itself signed ("short"). Once with
P-256 keys, once with RSA-2048. Keys, dates, serial numbers and signatures are the same every time,
as those of the tests are (tests/certs/make.py).

Written: {ec,rsa}-{root,int,leaf,short,cli}.{der,pem,key}, {ec,rsa}-chain.pem for a server, and
bench_certs.h with what a client holds.
"""
import datetime
import hashlib
import ipaddress
import sys
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "certs"))
import make  # noqa: E402

VALID = (datetime.datetime(2024, 1, 1), datetime.datetime(2045, 1, 1))
SITE = "example-trust.test"
TIMESTAMPS = "1.3.6.1.4.1.11129.2.4.2"  # RFC 6962 section 3.3
POLICIES = ("2.23.140.1.2.1", "2.23.140.1.2.2")


def name(**parts):
    oids = {"C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME,
            "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "CN": NameOID.COMMON_NAME}
    return x509.Name([x509.NameAttribute(oids[k], v) for k, v in parts.items()])


def usage(*names):
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{n: n in names for n in every})


def policies(*oids):
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(o), None) for o in oids])


def where(ca, crl):
    """Authority information access and CRL distribution points, as public CAs write them."""
    access = x509.AuthorityInformationAccess([
        x509.AccessDescription(AuthorityInformationAccessOID.OCSP,
                               x509.UniformResourceIdentifier(f"http://ocsp.{SITE}/{ca}")),
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS,
            x509.UniformResourceIdentifier(f"http://pki.{SITE}/repo/certs/{ca}.der"))])
    points = x509.CRLDistributionPoints([x509.DistributionPoint(
        [x509.UniformResourceIdentifier(crl)], None, None, None)])
    return access, points


class Cert:
    def __init__(self, label, kind, subject, issuer, extensions):
        self.label = label
        self.key = make.make_key(f"bench/{label}", kind)
        self.subject = subject
        signer = issuer or self
        serial = int.from_bytes(hashlib.sha256(label.encode()).digest()[:20], "big") >> 1 | 1 << 158
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(signer.subject)
                   .public_key(self.key.public_key()).serial_number(serial)
                   .not_valid_before(VALID[0]).not_valid_after(VALID[1]))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)
        if issuer is not None:
            builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                issuer.key.public_key()), False)
        self.der = make.Cert.sign(builder, signer.key)
        self.pem = make.pem("CERTIFICATE", self.der)

    def key_der(self):
        return make.Cert.own_format(self)

    def key_pem(self):
        return make.pem("PRIVATE KEY", make.Cert.pkcs8(self))


def constraints(ca, path=None):
    return x509.BasicConstraints(ca, path), True


def purposes(*oids):
    return x509.ExtendedKeyUsage(oids), False


def leaf_of(issuer, label, kind):
    access, points = where("gts1c3", f"http://crls.{SITE}/gts1c3/fVJxbV-Ktmk.crl")
    stamps = make.der(4, bytes(n for n, _ in zip(make.stream(f"timestamps/{kind}"), range(242))))
    names = [x509.DNSName(n) for n in ("localhost", "api.device-cloud.example.test",
                                       "*.device-cloud.example.test")]
    bits = ["digital_signature"] + (["key_encipherment"] if kind == "rsa" else [])
    return Cert(label, kind, name(CN="localhost"), issuer,
                [constraints(False), (usage(*bits), True),
                 purposes(ExtendedKeyUsageOID.SERVER_AUTH), (access, False),
                 (x509.SubjectAlternativeName(
                     names + [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False),
                 (policies(POLICIES[0]), False), (points, False),
                 (x509.UnrecognizedExtension(x509.ObjectIdentifier(TIMESTAMPS), stamps), False)])


def chain(kind):
    ca = usage("key_cert_sign", "crl_sign")
    root = Cert(f"{kind}-root", kind,
                name(C="US", O="Example Trust Services LLC", OU="Example Internet Security",
                     CN=f"Example Global Root CA {kind} R1"),
                None, [constraints(True), (ca, True)])
    access, points = where("gsr1", f"http://c.{SITE}/r/gsr1.crl")
    middle = Cert(f"{kind}-int", kind,
                  name(C="US", O="Example Trust Services LLC", CN=f"Example TLS {kind} CA 1C3"),
                  root,
                  [constraints(True, 0),
                   (usage("digital_signature", "key_cert_sign", "crl_sign"), True),
                   purposes(ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
                   (access, False), (points, False), (policies(*POLICIES), False)])
    leaf = leaf_of(middle, f"{kind}-leaf", kind)
    short = leaf_of(root, f"{kind}-short", kind)
    client = Cert(f"{kind}-cli", kind,
                  name(O="Example Devices", OU="Sensors", CN="device-0123456789abcdef"), root,
                  [constraints(False), (usage("digital_signature"), True),
                   purposes(ExtendedKeyUsageOID.CLIENT_AUTH)])
    return root, middle, leaf, short, client


def c_array(label, data):
    rows = [", ".join(str(b) for b in data[i:i + 20]) for i in range(0, len(data), 20)]
    return (f"static const unsigned char {label.replace('-', '_')}[{len(data)}] = {{\n    "
            + ",\n    ".join(rows) + "};\n")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    header = "/* Made by bench/certs.py. */\n"
    for kind in ("ec", "rsa"):
        root, middle, leaf, short, client = chain(kind)
        for cert in (root, middle, leaf, short, client):
            (out / f"{cert.label}.der").write_bytes(cert.der)
            (out / f"{cert.label}.pem").write_bytes(cert.pem)
            (out / f"{cert.label}.key").write_bytes(cert.key_pem())
        (out / f"{kind}-chain.pem").write_bytes(leaf.pem + middle.pem)
        header += c_array(f"{kind}-root", root.der) + c_array(f"{kind}-cli", client.der)
        header += c_array(f"{kind}-cli-key", client.key_der())
    (out / "bench_certs.h").write_text(header)


if __name__ == "__main__":
    main()
