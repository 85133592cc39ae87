# SPDX-License-Identifier: Apache-2.0
"""esp-tls ws, and with it WebSockets over TCP, TLS and proxies, against python3-websockets and a
server that lies."""
import asyncio
import hashlib
import json
import os
import pty
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import peers
import pytest
import web

websockets = pytest.importorskip("websockets", reason="python3-websockets is not installed")
import ws_peers  # noqa: E402
from ws_peers import frame, says, upgrade  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
USAGE, DNS, TCP, TIMEOUT, CERTIFICATE, TLS, HTTP, OUTPUT, ANSWER = 2, 3, 4, 5, 6, 7, 8, 9, 11
BIG = hashlib.sha512(b"seed").digest() * 40000  # 2.5 MB


@pytest.fixture
def ws(certs, slowness):
    def run(url, *args, stdin=b"", cacert="root-ec.pem", limit=60, **kw):
        if url.startswith("wss:") and cacert:
            args = ("--cacert", certs / cacert, *args)
        result = subprocess.run([PROGRAM, "ws", *map(str, args), url], input=stdin,
                                capture_output=True, timeout=limit * slowness, check=False, **kw)
        result.err = result.stderr.decode()
        assert "Sanitizer" not in result.err, result.err
        return result
    return run


def failed(result, status, *words):
    """With this status, and one paragraph that has these words."""
    assert result.returncode == status, result.err
    lines = [line for line in result.err.splitlines() if not line.startswith("esp-tls: warning")]
    assert len(lines) == 1 and lines[0].startswith("esp-tls: "), result.err
    for word in words:
        assert word in lines[0], (word, lines[0])


@pytest.fixture(params=["ws", "wss"])
def server(request, certs):
    """Start a python3-websockets, plain or over TLS."""
    import contextlib
    with contextlib.ExitStack() as stack:
        def start(handler=ws_peers.echo, **options):
            tls = {"certs": certs} if request.param == "wss" else {}
            return stack.enter_context(ws_peers.Server(handler, **tls, **options))
        yield start


# --- messages ------------------------------------------------------------------------------------


def test_lines_are_messages_and_come_back_as_lines(ws, server):
    result = ws(server().url, "-n", 4, stdin="hello\nw\u00f6rld \U0001f600\n\nlast".encode())
    assert result.returncode == 0 and result.err == "", result.err
    assert result.stdout.decode() == "hello\nw\u00f6rld \U0001f600\n\nlast\n"


def test_input_that_ends_closes_after_the_answers(ws, server):
    s = server()
    result = ws(s.url, stdin=b"one\ntwo\n")
    assert result.returncode == 0 and result.stdout == b"one\ntwo\n", result.err
    until = time.monotonic() + 10
    while s.connections[0].close_code is None and time.monotonic() < until:
        time.sleep(0.01)
    assert s.connections[0].close_code == 1000


def test_large_binary_message_is_sent_in_fragments_and_comes_back(ws, server):
    result = ws(server().url, "-b", "-n", 1, stdin=BIG)
    assert result.returncode == 0, result.err
    assert hashlib.sha256(result.stdout).digest() == hashlib.sha256(BIG).digest()


@pytest.mark.parametrize("size", [1, 125, 126, 4096, 65535, 65536, 1 << 20])
def test_fragments_of_any_size_are_one_message(ws, server, size):
    text = BIG[:300 if size == 1 else len(BIG)]

    async def handler(conn):
        await conn.send(ws_peers.fragments(text, size))
        await conn.wait_closed()

    result = ws(server(handler).url, "-b", "-n", 1)
    assert result.returncode == 0, result.err
    assert hashlib.sha256(result.stdout).digest() == hashlib.sha256(text).digest()


