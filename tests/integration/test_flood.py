# SPDX-License-Identifier: Apache-2.0
"""Servers that send without end, on real sockets: the programs end all the same, and soon."""
import subprocess
import time

import pytest
from test_get import PROGRAM, TIMEOUT, answers, get, how, read_request  # noqa: F401

ANSWER, TLS = 11, 7
CCS = bytes.fromhex("140303000101")
WARNING = bytes.fromhex("1503030002015a")
HELLO = bytes.fromhex("160303000402003fff")  # a ServerHello of 16 KB, its first record
PIECE = bytes.fromhex("160303000100")        # a record with one byte of it
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def without_end(first, again, ask=lambda conn: conn.recv(65536)):
    """A handler that asks, then sends `first`, and `again` until the other side is gone."""
    def handler(conn):
        ask(conn)
        conn.sendall(first)
        block = again * (65536 // len(again))
        while True:
            conn.sendall(block)
    return handler


RECORDS = {"ccs": (b"", CCS), "warnings": (b"", WARNING), "pieces": (HELLO, PIECE)}


@pytest.mark.smoke
@pytest.mark.parametrize("kind", RECORDS)
def test_records_without_end_do_not_hold_a_connect(get, peer, how, kind, slowness):  # noqa: F811
    p = peer(without_end(*RECORDS[kind]))
    began = time.monotonic()
    result = get(f"https://localhost:{p.port}/", "--timeout", "2", *how)
    assert time.monotonic() - began < 2 + 1 * slowness
    if kind == "pieces":  # until the message is whole they may be right: time may be up first
        assert result.returncode in (TLS, TIMEOUT), result.err
    else:
        assert result.returncode == TLS, result.err
        assert "record after record that means nothing" in result.err, result.err


ANSWERS = {
    "interim": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", ANSWER),
    "fields": (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", ANSWER),
    "extension": (CHUNKED + b"1;", b"x", ANSWER),
    "trailers": (CHUNKED + b"0\r\n", b"a: b\r\n", ANSWER),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_answers_without_end_are_refused(get, tls_peer, how, kind, slowness):  # noqa: F811
    first, again, status = ANSWERS[kind]
    p = tls_peer(without_end(first, again, read_request), clean=False)
    began = time.monotonic()
    result = get(f"https://localhost:{p.port}/", "--timeout", "2", *how)
    assert time.monotonic() - began < 5 * slowness
    assert result.returncode == status, result.err


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("command", ["check", "chain", "memory"])
def test_records_without_end_do_not_hold_the_other_commands(certs, peer, kind, command, slowness):
    p = peer(without_end(*RECORDS[kind]))
    began = time.monotonic()
    result = subprocess.run([PROGRAM, command, "--timeout", "1", "--cacert",
                             certs / "root-ec.pem", f"localhost:{p.port}"], check=False,
                            capture_output=True, timeout=60 * slowness)
    assert time.monotonic() - began < 12 * slowness
    assert result.returncode != 0 and b"Sanitizer" not in result.stderr, result


def test_pings_without_end_do_not_hold_a_websocket(peer, slowness):
    """The input is over, and a server that only pings says nothing."""
    import base64
    import hashlib

    def handler(conn):
        key = read_request(conn).split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                                  .digest())
        without_end(b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n", b"\x89\0",
                    lambda conn: None)(conn)

    p = peer(handler)
    began = time.monotonic()
    result = subprocess.run([PROGRAM, "ws", "--timeout", "1", f"ws://localhost:{p.port}/"],
                            check=False, capture_output=True, timeout=60 * slowness, input=b"")
    assert time.monotonic() - began < 5 * slowness
    assert result.returncode == TIMEOUT, result
