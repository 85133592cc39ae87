# SPDX-License-Identifier: Apache-2.0
"""Bytes: many, few, in pieces, both ways; and what read, write and wait answer meanwhile."""
import hashlib
import os
import ssl
import time

import peers
import pytest

MB = 1 << 20
SIZE = 20 * MB
WANT_READ, WANT_WRITE = -0x6900, -0x6880
TLS12 = {"low": ssl.TLSVersion.TLSv1_2, "high": ssl.TLSVersion.TLSv1_2}


@pytest.fixture(scope="module")
def data():
    return peers.pattern(SIZE)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def source(data, times=1):
    """Sends the data and closes."""
    def handler(tls):
        for _ in range(times):
            tls.sendall(data)
    return handler


class Sink:
    """Reads until the client is done, and answers with the hash of what came."""

    def __init__(self, size):
        self.size = size

    def __call__(self, tls):
        digest, left = hashlib.sha256(), self.size
        while left:
            part = tls.recv(min(left, MB))
            if not part:
                return
            digest.update(part)
            left -= len(part)
        self.hash = digest.hexdigest()
        tls.sendall(digest.digest())


# --- much ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
def test_download_of_20_mb_arrives_whole(client, tls_peer, data, version):
    p = tls_peer(source(data))
    r = client(f"read:{SIZE + 1}", port=p.port, cacert="root-ec.pem", version=version,
               timeout=20000).opened()
    read = r.action("read")
    assert read.bytes == SIZE and read.ret == 0 and read.sha256 == sha256(data), r


@pytest.mark.parametrize("version", [1, 2])
def test_upload_of_20_mb_arrives_whole(client, tls_peer, data, version):
    sink = Sink(SIZE)
    p = tls_peer(sink)
    r = client(f"write:{SIZE}", "read:32", port=p.port, cacert="root-ec.pem", version=version,
               timeout=20000).opened()
    assert r.action("write").bytes == SIZE and sink.hash == sha256(data), r


def test_nginx_download_and_upload_of_20_mb(client, certs, tmp_path, data):
    with peers.Nginx(certs, tmp_path) as s:
        s.put("big", data)
        r = client("send:GET /big HTTP/1.0\\r\\n\\r\\n", "head", f"read:{SIZE + 1}", port=s.port,
                   cacert="root-ec.pem", timeout=20000).opened()
        assert r.action("read").sha256 == sha256(data), r
        r = client(f"send:PUT /up HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: {SIZE}\\r\\n\\r\\n",
                   f"write:{SIZE}", "head", port=s.port, cacert="root-ec.pem",
                   timeout=20000).opened()
        assert " 201 " in r.action("head").text, r
        assert sha256((tmp_path / "www/up").read_bytes()) == sha256(data)


@pytest.mark.long
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("non_block", [0, 1])
def test_100_mb_each_way(client, tls_peer, data, version, non_block):
    sink = Sink(5 * SIZE)
    r = client(f"write:{5 * SIZE}", "read:32", port=tls_peer(sink).port, cacert="root-ec.pem",
               version=version, non_block=non_block, timeout=60000, limit=120).opened()
    assert r.action("write").sha256 == sink.hash, r
    r = client(f"read:{5 * SIZE + 1}", port=tls_peer(source(data, 5)).port, cacert="root-ec.pem",
               version=version, non_block=non_block, timeout=60000, limit=120).opened()
    assert r.action("read").sha256 == sha256(data * 5), r


@pytest.mark.smoke
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("non_block", [0, 1])
def test_echo_while_writing_and_reading(client, tls_peer, mode, version, non_block):
    r = client("echo:1000000:5000", port=tls_peer().port, cacert="root-ec.pem", mode=mode,
               version=version, non_block=non_block, timeout=20000).opened()
    assert r.action("echo").bytes == 1000000, r


def test_echo_through_stunnel(client, certs, tmp_path):
    with peers.Stunnel(certs, tmp_path) as s:
        r = client("echo:2000000", port=s.port, cacert="root-ec.pem", non_block=1,
                   timeout=20000).opened()
        assert r.action("echo").bytes == 2000000, r


# --- in pieces -----------------------------------------------------------------------------------


@pytest.mark.smoke
@pytest.mark.parametrize("cert", ["server-ec", "server-rsa"])
@pytest.mark.parametrize("version", [1, 2])
def test_one_byte_per_segment(client, tls_peer, mode, cert, version):
    """Each byte of the server comes alone: handshake, records, close_notify."""
    p = tls_peer(cert=cert)
    with peers.Relay(p.port, down=peers.one_byte_each) as relay:
        r = client("echo:2000", port=relay.port, cacert="bundle.pem", mode=mode, version=version,
                   non_block=mode == "async", timeout=20000).opened()
        assert r.action("echo").bytes == 2000, r