def test_large_unfragmented_text_is_streamed(ws, server):
    text = "x\u20ac" * 1_000_000  # 4 MB, as a browser's protocol sends it

    async def handler(conn):
        await conn.send(text)
        await conn.wait_closed()

    result = ws(server(handler).url, "-n", 1)
    assert result.returncode == 0, result.err
    assert result.stdout == text.encode() + b"\n"


def test_long_line_is_one_message_cut_between_characters(ws, server):
    line = "a" + "\u20ac\u00e9\U0001f600" * 20_000
    got = []

    async def handler(conn):
        got.append(await conn.recv())
        await conn.close()

    result = ws(server(handler).url, stdin=line.encode() + b"\n")
    assert result.returncode == 0, result.err
    assert got == [line]


def test_both_sides_send_more_than_fits_on_the_way(ws, server):
    async def handler(conn):
        await conn.send(BIG)  # before it reads a byte
        await asyncio.sleep(0.3)
        message = await conn.recv()
        await conn.send(hashlib.sha256(message).hexdigest())

    result = ws(server(handler).url, "-b", stdin=BIG)
    assert result.returncode == 0, result.err
    assert result.stdout == BIG + hashlib.sha256(BIG).hexdigest().encode()


def test_many_small_messages(ws, server):
    lines = b"".join(b"%d\n" % i for i in range(3000))
    result = ws(server().url, "-n", 3000, stdin=lines)
    assert result.returncode == 0 and result.stdout == lines, result.err


def test_input_that_is_no_utf8_is_refused_with_its_line(ws, server):
    result = ws(server().url, stdin=b"good\nb\xffd\n")
    failed(result, USAGE, "line 2", "-b")


# --- control frames and closing ------------------------------------------------------------------


def test_server_pings_are_answered(ws, server):
    async def handler(conn):
        pong = await conn.ping(b"are you there")
        await asyncio.wait_for(pong, 5)
        await conn.send("yes")
        await conn.wait_closed()

    result = ws(server(handler).url, "-n", 1, "-v")
    assert result.stdout == b"yes\n" and "a Ping came" in result.err, result.err


def test_own_pings_keep_it_open(ws, server):
    async def handler(conn):
        await asyncio.sleep(0.7)
        await conn.send("done")
        await conn.wait_closed()

    result = ws(server(handler).url, "--ping", "100ms", "-n", 1, "-v")
    assert result.returncode == 0 and result.err.count("a Pong came") >= 3, result.err


def test_server_that_answers_no_ping_is_gone(ws, peer):
    p = peer(says(upgrade, b"", hold=True))
    begun = time.monotonic()
    result = ws(f"ws://127.0.0.1:{p.port}/", "--ping", "200ms", "--timeout", "300ms", "-n", 1)
    failed(result, TIMEOUT, "Ping")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("code, status", [(1000, 0), (1001, 0), (1008, ANSWER), (1011, ANSWER),
                                          (4000, ANSWER)])
def test_close_of_the_server_has_its_status(ws, server, code, status):
    async def handler(conn):
        await conn.close(code, "because")

    result = ws(server(handler).url, "-n", 1)
    if status == 0:
        assert result.returncode == 0 and result.err == "", result.err
    else:
        failed(result, status, str(code), "because")


def test_server_that_does_not_answer_a_close(ws, peer):
    seen = []
    p = peer(says(upgrade, b"", seen=seen, hold=True))
    result = ws(f"ws://127.0.0.1:{p.port}/", "--timeout", "300ms", stdin=b"x\n")
    failed(result, TIMEOUT, "Close")
    assert seen[1:] == [(0x81, b"x"), (0x88, b"\x03\xe8")]


def test_server_that_does_not_read(ws, peer):
    import threading
    over = threading.Event()

    def handler(conn):
        conn.sendall(upgrade(ws_peers.read_head(conn)))
        over.wait(30)

    p = peer(handler)
    result = ws(f"ws://127.0.0.1:{p.port}/", "-b", "--timeout", "500ms", stdin=BIG * 8)
    over.set()
    failed(result, TIMEOUT, "taken nothing more")


