# SPDX-License-Identifier: Apache-2.0
"""The examples do what they are meant to show."""
import os
import re
import subprocess
from pathlib import Path

import peers
import pytest
import web

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
SOURCES = sorted((ROOT / "examples").glob("*.c"))
BODY = b"hello " * 1000


def answer(tls):
    request = b""
    while b"\r\n\r\n" not in request:
        data = tls.recv(4096)
        if not data:
            return
        request += data
    tls.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)


def run(name, *args, limit=60):
    command = [BUILD / "examples" / name, *map(str, args)]
    return subprocess.run(command, capture_output=True, timeout=limit, check=False)


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
def test_example_is_shorter_than_100_lines(source):
    assert len(source.read_text().splitlines()) < 100


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
def test_example_without_arguments_stops_with_usage(source):
    assert run(source.stem).returncode == 2


def test_sync_fetches_all_of_the_page(certs, tls_peer):
    peer = tls_peer(answer)
    result = run("sync", "localhost", peer.port, certs / "root-ec.pem")
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith(b"\r\n\r\n" + BODY)


def test_sync_says_why_it_refuses_an_untrusted_server(certs, tls_peer):
    peer = tls_peer(answer)
    result = run("sync", "localhost", peer.port, certs / "root-other.pem")
    assert result.returncode == 1
    assert b"in phase handshake: certificate refused" in result.stderr


def test_async_fetches_several_at_once_and_reports_each(certs, tls_peer):
    peer, silent = tls_peer(answer), tls_peer(answer)
    silent.inner = lambda tls: tls.recv(1) and None  # ends at once, with an empty answer
    with peers.refused_port() as closed:
        good, empty = f"https://localhost:{peer.port}/", f"https://127.0.0.1:{silent.port}/"
        refused = f"https://127.0.0.1:{closed}/"
        result = run("async", certs / "root-ec.pem", good, good, empty, refused)
    lines = sorted(result.stdout.decode().splitlines())
    size = len(BODY) + len(f"HTTP/1.0 200 OK\r\nContent-Length: {len(BODY)}\r\n\r\n")
    assert lines == sorted([f"{good}: {size} bytes, complete"] * 2 +
                           [f"{empty}: 0 bytes, complete", f"{refused}: 0 bytes, system error"])


def http_server(*answers, seen):
    """One connection; each request with its body gets the next answer."""
    def handler(conn):
        data = b""
        for answer in answers:
            while b"\r\n\r\n" not in data or (b"chunked" in data and b"0\r\n\r\n" not in data):
                more = conn.recv(65536)
                if not more:
                    return
                data += more
            seen.append(data)
            data = b""
            conn.sendall(answer)
    return handler


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def test_http_get_fetches_pages_over_one_connection(certs, tls_peer):
    seen = []
    peer = tls_peer(http_server(OK, OK, seen=seen))
    url = f"https://localhost:{peer.port}"
    result = run("http_get", certs / "root-ec.pem", url + "/a", url + "/b")
    assert result.returncode == 0 and result.stdout == b"hello" * 2, result.stderr
    assert [s.split()[1] for s in seen] == [b"/a", b"/b"] and peer.connections == 1
    assert run("http_get", certs / "root-other.pem", url).returncode == 1


def test_http_post_sends_what_it_reads(peer):
    seen = []
    p = peer(http_server(OK, seen=seen))
    result = subprocess.run([BUILD / "examples" / "http_post", f"http://127.0.0.1:{p.port}/up"],
                            input=b"x" * 5000, capture_output=True, timeout=60, check=False)
    assert result.returncode == 0 and result.stdout == b"hello", result.stderr
    assert b"Transfer-Encoding: chunked" in seen[0] and seen[0].count(b"x") == 5000
    assert b"status 200" in result.stderr


def test_http_json_posts_with_its_token_over_one_connection(certs, tls_peer):
    seen = []

    def handler(tls):
        for n in (1, 2, 3):
            data = b""
            while b"}" not in data:
                data += tls.recv(4096)
            seen.append(data)
            tls.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{\"id\":%d}" % n)

    peer = tls_peer(handler)
    result = run("http_json", certs / "root-ec.pem", f"https://localhost:{peer.port}/v", "t0ken",
                 "1", "2.5", "-3e9")
    assert result.stdout == b'201 {"id":1}\n201 {"id":2}\n201 {"id":3}\n', result
    assert result.returncode == 0 and result.stderr == b"connected\n"
    for request, value in zip(seen, (b"1", b"2.5", b"-3e+09")):
        assert b"Authorization: Bearer t0ken\r\n" in request
        assert b"Content-Type: application/json\r\n" in request
        assert request.endswith(b'{"value": %s}' % value)
    failed = run("http_json", certs / "root-other.pem", f"https://localhost:{peer.port}/v", "x", 1)
    assert failed.returncode == 1 and failed.stderr == b"failed: ESP_ERR_HTTP_CONNECT\n"


