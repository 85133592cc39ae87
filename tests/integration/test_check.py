# SPDX-License-Identifier: Apache-2.0
"""esp-tls check: what it finds of servers of every kind, and its page in a browser."""
import contextlib
import json
import os
import re
import ssl
import subprocess
import time
from pathlib import Path

import peers
import pytest
from pages import Page, drawn, page_json, picture_size_and_colours

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
GOOD, USAGE, DNS, TCP, TIMEOUT, CERTIFICATE, TLS = 0, 2, 3, 4, 5, 6, 7
CHAIN_ONLY = {"chain": False}
# Of a server that works these may be said: what it needs of some devices, never that it fails.
HARMLESS = {"large-records", "http"}


def run(*args, limit=120):
    return subprocess.run([PROGRAM, "check", *map(str, args)], capture_output=True, text=True,
                          timeout=limit, check=False)


def check(*args, trust=None, url=None):
    more = ["--cacert", trust] if trust is not None else []
    result = run("--json", "--no-memory", *more, *args, *([url] if url else []))
    assert result.stdout, result
    found = json.loads(result.stdout)
    assert found["exit"] == result.returncode, result
    found["ids"] = [f["id"] for f in found["findings"]]
    found["stderr"] = result.stderr
    return found


def openssl(certs, *args, cert="server-ec", chain="int-ec", **more):
    """With the chain as it should be: the intermediate, once."""
    extra = ["-cert_chain", certs / f"{chain}.pem"] if chain else []
    return peers.Openssl(certs, *extra, *args, cert=cert, chain=False, **more)


def ids_at(certs, server, *args, root="root-ec", scheme="https"):
    return check(*args, trust=certs / f"{root}.pem", url=f"{scheme}://localhost:{server.port}")


def names(found, key):
    return [a["name"] for a in found[key]["picked"]]


def device(found, name):
    return next(d for d in found["devices"] if d["name"] == name)


# --- servers that work -------------------------------------------------------------------------------