def test_connection_that_ends_without_a_close(ws, peer):
    p = peer(lambda conn: conn.sendall(upgrade(ws_peers.read_head(conn)) + frame(0x81, b"hi")))
    result = ws(f"ws://127.0.0.1:{p.port}/", "-n", 2)
    assert result.stdout == b"hi\n"
    failed(result, ANSWER, "without closing the WebSocket")


# --- a server that lies --------------------------------------------------------------------------

LIES = {
    "reserved bit": (frame(0xC1, b"x"), 1002),
    "reserved opcode": (frame(0x83), 1002),
    "masked": (b"\x81\x81\0\0\0\0x", 1002),
    "long ping": (b"\x89\x7e\0\x7e" + b"x" * 126, 1002),
    "fragmented ping": (frame(0x09), 1002),
    "continuation of nothing": (frame(0x80, b"x"), 1002),
    "message in a message": (frame(0x01, b"a") + frame(0x81, b"b"), 1002),
    "not the shortest length": (b"\x81\x7e\0\1x", 1002),
    "2^63 bytes": (b"\x82\x7f" + b"\xff" * 8, 1002),
    "2^31 bytes": (b"\x82\x7f\0\0\0\0\x80\0\0\0", 1009),
    "no UTF-8": (frame(0x81, b"\xff"), 1007),
    "half a close": (frame(0x88, b"\x03"), 1002),
    "close code 1006": (frame(0x88, b"\x03\xee"), 1002),
}


@pytest.mark.parametrize("name", LIES)
def test_malformed_frame_is_refused_with_the_right_code(ws, peer, name):
    data, code = LIES[name]
    seen = []
    p = peer(says(upgrade, data, seen=seen))
    result = ws(f"ws://127.0.0.1:{p.port}/", "-n", 9)
    failed(result, ANSWER, str(code))
    p.__exit__()
    assert seen[1:] == [(0x88, code.to_bytes(2, "big"))]