def test_one_byte_per_segment_to_the_server(client, tls_peer):
    with peers.Relay(tls_peer().port, up=peers.one_byte_each) as relay:
        r = client("echo:2000", port=relay.port, cacert="root-ec.pem").opened()
        assert r.action("echo").bytes == 2000, r


@pytest.mark.parametrize("version", [1, 2])
def test_one_write_of_three_records_is_taken_whole_and_in_order(client, tls_peer, data, version):
    size = 3 * 16384 + 1
    sink = Sink(size)
    r = client(f"write1:{size}", "read:32", port=tls_peer(sink).port, cacert="root-ec.pem",
               version=version).opened()
    assert r.action("write1").ret == size and sink.hash == sha256(data[:size]), r


@pytest.mark.parametrize("version", [1, 2])
def test_record_of_16_kb_is_read_in_small_reads(client, tls_peer, data, version):
    p = tls_peer(source(data[:16384]))
    r = client("read:16384:7", "avail", "read1:1", port=p.port, cacert="root-ec.pem",
               version=version).opened()
    read = r.action("read")
    assert read.sha256 == sha256(data[:16384]) and read.calls >= 16384 // 7, r
    assert r.action("avail").ret == 0 and r.action("read1").ret == 0, r


def test_decrypted_bytes_are_told_and_waiting_for_them_takes_no_time(client, tls_peer):
    """A record of 1000 bytes, 10 of them read: the socket is empty, and yet a read has bytes."""
    p = tls_peer(lambda tls: (tls.sendall(b"x" * 1000), peers.hold(tls)))
    r = client("avail", "read1:10", "avail", "wait", "read1:2000", "avail", "wait", port=p.port,
               cacert="root-ec.pem").opened()
    assert [r.action("avail", i).ret for i in range(3)] == [0, 990, 0], r
    assert r.action("wait", 0).timeout_ms == 0 and r.action("wait", 1).timeout_ms != 0, r
    assert r.action("read1", 1).ret == 990, r


def test_several_records_in_one_segment_are_all_had(client, tls_peer, data):
    """Records that came together are read one after the other without more from the network."""
    def together(sink, chunks):
        for part in chunks:
            held = part
            time.sleep(0.05)
            sink.sendall(held)

    def handler(tls):
        for i in range(20):
            tls.sendall(data[i * 100:i * 100 + 100])
        peers.hold(tls)

    with peers.Relay(tls_peer(handler).port, down=together) as relay:
        r = client("read:2000", port=relay.port, cacert="root-ec.pem", non_block=1,
                   mode="async").opened()
        assert r.action("read").sha256 == sha256(data[:2000]), r


def test_zero_bytes_are_nothing(client, tls_peer):
    r = client("write1:0", "read1:0", "echo:10", port=tls_peer().port,
               cacert="root-ec.pem").opened()
    assert r.action("write1").ret == 0 and r.action("read1").ret == 0, r
    assert r.action("echo").bytes == 10, r


@pytest.mark.parametrize("tickets", [0, 1, 4])
def test_session_tickets_before_data_are_not_data(client, tls_peer, tickets):
    p = tls_peer(lambda tls: (tls.sendall(b"0123456789"), peers.hold(tls)), tickets=tickets)
    r = client("read1:100", port=p.port, cacert="root-ec.pem", version=2).opened()
    assert r.action("read1").ret == 10, r


def test_session_tickets_alone_are_waiting_and_no_error(client, tls_peer):
    p = tls_peer(lambda tls: (tls.read(1), tls.sendall(b"x"), peers.hold(tls)), tickets=4)
    r = client("sleep:100", "read1:10", "write:1", "read:1", port=p.port, cacert="root-ec.pem",
               version=2, non_block=1, mode="async").opened()
    assert r.action("read1").ret == WANT_READ, r
    assert r.action("read1").record.cause == "none" and r.action("read").bytes == 1, r


# --- nothing yet ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
def test_nothing_to_read_on_a_non_blocking_handle_is_want_read(client, tls_peer, version):
    p = tls_peer(peers.hold)
    r = client("read1:10", port=p.port, cacert="root-ec.pem", version=version, non_block=1).opened()
    read = r.action("read1")
    assert read.ret == WANT_READ and read.record.cause == "none" and read.took_us < 100_000, r
    assert r.after.error == {"esp": 0, "tls": 0, "flags": 0, "sys": 0}, r