def test_check_server_with_both_versions_has_no_failing_finding(certs):
    with openssl(certs) as s:
        r = ids_at(certs, s)
    assert r["exit"] == GOOD and set(r["ids"]) <= HARMLESS, r["findings"]
    assert r["versions"]["1.2"]["accepted"] and r["versions"]["1.3"]["accepted"]
    assert not r["versions"]["1.0"]["accepted"] and not r["versions"]["1.1"]["accepted"]
    assert r["session_1_2"]["opened"] and r["session_1_3"]["opened"]
    assert r["session_1_3"]["http_status"] == 200
    assert r["session_any"]["opened"] and r["session_any"]["version"] == "TLSv1.3"
    assert {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"} <= set(names(r, "suites_1_3"))
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in names(r, "suites_1_2")
    assert {"x25519", "secp256r1", "secp384r1"} <= set(names(r, "groups_1_2"))
    assert {"x25519", "secp256r1", "secp384r1"} <= set(names(r, "groups_1_3"))
    assert names(r, "signatures_1_3") == ["ecdsa_secp256r1_sha256"]
    for key in ("suites_1_2", "suites_1_3", "groups_1_2", "groups_1_3"):
        assert r[key]["complete"] and len(set(names(r, key))) == len(names(r, key))
    assert device(r, "ESP-IDF's default settings")["works"] == "yes"
    assert 30 < r["connections"] <= 110


def test_check_chain_is_read_in_the_order_in_which_it_was_sent(certs):
    with openssl(certs) as s:
        chain = ids_at(certs, s)["chain"]
    assert chain["in_order"] and not chain["ends_in_root"]
    leaf, issuer = chain["certificates"]
    assert leaf["subject"].startswith("CN=localhost") and "test.example" in leaf["names"]
    assert issuer["subject"] == leaf["issuer"] and leaf["issuer_index"] == 1
    assert leaf["key"] == "EC P-256" and issuer["issuer_index"] == -1
    assert leaf["bytes"] == (certs / "server-ec.der").stat().st_size


def test_check_rsa_server_signs_in_the_ways_that_it_says(certs):
    with openssl(certs, cert="server-rsa", chain="int-rsa") as s:
        r = ids_at(certs, s, root="root-rsa")
    assert r["exit"] == GOOD and set(r["ids"]) <= HARMLESS, r["findings"]
    assert {"rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"} <= set(names(r, "signatures_1_2"))
    assert set(names(r, "signatures_1_3")) == {f"rsa_pss_rsae_sha{n}" for n in (256, 384, 512)}
    assert r["chain"]["certificates"][0]["key"] == "RSA 2048"


def test_check_chain_with_keys_on_other_curves_is_not_for_p256_alone(certs):
    with openssl(certs, cert="server-ec384", chain="int-ec384") as s:
        r = ids_at(certs, s, root="root-ec384")
    assert r["exit"] == GOOD and set(r["ids"]) <= HARMLESS, r["findings"]
    assert device(r, "P-256 as the only curve")["works"] == "no"
    assert "EC P-384" in device(r, "P-256 as the only curve")["why"]


@pytest.mark.parametrize("priority", [None, "NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                      "NORMAL:-VERS-ALL:+VERS-TLS1.3"])
def test_check_gnutls_server_works_and_keeps_to_record_size_limit(certs, priority):
    with peers.Gnutls(certs, priority=priority) as s:
        r = ids_at(certs, s)
    only_1_3 = priority is not None and priority.endswith("1.3")
    assert set(r["ids"]) <= HARMLESS | {"chain-extra"} | ({"only-1.3"} if only_1_3 else set())
    assert r["exit"] == (TLS if only_1_3 else GOOD), r["findings"]
    assert r["limits"]["record_size_limit"] == r["versions"]["1.3"]["accepted"]


def test_check_nginx_with_records_of_16_kilobytes_says_so(certs, tmp_path):
    with peers.Nginx(certs, tmp_path) as s:
        s.put("big.bin", peers.pattern(100_000))
        r = ids_at(certs, s, "--get", "/big.bin")
    assert r["exit"] == GOOD and set(r["ids"]) <= HARMLESS | {"chain-extra"}, r["findings"]
    assert "large-records" in r["ids"]
    assert 16384 < r["session_1_3"]["largest_data_record"] <= 16384 + 256
    small = r["limits"]["in_4096_tls_1_3"]
    assert small["record_limit"] == 4096 and small["record_len"] > 16384
    assert device(r, "records of 4096 bytes, TLS 1.3")["works"] == "no"
    assert device(r, "records of 4096 bytes, TLS 1.2")["works"] == "yes"
    assert r["limits"]["max_fragment_length"] and not r["limits"]["record_size_limit"]
    assert r["limits"]["in_4096_tls_1_2"]["largest_data_record"] <= 4096 + 256


def test_check_python_server_works(certs, tls_peer):
    r = ids_at(certs, tls_peer())
    assert r["exit"] == GOOD and set(r["ids"]) <= HARMLESS | {"chain-extra"}, r["findings"]


def test_check_mqtts_and_bare_hosts_have_no_get(certs, tls_peer):
    server = tls_peer(alpn=["mqtt"])
    r = ids_at(certs, server, scheme="mqtts")
    assert r["exit"] == GOOD and r["session_1_3"]["alpn"] == "mqtt", r["findings"]
    assert r["session_1_3"]["http_status"] == 0 and r["session_1_3"]["body"] == 0
    r = check(trust=certs / "root-ec.pem", url=f"localhost:{server.port}")
    assert r["exit"] == GOOD and r["scheme"] == "tls" and r["session_1_3"]["alpn"] is None


# --- versions ----------------------------------------------------------------------------------------


def test_check_server_of_tls_1_2_only_works(certs):
    with openssl(certs, "-tls1_2") as s:
        r = ids_at(certs, s)
    assert r["exit"] == GOOD and set(r["ids"]) <= HARMLESS, r["findings"]
    assert not r["versions"]["1.3"]["accepted"] and r["session_1_3"] is None
    assert device(r, "TLS 1.3 only")["works"] == "no"
    assert device(r, "with TLS 1.3 as well")["works"] == "yes"


def test_check_server_of_tls_1_3_only_fails_with_default_settings(certs):
    with openssl(certs, "-tls1_3") as s:
        r = ids_at(certs, s)
    assert r["exit"] == TLS and r["ids"][0] == "only-1.3", r["findings"]
    assert "CONFIG_MBEDTLS_SSL_PROTO_TLS1_3" in r["findings"][0]["remedy"]
    assert r["session_1_3"]["opened"]
    assert r["chain"]["certificates"][0]["subject"].startswith("CN=localhost")
    assert device(r, "TLS 1.3 only")["works"] == "yes"


@pytest.mark.parametrize("version", ["1", "1_1"])
def test_check_server_of_old_versions_only_is_named_as_such(certs, version):
    with openssl(certs, f"-tls{version}", "-cipher", "ALL:@SECLEVEL=0", cert="server-rsa",
                 chain="int-rsa") as s:
        r = ids_at(certs, s, root="root-rsa")
    assert r["exit"] == TLS and r["ids"] == ["only-old"], r["findings"]
    assert r["findings"][0]["evidence"] == f"TLS 1.{version[2:] or 0} accepted"
    assert all(d["works"] == "no" for d in r["devices"])


# --- suites, groups, signatures ----------------------------------------------------------------------

ECDHE = "TLS_ECDHE_ECDSA_WITH_"
SUITES = [
    ("ECDHE-ECDSA-AES128-GCM-SHA256", ECDHE + "AES_128_GCM_SHA256", "server-ec", None, GOOD),
    ("ECDHE-ECDSA-AES256-CCM8", ECDHE + "AES_256_CCM_8", "server-ec", None, GOOD),
    ("ECDHE-ECDSA-AES128-SHA256", ECDHE + "AES_128_CBC_SHA256", "server-ec", "cbc", GOOD),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", ECDHE + "CHACHA20_POLY1305_SHA256", "server-ec",
     "suites-option", TLS),
    ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256", "server-rsa", "static-rsa", GOOD),
    ("DHE-RSA-AES128-GCM-SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "server-rsa", "suites",
     TLS),
]


@pytest.mark.parametrize("cipher, name, cert, finding, status", SUITES,
                         ids=[row[0] for row in SUITES])
def test_check_server_with_one_suite(certs, cipher, name, cert, finding, status):
    kind = cert.split("-")[1]
    with openssl(certs, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0", cert=cert,
                 chain=f"int-{kind}") as s:
        r = ids_at(certs, s, root=f"root-{kind}")
    assert names(r, "suites_1_2") == [name] and r["suites_1_2"]["complete"]
    assert r["exit"] == status, r["findings"]
    expected = {finding} if finding else set()
    if finding in ("static-rsa", "cbc"):  # this build cannot, so it says that it did not verify
        expected |= {"unverified"}
    if finding == "suites":
        expected |= {"handshake"}
    assert set(r["ids"]) - HARMLESS == expected, r["findings"]
    if finding:
        assert r["ids"][0] == finding
    if finding == "suites-option":
        assert "CONFIG_MBEDTLS_CHACHAPOLY_C=y" in r["findings"][0]["remedy"]
    assert device(r, "without CBC")["works"] == ("no" if "CBC" in name or status == TLS else "yes")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("group, name, finding", [
    ("P-384", "secp384r1", "groups-large"), ("P-256", "secp256r1", None),
    ("X25519", "x25519", None), ("X448", "x448", "groups")])
def test_check_server_with_one_group(certs, version, group, name, finding):
    with openssl(certs, version, "-groups", group, cert="server-rsa", chain="int-rsa") as s:
        r = ids_at(certs, s, root="root-rsa")
    found = set(r["ids"]) - HARMLESS - {"only-1.3"}
    assert names(r, "groups_" + version[4:]) == [name]
    if finding == "groups":
        assert "groups" in found and found <= {"groups", "handshake"} and r["exit"] == TLS
    else:
        assert found == ({finding} if finding else set()), r["findings"]
    if version == "-tls1_2":
        assert device(r, "P-256 as the only curve")["works"] == (
            "yes" if group == "P-256" else "no")


def test_check_server_that_signs_with_pss_only(certs):
    with openssl(certs, "-tls1_2", "-sigalgs", "RSA-PSS+SHA256", cert="server-rsa",
                 chain="int-rsa") as s:
        r = ids_at(certs, s, root="root-rsa")
    assert names(r, "signatures_1_2") == ["rsa_pss_rsae_sha256"]
    # a device without TLS 1.3 does not offer it; one with both does, and opens
    assert r["exit"] == TLS and set(r["ids"]) - HARMLESS == {"pss"}, r["findings"]
    assert not r["session_1_2"]["opened"] and r["session_any"]["opened"]
    assert device(r, "ESP-IDF's default settings")["works"] == "no"
    assert device(r, "with TLS 1.3 as well")["works"] == "yes"
    with openssl(certs, "-sigalgs", "RSA-PSS+SHA256", cert="server-rsa", chain="int-rsa") as s:
        r = ids_at(certs, s, root="root-rsa")
    assert r["exit"] == TLS and set(r["ids"]) - HARMLESS == {"pss"}, r["findings"]
    assert r["session_1_3"]["opened"] and not r["session_1_2"]["opened"]
    assert device(r, "TLS 1.3 without RSASSA-PSS")["works"] == "no"
    assert device(r, "with TLS 1.3 as well")["works"] == "yes"


BOTH = b"\x00\x2b\x00\x05\x04\x03\x04\x03\x03"  # supported_versions: 1.3, 1.2


def only_with(condition):
    """Passes on what the client sends if its first record is such that the server would like it."""
    def up(sink, chunks):
        for i, data in enumerate(chunks):
            if i == 0 and not condition(data):
                return
            sink.sendall(data)
    return up


def test_check_server_that_fails_when_both_versions_are_offered_says_so(certs):
    """What a program gets that sets no version is tried, not concluded from the two by themselves."""
    with openssl(certs) as s, peers.Relay(s.port, up=only_with(lambda hello: BOTH not in hello)) as p:
        r = ids_at(certs, p)
        got = subprocess.run([PROGRAM, "get", "--cacert", certs / "root-ec.pem",
                              f"https://localhost:{p.port}/"], capture_output=True, timeout=120,
                             check=False)
    assert got.returncode == TLS
    assert r["session_1_2"]["opened"] and r["session_1_3"]["opened"]
    assert not r["session_any"]["opened"]
    assert set(r["ids"]) - HARMLESS == {"fails-both"}, r["findings"]
    assert device(r, "with TLS 1.3 as well")["works"] == "no"
    assert "was ended by the server" in device(r, "with TLS 1.3 as well")["why"]
    assert device(r, "ESP-IDF's default settings")["works"] == "yes"
    assert r["exit"] == GOOD and not r["memory"]["measured"]


def test_check_server_whose_one_version_fails_says_which(certs):
    """It answers the probes, which have a renegotiation_info extension, and not a client of ours in
    TLS 1.2, which has neither that nor supported_versions."""
    def answers(hello):
        return b"\xff\x01\x00\x01\x00" in hello or b"\x00\x2b\x00" in hello

    with openssl(certs) as s, peers.Relay(s.port, up=only_with(answers)) as p:
        r = ids_at(certs, p)
    assert not r["session_1_2"]["opened"]
    assert set(r["ids"]) - HARMLESS == {"fails-1.2"} and r["exit"] == TLS, r["findings"]
    assert device(r, "ESP-IDF's default settings")["works"] == "no"
    assert device(r, "with TLS 1.3 as well")["works"] == "yes"


def test_check_server_with_a_key_that_no_device_can_use(issue, tmp_path):
    issue("ed25519", days=365)
    with issued(tmp_path) as s:
        r = check(trust=tmp_path / "root.pem", url=f"https://localhost:{s.port}")
    assert names(r, "signatures_1_2") == names(r, "signatures_1_3") == ["ed25519"]
    assert r["exit"] == TLS and r["ids"][0] == "signatures", r["findings"]
    assert set(r["ids"]) <= {"signatures", "handshake"}
    assert device(r, "with TLS 1.3 as well")["works"] == "no"


# --- what is sent besides ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def staple(tmp_path_factory):
    """An OCSP response: "try later" needs no signature."""
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import ocsp
    response = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    path = tmp_path_factory.mktemp("ocsp") / "staple.der"
    path.write_bytes(response.public_bytes(Encoding.DER))
    return path


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_check_stapled_ocsp_response_is_seen(certs, staple, version):
    with openssl(certs, version, "-status_file", staple) as s:
        r = ids_at(certs, s)
    assert r["ocsp_staple"] == staple.stat().st_size
    with openssl(certs, version) as s:
        assert ids_at(certs, s)["ocsp_staple"] == 0


def test_check_tickets_and_session_ids_are_seen(certs):
    with openssl(certs, "-tls1_2") as s:
        assert ids_at(certs, s)["resumption"]["tickets_1_2"]
    with openssl(certs, "-tls1_2", "-no_ticket") as s:
        r = ids_at(certs, s)["resumption"]
    assert not r["tickets_1_2"] and r["session_id_1_2"]


def test_check_record_sizes_are_those_on_the_wire(certs, tmp_path):
    """Seen by a relay between the two, byte for byte."""
    seen = []

    def count(sink, chunks):
        data = b""
        for chunk in chunks:
            data += chunk
            sink.sendall(chunk)
        seen.append(data)

    with openssl(certs, "-tls1_3") as s, peers.Relay(s.port, down=count) as relay:
        r = ids_at(certs, relay)
    records = [x["length"] for x in r["session_1_3"]["records"] if x["direction"] == "received"]
    on_wire = []
    for data in seen:
        sizes, at = [], 0
        while at + 5 <= len(data):
            sizes.append(int.from_bytes(data[at + 3:at + 5], "big"))
            at += 5 + sizes[-1]
        on_wire.append(sizes)
    assert any(sizes[:len(records)] == records for sizes in on_wire), (records, on_wire)


def tls_1_2(handshake):
    """A handshake message, or several, in one record."""
    return b"\x16\x03\x03" + len(handshake).to_bytes(2, "big") + handshake


def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def test_check_server_that_agrees_to_fragments_and_sends_long_ones(certs, peer):
    leaf = (certs / "server-rsa.der").read_bytes()
    one = len(leaf).to_bytes(3, "big") + leaf
    extensions = b"\x00\x01\x00\x01"

    def handler(conn):
        hello = conn.recv(65536)
        asked = hello.find(extensions)
        echo = hello[asked:asked + 5] if asked > 0 else b""
        body = b"\x03\x03" + bytes(32) + b"\x00\xC0\x2F\x00"
        body += len(echo).to_bytes(2, "big") + echo if echo else b""
        conn.sendall(tls_1_2(message(2, body) +
                             message(11, len(one).to_bytes(3, "big") + one) +
                             message(12, b"\x03\x00\x17\x01\x04\x08\x04\x00\x01\x00") +
                             message(14, b"")))

    r = check(trust=certs / "root-rsa.pem", url=f"https://localhost:{peer(handler).port}")
    assert "max-fragment" in r["ids"], r["findings"]
    assert r["limits"]["max_fragment_length_ignored"] and not r["limits"]["max_fragment_length"]


def test_check_what_is_no_http_is_noted(certs, tls_peer):
    def handler(tls):
        tls.recv(4096)
        tls.sendall(b"200 but not HTTP\r\n\r\n")

    r = ids_at(certs, tls_peer(handler))
    assert r["exit"] == GOOD and "http" in r["ids"], r["findings"]


def test_check_slow_server_is_not_asked_everything(certs):
    def slow(sink, chunks):
        time.sleep(0.5)
        peers.forward(sink, chunks)

    with openssl(certs) as s, peers.Relay(s.port, down=slow) as relay:
        r = ids_at(certs, relay, "--timeout", "1")
    assert "incomplete" in r["ids"], r["findings"]
    assert not all(r[k]["complete"] for k in ("suites_1_2", "suites_1_3", "groups_1_2"))
    assert r["us"] < 20_000_000


# --- certificates ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cert, root, reason", [
    ("server-ec", "root-other", "ROOT_NOT_TRUSTED"), ("server-name", "root-ec", "NAME_MISMATCH"),
    ("server-expired", "root-ec", "CERT_EXPIRED"), ("server-usage", "root-ec", "WRONG_USAGE"),
    ("server-future", "root-ec", "CERT_NOT_YET_VALID"), ("self-leaf", "root-ec", "SELF_SIGNED"),
    ("server-twin", "root-ec", "ANCHOR_KEY_DIFFERS")])
