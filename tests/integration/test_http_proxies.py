# SPDX-License-Identifier: Apache-2.0
"""The HTTP client through proxies: squid, microsocks, and TLS in TLS."""
import hashlib
import os

import peers
import pytest
import web
from test_get import BUILD, answers

pytestmark = pytest.mark.xdist_group("squid")

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
SECURE = {"http": False, "https": True}


def serve(conn):
    """Requests one after the other, each answered with its head."""
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            more = conn.recv(65536)
            if not more:
                return
            data += more
        head, _, data = data.partition(b"\r\n\r\n")
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(head) + head)


@pytest.fixture(params=SECURE)
def target(request, certs, tls_peer, peer):
    """A URL, and the peer behind it."""
    if SECURE[request.param]:
        p = tls_peer(serve)
        return f"https://localhost:{p.port}/x?y", p
    p = peer(serve)
    return f"http://localhost:{p.port}/x?y", p


@pytest.fixture
def trusting(http, certs):
    return http.set(cacert=certs / "root-ec.pem")


def proxied(port, *login):
    return " ".join(["http", "127.0.0.1", str(port), *login])


@pytest.mark.parametrize("settings", [{}, {"async": 1}, {"mode": "stream"}],
                         ids=["perform", "async", "stream"])
def test_squid_carries_requests_over_one_connection(trusting, squid, target, settings):
    url, p = target
    first = trusting.go(proxy=proxied(squid.port), url=url, **settings).ok()
    second = trusting.go(url=url.replace("x?y", "z")).ok()
    assert (first.connects, second.connects) == (1, 0)
    host = url.split("/")[2]
    assert b"GET /x?y HTTP/1.1\r\n" in first.body and b"GET /z HTTP/1.1" in second.body
    assert f"Host: {host}".encode() in first.body
    assert b"Proxy-" not in first.body + second.body
    assert p.connections == 1 or not url.startswith("https")


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_squid_login(trusting, squid, target, scheme):
    url, _ = target
    port = squid.basic_port if scheme == "basic" else squid.digest_port
    answer = trusting.go(proxy=proxied(port, web.USER, web.PROXY_PASSWORD), url=url)
    answer.ok()
    assert b"GET /x?y" in answer.body and b"Proxy-" not in answer.body
    assert trusting.go().ok().connects == 0  # not asked again


@pytest.mark.parametrize("scheme", ["basic", "digest"])
@pytest.mark.parametrize("login", ["", f" {web.USER} wrong"], ids=["nobody", "wrong"])
def test_squid_login_is_refused(trusting, squid, target, scheme, login):
    url, p = target
    port = squid.basic_port if scheme == "basic" else squid.digest_port
    answer = trusting.go(proxy=f"http 127.0.0.1 {port}{login}", url=url)
    if url.startswith("https"):
        answer.failed("ESP_ERR_HTTP_CONNECT")
        assert answer.esp == (0xE013 if login else 0xE012), answer  # AUTH_FAILED, AUTH_REQUIRED
    elif login:
        answer.failed("ESP_FAIL")
        assert answer.status == 407
    else:
        answer.ok(407)
    assert p.connections == 0


def test_squid_forbids_a_host(trusting, squid):
    answer = trusting.go(proxy=proxied(squid.port), url="https://127.0.0.99:1/")
    assert answer.failed("ESP_ERR_HTTP_CONNECT").esp == 0xE014  # REFUSED
    assert trusting.go(url="http://127.0.0.99:1/").ok(403).status == 403


def test_squid_cannot_reach_a_host(trusting, squid):
    with peers.refused_port() as port:
        answer = trusting.go(proxy=proxied(squid.port), url=f"https://127.0.0.1:{port}/")
        assert answer.failed("ESP_ERR_HTTP_CONNECT").esp == 0xE016  # TARGET_UNREACHABLE
        assert trusting.go(url=f"http://127.0.0.1:{port}/").ok(503)


def test_squid_tunnel_checks_the_target_not_the_proxy(trusting, squid, tls_peer):
    p = tls_peer(serve, cert="server-name")
    answer = trusting.go(proxy=proxied(squid.port), url=f"https://localhost:{p.port}/")
    answer.failed("ESP_ERR_HTTP_CONNECT", "handshake", "certificate refused")


