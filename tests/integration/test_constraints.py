# SPDX-License-Identifier: Apache-2.0
"""What authorities may do: name constraints, extended key usage; and the kinds of names."""
import datetime
import ipaddress
import itertools
import json
import subprocess
from pathlib import Path

import peers
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from conftest import BUILD, SYMBOLS
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CN_MISMATCH, NOT_TRUSTED, EXT_KEY_USAGE, NAME_CONSTRAINTS = 0x04, 0x08, 0x1000, 0x01000000
UNTIL = datetime.datetime(2040, 1, 1)
SERIAL = itertools.count(1)
APPLIED = pytest.mark.skipif("CONFIG_ESP_TLS_NAME_CONSTRAINTS" not in SYMBOLS,
                             reason="this build does not apply name constraints")
KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(4)]


def name(*attributes):
    kinds = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME, "C": NameOID.COUNTRY_NAME,
             "E": NameOID.EMAIL_ADDRESS}
    return x509.Name([x509.NameAttribute(kinds[a.split("=")[0]], a.split("=", 1)[1])
                      for a in attributes])


def general(text):
    """dns:NAME, ip:ADDRESS or ip:NETWORK, mail:, uri:, dir:C=..,O=.., id:OID"""
    kind, value = text.split(":", 1)
    if kind == "dns":
        return x509.DNSName(value)
    if kind == "ip":
        return x509.IPAddress(ipaddress.ip_network(value) if "/" in value
                              else ipaddress.ip_address(value))
    if kind == "dir":
        return x509.DirectoryName(name(*value.split(",")))
    return {"mail": x509.RFC822Name, "uri": x509.UniformResourceIdentifier,
            "id": lambda oid: x509.RegisteredID(x509.ObjectIdentifier(oid))}[kind](value)


class Authority:
    def __init__(self, key, subject, above=None, critical=True, permitted=(), excluded=(),
                 usage=(), alt=(), path=None):
        self.key, self.subject = key, subject
        extensions = [(x509.BasicConstraints(True, path), True)]
        if permitted or excluded:
            extensions.append((x509.NameConstraints([general(p) for p in permitted] or None,
                                                    [general(e) for e in excluded] or None),
                               critical))
        if usage:
            extensions.append((x509.ExtendedKeyUsage(usage), False))
        if alt:
            extensions.append((x509.SubjectAlternativeName([general(a) for a in alt]), False))
        self.cert = (above or self).issue(subject, key, extensions)

    def issue(self, subject, key, extensions):
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.subject)
                   .public_key(key.public_key()).serial_number(next(SERIAL))
                   .not_valid_before(datetime.datetime(2024, 1, 1)).not_valid_after(UNTIL))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())