def test_check_certificate_that_is_refused(certs, cert, root, reason):
    chain = "int-ec" if cert.startswith("server") and cert != "server-twin" else None
    with openssl(certs, cert=cert, chain=chain) as s:
        r = ids_at(certs, s, root=root)
    assert r["exit"] == CERTIFICATE and r["ids"][0] == "certificate", r["findings"]
    assert r["findings"][0]["reason"] == reason and r["findings"][0]["remedy"], r["findings"][0]
    assert r["session_1_3"]["verify_bits"] != 0
    assert r["chain"]["certificates"][0]["readable"]
    assert all(d["works"] == "no" for d in r["devices"])


def test_check_chain_without_its_intermediate_says_who_is_missing(certs):
    with openssl(certs, chain=None) as s:
        r = ids_at(certs, s)
    assert r["exit"] == CERTIFICATE and r["ids"][0] == "certificate"
    assert r["findings"][0]["reason"] == "MISSING_INTERMEDIATE", r["findings"][0]
    assert "Test Intermediate EC" in r["findings"][0]["evidence"]
    assert r["chain"]["certificates"][0]["issuer_index"] == -1
    assert "Test Intermediate EC" in r["chain"]["certificates"][0]["issuer"]


def test_check_chain_with_root_and_out_of_order_is_noted(certs, tmp_path):
    chain = tmp_path / "chain.pem"
    chain.write_text((certs / "root-ec.pem").read_text() + (certs / "int-ec.pem").read_text())
    with peers.Openssl(certs, "-cert_chain", chain, chain=False) as s:
        r = ids_at(certs, s)
    assert r["exit"] == GOOD, r["findings"]
    assert {"chain-order", "chain-root"} <= set(r["ids"]) and not r["chain"]["in_order"]