def test_reconnect_comes_back_later_each_time_until_it_works(certs, tls_peer):
    left = [3]  # connections that bring nothing

    def handler(tls):
        left[0] -= 1
        tls.sendall(b"" if left[0] >= 0 else b"measured\n")

    peer = tls_peer(handler)
    command = [BUILD / "examples" / "reconnect", certs / "root-ec.pem", "localhost", str(peer.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        first, second = process.stdout.readline(), process.stdout.readline()
        process.kill()
        said = process.stderr.read().decode()
    assert first == second == b"measured\n"
    waits = [int(ms) for ms in re.findall(r"open: .*; again in (\d+) ms", said)]
    for wait, most in zip(waits, (500, 1000, 2000, 500)):
        assert most // 2 <= wait <= most, said
    assert len(waits) >= 4


ASKS = (b"HTTP/1.1 401 X\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", "
        b"algorithm=SHA-256\r\nContent-Length: 3\r\n\r\nno!")


def test_http_digest_answers_a_challenge(certs, peer):
    seen = []
    p = peer(http_server(ASKS, OK, seen=seen))
    url, ca = f"http://127.0.0.1:{p.port}/", certs / "root-ec.pem"
    result = run("http_digest", ca, url, "me", "secret")
    assert result.returncode == 0 and result.stdout == b"hello", result.stderr
    assert b'Authorization: Digest username="me"' in seen[1] and b"secret" not in seen[1]
    p = peer(http_server(ASKS, ASKS, seen=[]))
    result = run("http_digest", ca, f"http://127.0.0.1:{p.port}/", "me", "wrong")
    assert result.returncode == 1 and b"did not accept" in result.stderr


@pytest.mark.xdist_group("squid")
def test_http_proxy_goes_through_each_kind(certs, tls_peer, squid):
    login = (web.USER, web.PROXY_PASSWORD)
    ca = certs / "root-ec.pem"
    with web.Socks(*login) as socks:
        for kind, port, who in (("http", squid.port, ()), ("http", squid.digest_port, login),
                                ("socks5", socks.port, login)):
            p = tls_peer(http_server(OK, seen=[]))
            url = f"https://localhost:{p.port}/"
            result = run("http_proxy", ca, url, kind, "127.0.0.1", port, *who)
            assert result.returncode == 0 and result.stdout == b"hello", result.stderr
        result = run("http_proxy", ca, url, "http", "127.0.0.1", squid.basic_port)
        assert result.returncode == 1 and b"wants a user name" in result.stderr
        assert run("http_proxy", ca, url, "ftp", "127.0.0.1", "1").returncode == 2


def mutual_server(certs):
    return peers.Openssl(certs, "-Verify", "4", "-verify_return_error", "-CAfile",
                         certs / "root-client.pem")


def test_mutual_is_accepted_with_a_known_certificate(certs):
    with mutual_server(certs) as server:
        result = run("mutual", "localhost", server.port, certs / "root-ec.pem",
                     certs / "client-ec-chain.pem", certs / "client-ec.key")
    assert result.returncode == 0, result.stderr
    assert b"both sides are verified: TLSv1.3" in result.stdout


def test_mutual_says_which_alert_refused_an_unknown_certificate(certs):
    with mutual_server(certs) as server:
        result = run("mutual", "localhost", server.port, certs / "root-ec.pem",
                     certs / "client-other.pem", certs / "client-other.key")
    assert result.returncode == 1
    assert b"the server refused us: alert 48" in result.stderr


def test_mutual_says_that_it_refuses_the_server(certs, tls_peer):
    peer = tls_peer(answer)
    result = run("mutual", "localhost", peer.port, certs / "root-other.pem",
                 certs / "client-ec-chain.pem", certs / "client-ec.key")
    assert result.returncode == 1
    assert b"we refused the server: flags 0x8" in result.stderr


@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_websocket_prints_the_answer_and_closes(certs, secure):
    ws_peers = pytest.importorskip("ws_peers", reason="python3-websockets is not installed")
    closed = []

    async def handler(conn):
        message = await conn.recv()
        await conn.send([message, "", " yes"])  # in fragments
        await conn.wait_closed()
        closed.append(conn.close_code)

    with ws_peers.Server(handler, certs=certs if secure else None) as server:
        trust = [certs / "root-ec.pem"] if secure else []
        result = run("websocket", server.url + "a?b", "really?", *trust)
        assert result.returncode == 0 and result.stdout == b"really? yes\n", result.stderr
        assert server.connections[0].path == "/a?b"
        if secure:
            assert run("websocket", server.url, "x", certs / "root-other.pem").returncode == 1
    assert closed == [1000]


def test_websocket_says_that_there_is_none(peer):
    p = peer(http_server(OK, seen=[]))
    result = run("websocket", f"ws://127.0.0.1:{p.port}/", "x")
    assert result.returncode == 1 and b"NOT_UPGRADED" in result.stderr
