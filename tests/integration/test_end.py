# SPDX-License-Identifier: Apache-2.0
"""How connections end: orderly, cut off, reset, refused by alert, or by a peer that speaks
something else; in each phase."""
import ssl
import time

import peers
import pytest

HANDSHAKE_FAILED, READ_FAILED, WRITE_FAILED, FIN = 0x801A, 0x801D, 0x8018, 0x8008
CONN_EOF, FATAL_ALERT = 0x7280, 0x7780
TLS12 = {"low": ssl.TLSVersion.TLSv1_2, "high": ssl.TLSVersion.TLSv1_2}
VERSIONS = [1, 2]
SMOKE = pytest.mark.smoke


def version_of(version):
    return TLS12 if version == 1 else {"low": ssl.TLSVersion.TLSv1_3}


# --- open ----------------------------------------------------------------------------------------


@pytest.mark.smoke
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("non_block", [0, 1])
def test_close_notify_is_0_once_and_again(client, tls_peer, version, non_block):
    p = tls_peer(lambda tls: tls.sendall(b"bye"))
    r = client("read:100", "read1:10", "read1:10", port=p.port, cacert="root-ec.pem",
               version=version, non_block=non_block).opened()
    assert r.action("read").bytes == 3 and r.action("read").ret == 0, r
    assert [r.action("read1", i).ret for i in (0, 1)] == [0, 0], r
    assert r.after.record.cause == "none" and r.after.error.esp == 0, r


def test_close_notify_without_fin_is_an_orderly_end(client, tls_peer):
    """idf 14724: the server says close_notify and keeps TCP open."""
    def handler(tls):
        tls.sendall(b"bye")
        tls.setblocking(False)
        try:
            tls.unwrap()
        except ssl.SSLError:
            pass
        time.sleep(2)

    r = client("read:100", port=tls_peer(handler, clean=False).port, cacert="root-ec.pem").opened()
    read = r.action("read")
    assert read.bytes == 3 and read.ret == 0 and read.took_us < 1_500_000, r


@pytest.mark.smoke
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("non_block", [0, 1])
def test_fin_without_close_notify_is_truncated(client, tls_peer, version, non_block):
    p = tls_peer(lambda tls: tls.sendall(b"half"), clean=False)
    r = client("read:100", "read1:10", port=p.port, cacert="root-ec.pem", version=version,
               non_block=non_block).opened()
    read = r.action("read")
    assert read.bytes == 4 and read.ret == -CONN_EOF, r  # the data first, then the error
    assert read.record.cause == "truncated" and read.record.esp == FIN, r
    assert r.action("read1").ret < 0, r
    assert r.after.error == {"esp": FIN, "tls": CONN_EOF, "flags": 0, "sys": 0}, r


@pytest.mark.parametrize("version", VERSIONS)
def test_fin_in_the_middle_of_a_record_is_truncated(client, tls_peer, version):
    p = tls_peer(lambda tls: (tls.sendall(b"x" * 5000), peers.hold(tls)), **version_of(version))
    opened = client(port=p.port, cacert="root-ec.pem", version=version).opened()
    with peers.Relay(p.port, down=peers.cut_after(opened.record.bytes_in + 2000)) as relay:
        r = client("read:5000", port=relay.port, cacert="root-ec.pem", version=version).opened()
        read = r.action("read")
        assert read.bytes == 0 and read.ret < 0 and read.record.cause == "truncated", r


@pytest.mark.smoke
@pytest.mark.parametrize("version", VERSIONS)
def test_reset_while_open_is_a_system_error_with_its_errno(client, tls_peer, version):
    def handler(tls):
        tls.sendall(b"data")
        tls.read(1)
        peers.reset(tls)

    p = tls_peer(handler, clean=False)
    r = client("read:4", "write:1", "read:1", port=p.port, cacert="root-ec.pem",
               version=version).opened()
    read = r.action("read", 1)
    assert read.ret < 0 and read.record.cause == "system error" and read.record.errno == 104, r
    assert r.after.error.sys == 104 and r.after.error.esp == READ_FAILED, r


