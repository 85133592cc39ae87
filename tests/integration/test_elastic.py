# SPDX-License-Identifier: Apache-2.0
"""Records of every shape that real servers send, over record buffers that are as large as a record:
small ones, flights in many of them, many tickets, limits that were agreed on, and 16 KB both ways."""
import hashlib
import os
import subprocess

import peers
import pytest
from test_memory import PROGRAM, report

TLS12, TLS13 = 1, 2
VERSION = {TLS12: "-tls1_2", TLS13: "-tls1_3"}
BODY = 200_000
CERTIFICATE = 1600  # of the EC chain, and below
both = pytest.mark.parametrize("version", [TLS12, TLS13])


@pytest.fixture(scope="module")
def body(certs):
    """A file that the servers serve, and its hash."""
    path, data = certs / "elastic.bin", peers.pattern(BODY)
    mine = certs / f"elastic.{os.getpid()}"
    mine.write_bytes(data)
    mine.replace(path)  # others serve it meanwhile
    return data


def fetch(client, port, body, version, **options):
    """Get the file whole, over the size of records that the server has."""
    # -WWW answers with a head of its own; the body follows
    r = client("send:GET /elastic.bin HTTP/1.0\\r\\n\\r\\n", "head", f"read:{BODY + 1}", port=port,
               version=version, timeout=20000, **{"cacert": "root-ec.pem", **options}).opened()
    read = r.action("read")
    assert read.bytes == BODY, r
    assert read.sha256 == hashlib.sha256(body).hexdigest(), r
    return r


# --- small records -----------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("size", [512, 513, 1400, 4096, 16384])
def test_openssl_records_of_a_size(client, certs, body, version, size):
    """The handshake's messages come in fragments of this size as well (RFC 8446 section 5.1)."""
    with peers.Openssl(certs, VERSION[version], "-max_send_frag", str(size), mode=("-WWW",)) as s:
        fetch(client, s.port, body, version)


@both
def test_openssl_split_records(client, certs, body, version):
    with peers.Openssl(certs, VERSION[version], "-max_send_frag", "4096", "-split_send_frag", "512",
                       "-max_pipelines", "4", mode=("-WWW",)) as s:
        fetch(client, s.port, body, version)


@both
@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_openssl_small_records_and_own_certificate(client, certs, body, version, kind):
    with peers.Openssl(certs, VERSION[version], "-max_send_frag", "512", "-Verify", "3", "-CAfile",
                       certs / "root-client.pem", cert=f"server-{kind}", mode=("-WWW",)) as s:
        fetch(client, s.port, body, version, cacert=f"root-{kind}.pem",
              cert=f"client-{kind}-chain.pem", key=f"client-{kind}.key")


# --- long flights ------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("size", [512, 4096, 16384])
def test_openssl_chain_of_many_certificates(client, certs, tmp_path, body, version, size):
    """A Certificate message over many records; those that do not belong are passed over."""
    chain = tmp_path / "many.pem"
    rest = ["int-ec", "int-rsa", "int-ec384", "root-twin", "root-other", "root-ec384", "root-rsa",
            "root-client", "root-ec", "root-rsa"]
    chain.write_text("".join((certs / f"{name}.pem").read_text() for name in rest))
    with peers.Openssl(certs, VERSION[version], "-max_send_frag", str(size), "-cert_chain", chain,
                       chain=False, mode=("-WWW",)) as s:
        fetch(client, s.port, body, version)


@both
def test_gnutls_chain_of_many_certificates(client, certs, version):
    priority = "NORMAL:-VERS-ALL:+VERS-TLS1." + str(version + 1)
    with peers.Gnutls(certs, priority=priority, cert="server-rsa") as s:
        r = client("send:GET / HTTP/1.0\\r\\n\\r\\n", "head", "read:100000", port=s.port,
                   cacert="root-rsa.pem", version=version).opened()
        assert " 200 " in r.action("head").text and r.action("read").bytes > 100, r


# --- messages after the handshake ----------------------------------------------------------------------


@pytest.mark.parametrize("tickets", [0, 1, 20, 200])
@pytest.mark.parametrize("size", [512, 16384])
def test_openssl_many_tickets(client, certs, body, tickets, size):
    """RFC 8446 section 4.6.1: as many as the server likes, in front of the data."""
    with peers.Openssl(certs, "-tls1_3", "-num_tickets", str(tickets), "-max_send_frag", str(size),
                       mode=("-WWW",)) as s:
        fetch(client, s.port, body, TLS13)


# --- limits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [512, 1024, 2048, 4096])
def test_openssl_keeps_to_max_fragment_length(certs, body, limit):
    """RFC 6066 section 4, as `esp-tls memory` asks for it: no record is longer, and all arrives."""
    with peers.Openssl(certs, "-tls1_2", mode=("-WWW",)) as s:
        r = report("--tls", "1.2", "--get", "/elastic.bin", "--in", limit, "--cacert",
                   certs / "root-ec.pem", f"localhost:{s.port}")
    check_limit(r["session"], limit)
    assert r["session"]["body"] == BODY and r["session"]["records_in"] > BODY / limit, r


@pytest.mark.parametrize("limit", [512, 1024, 2048, 4096])
def test_gnutls_keeps_to_max_fragment_length(certs, limit):
    with peers.Gnutls(certs, priority="NORMAL:-VERS-ALL:+VERS-TLS1.2") as s:
        r = report("--tls", "1.2", "--get", "/", "--in", limit, "--cacert",
                   certs / "root-ec.pem", f"localhost:{s.port}")
    check_limit(r["session"], limit)
    assert r["session"]["http_status"] == 200, r


def check_limit(session, limit):
    """The largest buffer is a record, or the Certificate message of several."""
    assert session["largest_record_in"] <= max(limit, CERTIFICATE) + 64, session


@both
def test_chain_above_16_kb_is_refused_with_both_sizes(client, certs, tmp_path, version):
    """Mbed TLS takes no handshake message that is longer than a record may be."""
    chain = tmp_path / "endless.pem"
    one = (certs / "root-rsa.pem").read_text()
    chain.write_text((certs / "int-ec.pem").read_text() + 30 * one)
    with peers.Openssl(certs, VERSION[version], "-cert_chain", chain, chain=False) as s:
        r = client(port=s.port, version=version, cacert="root-ec.pem")
        r.failed("handshake", "TLS error")
        assert r.record.record_limit == 16384 < r.record.record_len, r
        get = subprocess.run([PROGRAM, "get", "--cacert", certs / "root-ec.pem",
                              f"https://localhost:{s.port}/"],
                             capture_output=True, text=True, timeout=60, check=False)
        assert get.returncode == 7, get
        assert "longer than the 16384" in get.stderr, get


# --- both ways -------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("non_block", [0, 1])
def test_16_kb_records_both_ways(client, tls_peer, version, non_block):
    """Python's ssl sends full records, and gets ours back to back."""
    total = 40 * 16384

    def swap(tls):
        tls.sendall(peers.pattern(total))
        got = 0
        while got < total:
            got += len(tls.recv(65536)) or total
        tls.sendall(b"done")

    p = tls_peer(swap)
    r = client(f"read:{total}", f"write:{total}", "read:4", port=p.port, cacert="root-ec.pem",
               version=version, non_block=non_block, timeout=20000).opened()
    assert r.action("read").sha256 == hashlib.sha256(peers.pattern(total)).hexdigest(), r
    assert r.action("write").bytes == total and r.action("read", 1).bytes == 4, r
