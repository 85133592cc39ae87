# SPDX-License-Identifier: Apache-2.0
"""esp-tls get: what it fetches, and each exit status with the paragraph that goes with it."""
import os
import pty
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import peers
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
USAGE, DNS, TCP, TIMEOUT, CERTIFICATE, TLS, HTTP, OUTPUT, ANSWER = 2, 3, 4, 5, 6, 7, 8, 9, 11
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def read_request(conn):
    request = b""
    while b"\r\n\r\n" not in request:
        data = conn.recv(4096)
        if not data:
            break
        request += data
    return request


def answers(*pieces, seen=None, pause=0.0):
    """A handler that answers one request with these bytes."""
    def handler(conn):
        request = read_request(conn)
        if seen is not None:
            seen.append(request)
        for piece in pieces:
            conn.sendall(piece)
            time.sleep(pause)
    return handler


class Get:
    def __init__(self, certs):
        self.certs = certs

    def __call__(self, url, *args, cacert="root-ec.pem", **kw):
        if url.startswith("https:") and cacert:
            args = ("--cacert", self.certs / cacert, *args)
        kw = {"capture_output": True, "timeout": 60, **kw}
        result = subprocess.run([PROGRAM, "get", *map(str, args), url], check=False, **kw)
        result.err = (result.stderr or b"").decode()
        assert "Sanitizer" not in result.err, result.err
        return result


def failed(result, status, *words):
    """It failed with this status, nothing on stdout and one paragraph that has these words."""
    assert result.returncode == status, result
    assert result.stdout == b""
    assert result.err.startswith("esp-tls: ") and result.err.count("\n") == 1, result.err
    for word in words:
        assert word in result.err, result.err
    return result


@pytest.fixture
def get(certs):
    return Get(certs)


@pytest.fixture(params=[(), ("--async",)], ids=["sync", "async"])
def how(request):
    return request.param


# --- what it fetches -----------------------------------------------------------------------------


@pytest.mark.parametrize("version, name", [("1.2", "TLSv1.2"), ("1.3", "TLSv1.3")])
def test_get_over_each_version_writes_the_body(get, tls_peer, how, version, name):
    peer = tls_peer(answers(PLAIN), alpn=["http/1.1"])
    result = get(f"https://localhost:{peer.port}/", "--tls", version, "-v", *how)
    assert (result.returncode, result.stdout) == (0, b"hello"), result
    for word in (name, "ALPN http/1.1", "127.0.0.1 port", "HTTP status 200", "dns ", "tcp ",
                 "tls ", "first byte "):
        assert word in result.err


def test_get_of_plain_http_writes_the_body(get, peer, how):
    result = get(f"http://127.0.0.1:{peer(answers(PLAIN)).port}/", *how)
    assert (result.returncode, result.stdout, result.err) == (0, b"hello", "")


def test_get_sends_one_plain_request(get, peer):
    seen = []
    p = peer(answers(PLAIN, seen=seen))
    version = (ROOT / "VERSION").read_text().strip()
    get(f"http://127.0.0.1:{p.port}/a%20b?c=d&e#f")
    get(f"http://127.0.0.1:{p.port}?q")
    assert seen[0].decode() == (
        f"GET /a%20b?c=d&e HTTP/1.1\r\nUser-Agent: esp-tls/{version}\r\nHost: 127.0.0.1:{p.port}"
        "\r\nAccept: */*\r\n\r\n")
    assert seen[1].startswith(b"GET /?q HTTP/1.1\r\n")


def chunks(data, size, extension=b""):
    for i in range(0, len(data), size):
        part = data[i:i + size]
        yield b"%x%s\r\n%s\r\n" % (len(part), extension, part)


BODY = bytes(range(256)) * 700
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BODIES = {
    "length": [b"HTTP/1.1 200 OK\r\ncontent-length:%d\r\n\r\n" % len(BODY), BODY],
    "until close": [b"HTTP/1.0 200 OK\r\n\r\n", BODY],
    "chunked": [CHUNKED, *chunks(BODY, 999), b"0\r\n\r\n"],
    "chunked with extensions and trailers": [CHUNKED, *chunks(BODY, 70000, b";a=b"),
                                             b"0;x\r\nA: b\r\n\r\n"],
    "after interim answers": [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n"
                              b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY), BODY],
    "more than its length": [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY), BODY,
                             b"more"],
}