def test_check_chain_with_what_nobody_needs_is_noted(certs, tmp_path):
    chain = tmp_path / "chain.pem"
    chain.write_text((certs / "int-ec.pem").read_text() + (certs / "int-rsa.pem").read_text())
    with peers.Openssl(certs, "-cert_chain", chain, chain=False) as s:
        r = ids_at(certs, s)
    assert r["exit"] == GOOD and set(r["ids"]) - HARMLESS == {"chain-extra"}, r["findings"]
    assert "Test Intermediate RSA" in json.dumps(r["findings"])


@pytest.fixture
def issue(tmp_path):
    """Make root.pem, leaf.pem and leaf.key: valid since long, and for some days more."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import (Encoding, NoEncryption,
                                                              PrivateFormat)
    now = datetime.datetime.utcnow()

    def make(kind="ec", days=365, names=1):
        root_key = ec.generate_private_key(ec.SECP256R1())
        key = (ed25519.Ed25519PrivateKey.generate() if kind == "ed25519"
               else ec.generate_private_key(ec.SECP256R1()))
        root_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Short Root")])
        leaf_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Short Leaf")])
        begin = now - datetime.timedelta(days=90)

        def certificate(subject, public, end, extensions):
            builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(root_name)
                       .public_key(public).serial_number(x509.random_serial_number())
                       .not_valid_before(begin).not_valid_after(end))
            for extension, critical in extensions:
                builder = builder.add_extension(extension, critical)
            return builder.sign(root_key, hashes.SHA256()).public_bytes(Encoding.PEM)

        dns = ["localhost", *(f"name-{i:04}.of-a-long-list.example" for i in range(1, names))]
        (tmp_path / "root.pem").write_bytes(certificate(
            root_name, root_key.public_key(), now + datetime.timedelta(days=3650),
            [(x509.BasicConstraints(True, None), True)]))
        (tmp_path / "leaf.pem").write_bytes(certificate(
            leaf_name, key.public_key(), now + datetime.timedelta(days=days),
            [(x509.SubjectAlternativeName([x509.DNSName(n) for n in dns]), False)]))
        (tmp_path / "leaf.key").write_bytes(key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return make


def issued(folder, *args):
    return peers.Openssl(folder, *args, cert="leaf", chain=False)


@pytest.mark.parametrize("days, is_soon", [(3, True), (60, False)])
def test_check_certificate_that_expires_soon_is_noted(issue, tmp_path, days, is_soon):
    issue(days=days)
    with issued(tmp_path) as s:
        r = check(trust=tmp_path / "root.pem", url=f"https://localhost:{s.port}")
    assert r["exit"] == GOOD and set(r["ids"]) - HARMLESS == (
        {"expires-soon"} if is_soon else set()), r["findings"]


def test_check_chain_of_more_than_4096_bytes_is_noted(issue, tmp_path):
    issue(names=150)
    with issued(tmp_path) as s:
        r = check(trust=tmp_path / "root.pem", url=f"https://localhost:{s.port}")
    assert r["exit"] == GOOD and set(r["ids"]) - HARMLESS == {"chain-long"}, r["findings"]
    names = r["chain"]["certificates"][0]["names"]
    assert r["chain"]["bytes"] > 4096 and "name-0001.of-a-long-list.example" in names


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_check_server_that_demands_a_certificate(certs, version):
    with openssl(certs, version, "-Verify", "2", "-CAfile", certs / "root-client.pem") as s:
        r = ids_at(certs, s)
        assert r["exit"] == TLS and "wants-certificate" in r["ids"], r["findings"]
        assert "clientcert_buf" in json.dumps(r["findings"])
        r = ids_at(certs, s, "--cert", certs / "client-ec-chain.pem", "--key",
                   certs / "client-ec.key")
    assert "wants-certificate" not in r["ids"], r["findings"]
    assert r["session_" + version[4:]]["opened"]


def test_check_server_that_demands_a_certificate_without_http(certs, tls_peer):
    """In TLS 1.3 the refusal comes when our handshake is over already."""
    r = ids_at(certs, tls_peer(client_ca=certs / "root-client.pem", low=ssl.TLSVersion.TLSv1_3),
               scheme="mqtts")
    assert "wants-certificate" in r["ids"], r["findings"]


def test_check_server_that_would_like_a_certificate(certs):
    with openssl(certs, "-verify", "2", "-CAfile", certs / "root-client.pem") as s:
        r = ids_at(certs, s)
    assert r["exit"] == GOOD and set(r["ids"]) - HARMLESS == {"asks-certificate"}, r["findings"]


def test_check_server_that_speaks_another_protocol_inside(certs):
    with openssl(certs, "-alpn", "h2") as s:
        r = ids_at(certs, s)
    assert r["exit"] == GOOD and "alpn-refused" in r["ids"], r["findings"]
    assert r["versions"]["1.2"]["accepted"]


# --- memory ------------------------------------------------------------------------------------------


def test_check_estimates_esp_idfs_own_memory_beside_this_librarys(certs):
    with openssl(certs) as s:
        result = run("--json", "--cacert", certs / "root-ec.pem", f"https://localhost:{s.port}")
        text = run("--cacert", certs / "root-ec.pem", f"https://localhost:{s.port}").stdout
    r = json.loads(result.stdout)
    e = r["memory"]["esp_idf_estimate"]
    assert r["memory"]["measured"] and e["dynamic"]["least"] < e["fixed"]["least"] < e["fixed"]["most"]
    assert e["fixed"]["least"] > r["memory"]["elastic_heap_peak"]
    own = device(r, "ESP-IDF's own esp-tls, dynamic record buffers")
    assert own["works"] == "yes" and own["why"].startswith("estimated: ")
    assert "ESP-IDF's own esp-tls, estimated: " in text and "this library, measured" in text


def estimate(certs, server, *args, root="root-ec"):
    found = json.loads(run("--json", "--cacert", certs / f"{root}.pem", *args,
                           f"https://localhost:{server.port}").stdout)
    assert found["memory"]["measured"]
    return found["memory"]["esp_idf_estimate"]


def test_check_counts_no_estimate_among_the_settings_that_were_tried(certs):
    with openssl(certs, "-tls1_2") as s:
        found = json.loads(run("--json", "--cacert", certs / "root-ec.pem",
                               f"https://localhost:{s.port}").stdout)
    assert device(found, "ESP-IDF's own esp-tls, dynamic record buffers")["works"] == "yes"
    tried = [d["works"] for d in found["devices"]
             if "ESP-IDF's own" not in d["name"] and d["works"] != "untried"]
    assert "no" in tried
    assert f"of {len(tried)} settings that were tried, {tried.count('no')} would" in found["verdict"]


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_check_estimates_a_client_certificate_only_where_it_is_sent(certs, version):
    identity = ["--cert", certs / "client-rsa-chain.pem", "--key", certs / "client-rsa.key"]
    with openssl(certs, version) as s:
        assert estimate(certs, s, *identity) == estimate(certs, s)
    with openssl(certs, version, "-verify", "2", "-CAfile", certs / "root-client.pem") as s:
        assert estimate(certs, s, *identity)["fixed"]["least"] > estimate(certs, s)["fixed"]["least"]


def test_check_estimates_for_the_chain_of_the_version_that_was_agreed_on(certs):
    """RSA in TLS 1.2, by the only suite there; in TLS 1.3 the server has its EC chain."""
    rsa = ["-dcert", certs / "server-rsa.pem", "-dkey", certs / "server-rsa.key", "-dcert_chain",
           certs / "int-rsa.pem", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"]
    with openssl(certs, "-tls1_3") as s:
        ec = estimate(certs, s)
    with openssl(certs, *rsa) as s:
        assert estimate(certs, s) == ec


# --- the verdict -------------------------------------------------------------------------------------


def test_check_says_its_verdict_first(certs):
    with openssl(certs) as s:
        lines = run("--no-memory", "--cacert", certs / "root-ec.pem",
                    f"https://localhost:{s.port}").stdout.splitlines()
    assert lines[0] == f"localhost port {s.port}" and lines[2].startswith("A device")
    assert not any("A device" in line for line in lines[4:])


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_check_tells_no_setting_to_work_behind_a_refusal(certs, version):
    """What a device needs first hides what its settings would do."""
    with openssl(certs, version, "-Verify", "2", "-CAfile", certs / "root-client.pem") as s:
        r = ids_at(certs, s)
        text = run("--no-memory", "--cacert", certs / "root-ec.pem",
                   f"https://localhost:{s.port}").stdout
    assert {d["works"] for d in r["devices"]} <= {"no", "untried"}
    assert device(r, "without CBC")["works"] == ("untried" if version == "-tls1_2" else "no")
    assert "works" not in text and "could not be tried" in r["verdict"]


def test_check_says_nothing_of_the_versions_of_a_silent_server(peer):
    r = check("--timeout", "1", url=f"https://localhost:{peer(lambda c: c.recv(1) and time.sleep(9)).port}")
    assert {(d["works"], d["why"]) for d in r["devices"]} == {("untried", r["findings"][0]["title"])}


# --- STARTTLS ----------------------------------------------------------------------------------------


class Smtp(peers.Peer):
    """A mail server as far as STARTTLS goes; `say` changes replies, None hangs up."""

    def __init__(self, certs, **say):
        super().__init__(self._talk)
        self.say = {"greeting": "220-mail.example\r\n220 ESMTP\r\n",
                    "ehlo": "250-mail.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
                    "starttls": "220 go ahead\r\n", **say}
        self.heard = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certs / "server-ec-chain.pem", certs / "server-ec.key")

    def _talk(self, conn):
        lines = conn.makefile("rb")
        for step, verb in (("greeting", b""), ("ehlo", b"EHLO ["), ("starttls", b"STARTTLS\r\n")):
            if verb:
                line = lines.readline()
                self.heard.append(line)
                if not line.startswith(verb):
                    return
            if self.say[step] is None:
                return
            conn.sendall(self.say[step].encode())
            if not self.say[step].startswith("2") and step != "greeting":
                return
        with self.context.wrap_socket(conn, server_side=True) as tls:
            while tls.recv(4096):
                pass


def test_check_smtp_starttls_works(certs):
    with Smtp(certs) as s:
        r = ids_at(certs, s, scheme="smtp")
        assert r["exit"] == GOOD and set(r["ids"]) <= HARMLESS | {"chain-extra"}, r["findings"]
        assert r["starttls"] and r["session_1_3"]["opened"] and r["session_1_2"]["opened"]
        assert b"EHLO [127.0.0.1]\r\n" in s.heard
        again = check("--starttls", "smtp", trust=certs / "root-ec.pem",
                      url=f"localhost:{s.port}")
    assert again["exit"] == GOOD and again["session_1_3"]["opened"]


@pytest.mark.parametrize("say, said", [
    ({"greeting": "554 no service\r\n"}, "554 no service"),
    ({"greeting": "421 too many\r\n"}, "421 too many"),
    ({"greeting": None}, "closed the connection"),
    ({"greeting": "SSH-2.0-x\r\n"}, "does not speak SMTP"),
    ({"ehlo": "250 mail.example\r\n"}, "does not offer STARTTLS"),
    ({"ehlo": "502 what?\r\n"}, "502 what?"),
    ({"starttls": "454 not now\r\n"}, "454 not now"),
    ({"starttls": "220 go\r\n250 slipped in\r\n"}, "in the clear")])
def test_check_smtp_that_does_not_come_to_tls(certs, say, said):
    with Smtp(certs, **say) as s:
        r = ids_at(certs, s, scheme="smtp")
    assert r["exit"] == TLS and r["ids"] == ["starttls"], r["findings"]
    assert said in r["findings"][0]["evidence"]


def test_check_smtp_against_a_port_of_tls_and_tls_against_smtp(certs):
    with openssl(certs) as s:
        r = check("--timeout", "500ms", trust=certs / "root-ec.pem",
                  url=f"smtp://localhost:{s.port}")
    assert r["exit"] in (TLS, TIMEOUT) and r["ids"][0] in ("starttls", "silent"), r["findings"]
    with Smtp(certs) as s:
        r = ids_at(certs, s)
    assert r["exit"] == TLS and r["ids"] == ["no-tls"], r["findings"]
    assert r["findings"][0]["reason"] == "PEER_SPEAKS_MAIL"


# --- no TLS at all -----------------------------------------------------------------------------------


def say_and_hold(text):
    def handler(conn):
        conn.sendall(text)
        peers.hold(conn)
    return handler


def answer(text):
    def handler(conn):
        conn.recv(4096)
        conn.sendall(text)
    return handler


@pytest.mark.parametrize("handler, finding, said", [
    (answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "no-tls", "PEER_SPEAKS_HTTP"),
    (say_and_hold(b"SSH-2.0-OpenSSH_9.2\r\n"), "no-tls", "PEER_SPEAKS_SSH"),
    (answer(b"\x15\x03\x01\x00\x02\x02\x28"), "no-version", "alert 40, handshake_failure"),
    (lambda conn: conn.recv(4096), "no-version", "connection closed"),
    (lambda conn: peers.reset(conn), "no-version", "connection closed"),
    (answer(b"\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00"), "no-tls", "ServerHello")],
    ids=["http", "ssh", "alert", "close", "reset", "broken"])
def test_check_peer_that_speaks_no_tls(certs, peer, handler, finding, said):
    s = peer(handler)
    r = ids_at(certs, s)
    assert r["exit"] == TLS and r["ids"] == [finding], r["findings"]
    assert said in json.dumps(r["findings"][0])
    assert s.connections <= 10


def test_check_peer_that_is_silent_ends_with_its_deadline(certs, peer):
    began = time.monotonic()
    r = check("--timeout", "300ms", trust=certs / "root-ec.pem",
              url=f"https://localhost:{peer(peers.hold).port}")
    assert r["exit"] == TIMEOUT and r["ids"] == ["silent"], r["findings"]
    assert time.monotonic() - began < 10


def test_check_port_that_is_closed_and_one_that_drops(certs):
    with peers.refused_port() as port:
        r = check(trust=certs / "root-ec.pem", url=f"https://127.0.0.1:{port}")
    assert r["exit"] == TCP and r["ids"] == ["tcp"] and r["devices"] == [], r["findings"]
    assert "refused" in r["findings"][0]["evidence"]
    with peers.BlackHole() as hole:
        r = check("--timeout", "300ms", trust=certs / "root-ec.pem",
                  url=f"https://127.0.0.1:{hole.port}")
    assert r["exit"] == TIMEOUT and r["ids"] == ["tcp-timeout"], r["findings"]


def test_check_name_without_address_and_one_with_a_dead_one(certs, tmp_path):
    with peers.Namespace(tmp_path, hosts="127.0.0.1 localhost test.example\n"
                                         "127.0.0.9 test.example\n", sources="files") as n:
        command = [*n.command(), PROGRAM, "check", "--json", "--no-memory", "--cacert",
                   certs / "root-ec.pem"]
        port = n.helper(f"""