@pytest.mark.parametrize("version", [1, 2])
def test_read_that_meets_its_deadline_is_want_read_and_the_record_says_timeout(
        client, tls_peer, version, slowness):
    """And the connection lives on."""
    def handler(tls):
        tls.read(1)
        tls.sendall(b"late")

    p = tls_peer(handler)
    timeout = 300 * slowness
    r = client("read1:10", "write:1", "read:4", port=p.port, cacert="root-ec.pem", version=version,
               timeout=timeout).opened()
    read = r.action("read1")
    assert read.ret == WANT_READ and read.record.cause == "timeout", r
    assert timeout * 1000 <= read.took_us < timeout * 1000 + 300_000, r
    assert read.cpu_us < 50_000 * slowness, r
    assert r.action("read").bytes == 4 and r.action("read").record.cause == "none", r


@pytest.mark.parametrize("non_block", [0, 1])
@pytest.mark.parametrize("version", [1, 2])
def test_write_into_a_full_pipe_is_want_write_never_0(client, tls_peer, non_block, version):
    """First some bytes are taken and their number returned, then none: WANT_WRITE. The write that
    is repeated with the same bytes goes on, and nothing is lost or doubled."""
    got = bytearray()

    def handler(tls):
        time.sleep(4)
        while part := tls.recv(MB):
            got.extend(part)

    p = tls_peer(handler)
    r = client(*[f"write1:{4 * MB}"] * 4, "sleep:3000", f"write:{4 * MB}", "sleep:500", port=p.port,
               cacert="root-ec.pem", version=version, non_block=non_block,
               timeout=10000 if non_block else 600).opened()
    tries = [a for a in r.actions if a["action"] == "write1"]
    assert all(t.ret > 0 or t.ret == WANT_WRITE for t in tries), r
    waits = [t for t in tries if t.ret == WANT_WRITE]
    assert waits and all(t.record.cause == ("none" if non_block else "timeout") for t in waits), r
    p.threads[0].join(10)
    assert r.action("write").bytes == 4 * MB, r
    total = sum(t.bytes for t in tries) + 4 * MB
    assert len(got) == total, p.errors
    want = peers.pattern(total)
    assert got == want, next(i for i in range(total) if got[i] != want[i])


@pytest.mark.parametrize("size", [1000, MB])
def test_destroy_right_after_a_write_loses_nothing(client, tls_peer, data, size):
    """TLS 1.3: the tickets that the client never read must not turn its close into a reset."""
    got = bytearray()

    def handler(tls):
        time.sleep(0.3)
        try:
            while part := tls.recv(MB):
                got.extend(part)
        except ssl.SSLEOFError:  # close_notify found no room: not waited for
            pass

    p = tls_peer(handler, tickets=4)
    client("sleep:50", f"write:{size}", port=p.port, cacert="root-ec.pem", version=2).opened()
    p.threads[0].join(10)
    assert len(got) == size and got == data[:size], p.errors


def test_write_into_a_full_pipe_loses_nothing(client, tls_peer):
    """A sink that sleeps now and then, a client that does not block."""
    size = 8 * MB
    digest = hashlib.sha256()

    def handler(tls):
        left, pause = size, 0
        while left:
            part = tls.recv(MB)
            if not part:
                return
            left -= len(part)
            digest.update(part)
            pause += len(part)
            if pause > 2 * MB:
                time.sleep(0.1)
                pause = 0
        tls.sendall(b"all")

    r = client(f"write:{size}:70000", "read:3", port=tls_peer(handler).port, cacert="root-ec.pem",
               non_block=1, mode="async", timeout=20000).opened()
    assert r.action("read").bytes == 3 and digest.hexdigest() == r.action("write").sha256, r


# --- cost ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
def test_handshake_and_small_writes_do_not_wait_for_nagle(client, tls_peer, certs, version,
                                                          slowness):
    """Without TCP_NODELAY each costs 40 ms and more."""
    p = tls_peer(client_ca=certs / "root-client.pem")
    for _ in range(50):  # on a busy machine one of many is undisturbed; with Nagle none would be
        r = client("write1:1", "write1:1", "read:2", port=p.port, cacert="root-ec.pem",
                   cert="client-ec-chain.pem", key="client-ec.key", version=version).opened()
        waited = r.took_us - r.cpu_us + r.action("read").took_us
        if waited < 20_000 * slowness:
            return
    if os.getloadavg()[0] > 3 * os.cpu_count():
        pytest.skip("the machine is too busy to time a handshake; test_socket.py asks the option")
    pytest.fail(f"waited {waited} us")


def test_waiting_for_a_slow_server_costs_no_processor_time(client, tls_peer, mode, slowness):
    """H21: neither a blocking handle nor one with non_block spins while nothing comes."""
    def handler(tls):
        time.sleep(1)
        tls.sendall(b"x")
        peers.hold(tls)

    for non_block in (0, 1):
        r = client("read:1", port=tls_peer(handler).port, cacert="root-ec.pem", mode=mode,
                   non_block=non_block).opened()
        read = r.action("read")
        assert read.bytes == 1 and read.took_us > 700_000, r
        assert read.cpu_us < 30_000 * slowness and read.calls < 20, r