def write(folder, root, above, leaf):
    """What TlsPeer and the client take; above: what is sent behind the leaf."""
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "x-chain.pem").write_bytes(b"".join(c.public_bytes(pem) for c in (leaf, *above)))
    (folder / "x.key").write_bytes(KEYS[3].private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


@pytest.fixture
def connect(client, tmp_path):
    """Connect to a server that sends this chain. @return flags and depth"""
    def run(root, above, leaf, **options):
        write(tmp_path, root, above, leaf)
        with peers.TlsPeer(tmp_path, peers.echo, cert="x") as p:
            r = client(port=p.port, cacert=str(tmp_path / "root.pem"), **options)
        if r.ret == -1:
            assert r.record.phase == "handshake", r
            return r.record.flags, r.record.depth
        r.opened()
        return 0, -1
    return run


def leaf_of(issuer, alt=(), subject=name("CN=leaf"), extra=()):
    extensions = [(x509.BasicConstraints(False, None), True), *extra]
    if alt:
        extensions.append((x509.SubjectAlternativeName([general(a) for a in alt]), False))
    return issuer.issue(subject, KEYS[3], extensions)


# --- constraints ---------------------------------------------------------------------------------

LOCAL = ("dns:localhost", "ip:127.0.0.1")
CASES = [
    # permitted, excluded, the leaf's names, its subject, does it hold
    (["dns:localhost"], [], LOCAL, "CN=x", True),
    (["dns:example.org"], [], LOCAL, "CN=x", False),
    (["dns:LOCALHOST"], [], LOCAL, "CN=x", True),
    ([], ["dns:localhost"], LOCAL, "CN=x", False),
    ([], ["dns:example.org"], LOCAL, "CN=x", True),
    (["dns:localhost"], ["dns:localhost"], LOCAL, "CN=x", False),
    (["dns:"], [], LOCAL, "CN=x", True),
    ([], ["dns:"], LOCAL, "CN=x", False),
    (["dns:localhost", "dns:example.org"], [], [*LOCAL, "dns:a.b.example.org"], "CN=x", True),
    (["dns:localhost", "dns:example.org"], [], [*LOCAL, "dns:anexample.org"], "CN=x", False),
    (["dns:localhost", "dns:.example.org"], [], [*LOCAL, "dns:example.org"], "CN=x", False),
    (["dns:localhost", "dns:.example.org"], [], [*LOCAL, "dns:a.example.org"], "CN=x", True),
    ([], ["dns:bad.example.org"], [*LOCAL, "dns:*.example.org"], "CN=x", False),
    ([], ["dns:very.bad.example.org"], [*LOCAL, "dns:*.example.org"], "CN=x", True),
    (["dns:localhost", "dns:example.org"], [], [*LOCAL, "dns:*.example.org"], "CN=x", True),
    (["dns:localhost", "dns:a.example.org"], [], [*LOCAL, "dns:*.example.org"], "CN=x", False),
    (["ip:127.0.0.0/8"], [], LOCAL, "CN=x", True),
    (["ip:10.0.0.0/8"], [], LOCAL, "CN=x", False),
    ([], ["ip:127.0.0.0/31"], LOCAL, "CN=x", False),
    ([], ["ip:127.0.0.2/31"], LOCAL, "CN=x", True),
    (["ip:::1/128"], [], LOCAL, "CN=x", False),
    (["ip:::1/128", "ip:127.0.0.1/32"], [], [*LOCAL, "ip:::1"], "CN=x", True),
    (["mail:example.org"], [], LOCAL, "CN=x", True),
    (["mail:example.org"], [], [*LOCAL, "mail:a@example.org"], "CN=x", True),
    (["mail:example.org"], [], [*LOCAL, "mail:a@b.example.org"], "CN=x", False),
    (["mail:.example.org"], [], [*LOCAL, "mail:a@b.example.org"], "CN=x", True),
    (["mail:A@example.org"], [], [*LOCAL, "mail:A@EXAMPLE.org"], "CN=x", True),
    (["mail:A@example.org"], [], [*LOCAL, "mail:a@example.org"], "CN=x", False),
    ([], ["mail:example.org"], LOCAL, "E=a@example.org", False),
    (["uri:example.org"], [], [*LOCAL, "uri:https://me:you@Example.org:80/x?y"], "CN=x", True),
    (["uri:example.org"], [], [*LOCAL, "uri:https://a.example.org"], "CN=x", False),
    (["uri:.example.org"], [], [*LOCAL, "uri:https://a.example.org#b"], "CN=x", True),
    ([], ["uri:example.org"], [*LOCAL, "uri:https://10.0.0.1/"], "CN=x", False),
    ([], ["uri:example.org"], [*LOCAL, "uri:urn:example.org"], "CN=x", False),
    (["dir:C=DE,O=A"], [], LOCAL, "C=DE,O=A,CN=x", True),
    (["dir:C=DE,O=A"], [], LOCAL, "C=DE,O=  a  ,CN=x", True),
    (["dir:C=DE,O=A B"], [], LOCAL, "C=DE,O=A   b,CN=x", True),
    (["dir:C=DE,O=A"], [], LOCAL, "O=A,C=DE,CN=x", False),
    (["dir:C=DE,O=A"], [], LOCAL, "C=DE,O=AB,CN=x", False),
    (["dir:C=DE,O=A"], [], LOCAL, "C=DE", False),
    ([], ["dir:C=DE"], LOCAL, "C=DE,O=A", False),
    (["dir:C=DE"], [], [*LOCAL, "dir:C=FR"], "C=DE", False),
    (["id:1.2.3"], [], LOCAL, "CN=x", True),
    (["id:1.2.3"], [], [*LOCAL, "id:1.2.3"], "CN=x", False),
    (["dns:example.org"], [], [], "CN=localhost", False),
    (["dns:localhost"], [], [], "CN=localhost", True),
    (["ip:10.0.0.0/8"], [], [], "CN=127.0.0.1", False),
    ([], ["dns:localhost"], LOCAL, "CN=localhost", False),
]


@APPLIED
@pytest.mark.parametrize("where", ["root", "int"])
@pytest.mark.parametrize("permitted, excluded, alt, subject, holds", CASES)
def test_constraints_of_each_kind_are_applied(connect, where, permitted, excluded, alt, subject,
                                              holds):
    limits = {"permitted": permitted, "excluded": excluded}
    # The intermediate has the limits' own directory: it stands below the root.
    below = [p.split(":", 1)[1] for p in permitted if p.startswith("dir:")]
    mid = name(*(below[0].split(",") if below else []), "CN=Int")
    root = Authority(KEYS[0], name("CN=Root"), **(limits if where == "root" else {}))
    inter = Authority(KEYS[1], mid, root, critical=False, **(limits if where == "int" else {}))
    host = {"host": "localhost", "family": 1}
    got = connect(root.cert, [inter.cert], leaf_of(inter, alt, name(*subject.split(","))),
                  **(host if "dns:localhost" in alt or subject == "CN=localhost" else {}))
    assert got == ((0, -1) if holds else (NAME_CONSTRAINTS, 0))


@APPLIED
def test_the_refusal_has_its_alert_and_its_reason(client, tmp_path):
    root = Authority(KEYS[0], name("CN=Root"), permitted=["dns:example.org"])
    write(tmp_path, root.cert, [], leaf_of(root, LOCAL))
    with peers.TlsPeer(tmp_path, peers.echo, cert="x") as p:
        r = client(port=p.port, cacert=str(tmp_path / "root.pem"))
        assert r.record.alert_sent == 46, r  # certificate_unknown
        assert why(tmp_path, p.port)[0] == ["NAME_CONSTRAINTS"]


@APPLIED
def test_names_of_an_intermediate_are_constrained_too(connect):
    root = Authority(KEYS[0], name("CN=Root"), permitted=["dns:localhost"])
    inter = Authority(KEYS[1], name("CN=Int"), root, alt=["dns:example.org"])
    assert connect(root.cert, [inter.cert], leaf_of(inter, LOCAL)) == (NAME_CONSTRAINTS, 1)


@APPLIED
def test_a_self_issued_intermediate_is_not_constrained(connect):
    root = Authority(KEYS[0], name("CN=Root"), permitted=["dns:localhost"])
    renewed = Authority(KEYS[1], name("CN=Root"), root, alt=["dns:example.org"])
    assert connect(root.cert, [renewed.cert], leaf_of(renewed, LOCAL)) == (0, -1)


@APPLIED
def test_each_level_may_only_narrow(connect):
    root = Authority(KEYS[0], name("CN=Root"), permitted=["dns:localhost"])
    inter = Authority(KEYS[1], name("CN=Int"), root, permitted=["dns:localhost", "dns:example.org"])
    leaf = leaf_of(inter, [*LOCAL, "dns:example.org"])
    assert connect(root.cert, [inter.cert], leaf) == (NAME_CONSTRAINTS, 0)


@APPLIED
def test_a_server_has_no_constraints(connect):
    root = Authority(KEYS[0], name("CN=Root"))
    extra = [(x509.NameConstraints([general("dns:localhost")], None), True)]
    assert connect(root.cert, [], leaf_of(root, LOCAL, extra=extra)) == (NAME_CONSTRAINTS, 0)


@APPLIED
def test_more_work_than_a_device_can_do_is_refused(connect):
    many = [f"dns:n{i}.example.org" for i in range(600)]
    root = Authority(KEYS[0], name("CN=Root"), excluded=many)
    assert connect(root.cert, [], leaf_of(root, [*LOCAL, *many[:20]])) == (NAME_CONSTRAINTS, 0)
    some = [f"dns:n{i}.example.net" for i in range(400)]
    leaf = leaf_of(root, [*LOCAL, *some])
    assert connect(root.cert, [], leaf) == (NAME_CONSTRAINTS, 0)
    assert connect(root.cert, [], leaf_of(root, [*LOCAL, *some[:20]])) == (0, -1)


def test_an_unknown_critical_extension_is_still_refused(connect):
    root = Authority(KEYS[0], name("CN=Root"))
    extra = [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0"), True)]
    flags, _ = connect(root.cert, [], leaf_of(root, LOCAL, extra=extra))
    assert flags == 0  # it is no certificate for Mbed TLS: no flag, but no connection either


def why(folder, port):
    """The reasons that `esp-tls get` gives, and the sentence of the first."""
    result = subprocess.run([BUILD / "esp-tls", "get", "--json", "--cacert", folder / "root.pem",
                             f"https://localhost:{port}/"], capture_output=True, text=True,
                            check=False)
    causes = json.loads(result.stdout)["reasons"]
    return [c["name"] for c in causes], causes[0]["text"]


def assert_named(reasons, text, said):
    """The installed Mbed TLS shows nobody the certificate: its code is all that there is."""
    if "ESP_TLS_SYSTEM_MBEDTLS:BOOL=ON" in (BUILD / "CMakeCache.txt").read_text():
        assert reasons == ["CERT_EXTENSION", "CERT_UNREADABLE", "CERT_UNSUPPORTED"], reasons
        assert text.startswith("a certificate that the server sent has a critical extension"), text
    else:
        assert reasons == ["CERT_EXTENSION"] and said in text, (reasons, text)


@pytest.mark.parametrize("oid, said", [("1.2.3.4", "does not know (1.2.3.4)"),
                                       ("2.5.29.36", "know: policyConstraints (2.5.29.36)")])
def test_an_unknown_critical_extension_is_named(tmp_path, oid, said):
    root = Authority(KEYS[0], name("CN=Root"))
    extra = [(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x30\0"), True)]
    write(tmp_path, root.cert, [], leaf_of(root, LOCAL, extra=extra))
    with peers.TlsPeer(tmp_path, peers.echo, cert="x") as p:
        reasons, text = why(tmp_path, p.port)
    assert_named(reasons, text, said)


@pytest.mark.skipif("CONFIG_ESP_TLS_NAME_CONSTRAINTS" in SYMBOLS, reason="they are applied")
@pytest.mark.parametrize("critical", [True, False])
def test_without_the_feature_critical_ones_are_refused_and_named(connect, tmp_path, critical):
    root = Authority(KEYS[0], name("CN=Root"))
    inter = Authority(KEYS[1], name("CN=Int"), root, critical, permitted=["dns:localhost"])
    assert connect(root.cert, [inter.cert], leaf_of(inter, LOCAL)) == (0, -1)
    with peers.TlsPeer(tmp_path, peers.echo, cert="x") as p:
        if critical:
            reasons, text = why(tmp_path, p.port)
            assert_named(reasons, text, "does not know: nameConstraints (2.5.29.30)")


# --- `esp-tls chain` and `esp-tls cert` say so, too ----------------------------------------------


def findings(*args):
    result = subprocess.run([BUILD / "esp-tls", *args], capture_output=True, check=False, text=True)
    return {(f["code"], f["certificate"]) for f in json.loads(result.stdout)["findings"]
            if f["level"] == "error"}


@APPLIED
@pytest.mark.parametrize("limits, usage, alt, wanted", [
    ({}, [], LOCAL, set()),
    ({"permitted": ["dns:localhost"]}, [], LOCAL, set()),
    ({"permitted": ["dns:example.org"]}, [], LOCAL, {("name-constraints", 1)}),
    ({"excluded": ["ip:127.0.0.1/32"]}, [], LOCAL, {("name-constraints", 1)}),
    ({}, [ExtendedKeyUsageOID.CLIENT_AUTH], LOCAL, {("issuer-usage", 2)}),
])
def test_chain_and_cert_name_what_is_refused(tmp_path, limits, usage, alt, wanted):
    root = Authority(KEYS[0], name("CN=Root"), **limits)
    inter = Authority(KEYS[1], name("CN=Int"), root, usage=usage)
    server = [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)]
    write(tmp_path, root.cert, [inter.cert], leaf_of(inter, alt, extra=server))
    with peers.TlsPeer(tmp_path, peers.echo, cert="x") as p:
        found = findings("chain", "--json", "--cacert", tmp_path / "root.pem",
                         f"localhost:{p.port}")
    assert found == wanted
    assert findings("cert", "--json", tmp_path / "x-chain.pem", tmp_path / "root.pem") == wanted


def renewed_root():
    """The root with another key, which it signed itself: self-issued, and with a name of its own."""
    root = Authority(KEYS[0], name("CN=Root"), permitted=["dns:localhost"])
    above = Authority(KEYS[1], name("CN=Root"), root, alt=["dns:example.org"])
    return root, [above], leaf_of(above, LOCAL)


def anchor_for_clients():
    root = Authority(KEYS[0], name("CN=Root"), usage=[ExtendedKeyUsageOID.CLIENT_AUTH])
    return root, [], leaf_of(root, LOCAL)


@APPLIED
@pytest.mark.parametrize("make, flags, wanted", [
    (renewed_root, 0, set()), (anchor_for_clients, EXT_KEY_USAGE, {("issuer-usage", 0)})])
def test_chain_judges_as_the_verifier_does(connect, tmp_path, make, flags, wanted):
    anchor, above, leaf = make()
    assert connect(anchor.cert, [a.cert for a in above], leaf)[0] == flags
    with peers.TlsPeer(tmp_path, peers.echo, cert="x") as p:
        found = findings("chain", "--json", "--cacert", tmp_path / "root.pem", f"localhost:{p.port}")
    assert found == wanted


# --- what an authority's certificates are for ----------------------------------------------------

SERVER, CLIENT, ANY = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH,
                       ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)


@pytest.mark.parametrize("usage, flags", [([], 0), ([SERVER], 0), ([CLIENT, SERVER], 0), ([ANY], 0),
                                          ([CLIENT], EXT_KEY_USAGE)])
def test_extended_key_usage_of_an_intermediate(connect, usage, flags):
    root = Authority(KEYS[0], name("CN=Root"))
    inter = Authority(KEYS[1], name("CN=Int"), root, usage=usage)
    assert connect(root.cert, [inter.cert], leaf_of(inter, LOCAL)) == (flags, 1 if flags else -1)


def test_the_usage_of_an_intermediate_has_its_reason(tmp_path):
    root = Authority(KEYS[0], name("CN=Root"))
    inter = Authority(KEYS[1], name("CN=Int"), root, usage=[CLIENT])
    write(tmp_path, root.cert, [inter.cert], leaf_of(inter, LOCAL))
    with peers.TlsPeer(tmp_path, peers.echo, cert="x") as p:
        reasons, text = why(tmp_path, p.port)
    assert reasons == ["ISSUER_USAGE"] and "CN=Int" in text, (reasons, text)


# --- kinds of names ------------------------------------------------------------------------------


@pytest.mark.parametrize("alt, subject, host, flags", [
    (["ip:127.0.0.1"], "CN=x", "127.0.0.1", 0),
    (["dns:127.0.0.1"], "CN=x", "127.0.0.1", CN_MISMATCH),
    (["dns:*.0.0.1"], "CN=x", "127.0.0.1", CN_MISMATCH),
    (["uri:127.0.0.1"], "CN=x", "127.0.0.1", CN_MISMATCH),
    (["dns:localhost"], "CN=127.0.0.1", "127.0.0.1", CN_MISMATCH),
    ([], "CN=127.0.0.1", "127.0.0.1", 0),
    (["uri:localhost"], "CN=x", "localhost", CN_MISMATCH),
    (["uri:https://localhost"], "CN=localhost", "localhost", CN_MISMATCH),
    (["ip:127.0.0.1"], "CN=localhost", "localhost", CN_MISMATCH),
    (["mail:a@localhost"], "CN=localhost", "localhost", CN_MISMATCH),
    ([], "CN=localhost", "localhost", 0),
    (["dns:LocalHost"], "CN=x", "localhost", 0),
])
def test_a_host_is_matched_by_names_of_its_kind(connect, alt, subject, host, flags):
    root = Authority(KEYS[0], name("CN=Root"))
    got = connect(root.cert, [], leaf_of(root, alt, name(subject)), host=host, family=1)
    assert got == (flags, 0 if flags else -1)


# --- PKITS section 4.13 --------------------------------------------------------------------------

PKITS = Path("/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data")
PASSED = datetime.datetime.utcnow() > datetime.datetime(2030, 12, 30)


def pkits_names():
    return sorted(f.stem for f in (PKITS / "certs").glob("*nameConstraints*Test*EE.crt"))


def pkits_chain(leaf, all_certs):
    """The path from the leaf to the trust anchor: by name and key identifier."""
    chain = [leaf]
    while chain[-1].issuer != chain[-1].subject or len(chain) == 1:
        wanted = chain[-1].extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        chain.append(next(c for c in all_certs if c.subject == chain[-1].issuer
                          and key_id(c) == wanted.key_identifier))
    return chain


def key_id(cert):
    try:
        return cert.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, ValueError):
        return None


@pytest.fixture(scope="module")
def pkits_certs():
    return [x509.load_der_x509_certificate(f.read_bytes())
            for f in sorted((PKITS / "certs").glob("*.crt"))
            if f.name.startswith(("nameConstraints", "TrustAnchor"))]


@APPLIED
@pytest.mark.skipif(not PKITS.exists(), reason="python3-cryptography-vectors is not installed")
@pytest.mark.skipif(PASSED, reason="the certificates of PKITS were valid until the end of 2030")
def test_pkits_name_constraints(client, tmp_path, pkits_certs):
    wrong = []
    names = pkits_names()
    assert len(names) == 38
    for test in names:
        leaf = x509.load_der_x509_certificate((PKITS / "certs" / f"{test}.crt").read_bytes())
        chain = pkits_chain(leaf, pkits_certs)
        write(tmp_path, chain[-1], chain[1:-1], leaf)
        key = subprocess.run(["openssl", "pkcs12", "-legacy", "-passin", "pass:password",
                              "-nocerts", "-nodes", "-in", PKITS / "pkcs12" / f"{test}.p12"],
                             capture_output=True, check=True).stdout
        (tmp_path / "x.key").write_bytes(key)
        with peers.TlsPeer(tmp_path, peers.echo, cert="x") as p:
            r = client(port=p.port, cacert=str(tmp_path / "root.pem"), skip_name=True)
        if (r.ret == 1) != test.startswith("Valid"):
            wrong.append((test, hex(r.record.flags), r.record.cause))
        elif r.ret == -1:
            assert r.record.flags == NAME_CONSTRAINTS, (test, r)
    assert not wrong