ANSWERS = {
    "no accept": (lambda h: upgrade(h).replace(b"Sec-WebSocket-Accept", b"X"), ANSWER, "Accept"),
    "wrong accept": (lambda h: upgrade(h).replace(ws_peers.accept_of(h), b"x" * 27 + b"="), ANSWER,
                     "not one to this request"),
    "cut accept": (lambda h: upgrade(h).replace(ws_peers.accept_of(h), ws_peers.accept_of(h)[:9]),
                   ANSWER, "not one to this request"),
    "no upgrade": (lambda h: upgrade(h).replace(b"Upgrade: websocket\r\n", b""), ANSWER, "Upgrade"),
    "subprotocol": (lambda h: upgrade(h, b"Sec-WebSocket-Protocol: x\r\n"), ANSWER, "-s"),
    "extension": (lambda h: upgrade(h, b"Sec-WebSocket-Extensions: x\r\n"), ANSWER, "extension"),
    "200": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", HTTP, "200 OK instead of 101"),
    "404": (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", HTTP, "404 Not Found"),
    "401": (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", HTTP, "-u"),
    "302": (b"HTTP/1.1 302 No\r\nLocation: /elsewhere\r\n\r\n", HTTP, "/elsewhere", "-L"),
    "302 to nowhere": (b"HTTP/1.1 302 No\r\n\r\n", HTTP, "nowhere"),
    "another protocol": (b"SSH-2.0-x\r\n\r\n", ANSWER, "not HTTP"),
    "nothing": (b"", ANSWER, "without an answer", "wss"),
    "long header": (lambda h: upgrade(h, b"X: " + b"x" * 2000 + b"\r\n"), ANSWER, "longer"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answer_that_opens_nothing_is_explained(ws, peer, name):
    answer, status, *words = ANSWERS[name]
    p = peer(says(answer))
    failed(ws(f"ws://127.0.0.1:{p.port}/"), status, *words)


def test_silent_server_is_a_timeout(ws, peer):
    p = peer(peers.hold)
    failed(ws(f"ws://127.0.0.1:{p.port}/", "--timeout", "300ms"), TIMEOUT, "timeout")


# --- the request ---------------------------------------------------------------------------------


def test_request_has_path_headers_and_no_origin(ws, server):
    s = server()
    url = s.url + "chat?room=1"
    result = ws(url, "-H", "X-One: 1", "-H", "Cookie: a=b", stdin=b"x\n")
    assert result.returncode == 0, result.err
    head = s.connections[0].request_headers
    assert s.connections[0].path == "/chat?room=1"
    assert head["X-One"] == "1" and head["Cookie"] == "a=b" and "Origin" not in head
    assert head["User-Agent"].startswith("esp-tls/")
    assert head["Host"].endswith(f":{s.port}")


def test_origin_is_sent_when_it_is_set(ws, server):
    s = server(origins=["https://good.example"])
    assert ws(s.url, "-H", "Origin: https://good.example").returncode == 0
    failed(ws(s.url), HTTP, "403")


def test_subprotocol_is_agreed_on(ws, server):
    s = server(subprotocols=["mqtt", "chat"])
    result = ws(s.url, "-s", "other, chat", "-v")
    assert result.returncode == 0 and "subprotocol chat" in result.err, result.err
    assert s.connections[0].subprotocol == "chat"


@pytest.mark.parametrize("how", ["option", "url"])
def test_login_with_basic_when_it_is_asked_for(ws, server, how):
    s = server(create_protocol=websockets.basic_auth_protocol_factory(
        realm="r", credentials=("me", "pa:ss")))
    url = s.url.replace("://", "://me:pa%3Ass@") if how == "url" else s.url
    args = ["-u", "me:pa:ss"] if how == "option" else []
    result = ws(url, *args, "-n", 1, stdin=b"in\n")
    assert result.returncode == 0 and result.stdout == b"in\n", result.err
    failed(ws(s.url, "-u", "me:wrong"), HTTP, "did not accept")
    failed(ws(s.url), HTTP, "-u")


def test_login_with_digest_when_it_is_asked_for(ws, peer):
    seen = []

    def handler(conn):
        head = ws_peers.read_head(conn)
        seen.append(head)
        if b"Authorization" not in head:
            conn.sendall(b'HTTP/1.1 401 x\r\nWWW-Authenticate: Digest realm="r", nonce="n", '
                         b'qop="auth", algorithm=SHA-256\r\nContent-Length: 0\r\n\r\n')
            return
        conn.sendall(upgrade(head) + frame(0x81, b"in") + frame(0x88, b"\x03\xe8"))
        conn.recv(100)  # its Close; then the server hangs up

    p = peer(handler)
    result = ws(f"ws://127.0.0.1:{p.port}/a", "-u", "me:secret", "-n", 1)
    assert result.returncode == 0 and result.stdout == b"in\n", result.err
    assert b'Authorization: Digest username="me"' in seen[1] and b"secret" not in seen[1]


def redirecting(place, status=302):
    return b"HTTP/1.1 %d x\r\nLocation: %s\r\n\r\n" % (status, place.encode())


def test_redirects_are_followed_without_secrets_to_others(ws, peer):
    with ws_peers.Server(ws_peers.echo) as s:
        p = peer(says(redirecting(s.url.replace("ws", "http", 1) + "there")))
        result = ws(f"ws://127.0.0.1:{p.port}/", "-L", "-H", "Cookie: a=b", "-H", "X: y", "-n", 1,
                    stdin=b"x\n")
    assert result.returncode == 0 and result.stdout == b"x\n", result.err
    head = s.connections[0].request_headers
    assert s.connections[0].path == "/there" and head["X"] == "y" and "Cookie" not in head


def test_redirects_within_the_origin_keep_the_login(ws, peer):
    seen = []

    def handler(conn):
        head = ws_peers.read_head(conn)
        seen.append(head)
        if head.startswith(b"GET / "):
            conn.sendall(redirecting("there"))
        elif b"Authorization: Basic" not in head:
            conn.sendall(b'HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm="r"\r\n'
                         b"Content-Length: 0\r\n\r\n")
        else:
            conn.sendall(upgrade(head) + frame(0x88, b"\x03\xe8"))
            conn.recv(100)  # its Close; then the server hangs up

    p = peer(handler)
    result = ws(f"ws://127.0.0.1:{p.port}/", "-L", "-u", "a:b", "-H", "Cookie: c=d")
    assert result.returncode == 0, result.err
    assert [h.split()[1] for h in seen] == [b"/", b"/there", b"/there"]
    assert all(b"Cookie: c=d" in h for h in seen)


def test_redirects_that_lead_in_a_circle_or_downgrade_end(ws, peer, tls_peer):
    p = peer(says(redirecting("/")))
    failed(ws(f"ws://127.0.0.1:{p.port}/", "-L"), HTTP, "circle")
    assert p.connections == 11
    t = tls_peer(says(redirecting(f"ws://127.0.0.1:{p.port}/")))
    failed(ws(f"wss://localhost:{t.port}/", "-L"), HTTP, "not encrypted")
    assert p.connections == 11


# --- TLS, proxies, addresses ---------------------------------------------------------------------


def test_certificate_is_verified(ws, certs):
    with ws_peers.Server(ws_peers.echo, certs=certs) as s:
        failed(ws(s.url, cacert="root-other.pem"), CERTIFICATE)
        wrong = s.url.replace("localhost", "127.0.0.1")
        failed(ws(wrong, "--name", "other.example"), CERTIFICATE, "other.example")
        result = ws(wrong, "--name", "localhost", "-n", 1, stdin=b"x\n")
        assert result.returncode == 0 and result.stdout == b"x\n", result.err


def test_client_certificate(ws, certs):
    with ws_peers.Server(ws_peers.echo, certs=certs, client_ca=certs / "root-client.pem") as s:
        result = ws(s.url, "--cert", certs / "client-ec-chain.pem", "--key",
                    certs / "client-ec.key", "-n", 1, stdin=b"x\n")
        assert result.returncode == 0 and result.stdout == b"x\n", result.err
        failed(ws(s.url, "-n", 1, "--tls", "1.2"), TLS)


def test_connect_to_keeps_the_names(ws, server):
    s = server()
    url = s.url.replace(f"localhost:{s.port}", "test.example").replace(f"127.0.0.1:{s.port}",
                                                                       "test.example")
    args = ["--name", "localhost"] if url.startswith("wss") else []
    result = ws(url, "--connect-to", f"127.0.0.1:{s.port}", *args, "-n", 1, stdin=b"x\n")
    assert result.returncode == 0 and result.stdout == b"x\n", result.err
    assert s.connections[0].request_headers["Host"].startswith("test.example:")


def test_what_is_not_reached_has_the_class_of_its_phase(ws):
    with peers.refused_port() as port:
        failed(ws(f"ws://127.0.0.1:{port}/"), TCP, "refused")
        failed(ws(f"wss://127.0.0.1:{port}/"), TCP, "refused")
    failed(ws("ws://does-not-exist.invalid/"), DNS, "name")


@pytest.mark.xdist_group("squid")
def test_through_squid(ws, server, squid):
    result = ws(server().url, "--proxy", f"http://127.0.0.1:{squid.port}", "-b", "-n", 1, stdin=BIG)
    assert result.returncode == 0 and result.stdout == BIG, result.err


def test_through_socks(ws, server):
    with web.Socks() as socks:
        result = ws(server().url, "--proxy", f"socks5://127.0.0.1:{socks.port}", "-n", 1,
                    stdin=b"x\n")
    assert result.returncode == 0 and result.stdout == b"x\n", result.err


def test_capture_of_it(ws, server, tmp_path):
    result = ws(server().url, "--capture", tmp_path / "x.pcapng", "-n", 1, stdin=b"secret\n")
    assert result.returncode == 0, result.err
    assert (tmp_path / "x.pcapng").stat().st_size > 300


# --- the program ---------------------------------------------------------------------------------


@pytest.mark.parametrize("args, word", [
    ([], "one URL"), (["ws://a/", "ws://b/"], "several"), (["http://a/"], "neither wss nor ws"),
    (["ws://a/#b"], "fragment"), (["nothing"], "not a URL"),
    (["--cacert", "x", "ws://a/"], "--cacert is for wss"),
    (["-n", "0", "ws://a/"], "--messages"), (["--ping", "x", "ws://a/"], "--ping"),
    (["-H", "no colon", "ws://a/"], "-H"),
    (["-H", "Upgrade: x", "ws://127.0.0.1:1/"], "Upgrade"),
    (["-s", "a b", "ws://127.0.0.1:1/"], "-s"),
])
def test_usage_is_explained(args, word):
    result = subprocess.run([PROGRAM, "ws", *args], capture_output=True, text=True, check=False,
                            stdin=subprocess.DEVNULL)
    assert result.returncode == USAGE and word in result.stderr, result.stderr


def test_output_that_cannot_be_written(server, certs):
    with open("/dev/full", "wb") as full:
        s = server()
        args = ["--cacert", certs / "root-ec.pem"] if s.url.startswith("wss") else []
        result = subprocess.run([PROGRAM, "ws", *args, s.url], input=b"x\n", stdout=full,
                                stderr=subprocess.PIPE, timeout=60, check=False)
    assert result.returncode == OUTPUT and b"cannot write" in result.stderr


def test_on_a_terminal_lines_go_both_ways_and_control_characters_do_not():
    async def handler(conn):
        assert await conn.recv() == "typed"
        await conn.send("\x1b[2Jclear\u009b1m\ttab")
        await conn.wait_closed()

    with ws_peers.Server(handler) as s:
        leader, follower = pty.openpty()
        process = subprocess.Popen([PROGRAM, "ws", s.url], stdin=follower, stdout=follower,
                                   stderr=subprocess.PIPE)
        os.close(follower)
        os.write(leader, b"typed\n")
        text = b""
        while b"tab" not in text:
            text += os.read(leader, 4096)
        os.write(leader, b"\x04")  # Ctrl-D
        assert process.wait(20) == 0
        os.close(leader)
        assert b"Ctrl-D closes" in process.stderr.read()
        process.stderr.close()
    assert b"?[2Jclear" in text and b"\x1b" not in text and b"\xc2\x9b" not in text


def test_browser_answers_its_protocol_in_one_frame_of_megabytes(ws, tmp_path, slowness):
    """Chromium's DevTools refuse an Origin, and send what they have to say unfragmented."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    profile = tmp_path / "profile"
    browser = subprocess.Popen(
        [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--remote-debugging-port=0",
         f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        said = profile / "DevToolsActivePort"
        until = time.monotonic() + 60 * slowness
        while not (said.exists() and said.read_text().count("\n") == 1):
            assert browser.poll() is None and time.monotonic() < until
            time.sleep(0.05)
        port = said.read_text().split()[0]
        pages = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list").read())
        url = next(p["webSocketDebuggerUrl"] for p in pages if p["type"] == "page")
        ask = {"id": 1, "method": "Runtime.evaluate",
               "params": {"expression": "'\u00e9'.repeat(3000000)"}}
        result = ws(url, "-n", 1, stdin=json.dumps(ask, ensure_ascii=False).encode() + b"\n")
        assert result.returncode == 0, result.err
        assert json.loads(result.stdout)["result"]["result"]["value"] == "\u00e9" * 3_000_000
    finally:
        browser.kill()
        browser.wait()