def test_squid_upload_through_a_tunnel_and_not(trusting, squid, apache, tmp_path):
    data = os.urandom(200_000)
    (tmp_path / "in").write_bytes(data)
    for url in (apache.url("/cgi"), f"https://localhost:{apache.tls_port}/cgi"):
        for chunked in (0, 1):
            answer = trusting.go(proxy=proxied(squid.port), url=url, method="POST",
                                 bodyfile=tmp_path / "in", chunked=chunked).ok()
            assert f"body={len(data)} {hashlib.sha256(data).hexdigest()}".encode() in answer.body


def test_tls_in_tls(http, certs, squid, tls_peer):
    """TLS to the proxy, and in its tunnel TLS to the target; both are verified."""
    p = tls_peer(serve)
    for cert, trusted in (("server-ec", True), ("server-untrusted", False)):
        with web.TlsFront(certs, squid.port, cert=cert) as front:
            http.new(cacert=certs / "root-ec.pem", stack=f"localhost {front.port}")
            answer = http.go(url=f"https://localhost:{p.port}/in")
            if trusted:
                assert b"GET /in HTTP/1.1" in answer.ok().body and answer.version == "TLSv1.3"
                assert b"GET /in" in http.go().ok().body
            else:
                answer.failed("ESP_ERR_HTTP_CONNECT", "handshake", "certificate refused")
                assert answer.esp == 0x801A and answer.flags == answer.record["flags"] != 0
    assert p.connections == 1


@pytest.mark.parametrize("login", [False, True], ids=["nobody", "login"])
def test_socks5_resolves_and_carries(trusting, target, login):
    url, _ = target
    who = (web.USER, web.PROXY_PASSWORD) if login else ()
    with web.Socks(*who) as socks:
        answer = trusting.go(proxy=" ".join(["socks5", "127.0.0.1", str(socks.port), *who]),
                             url=url)
        assert b"GET /x?y" in answer.ok().body
        assert trusting.go().ok().connects == 0
        if url.startswith("https"):
            assert answer.version == "TLSv1.3"


def test_socks5_says_what_the_proxy_says(trusting):
    with web.Socks(web.USER, "secret") as socks, peers.refused_port() as port:
        for who, url, code in ((f" {web.USER} wrong", "http://127.0.0.1/", 0xE013),
                               ("", "http://127.0.0.1/", 0xE012),
                               (f" {web.USER} secret", f"https://127.0.0.1:{port}/", 0xE016)):
            trusting.new(proxy=f"socks5 127.0.0.1 {socks.port}{who}")
            assert trusting.go(url=url).failed("ESP_ERR_HTTP_CONNECT").esp == code


def test_proxy_that_is_not_there(trusting, target):
    with peers.refused_port() as port:
        for kind in ("http", "socks4", "socks4a", "socks5"):
            answer = trusting.new(proxy=f"{kind} 127.0.0.1 {port}").go(url=target[0])
            assert (answer.failed("ESP_ERR_HTTP_CONNECT").esp, answer.errno) in (
                (0x8004, 111), (0x8004, 0xF1)), answer


@pytest.mark.parametrize("secure", [False, True])
def test_ipv6_literal_has_its_port_in_host(http, certs, tls_peer, peer, secure):
    """RFC 9112 section 3.2: brackets, and the port unless it is the scheme's own."""
    try:
        p = tls_peer(serve, host="::1") if secure else peer(serve, host="::1")
    except OSError:
        pytest.skip("there is no IPv6 here")
    scheme = "https" if secure else "http"
    answer = http.go(url=f"{scheme}://[::1]:{p.port}/", cacert=certs / "root-ec.pem").ok()
    assert f"\r\nHost: [::1]:{p.port}".encode() in answer.body
    default = http.go(url=f"{scheme}://[::1]/", connect_to=1)
    assert default.err == "ESP_ERR_HTTP_CONNECT"


def test_program_goes_through_squid(certs, squid, tls_peer):
    import subprocess
    p = tls_peer(answers(OK))
    proxy = f"http://{web.USER}:{web.PROXY_PASSWORD}@127.0.0.1:{squid.digest_port}"
    result = subprocess.run([BUILD / "esp-tls", "get", "--cacert", certs / "root-ec.pem", "--proxy",
                             proxy, f"https://localhost:{p.port}/"], capture_output=True,
                            timeout=60, check=False)
    assert (result.returncode, result.stdout) == (0, b"hello"), result.stderr
