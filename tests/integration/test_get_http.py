# SPDX-License-Identifier: Apache-2.0
"""esp-tls get: the options about HTTP do what the manual page says."""
import hashlib
import json
import os
import pty
import re
import subprocess
import time

import peers
import pytest
import web
from test_get import ANSWER, HTTP, PROGRAM, Get, failed, read_request

BODY = bytes(range(256)) * 40


@pytest.fixture
def get(certs):
    return Get(certs)


def once(answer):
    """A server of one answer, to whatever it is asked."""
    def handler(conn):
        read_request(conn)
        conn.sendall(answer)
    return handler


@pytest.mark.parametrize("answer, reason, status, says", [
    (b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP_MALFORMED", 200, "the answer cannot be used"),
    (b"SSH-2.0-x\r\n", "HTTP_MALFORMED", None, "Perhaps this is no web server"),
    (b"", "HTTP_NO_ANSWER", None, "without an answer"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HTTP_INCOMPLETE", 200, "before the end"),
    (b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n", "HTTP_STATUS", 404, "404 Not Found"),
    (b"HTTP/1.1 302 X\r\nLocation: javascript:a()\r\nContent-Length: 0\r\n\r\n", "HTTP_LOCATION",
     302, "no URL of http or https")])
def test_text_and_json_name_one_cause_and_nothing_of_tls(get, peer, answer, reason, status, says):
    url = url_of(peer(once(answer)))
    text = get(url, "-L").err
    assert says in text, text
    assert status is None or "no web server" not in text, text
    found = json.loads(get(url, "-L", "--json").stdout)
    assert [cause["name"] for cause in found["reasons"]] == [reason], found
    assert found["class"] == "http" and found.get("status") == status, found
    assert "has not failed" not in found["what"] and "TLS" not in found["reasons"][0]["text"]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_nginx_that_misses_a_certificate_is_understood(get, certs, tmp_path, version):
    with peers.Nginx(certs, tmp_path, f"ssl_client_certificate {certs}/root-client.pem;",
                     "ssl_verify_client on; ssl_verify_depth 3;",
                     "location = /who { return 200 $ssl_client_s_dn; }") as server:
        args = f"https://localhost:{server.port}/who", "--tls", version
        failed(get(*args), 8, "answered 400 Bad Request. In the handshake it had asked for a "
               "client certificate, and got none: --cert FILE --key FILE")
        found = json.loads(get(*args, "--json").stdout)
        assert [cause["name"] for cause in found["reasons"]] == ["HTTP_CLIENT_CERT", "HTTP_STATUS"]
        assert found["class"] == "identity" and found["status"] == 400, found
        assert found["reasons"][0]["remedies"][0]["setting"] == "clientcert_buf", found
        other = "--cert", certs / "client-other.pem", "--key", certs / "client-other.key"
        assert "In the handshake" not in failed(get(*args, *other), 8, "answered 400").err
        mine = "--cert", certs / "client-ec-chain.pem", "--key", certs / "client-ec.key"
        assert get(*args, *mine).returncode == 0


def test_a_400_without_a_request_for_a_certificate_blames_none(get, certs, tmp_path):
    with peers.Nginx(certs, tmp_path, "location = /bad { return 400; }") as server:
        result = get(f"https://localhost:{server.port}/bad", "--json")
        assert [cause["name"] for cause in json.loads(result.stdout)["reasons"]] == ["HTTP_STATUS"]


def test_a_proxy_that_trickles_is_to_blame(get, peer):
    def trickle(conn):
        read_request(conn)
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100:
            conn.sendall(bytes([byte]))
            time.sleep(0.1)
    proxy = f"http://127.0.0.1:{peer(trickle).port}"
    args = "https://localhost:9/", "--proxy", proxy, "--timeout", "700ms"
    failed(get(*args), 5, "timeout: the proxy 127.0.0.1 did not open the way to localhost")
    assert json.loads(get(*args, "--json").stdout)["reasons"][0]["name"] == "PROXY_TIMEOUT"


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("how", [[], ["--async"]])
def test_upload_that_is_reset_is_told_as_such(get, peer, tmp_path, method, how):
    """The write failed: nothing is said of an answer's header."""
    def cut(conn):
        conn.recv(4096)
        time.sleep(0.2)
        peers.reset(conn)
    (tmp_path / "big").write_bytes(bytes(8 << 20))
    args = [*how, "-X", method, "-d", f"@{tmp_path / 'big'}"]
    failed(get(url_of(peer(cut)), *args), 11, "Connection reset by peer")
    found = json.loads(get(url_of(peer(cut)), *args, "--json").stdout)
    assert found["exit"] == 11 and found["class"] == "closed", found
    assert found["reasons"][0]["name"] in ("CONNECTION_LOST", "TCP_RESET"), found
    assert found["errno"]["name"] in ("ECONNRESET", "EPIPE"), found
    assert "header" not in found["what"] and "FETCH_HEADER" not in json.dumps(found), found
    assert "HTTP_" not in json.dumps(found["reasons"]), found


class Files:
    """A server of one file that knows ranges; `seen` has the requests, `stop` cuts bodies."""

    def __init__(self, body=BODY, ranges=True, stop=None, lie=0):
        self.body, self.ranges, self.stop, self.lie, self.seen = body, ranges, stop, lie, []

    def __call__(self, conn):
        while True:
            request = read_request(conn)
            if not request:
                return
            self.seen.append(request)
            conn.sendall(self.answer(request))
            if self.stop is not None:
                return

    def answer(self, request):
        match = re.search(rb"\r\nRange: bytes=(\d*)-(\d*)\r\n", request)
        if not match or not self.ranges:
            return self.head(b"200 OK", b"", self.body) + self.body[:self.stop]
        size = len(self.body)
        first = int(match[1]) if match[1] else size - int(match[2])
        last = min(int(match[2]) if match[1] and match[2] else size - 1, size - 1)
        if first >= size:
            return self.head(b"416 X", b"Content-Range: bytes */%d\r\n" % size, b"")
        first += self.lie
        part = self.body[first:last + 1]
        return self.head(b"206 Partial Content", b"Content-Range: bytes %d-%d/%d\r\n" %
                         (first, last, size), part) + part[:self.stop]

    @staticmethod
    def head(status, more, body):
        return (b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n" % (status, len(body), more))


def url_of(p, path="/"):
    return f"http://127.0.0.1:{p.port}{path}"


# --- requests ----------------------------------------------------------------------------------------


def test_method_headers_and_data(get, apache, tmp_path):
    (tmp_path / "data").write_bytes(BODY)
    url = apache.url("/cgi")
    result = get(url, "-d", "a=b")
    assert b"REQUEST_METHOD=POST" in result.stdout and b"body=3 " in result.stdout
    assert b"CONTENT_TYPE=application/x-www-form-urlencoded" in result.stdout
    result = get(url, "-X", "PUT", "-d", f"@{tmp_path / 'data'}", "-H", "Content-Type: a/b")
    for text in ("REQUEST_METHOD=PUT", "CONTENT_TYPE=a/b", f"CONTENT_LENGTH={len(BODY)}",
                 f"body={len(BODY)} {hashlib.sha256(BODY).hexdigest()}"):
        assert text.encode() in result.stdout, text
    result = get(url, "-d", "@-", input=BODY)
    assert b"HTTP_TRANSFER_ENCODING=chunked" in result.stdout
    assert hashlib.sha256(BODY).hexdigest().encode() in result.stdout
    result = get(url, "-X", "DELETE", "-H", "Cookie: x=y")
    assert b"REQUEST_METHOD=DELETE" in result.stdout and b"HTTP_COOKIE=x=y" in result.stdout


def test_header_can_be_left_out_and_replaced(get, peer):
    files = Files()
    get(url_of(peer(files)), "-H", "User-Agent:", "-H", "Accept: text/html", "-H", "Host: other")
    assert b"User-Agent" not in files.seen[0] and b"\r\nAccept: text/html\r\n" in files.seen[0]
    assert b"\r\nHost: other\r\n" in files.seen[0] and files.seen[0].count(b"Host:") == 1


def test_head_prints_status_and_headers_and_no_body(get, peer):
    files = Files()
    result = get(url_of(peer(files)), "-I")
    assert files.seen[0].startswith(b"HEAD / ") and result.returncode == 0
    assert result.stdout == b"HTTP/1.1 200 OK\nContent-Length: 10240\n\n"


def test_redirects_are_followed_only_with_L(get, peer):
    def handler(conn):
        while True:
            request = read_request(conn)
            if not request:
                return
            conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere"
                         if request.startswith(b"GET /there") else
                         b"HTTP/1.1 302 X\r\nLocation: /there\r\nContent-Length: 5\r\n\r\nmoved")

    p = peer(handler)
    failed(get(url_of(p)), HTTP, "redirects to /there", "-L")
    result = get(url_of(p), "-L")
    assert (result.returncode, result.stdout) == (0, b"here")
    assert get(url_of(p), "-L", "-I").stdout.count(b"HTTP/1.1 ") == 11  # HEAD is sent on
    failed(get(url_of(p, "/"), "-L", "-X", "DELETE"), HTTP, "more than ten redirects")


def test_redirect_takes_no_secrets_to_another_origin(get, peer):
    inner = Files()
    other = peer(inner)
    seen = []

    def handler(conn):
        while True:
            request = read_request(conn)
            if not request:
                return
            seen.append(request)
            if b"Authorization" not in request:
                conn.sendall(b"HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
                             b"Content-Length: 0\r\n\r\n")
            else:
                conn.sendall(b"HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: " +
                             url_of(other).encode() + b"\r\n\r\n")

    result = get(url_of(peer(handler)), "-L", "-u", "me:secret", "-H", "Cookie: a=b", "-H", "X: y")
    assert result.returncode == 0 and len(seen) == 2 and b"Cookie: a=b" in seen[1]
    assert b"Authorization" not in inner.seen[0] and b"Cookie" not in inner.seen[0]
    assert b"\r\nX: y\r\n" in inner.seen[0]


@pytest.mark.parametrize("path", ["/basic.html", "/digest.html"])
def test_user_logs_in(get, apache, path):
    result = get(apache.url(path), "-u", f"{web.USER}:{web.PASSWORD}")
    assert (result.returncode, result.stdout) == (0, b"secret"), result.err
    failed(get(apache.url(path), "-u", f"{web.USER}:wrong"), HTTP, "did not accept")
    failed(get(apache.url(path)), HTTP, "401", "-u USER:PASSWORD")


# --- ranges ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value, part", [("0-9", BODY[:10]), ("10000-", BODY[10000:]),
                                         ("-7", BODY[-7:])])
def test_range(get, peer, value, part):
    files = Files()
    result = get(url_of(peer(files)), "--range", value)
    assert (result.returncode, result.stdout) == (0, part)
    assert f"\r\nRange: bytes={value}\r\n".encode() in files.seen[0]
    assert get(url_of(peer(Files(ranges=False))), "--range", value).stdout == BODY
    failed(get(url_of(peer(Files())), "--range", "99999-"), HTTP, "416", "behind the end")


def test_resume_goes_on_until_all_is_there(get, peer, tmp_path):
    files = Files(stop=4000)
    p, file = peer(files), tmp_path / "file"
    for have in (4000, 8000):
        failed(get(url_of(p), "--resume", "-o", file), ANSWER, "before the end")
        assert file.read_bytes() == BODY[:have]
    files.stop = None
    for _ in range(2):  # the second time nothing is missing
        result = get(url_of(p), "--resume", "-o", file)
        assert (result.returncode, file.read_bytes()) == (0, BODY), result.err
    assert [re.search(rb"bytes=(\d+)-", r)[1] for r in files.seen[1:]] == [
        b"4000", b"8000", b"10240"]


def test_resume_of_a_server_that_sends_everything_begins_again(get, peer, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"other" * 1000)
    assert get(url_of(peer(Files(ranges=False))), "--resume", "-o", file).returncode == 0
    assert file.read_bytes() == BODY


def test_resume_with_another_range_than_asked_for_leaves_the_file(get, peer, tmp_path):
    """RFC 9110 section 15.3.7: Content-Range says which part it is."""
    file = tmp_path / "file"
    file.write_bytes(BODY[:5000])
    failed(get(url_of(peer(Files(lie=100))), "--resume", "-o", file), ANSWER, "another part")
    assert file.read_bytes() == BODY[:5000]


# --- several URLs, progress -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", [(), ("--async",)], ids=["sync", "async"])
def test_several_urls_share_a_connection(get, tls_peer, tmp_path, how):
    files = Files()
    p = tls_peer(files)
    urls = [f"https://localhost:{p.port}/{i}" for i in range(4)]
    result = get(urls[0], "-o", tmp_path / "a", "-o", "-", *how, urls[1], urls[2], urls[3])
    # the first on the command line is urls[1]
    assert result.returncode == 0 and (tmp_path / "a").read_bytes() == BODY
    assert result.stdout == BODY * 3 and p.connections == 1
    assert [r.split()[1] for r in files.seen] == [b"/1", b"/2", b"/3", b"/0"]


def test_urls_of_two_servers_and_a_failure_between(get, peer):
    good, other = peer(Files(b"one")), peer(Files(b"two"))
    with peers.refused_port() as port:
        result = get(url_of(good), url_of(other), f"http://127.0.0.1:{port}/", url_of(other))
    assert result.stdout == b"twotwoone" and result.returncode == 4, result
    assert result.err.count("esp-tls: ") == 1


def test_progress_has_rate_and_time_left(peer, tmp_path):
    def handler(conn):
        read_request(conn)
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(10):
            conn.sendall(b"x" * 10_000)
            time.sleep(0.15)

    master, slave = pty.openpty()
    subprocess.run([PROGRAM, "get", "-o", tmp_path / "file", url_of(peer(handler))], stderr=slave,
                   timeout=60, check=True)
    os.close(slave)
    shown = os.read(master, 65536).decode().split("\r\x1b[K")
    os.close(master)
    lines = [line for line in shown if "left" in line]
    assert len(lines) >= 4 and shown[-1] == "", shown
    for line in lines:
        assert re.fullmatch(r"\[#*\.*\] +\d+ %  \d[\d.]* kB  \d[\d.]* kB/s  0:00:0\d left", line), line


# --- proxies ----------------------------------------------------------------------------------------------


@pytest.mark.xdist_group("squid")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_with_a_login(get, peer, tls_peer, squid, scheme):
    p = (tls_peer if scheme == "https" else peer)(Files())
    url = f"{scheme}://localhost:{p.port}/"
    for port in (squid.basic_port, squid.digest_port):
        proxy = f"http://{web.USER}:{web.PROXY_PASSWORD.replace(':', '%3A')}@127.0.0.1:{port}"
        result = get(url, "--proxy", proxy)
        assert (result.returncode, result.stdout) == (0, BODY), result.err
        failed(get(url, "--proxy", f"http://{web.USER}:wrong@127.0.0.1:{port}"), HTTP,
               "did not accept")
        failed(get(url, "--proxy", f"http://127.0.0.1:{port}"), HTTP, "proxy", "who you are")


@pytest.mark.parametrize("kind", ["socks5", "socks5 login"])
def test_proxy_of_socks(get, tls_peer, kind):
    p = tls_peer(Files())
    login = (web.USER, "secret") if "login" in kind else ()
    with web.Socks(*login) as socks:
        who = ":".join(login) + "@" if login else ""
        result = get(f"https://localhost:{p.port}/", "--proxy",
                     f"socks5://{who}127.0.0.1:{socks.port}", "-v")
    assert (result.returncode, result.stdout) == (0, BODY), result.err
    assert "connected through 127.0.0.1" in result.err and "TLSv1.3" in result.err