@pytest.mark.parametrize("name", BODIES)
def test_get_takes_each_form_of_body(get, tls_peer, how, name):
    peer = tls_peer(answers(*BODIES[name]))
    result = get(f"https://localhost:{peer.port}/", *how)
    assert result.returncode == 0 and result.stdout == BODY, result.err


def test_get_takes_a_chunked_body_byte_by_byte(get, peer):
    data = b"".join([CHUNKED, *chunks(b"hello world", 4), b"0\r\n\r\n"])
    p = peer(answers(*[data[i:i + 1] for i in range(len(data))]))
    result = get(f"http://127.0.0.1:{p.port}")
    assert (result.returncode, result.stdout) == (0, b"hello world")


def test_get_without_content_is_complete(get, peer):
    result = get(f"http://127.0.0.1:{peer(answers(NO_CONTENT)).port}/")
    assert (result.returncode, result.stdout) == (0, b"")


# --- where it writes -----------------------------------------------------------------------------


def test_output_file_appears_when_all_is_there(get, peer, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"old")
    file.chmod(0o640)
    result = get(f"http://127.0.0.1:{peer(answers(PLAIN)).port}/", "-o", file)
    assert (result.returncode, result.stdout) == (0, b"")
    assert file.read_bytes() == b"hello" and file.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["file"]