def test_write_after_reset_is_an_error_and_no_signal(client, tls_peer):
    p = tls_peer(lambda tls: peers.reset(tls), clean=False)
    r = client("sleep:200", "write:100000", port=p.port, cacert="root-ec.pem", version=1).opened()
    write = r.action("write")
    assert write.ret < 0 and write.record.errno in (32, 104), r
    assert write.record.esp == WRITE_FAILED, r


@pytest.mark.parametrize("version", VERSIONS)
def test_data_that_came_before_a_reset_is_delivered_first(client, tls_peer, version):
    """idf 14673."""
    def handler(tls):
        tls.sendall(b"answer")
        time.sleep(0.1)
        peers.reset(tls)

    p = tls_peer(handler, clean=False)
    r = client("sleep:300", "read:100", port=p.port, cacert="root-ec.pem", version=version).opened()
    read = r.action("read")
    assert read.bytes == 6 and read.ret < 0 and read.record.errno == 104, r


def test_half_closed_peer_still_takes_data(client, tls_peer):
    """The server has sent close_notify; what we write still arrives (RFC 8446 section 6.1)."""
    got = []

    def handler(tls):
        tls.setblocking(False)
        try:
            tls.unwrap()
        except ssl.SSLError:
            pass
        tls.setblocking(True)
        got.append(True)
        time.sleep(0.5)

    r = client("read:1", "write1:10", port=tls_peer(handler, clean=False).port,
               cacert="root-ec.pem").opened()
    assert r.action("read").ret == 0 and r.action("write1").ret == 10, r


@pytest.mark.parametrize("version", VERSIONS)
def test_destroy_sends_close_notify(client, tls_peer, version):
    how = []

    def handler(tls):
        try:
            how.append(tls.recv(10))
        except ssl.SSLError as error:  # OpenSSL: a FIN alone is an error
            how.append(error)

    p = tls_peer(handler, clean=False)
    client(port=p.port, cacert="root-ec.pem", version=version).opened()
    p.threads[0].join(5)
    assert how == [b""]


# --- handshake: cut off --------------------------------------------------------------------------


def test_close_right_after_accept(client, peer, mode):
    r = client(port=peer(lambda conn: None).port, cacert="root-ec.pem", mode=mode)
    assert r.ret == -1 and r.record.phase == "handshake", r
    assert r.record.cause == "truncated" or r.record.errno == 104, r
    assert r.record.esp == HANDSHAKE_FAILED, r


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 40, 100, pytest.param(300, marks=SMOKE), 900])
def test_fin_in_the_handshake_says_truncated_and_how_far_it_came(client, tls_peer, count, version,
                                                                 mode):
    """After accept, within the record header, mid ServerHello, mid Certificate."""
    with peers.Relay(tls_peer().port, down=peers.cut_after(count) if count else
                     lambda sink, chunks: next(chunks)) as relay:
        r = client(port=relay.port, cacert="root-ec.pem", version=version, mode=mode)
        r.failed("handshake", "truncated", HANDSHAKE_FAILED)
        assert r.record.stack == CONN_EOF and r.record.bytes_in == count, r


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("count", [1, 40, 300])
def test_reset_in_the_handshake_is_a_system_error(client, tls_peer, count, version, mode):
    def end(sink):
        time.sleep(0.1)
        peers.reset(sink)

    with peers.Relay(tls_peer().port, down=peers.cut_after(count, end)) as relay:
        r = client(port=relay.port, cacert="root-ec.pem", version=version, mode=mode)
        r.failed("handshake", "system error", HANDSHAKE_FAILED)
        assert r.record.errno == 104, r


# --- handshake: refused --------------------------------------------------------------------------