certs = {str(certs)!r}
server = peers.TlsPeer(certs, peers.echo)
server.__enter__()
print(server.port)
""")
        two = subprocess.run([*command, f"mqtts://test.example:{port}"], capture_output=True,
                             text=True, check=False)
        none = subprocess.run([*command, "https://none.example"], capture_output=True, text=True,
                              check=False)
    found = json.loads(two.stdout)
    assert two.returncode == GOOD, two
    assert [a["answers"] for a in found["addresses"]].count(True) == 1
    assert [a["used"] for a in found["addresses"]].count(True) == 1
    assert "address" in [f["id"] for f in found["findings"]]
    assert none.returncode == DNS and '"name"' in none.stdout


def test_check_name_server_that_is_silent_ends_with_the_deadline(tmp_path):
    with peers.Namespace(tmp_path, resolv="nameserver 127.0.0.1\n", sources="dns") as n:
        n.helper("""
import socket
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 53))
print("ready")
""")
        result = subprocess.run([*n.command(), PROGRAM, "check", "--json", "--timeout", "300ms",
                                 "https://slow.example"], capture_output=True, text=True,
                                timeout=30, check=False)
    assert result.returncode == TIMEOUT and '"name-timeout"' in result.stdout, result


# --- usage, text, page -------------------------------------------------------------------------------


@pytest.mark.parametrize("args, said", [
    ([], "takes one server"), (["a", "b"], "takes one server"), (["http://a/"], "http"),
    (["mqtt://a"], "mqtt"), (["ssh://a"], "no server"), (["https://u:p@a/"], "no server"),
    (["--starttls", "imap", "a"], "smtp"), (["--get", "x", "a"], "--get"),
    (["--key", "k", "a"], "--cert"), (["--bogus", "a"], "bogus"), (["a b"], "no server"),
    (["--get", "/", "smtp://a"], "STARTTLS"), (["--cacert", "none.pem", "a"], "none.pem")])
def test_check_usage_is_said_before_anything_is_sent(args, said):
    result = run(*args)
    assert result.returncode == USAGE and said in result.stderr and result.stdout == ""


def test_check_text_tells_all_of_it(certs):
    with openssl(certs) as s:
        result = run("--cacert", certs / "root-ec.pem", f"https://localhost:{s.port}")
    assert result.returncode == GOOD and result.stderr == ""
    for pattern in (r"^addresses +127\.0\.0\.1  TCP in [\d.]+ ms", r"^TLS 1\.3 +accepted$",
                    r"^ +connected and verified: TLS1-3-", r"^suites 1\.2 +TLS_ECDHE_ECDSA_",
                    r"^chain +0  CN=localhost", r"^ +issued by CN=Test Root EC.*not sent$",
                    r"^OCSP +no stapled response$", r"^resumption +TLS 1\.2: tickets$",
                    r"^ +not built into this library yet, so not tried$",
                    r"^memory +[\d,]+ bytes of heap", r"^  works +ESP-IDF's default settings",
                    r"^A device", r"^\(\d+ connections in [\d.]+ s\)$"):
        assert re.search(pattern, result.stdout, re.M), (pattern, result.stdout)


def test_check_capture_has_our_connections_and_opens(certs, tmp_path):
    peers.need("tshark")
    file, keys = tmp_path / "check.pcapng", tmp_path / "keys.txt"
    with openssl(certs) as s:
        result = run("--no-memory", "--capture", file, "--keylog", keys, "--cacert",
                     certs / "root-ec.pem", f"https://localhost:{s.port}/here")
    assert result.returncode == GOOD and "anybody can read" in result.stderr
    out = subprocess.run(["tshark", "-r", file, "-d", f"tcp.port=={s.port},tls", "-Y",
                          "http.request", "-T", "fields", "-e", "http.request.uri", "-e",
                          "tcp.dstport"], capture_output=True, text=True, timeout=120, check=True,
                         env={**os.environ, "HOME": "/"}).stdout.splitlines()
    assert len(out) >= 3 and set(out) == {f"/here\t{s.port}"}, out
    assert "CLIENT_TRAFFIC_SECRET_0" in keys.read_text() and "CLIENT_RANDOM" in keys.read_text()


def test_check_page_in_a_browser_tells_what_the_json_does(certs, browser, tmp_path):
    path = tmp_path / "page.html"
    with peers.Nginx(certs, tmp_path) as s:
        s.put("big.bin", peers.pattern(60_000))
        result = run("--json", "--html", path, "--cacert", certs / "root-ec.pem",
                     f"https://localhost:{s.port}/big.bin")
        r = json.loads(result.stdout)
        text = drawn(browser(path, "--dump-dom").stdout.decode())
    page = Page(text)
    assert page_json(path.read_text()) == r
    assert page.title == f"TLS of localhost port {r['port']}, seen by a device"
    assert page.verdict == r["verdict"]
    assert {"timeline", "messages", "records"} <= set(page.figures)
    assert {"Findings", "What it means for a device", "The chain", "The connection",
            "Record sizes", "Cipher suites of TLS 1.3", "Groups in TLS 1.2"} <= set(page.headings)
    for finding in r["findings"]:
        assert f"<h3>{finding['title'][0].upper()}{finding['title'][1:]}</h3>" in text
    for certificate in r["chain"]["certificates"]:
        assert certificate["subject"] in text
    for d in r["devices"]:
        assert d["name"] in text and d["setting"] in text
    assert {m["name"] for m in r["session_1_3"]["messages"]} >= {
        "ClientHello", "ServerHello", "EncryptedExtensions", "Certificate", "CertificateVerify",
        "Finished", "NewSessionTicket"}
    for message in r["session_1_3"]["messages"]:
        assert f">{message['name']}</text>" in text
    assert page.foreign == [] and "nan" not in text.lower().split("<style>")[1].split(
        "</style>")[1]
    for width, name in ((390, "telephone"), (1200, "desk")):
        picture = tmp_path / f"{name}.png"
        browser(path, f"--screenshot={picture}", f"--window-size={width},1600")
        size = picture_size_and_colours(picture)
        assert size[:2] == (width, 1600) and size[2] > 300, size
    assert sideways(browser, path, tmp_path) <= 360


def sideways(browser, path, tmp_path):
    """How wide the page is on a telephone of 360 pixels, measured by a script in a copy of it."""
    copy = tmp_path / "narrow.html"
    script = ("<script>document.body.style.width = '360px';"
              "document.title = document.body.scrollWidth</script></body>")
    copy.write_text(path.read_text().replace("</body>", script))
    return int(Page(browser(copy, "--dump-dom").stdout.decode()).title)


def test_check_page_of_what_fails_says_what_to_change(certs, browser, tmp_path):
    path = tmp_path / "page.html"
    with openssl(certs) as s:
        result = run("--no-memory", "--html", path, "--cacert", certs / "root-other.pem",
                     f"https://localhost:{s.port}")
    assert result.returncode == CERTIFICATE
    text = drawn(browser(path, "--dump-dom").stdout.decode())
    page = Page(text)
    assert "cannot connect" in page.verdict and 'class="finding bad"' in text
    assert 'class="node bad"' in text and page.foreign == []
    assert "None connects, whatever its settings: the certificate is refused." in text
    assert sideways(browser, path, tmp_path) <= 360


def test_check_page_of_what_cannot_be_reached_is_a_page(browser, tmp_path):
    path = tmp_path / "page.html"
    with peers.refused_port() as port:
        assert run("--html", path, f"https://127.0.0.1:{port}").returncode == TCP
    assert "TCP does not open" in drawn(browser(path, "--dump-dom").stdout.decode())


def test_check_page_escapes_what_the_server_says(browser, tmp_path, peer):
    path = tmp_path / "page.html"
    with contextlib.suppress(OSError):
        run("--html", path, "--timeout", "1",
            f"https://localhost:{peer(answer(b'<b>&x<script>')).port}")
    assert "<b>&x" in json.dumps(page_json(path.read_text()))
    text = drawn(browser(path, "--dump-dom").stdout.decode())
    assert "<script" not in text and "&lt;b&gt;&amp;x" in text