def test_output_file_keeps_what_it_had_when_the_body_is_cut(get, peer, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"old")
    p = peer(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello"))
    failed(get(f"http://127.0.0.1:{p.port}/", "-o", file), ANSWER, "before the end of its answer")
    assert file.read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_no_unfinished_file(peer, tmp_path, number):
    p = peer(lambda c: (read_request(c),
                        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel"),
                        peers.hold(c)))
    process = subprocess.Popen([PROGRAM, "get", "-o", tmp_path / "file",
                                f"http://127.0.0.1:{p.port}/"], stderr=subprocess.PIPE,
                               # A shell's background jobs ignore SIGINT, and what they start.
                               preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
    for _ in range(500):
        if os.listdir(tmp_path):
            break
        time.sleep(0.01)
    assert "part" in os.listdir(tmp_path)[0]
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == -number and os.listdir(tmp_path) == []


def test_output_replaces_the_file_behind_a_link(get, peer, tmp_path):
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to("target")
    get(f"http://127.0.0.1:{peer(answers(PLAIN)).port}/", "-o", tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_bytes() == b"hello"


def test_output_to_a_device_is_written_in_place(get, peer):
    result = get(f"http://127.0.0.1:{peer(answers(PLAIN)).port}/", "-o", "/dev/null")
    assert result.returncode == 0 and not Path("/dev/null").is_file()


def test_body_of_an_error_is_written_where_that_is_asked_for(get, peer, tmp_path):
    out = tmp_path / "body"
    page = b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry"
    url = f"http://127.0.0.1:{peer(answers(page)).port}/"
    failed(get(url, "-o", out), HTTP, "404")
    assert not out.exists()
    result = get(url, "--body-on-error")
    assert (result.returncode, result.stdout) == (HTTP, b"sorry") and "404" in result.err
    assert get(url, "--body-on-error", "-o", out).returncode == HTTP
    assert out.read_bytes() == b"sorry"


@pytest.mark.parametrize("path", ["/dev/full", "/nowhere/file", "/tmp"])
def test_output_that_cannot_be_written_is_status_9(get, peer, path):
    result = get(f"http://127.0.0.1:{peer(answers(PLAIN)).port}/", "-o", path)
    failed(result, OUTPUT, "cannot write " + path)


def test_closed_pipe_is_status_9(peer):
    p = peer(answers(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 1_000_000))
    read, write = os.pipe()
    os.close(read)
    result = subprocess.run([PROGRAM, "get", f"http://127.0.0.1:{p.port}/"], stdout=write,
                            stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(write)
    assert result.returncode == OUTPUT and b"Broken pipe" in result.stderr


def test_progress_is_drawn_on_a_terminal_and_nowhere_else(get, peer, tmp_path):
    p = peer(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", *[b"x" * 1000] * 4,
                     pause=0.15))
    url = f"http://127.0.0.1:{p.port}/"
    assert get(url, "-o", tmp_path / "file").err == ""
    master, slave = pty.openpty()
    result = get(url, "-o", tmp_path / "file", capture_output=False, stderr=slave)
    os.close(slave)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert result.returncode == 0
    assert "[" in shown and "100 %" in shown and "kB/s" in shown and shown.endswith("\r\x1b[K")


# --- who it trusts -------------------------------------------------------------------------------


@pytest.mark.parametrize("cacert", ["root-ec.pem", "root-ec.der", "bundle.pem",
                                    "bundle-one-bad.pem", "."])
def test_authorities_come_from_a_file_or_a_directory(get, tls_peer, cacert):
    result = get(f"https://localhost:{tls_peer(answers(PLAIN)).port}/", cacert=cacert)
    assert (result.returncode, result.stdout) == (0, b"hello"), result.err


def test_directory_of_der_and_links_is_read(get, certs, tls_peer, tmp_path):
    (tmp_path / "authority.der").write_bytes((certs / "root-ec.der").read_bytes())
    (tmp_path / "1234.0").symlink_to("authority.der")
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "folder").mkdir()
    url = f"https://localhost:{tls_peer(answers(PLAIN)).port}/"
    assert get(url, "--cacert", tmp_path, cacert=None).stdout == b"hello"


def test_system_roots_are_the_default(get, tls_peer):
    if not Path("/etc/ssl/certs/ca-certificates.crt").exists():
        pytest.skip("ca-certificates is not installed")
    result = get(f"https://localhost:{tls_peer(answers(PLAIN)).port}/", cacert=None)
    failed(result, CERTIFICATE, "not among the trusted", "the system's list")


CLIENT_KEYS = [("client-ec-chain.pem", "client-ec.key", None),
               ("client-rsa.der", "client-rsa.pkcs1.der", None),
               ("client-ec384-chain.pem", "client-ec384.sec1.der", None),
               ("client-ec-chain.pem", "client-ec.aes256.pem", "correct horse"),
               ("client-ec-chain.pem", "client-ec.aes128.der", "pass:correct horse"),
               ("client-ec-chain.pem", "client-ec.rfc1421-aes128.pem", "env:SECRET"),
               ("client-ec-chain.pem", "client-ec.aes128.pem", "file:password.txt")]


@pytest.mark.parametrize("cert, key, password", CLIENT_KEYS)
def test_client_certificate_is_shown(get, certs, tls_peer, cert, key, password):
    if cert.endswith(".der"):
        ca = certs / "client-ca.pem"  # DER has no room for the intermediate
        ca.write_bytes(b"".join((certs / f"{n}-client.pem").read_bytes() for n in ("root", "int")))
    else:
        ca = certs / "root-client.pem"
    shown = []

    def handler(tls):
        shown.append(tls.getpeercert()["subject"])
        answers(PLAIN)(tls)

    peer = tls_peer(handler, client_ca=ca)
    extra = [] if password is None else ["--pass", password]
    result = get(f"https://localhost:{peer.port}/", "--cert", certs / cert, "--key", certs / key,
                 *extra, cwd=certs, env={**os.environ, "SECRET": "correct horse"})
    assert (result.returncode, result.stdout) == (0, b"hello"), result.err
    assert len(shown) == 1


def test_certificate_and_key_may_be_in_one_file(get, certs, tls_peer, tmp_path):
    both = tmp_path / "both.pem"
    both.write_bytes((certs / "client-ec-chain.pem").read_bytes() +
                     (certs / "client-ec.key").read_bytes())
    peer = tls_peer(answers(PLAIN), client_ca=certs / "root-client.pem")
    assert get(f"https://localhost:{peer.port}/", "--cert", both).stdout == b"hello"


# --- names ---------------------------------------------------------------------------------------


def test_connect_to_keeps_all_names(get, tls_peer):
    seen = []
    peer = tls_peer(answers(PLAIN, seen=seen))
    result = get("https://test.example/", "--connect-to", f"127.0.0.1:{peer.port}")
    assert (result.returncode, result.stdout) == (0, b"hello"), result.err
    assert peer.seen == ["test.example"] and b"\r\nHost: test.example\r\n" in seen[0]


def test_name_is_wanted_and_sent_instead_of_the_host(get, tls_peer):
    seen = []
    peer = tls_peer(answers(PLAIN, seen=seen), cert="server-name")
    url = f"https://localhost:{peer.port}/"
    failed(get(url), CERTIFICATE, "is for other names than localhost", "other.example")
    assert get(url, "--name", "other.example").stdout == b"hello"
    assert peer.seen[-1] == "other.example" and b"\r\nHost: localhost:" in seen[0]


def test_no_name_check_accepts_another_name_and_warns(get, tls_peer):
    peer = tls_peer(answers(PLAIN), cert="server-name")
    result = get(f"https://localhost:{peer.port}/", "--no-name-check")
    assert result.stdout == b"hello" and "warning" in result.err
    result = get(f"https://localhost:{peer.port}/", "--no-name-check", cacert="root-other.pem")
    assert result.returncode == CERTIFICATE


@pytest.mark.parametrize("option, host", [("-4", "127.0.0.1"), ("-6", "::1")])
def test_address_family_is_the_one_asked_for(get, tls_peer, option, host):
    try:
        peer = tls_peer(answers(PLAIN), host=host)
    except OSError:
        pytest.skip(f"there is no {host} here")
    literal, other = {"-4": ("127.0.0.1", "[::1]"), "-6": ("[::1]", "127.0.0.1")}[option]
    result = get(f"https://{literal}:{peer.port}/", option, "-v")
    assert result.stdout == b"hello" and f"connected to {host} port" in result.err
    assert get(f"https://{other}:{peer.port}/", option).returncode == DNS


# --- every class of failure ----------------------------------------------------------------------


REFUSED = {
    "server-expired": ["expired on 2021-01-01", "the time here is"],
    "server-future": ["not before 2048-01-01", "the time here is"],
    "server-untrusted": ["Some Other Root", "not among the trusted", "--cacert FILE"],
    "server-name": ["(it is for: other.example)", "--name NAME"],
    "server-usage": ["is not for a TLS server"],
    "server-int-expired": ["Test Intermediate Expired", "expired on"],
}


@pytest.mark.parametrize("cert", REFUSED)
def test_refused_certificate_is_status_6(get, tls_peer, how, cert):
    peer = tls_peer(answers(PLAIN), cert=cert)
    failed(get(f"https://localhost:{peer.port}/", *how), CERTIFICATE, "was refused", *REFUSED[cert])


def test_address_that_is_not_in_the_certificate_is_explained(get, tls_peer):
    peer = tls_peer(answers(PLAIN), cert="server-dns")
    failed(get(f"https://127.0.0.1:{peer.port}/"), CERTIFICATE, "the connection goes to an IP",
           "(it is for: localhost)", "skip_common_name")


def test_unresolvable_name_is_status_3(get, how):
    failed(get("https://nowhere.invalid/", *how), DNS, "nowhere.invalid does not exist")


def test_refused_port_is_status_4(get, how):
    with peers.refused_port() as port:
        failed(get(f"https://127.0.0.1:{port}/", *how), TCP, f"127.0.0.1 port {port}",
               "Connection refused", "nothing listens at")


TIMEOUTS = {
    "connect": (peers.hold, "did not answer"),
    "handshake": (peers.hold, "never answered the ClientHello"),
    "answer": (lambda tls: (read_request(tls), peers.hold(tls)), "sent nothing in time"),
}


@pytest.mark.parametrize("phase", TIMEOUTS)
def test_silence_in_each_phase_is_status_5(get, peer, tls_peer, how, phase):
    handler, words = TIMEOUTS[phase]
    began = time.monotonic()
    if phase == "connect":
        with peers.BlackHole() as hole:
            result = get(f"https://127.0.0.1:{hole.port}/", "--timeout", "300ms", *how)
    else:
        port = (peer if phase == "handshake" else tls_peer)(handler).port
        result = get(f"https://localhost:{port}/", "--timeout", "1", *how)
    failed(result, TIMEOUT, words, "300 ms" if phase == "connect" else "1000 ms", "--timeout")
    assert time.monotonic() - began < 20


def test_server_that_is_not_tls_is_status_7(get, peer, how):
    def http(conn):
        conn.recv(4096)
        conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        conn.recv(4096)
    failed(get(f"https://127.0.0.1:{peer(http).port}/", *how), TLS, "speaks plain HTTP", "0x7200")


def test_server_that_hangs_up_in_the_handshake_is_status_7(get, peer, how):
    p = peer(lambda conn: conn.recv(4096))
    failed(get(f"https://127.0.0.1:{p.port}/", *how), TLS, "closed the connection in the handshake")


def test_server_with_tls_1_1_only_is_status_7_and_says_so(get, certs):
    with peers.Openssl(certs, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0") as server:
        failed(get(f"https://localhost:{server.port}/"), TLS, "nothing newer than TLS 1.1")


def test_version_that_the_server_does_not_have_is_status_7(get, tls_peer):
    peer = tls_peer(answers(PLAIN), high=ssl.TLSVersion.TLSv1_2)
    failed(get(f"https://localhost:{peer.port}/", "--tls", "1.3"), TLS, "--tls")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_missing_client_certificate_is_status_7(get, certs, version):
    with peers.Openssl(certs, "-Verify", "4", "-CAfile", certs / "root-client.pem") as server:
        failed(get(f"https://localhost:{server.port}/", "--tls", version), TLS,
               "demands a client certificate", "--cert FILE --key FILE")


def test_unknown_client_certificate_is_status_7(get, certs):
    with peers.Openssl(certs, "-Verify", "4", "-verify_return_error", "-CAfile",
                       certs / "root-client.pem") as server:
        failed(get(f"https://localhost:{server.port}/", "--cert", certs / "client-other.pem",
                   "--key", certs / "client-other.key"), TLS, "unknown_ca (48)",
               "authority of the client certificate")


@pytest.mark.parametrize("line, words", [
    ("404 Not Found", ["404 Not Found", "path"]),
    ("503 Busy", ["503 Service Unavailable", "server's"]),
    ("401 X", ["401 Unauthorized", "-u USER:PASSWORD"]),
    ("302 X\r\nLocation: /else\xe9", ["302 Found", "redirects to /else??", "with -L"])])
def test_bad_status_is_status_8_and_nothing_is_written(get, peer, tmp_path, line, words):
    p = peer(answers(f"HTTP/1.1 {line}\r\nContent-Length: 5\r\n\r\nsorry".encode()))
    failed(get(f"http://127.0.0.1:{p.port}/", "-o", tmp_path / "file"), HTTP, *words)
    assert os.listdir(tmp_path) == []


def test_tls_that_is_cut_is_status_11(get, tls_peer, how):
    def cut(tls):
        answers(b"HTTP/1.0 200 OK\r\n\r\nhello")(tls)
        tls.shutdown(socket.SHUT_WR)  # FIN, and no close_notify

    peer = tls_peer(cut)
    result = get(f"https://localhost:{peer.port}/", *how)
    assert result.returncode == ANSWER and "end may be missing" in result.err, result


def test_reset_connection_is_status_11(get, peer, how):
    p = peer(lambda c: (read_request(c), peers.reset(c)))
    failed(get(f"http://127.0.0.1:{p.port}/", *how), ANSWER, "Connection reset by peer")


BROKEN = {
    "nothing": (b"", "without an answer"),
    "no HTTP": (b"SSH-2.0-OpenSSH\r\n\r\n", "Expected HTTP/"),
    "bad status": (b"HTTP/1.1 2000 OK\r\n\r\n", "cannot be used"),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Le", "before the end"),
    "length": (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length"),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                    "Content-Length"),
    "huge length": (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nab",
                    "Content-Length"),
    "coding": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "transfer coding"),
    "NUL": (b"HTTP/1.1 200 OK\r\nA: b\0ccc\r\n\r\n", "character that may not"),
    "no name": (b"HTTP/1.1 200 OK\r\n: b\r\n\r\n", "header token"),
    "long line": (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 17000 + b"\r\n\r\n", "longer than 16 KB"),
    "many lines": (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300 + b"\r\n", "too many header fields"),
    "interim only": (b"HTTP/1.1 100 Continue\r\n\r\n" * 20, "interim"),
}
BROKEN_BODIES = {
    "chunk size": (CHUNKED + b"xyz\r\n", "chunk size"),
    "chunk size too large": (CHUNKED + b"f" * 17 + b"\r\n", "too many digits"),
    "chunk too long": (CHUNKED + b"1\r\nab\r\n0\r\n\r\n", "after chunk"),
    "no last chunk": (CHUNKED + b"2\r\nab\r\n", "before the end"),
    "no end of trailers": (CHUNKED + b"2\r\nab\r\n0\r\n", "before the end"),
    "shorter than its length": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
                                "before the end"),
}


@pytest.mark.parametrize("name", [*BROKEN, *BROKEN_BODIES])
def test_broken_answer_is_status_11(get, peer, tmp_path, name):
    data, words = {**BROKEN, **BROKEN_BODIES}[name]
    p = peer(answers(data))
    failed(get(f"http://127.0.0.1:{p.port}/", "-o", tmp_path / "file"), ANSWER, words)
    assert os.listdir(tmp_path) == []


MISUSE = [
    ([], "get takes a URL"),
    (["-o", "a", "-o", "b", "https://a/"], "more -o than URLs"),
    (["localhost"], "is not a URL"),
    (["ftp://localhost/"], "neither https nor http"),
    (["-X", "FETCH", "https://localhost/"], "-X takes"),
    (["-H", "no colon", "https://localhost/"], "-H takes"),
    (["-H", "A: b\r\nC: d", "https://localhost/"], "-H takes"),
    (["-u", ":secret", "https://localhost/"], "-u takes"),
    (["--range", "a-b", "https://localhost/"], "--range takes"),
    (["--range", "-", "https://localhost/"], "--range takes"),
    (["--resume", "https://localhost/"], "--resume needs -o"),
    (["--resume", "-o", "f", "-d", "x", "https://localhost/"], "--resume needs -o"),
    (["-I", "-d", "x", "https://localhost/"], "-I goes"),
    (["--proxy", "ftp://localhost/", "https://localhost/"], "--proxy takes"),
    (["--proxy", "http://p:1", "--connect-to", "a:1", "https://localhost/"], "does not go with"),
    (["-d", "@/nowhere/file", "https://localhost/"], "cannot read /nowhere/file"),
    (["--tls", "1.1", "https://localhost/"], "1.2 or 1.3"),
    (["--timeout", "0", "https://localhost/"], "--timeout takes"),
    (["--timeout", "5min", "https://localhost/"], "--timeout takes"),
    (["--timeout", "nan", "https://localhost/"], "--timeout takes"),
    (["--connect-to", "localhost", "https://localhost/"], "HOST:PORT"),
    (["--connect-to", "a:1/b", "https://localhost/"], "HOST:PORT"),
    (["--key", "k", "https://localhost/"], "--key needs --cert"),
    (["--pass", "p", "https://localhost/"], "--pass is for the key"),
    (["--name", "n", "http://localhost/"], "--name is for https"),
    (["--cacert", "/nowhere", "https://localhost/"], "cannot read /nowhere"),
    (["--cacert", "/dev/null", "https://localhost/"], "no certificate in /dev/null"),
    (["--cert", "root-ec.pem", "https://localhost/"], "no private key in root-ec.pem"),
    (["--cert", "root-ec.pem", "--key", "root-ec.key", "--pass", "env:NOT_THERE",
      "https://localhost/"], "no environment variable NOT_THERE"),
    (["--what", "https://localhost/"], "--what"),
]


@pytest.mark.parametrize("args, words", MISUSE)
def test_misuse_is_status_2(certs, args, words):
    result = subprocess.run([PROGRAM, "get", *args], cwd=certs, capture_output=True, text=True,
                            timeout=60, check=False)
    assert result.returncode == USAGE and result.stdout == ""
    assert result.stderr.startswith("esp-tls: ") and words in result.stderr, result.stderr


UNUSABLE = [
    (["--cert", "client-ec.key", "--key", "client-ec.key"], "clientcert_buf holds something else"),
    (["--cert", "client-ec.pem", "--key", "client-ec.pem"], "clientkey_buf holds something else"),
    (["--cert", "client-ec.pem", "--key", "client-ec.aes128.pem"], "the private key is encrypted"),
    (["--cert", "client-ec.pem", "--key", "client-ec.aes128.pem", "--pass", "wrong"],
     "its password is missing or wrong"),
]


@pytest.mark.parametrize("args, words", UNUSABLE)
def test_credentials_that_cannot_be_used_are_status_2(get, certs, peer, args, words):
    p = peer(peers.hold)
    failed(get(f"https://localhost:{p.port}/", *args, cwd=certs), USAGE, words)
    assert p.connections == 0


def test_command_that_is_none_is_status_2():
    result = subprocess.run([PROGRAM, "put"], capture_output=True, text=True, check=False)
    assert result.returncode == USAGE and "no command 'put'" in result.stderr


def test_log_is_shown_only_when_asked_for_twice(get):
    with peers.refused_port() as port:
        url = f"https://127.0.0.1:{port}/"
        assert "E (" not in get(url, "-v").err
        assert "E (" in get(url, "-vv").err