@pytest.mark.parametrize("alert", [pytest.param(40, marks=SMOKE), 42, 48, 80, 112, 116])
def test_fatal_alert_of_the_server_is_in_the_record(client, peer, mode, alert):
    def handler(conn):
        conn.recv(4096)
        conn.sendall(bytes([21, 3, 3, 0, 2, 2, alert]))

    r = client(port=peer(handler).port, cacert="root-ec.pem", mode=mode)
    r.failed("handshake", "TLS error", HANDSHAKE_FAILED)
    assert r.record.stack == FATAL_ALERT and r.record.alert_received == alert, r


def test_fatal_alert_while_open_is_in_the_record(client, tls_peer, certs):
    """OpenSSL asks for no certificate but the post-handshake alert comes all the same: 116."""
    p = tls_peer(peers.hold, client_ca=certs / "root-client.pem")
    r = client("read:1", port=p.port, cacert="root-ec.pem", version=2).opened()
    read = r.action("read")
    assert read.ret == -FATAL_ALERT and read.record.alert_received == 116, r


def test_close_notify_in_the_handshake_is_no_success(client, peer):
    def handler(conn):
        conn.recv(4096)
        conn.sendall(bytes([21, 3, 3, 0, 2, 1, 0]))

    r = client(port=peer(handler).port, cacert="root-ec.pem")
    assert r.ret == -1 and r.record.phase == "handshake", r
    assert r.record.cause in ("TLS error", "eof", "truncated"), r


@pytest.mark.parametrize("name, answer", [
    ("HTTP", b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    ("SSH", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), ("SMTP", b"220 mail.example ESMTP\r\n"),
    ("zeroes", bytes(100)), ("ones", b"\xff" * 100), ("huge record", b"\x16\x03\x03\xff\xff" * 20)])
def test_peer_that_speaks_no_tls_is_refused(client, peer, mode, name, answer):
    def handler(conn):
        conn.sendall(answer)
        peers.hold(conn)

    r = client(port=peer(handler).port, cacert="root-ec.pem", mode=mode)
    r.failed("handshake", "TLS error", HANDSHAKE_FAILED)
    assert r.record.stack in (0x7200, 0x6E80, 0x7700, 0x6E00), r
    assert r.took_us < 3_000_000, r


def test_tls_handshake_against_nginx_that_expects_http(client, certs, tmp_path):
    """A plain web server answers the ClientHello with 400 in clear text."""
    def handler(conn):
        conn.recv(4096)
        conn.sendall(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n")

    with peers.Peer(handler) as p:
        client(port=p.port, cacert="root-ec.pem").failed("handshake", "TLS error")


# --- again on the same handle --------------------------------------------------------------------


def test_handle_whose_tls_failed_is_not_connected_again(client, tls_peer):
    p = tls_peer()
    r = client("connect", port=p.port, cacert="root-other.pem")
    assert r.ret == -1 and r.state == 3, r
    assert r.action("connect").ret == -1 and p.connections == 1, r


def test_handle_whose_tcp_failed_may_be_tried_again(client, mode):
    with peers.refused_port() as port:
        r = client("connect", "connect", port=port, cacert="root-ec.pem", mode=mode)
    assert r.ret == -1 and r.state == 0, r
    for i in (0, 1):
        again = r.action("connect", i)
        assert again.ret == -1 and again.record.errno == 111 and again.error.sys == 111, r


def test_read_and_write_before_the_handshake_is_done_are_errors(client):
    with peers.refused_port() as port:
        r = client("read1:10", "write1:10", "wait", "avail", port=port, cacert="root-ec.pem")
    assert r.action("read1").ret < 0 and r.action("write1").ret < 0, r
    assert r.action("avail").ret == 0 and r.action("wait").ret == 0x103, r


def test_open_handle_is_not_connected_again(client, tls_peer, mode):
    p = tls_peer()
    r = client("connect", "echo:10", port=p.port, cacert="root-ec.pem", mode=mode).opened()
    assert r.action("connect").ret == -1 and r.action("echo").bytes == 10, r
