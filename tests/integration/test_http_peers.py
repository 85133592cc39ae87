# SPDX-License-Identifier: Apache-2.0
"""The HTTP client against peers that are slow, silent, cut off or lying, in each phase.

ROWS says which test keeps each row of what was measured of the original, each defect that was read in
it, and each of its fixes that concern HTTP and transports. A name is a test here, or in the file that
goes before it.
"""
import re
import socket
import struct
import time
from pathlib import Path

import peers
import pytest
import web
from test_get import read_request

TESTS = Path(__file__).resolve().parents[1]

ROWS = {
    # what was measured of the original
    "DNS stalls": "integration/test_resolve.py: test_dns_that_stalls_ends_at_the_deadline",
    "black hole": "test_black_hole_ends_at_the_deadline",
    "server accepts late, asynchronous": "test_server_that_accepts_late_is_waited_for",
    "refused": "test_refused_is_errno_111_and_no_signal",
    "silent TLS server": "test_phase_that_stalls_ends_in_time",
    "handshake trickled": "test_handshake_that_trickles_ends_at_the_deadline",
    "HTTP server silent: a timeout by name": "test_phase_that_stalls_ends_in_time",
    "head and body trickle: a deadline can be set": "test_answer_that_trickles_ends_at_the_deadline",
    "body stalls, body short: told apart": "test_phase_that_is_cut_off_is_told_from_silence",
    "HTTP/1.0 body until close": "unit/test_http_client.c: test_responses_of_every_kind",
    "wrong CA, wrong name: flags": "test_refused_certificate_has_flags",
    "no trust option": "test_without_trust_nothing_is_sent",
    "peer closes in the handshake": "test_phase_that_is_cut_off_is_told_from_silence",
    "set_username(get_username())": "unit/test_http_client.c: test_values_may_be_set_to_themselves",
    "set_url() to another host strips":
        "unit/test_http_follow.c: test_set_url_to_another_origin_drops_secrets",
    "TCP_NODELAY: no 44 ms": "test_uploads_do_not_wait_for_nagle",
    # defects that were read
    "H9 WANT_READ and WANT_WRITE are no errors":
        "unit/test_transport.c: test_ssl_a_full_wire_is_0_and_nothing_is_lost",
    "H12 relative Location on https": "test_relative_location_on_https_is_followed",
    "H13 CR, LF in request headers":
        "unit/test_http_client.c: test_nothing_can_be_smuggled_into_a_request",
    "H14 credentials at a change of port; Cookie":
        "unit/test_http_follow.c: test_another_origin_gets_no_secrets",
    "H15 get_url() and the query": "unit/test_http_client.c: test_host_and_target_follow_the_url",
    "H16 length 0 and unknown length": "test_length_0_is_not_unknown_length",
    # its fixes
    "malformed response: an error in bounded time":
        "integration/test_http_curl.py: test_verdicts_are_those_of_curl_or_in_the_table",
    "last header at the end of the buffer": "test_head_of_every_size_around_the_buffer",
    "redirect to another origin or to http": "unit/test_http_follow.c: test_another_origin_gets_no_secrets",
    "downgrade refused": "unit/test_http_follow.c: test_https_does_not_lead_to_http_unless_allowed",
    "second request: Location, counter": "unit/test_http_follow.c: test_nothing_of_the_last_answer_is_left",
    "second request: counter of redirects":
        "unit/test_http_follow.c: test_redirects_are_counted_anew_for_each_request",
    "401 with odd challenges": "test_odd_challenges_fail_safely_or_are_answered",
    "401 for ever": "test_challenges_without_end_end",
    "RFC 7616 vectors": "unit/test_http_auth.c: test_digest_vectors_of_rfc_7616",
    "destroy inside a callback": "unit/test_http_client.c: test_a_handler_may_end_the_request_or_the_client",
    "header value split, or empty": "unit/test_http_response.c: test_each_response_whole_and_in_pieces",
    "GET after PUT, chunked after fixed, HEAD then GET": "test_framing_is_of_each_request",
    "chunk larger than the buffer, body with the head": "test_bodies_of_every_cut_are_whole",
    "redirect with cached data": "test_body_of_a_redirect_is_not_shown",
    "IPv6 literal and port in Host":
        "integration/test_http_proxies.py: test_ipv6_literal_has_its_port_in_host",
    "200 to a Range request: from 0": "integration/test_get_http.py: test_resume_of_a_server_that_sends_everything",
    "connect fails before a socket exists": "test_refused_is_errno_111_and_no_signal",
}

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = OK + b"Content-Length: 10\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
TIMEOUT_ERR, CLOSED, HEAD, BODY = ("ESP_ERR_HTTP_READ_TIMEOUT", "ESP_ERR_HTTP_CONNECTION_CLOSED",
                                   "ESP_ERR_HTTP_FETCH_HEADER", "ESP_ERR_HTTP_INCOMPLETE_DATA")
# What the server has sent when it stops; what its FIN comes to, and its RST.
PHASES = {
    "before the head": (b"", CLOSED, HEAD),
    "in the status line": (OK[:9], HEAD, HEAD),
    "in a header": (OK + b"Content-Le", HEAD, HEAD),
    "in the end of the head": (OK + b"A: b\r\n\r", HEAD, HEAD),
    "after an interim answer": (b"HTTP/1.1 103 X\r\n\r\n", HEAD, HEAD),
    "before the body": (LENGTH, BODY, BODY),
    "in the body": (LENGTH + b"01234", BODY, BODY),
    "before a chunk": (CHUNKED, BODY, BODY),
    "in a chunk's size": (CHUNKED + b"1", BODY, BODY),
    "in a chunk": (CHUNKED + b"a\r\n012", BODY, BODY),
    "behind a chunk": (CHUNKED + b"2\r\n01", BODY, BODY),
    "before the last chunk": (CHUNKED + b"2\r\n01\r\n", BODY, BODY),
    "in the trailer": (CHUNKED + b"2\r\n01\r\n0\r\nX: ", BODY, BODY),
}
WAYS = {"perform": {}, "async": {"async": 1}, "stream": {"mode": "stream"}}


def sends(data, then):
    def handler(conn):
        read_request(conn)
        conn.sendall(data)
        then(conn)
    return handler


def test_each_row_names_a_test_that_exists():
    for row, name in ROWS.items():
        file, _, test = name.rpartition(": ")
        text = (TESTS / (file or "integration/test_http_peers.py")).read_text()
        assert re.search(rf"\b{test}\w*\(", text), row


@pytest.fixture
def clients(slowness):
    """As many http-clients as a test wants at once."""
    import contextlib
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(web.Http(slowness)).set(**settings)


def at_once(clients, settings, urls):
    """Start a client for each URL, then collect: name -> Answer."""
    started = {}
    for name, url in urls.items():
        started[name] = clients(**settings)
        started[name].begin(url=url)
    return {name: client.end() for name, client in started.items()}


# --- silence, and ends -------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_phase_that_stalls_ends_in_time(clients, peer, tls_peer, certs, way, secure, slowness):
    timeout = 700 * slowness
    urls = {}
    for name, (data, _, _) in PHASES.items():
        p = (tls_peer if secure else peer)(sends(data, peers.hold))
        urls[name] = f"{'https' if secure else 'http'}://localhost:{p.port}/"
    if secure:
        urls["in the handshake"] = f"https://localhost:{peer(peers.hold).port}/"
    settings = {"cacert": certs / "root-ec.pem", "timeout": timeout, **WAYS[way]}
    for name, answer in at_once(clients, settings, urls).items():
        assert timeout * 900 < answer.took_us < timeout * 1000 + 3_000_000 * slowness, (name, answer)
        if name == "in the handshake":
            answer.failed("ESP_ERR_HTTP_CONNECT", "handshake", "timeout")
        elif way == "stream":  # silence is no failure: the call may be repeated
            assert answer.err == "ESP_ERR_HTTP_EAGAIN", (name, answer)
        else:
            assert answer.failed(TIMEOUT_ERR).esp == 0x8006, (name, answer)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_phase_that_is_cut_off_is_told_from_silence(http, peer, tls_peer, certs, way, secure):
    """FIN (with TLS also without close_notify) and RST."""
    http.set(cacert=certs / "root-ec.pem", **WAYS[way])
    for name, (data, fin, rst) in PHASES.items():
        for end in ("fin", "abrupt", "rst") if secure else ("fin", "rst"):
            then = peers.reset if end == "rst" else lambda conn: None
            p = (tls_peer(sends(data, then), clean=end == "fin") if secure
                 else peer(sends(data, then)))
            url = f"{'https' if secure else 'http'}://localhost:{p.port}/"
            answer = http.new().go(url=url)
            want = fin if end == "fin" else rst
            if way == "stream":
                assert answer.err in ("ESP_FAIL", HEAD) and answer.events.count("E") == 1, answer
            elif end == "abrupt" and name == "before the head":
                assert answer.err in (CLOSED, HEAD), (name, end, answer)
            else:
                assert answer.failed(want), (name, end, answer)
            if end == "rst" and name != "before the head":
                assert answer.errno in (0, 104), (name, answer)
            if end == "abrupt":
                assert answer.record["cause"] == "truncated", (name, answer)


def test_peer_that_closes_in_the_handshake_is_no_timeout(http, certs, tls_peer):
    for count in (0, 5, 60, 700):
        with peers.Relay(tls_peer().port, down=peers.cut_after(count)) as relay:
            answer = http.new(cacert=certs / "root-ec.pem").go(url=f"https://localhost:{relay.port}/")
            answer.failed("ESP_ERR_HTTP_CONNECT", "handshake", "truncated")
            assert answer.esp == 0x801A and answer.tls == 0x7280, answer


def test_black_hole_ends_at_the_deadline(http, slowness):
    timeout = 500 * slowness
    with peers.BlackHole() as hole:
        for way in ({}, {"async": 1}):
            answer = http.new(timeout=timeout, **way).go(url=f"http://127.0.0.1:{hole.port}/")
            answer.failed("ESP_ERR_HTTP_CONNECT", "connect", "timeout")
            assert answer.esp == 0x8006
            assert timeout * 900 < answer.took_us < timeout * 1000 + 2_000_000 * slowness, answer


def test_server_that_accepts_late_is_waited_for(http):
    with peers.BlackHole() as hole:
        hole.drain(0.3, sends(LENGTH + b"0123456789", peers.hold))
        http.set(timeout=12_000).go(url=f"http://127.0.0.1:{hole.port}/", **{"async": 1}).ok()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_refused_is_errno_111_and_no_signal(http, certs, scheme):
    with peers.refused_port() as port:
        for way in ({}, {"async": 1}, {"mode": "stream"}):
            answer = http.new(cacert=certs / "root-ec.pem", **way).go(url=f"{scheme}://127.0.0.1:{port}/")
            answer.failed("ESP_ERR_HTTP_CONNECT", "connect", "system error")
            assert (answer.esp, answer.errno) == (0x8004, 111)


def test_handshake_that_trickles_ends_at_the_deadline(http, certs, tls_peer, slowness):
    timeout = 500 * slowness
    with peers.Relay(tls_peer().port, down=peers.trickle(0.1)) as relay:
        answer = http.set(cacert=certs / "root-ec.pem", timeout=timeout).go(
            url=f"https://localhost:{relay.port}/")
    answer.failed("ESP_ERR_HTTP_CONNECT", "handshake", "timeout")
    assert answer.took_us < timeout * 1000 + 2_000_000 * slowness, answer


def trickles(data, seconds=0.05):
    def handler(conn):
        read_request(conn)
        for i in range(len(data)):
            conn.sendall(data[i:i + 1])
            time.sleep(seconds)
    return handler


@pytest.mark.parametrize("way", ["perform", "async"])
def test_answer_that_trickles_ends_at_the_deadline(http, peer, way, slowness):
    """timeout limits silence, as in ESP-IDF: a trickle is none. The deadline limits the request."""
    http.set(timeout=500 * slowness, **WAYS[way])
    p = peer(trickles(b"HTTP/1.1 200 OK\r\n\r\n0123456789", 0.03))
    assert http.go(url=f"http://127.0.0.1:{p.port}/").ok().received == 10
    for data in (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200, LENGTH + b"0" * 5):
        p = peer(trickles(data, 0.1))
        answer = http.new().go(url=f"http://127.0.0.1:{p.port}/", deadline=600 * slowness)
        assert answer.failed("ESP_ERR_TIMEOUT").esp == 0x8006
        assert 600_000 * slowness <= answer.took_us < 600_000 * slowness + 1_500_000, answer


# --- uploads -----------------------------------------------------------------------------------------


@pytest.fixture
def large(tmp_path):
    (tmp_path / "large").write_bytes(b"x" * 20_000_000)
    return tmp_path / "large"


@pytest.mark.parametrize("way", ["perform", "async"])
def test_upload_that_nobody_reads_ends_in_time(http, peer, large, way, slowness):
    p = peer(lambda conn: time.sleep(3 * slowness))
    timeout = 600 * slowness
    answer = http.set(timeout=timeout, **WAYS[way]).go(url=f"http://127.0.0.1:{p.port}/",
                                                      method="PUT", bodyfile=large)
    assert answer.failed("ESP_ERR_HTTP_WRITE_DATA").esp == 0x8006
    assert timeout * 900 < answer.took_us < timeout * 1000 + 2_000_000 * slowness, answer


@pytest.mark.parametrize("way", ["perform", "async", "stream"])
def test_upload_that_is_cut_off(http, peer, large, way):
    def handler(conn):
        conn.recv(100_000)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    answer = http.set(**WAYS[way]).go(url=f"http://127.0.0.1:{peer(handler).port}/", method="PUT",
                                      bodyfile=large)
    answer.failed("ESP_ERR_HTTP_WRITE_DATA")
    assert answer.errno in (32, 104), answer


@pytest.mark.parametrize("way", ["perform", "async"])
def test_answer_before_the_body_is_out_is_the_answer(http, peer, large, way):
    def handler(conn):
        read_request(conn)
        conn.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!")
        time.sleep(1)

    answer = http.set(**WAYS[way]).go(url=f"http://127.0.0.1:{peer(handler).port}/", method="PUT",
                                      bodyfile=large)
    answer.ok(413, b"no!")
    assert answer.state == 1  # closed: the rest of the body cannot be sent


def test_expect_100_continue_is_no_end_of_the_body(http, apache, large):
    """ESP-IDF's client has no logic for it, but a header can be set, and a server says 100 then."""
    answer = http.go(url=apache.url("/cgi"), method="POST", bodyfile=large, **{"async": 1},
                     header="Expect: 100-continue").ok()
    assert f"body={large.stat().st_size} ".encode() in answer.body


def test_uploads_do_not_wait_for_nagle(http, httpbin):
    """The original: 44 to 88 ms for each, as the head and the body are two segments."""
    took = [http.go(url=httpbin.url("/post"), method="POST", body="a=b").ok().took_us
            for _ in range(15)]
    assert sorted(took)[3] < 30_000, took


# --- lies ----------------------------------------------------------------------------------------------


def requests(*answers, seen=None):
    """One answer for each request of a connection; the last one for ever."""
    def handler(conn):
        for i in range(1000):
            request = read_request(conn)
            if not request:
                return
            if seen is not None:
                seen.append(request)
            conn.sendall(answers[min(i, len(answers) - 1)])
    return handler


def test_length_0_is_not_unknown_length(http, peer):
    p = peer(requests(OK + b"Content-Length: 0\r\n\r\n"))
    for mode in ("perform", "stream"):
        answer = http.go(url=f"http://127.0.0.1:{p.port}/", mode=mode).ok(200, b"")
        assert (answer.length, answer.chunked, answer.complete) == (0, False, True)
    p = peer(sends(OK + b"\r\nall", lambda conn: None))
    for mode in ("perform", "stream"):
        answer = http.go(url=f"http://127.0.0.1:{p.port}/", mode=mode).ok(200, b"all")
        assert (answer.length, answer.chunked, answer.complete) == (-1, False, True)


SURPLUS = {
    "more than its length": (LENGTH + b"0123456789surplus", "GET", 200),
    "another answer": (LENGTH + b"0123456789" + LENGTH + b"evil567890", "GET", 200),
    "a body behind HEAD": (LENGTH + b"0123456789", "HEAD", 200),
    "a body behind 304": (b"HTTP/1.1 304 X\r\nContent-Length: 10\r\n\r\n0123456789", "GET", 304),
    "a body behind 204": (b"HTTP/1.1 204 X\r\n\r\n0123456789", "GET", 204),
}


@pytest.mark.parametrize("name", SURPLUS)
def test_bytes_that_nobody_asked_for_are_no_answer_to_the_next_request(http, peer, name):
    data, method, status = SURPLUS[name]
    for way in WAYS.values():
        p = peer(requests(data))
        url = f"http://127.0.0.1:{p.port}/"
        http.new(mode="perform", **{"async": 0}).set(**way)
        http.go(url=url, method=method).ok(status)
        time.sleep(0.02)
        answer = http.go(method="GET")
        assert answer.status == status and b"surplus" not in answer.body, answer
        assert b"evil" not in answer.body and p.connections == 2, answer


def test_server_that_promises_to_stay_and_goes(http, peer):
    """Closed while the connection was idle, and with the next request in its hands."""
    for read_first in (False, True):
        def handler(conn):
            read_request(conn)
            conn.sendall(LENGTH + b"0123456789")
            if read_first:  # noqa: B023
                read_request(conn)
        p = peer(handler)
        http.new()
        for i in range(3):
            answer = http.go(url=f"http://127.0.0.1:{p.port}/", method="GET", body="").ok()
            time.sleep(0.02)
        assert p.connections == 3
        # what is not idempotent is not sent twice
        answer = http.go(method="POST", body="a")
        assert answer.err == ("ESP_ERR_HTTP_CONNECTION_CLOSED" if read_first else "ESP_OK"), answer


def test_server_that_never_answers_on_a_kept_connection_is_asked_twice_at_most(http, peer):
    def handler(conn):
        if p.connections == 1:
            read_request(conn)
            conn.sendall(LENGTH + b"0123456789")
        read_request(conn)

    p = peer(handler)
    http.go(url=f"http://127.0.0.1:{p.port}/").ok()
    http.go().failed("ESP_ERR_HTTP_CONNECTION_CLOSED")
    assert p.connections == 2


@pytest.mark.parametrize("location", [b"/there?x", b"there?x", b"//localhost:%d/there?x", b"../there?x"])
def test_relative_location_on_https_is_followed(http, certs, tls_peer, location):
    seen = []
    p = tls_peer(lambda conn: answer(conn))

    def answer(conn):
        where = location % p.port if b"%d" in location else location
        requests(b"HTTP/1.1 302 X\r\nLocation: " + where + b"\r\nContent-Length: 0\r\n\r\n",
                 LENGTH + b"0123456789", seen=seen)(conn)

    for mode in ("perform", "stream"):
        http.new(cacert=certs / "root-ec.pem").go(url=f"https://localhost:{p.port}/a", mode=mode,
                                                  follow=1).ok(200, b"0123456789")
    assert [request.split()[1] for request in seen] == [b"/a", b"/there?x"] * 2


def test_redirects_in_a_circle_end(http, peer):
    seen = []
    p = peer(requests(b"HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", seen=seen))
    answer = http.go(url=f"http://127.0.0.1:{p.port}/")
    assert answer.failed("ESP_ERR_HTTP_MAX_REDIRECT") and len(seen) == 11


@pytest.mark.parametrize("challenge", [
    b'Digest realm="r", nonce="%d", qop="auth", stale=true',
    b'Digest realm="r", nonce="%d", qop="auth"',
    b'Basic realm="%d"',
])
def test_challenges_without_end_end(http, peer, challenge):
    seen = []

    def handler(conn):
        while read_request(conn):
            seen.append(1)
            conn.sendall(b"HTTP/1.1 401 X\r\nContent-Length: 0\r\nWWW-Authenticate: " +
                         challenge % len(seen) + b"\r\n\r\n")

    answer = http.go(url=f"http://127.0.0.1:{peer(handler).port}/", user="me", password="x")
    assert answer.failed("ESP_FAIL").status == 401 and len(seen) <= 11, len(seen)
    answer = http.new(auth_retries=2).go()
    assert answer.failed("ESP_FAIL")


ODD = {
    b"": None,
    b"Digest": None,
    b"Digest ": None,
    b"Digest realm": None,
    b'Digest realm="r"': None,
    b'Digest nonce="n"': None,
    b'Digest realm="r", nonce="n", algorithm=': None,
    b'Digest realm="r", nonce="n", algorithm=M': None,
    b'Digest realm="r", nonce="n", algorithm=SHA-512': None,
    b'Digest realm="r", nonce="n", qop="auth-int"': None,
    b'Digest realm="r", nonce="n", qop=""': None,
    b'Digest realm="r': None,
    b'Digest realm="r", nonce="n': None,
    b"Negotiate abc=": None,
    b'Digest realm="r", nonce="n"': b'Digest username="me"',
    b'Digest realm="r", nonce="n", opaque="o"': b'opaque="o"',
    b'Digest realm="r", nonce="n", algorithm=md5-sess, qop="auth"': b"MD5-sess",
    b'Digest realm="r", nonce="n", algorithm="SHA-256", qop="auth-int,auth"': b"SHA-256",
    b'digest REALM="r",NONCE="n",qop=auth': b'nonce="n"',
    b'Negotiate, Digest realm="r", nonce="n", qop="auth", Basic realm="b"': b"Digest username",
    b'Basic realm="a, Digest realm=b"': b"Basic bWU6eA==",
    b"Basic": b"Basic bWU6eA==",
}


def test_odd_challenges_fail_safely_or_are_answered(http, peer):
    for challenge, answered in ODD.items():
        seen = []
        p = peer(requests(b"HTTP/1.1 401 X\r\nContent-Length: 0\r\nWWW-Authenticate: " + challenge +
                          b"\r\n\r\n", LENGTH + b"0123456789", seen=seen))
        answer = http.new().go(url=f"http://127.0.0.1:{p.port}/", user="me", password="x")
        if answered is None:
            assert answer.failed("ESP_ERR_NOT_SUPPORTED") and len(seen) == 1, challenge
        else:
            assert answer.ok() and answered in seen[1].partition(b"Authorization: ")[2], challenge


def test_locations_that_lead_nowhere_are_errors(http, peer):
    for location in (b"http://", b"http://[", b"http://a:99999/", b"ftp://a/", b"http://a b/",
                     b"//", b"http:///x", b"x" * 9000, b"http://%00/"):
        p = peer(requests(b"HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: " + location +
                          b"\r\n\r\n"))
        answer = http.new(timeout=2000).go(url=f"http://127.0.0.1:{p.port}/")
        assert answer.err in ("ESP_ERR_HTTP_BAD_LOCATION", "ESP_ERR_HTTP_HEADER_TOO_LONG",
                              "ESP_ERR_HTTP_CONNECT"), (location, answer)
        assert p.connections == 1


def test_heads_and_bodies_without_end_end(http, peer, slowness):
    def floods(first, piece):
        def handler(conn):
            read_request(conn)
            conn.sendall(first)
            for _ in range(100_000):
                conn.sendall(piece)
        return handler

    endless = {
        "header": (OK + b"X: ", b"y" * 10_000, "ESP_ERR_HTTP_HEADER_TOO_LONG"),
        "headers": (OK, b"X: y\r\n" * 100, HEAD),
        "reason": (OK[:-2], b"y" * 10_000, "ESP_ERR_HTTP_HEADER_TOO_LONG"),
        "interim answers": (b"", b"HTTP/1.1 103 X\r\n\r\n" * 100, HEAD),
        "chunk's extension": (CHUNKED + b"1;x=", b"y" * 10_000, "ESP_ERR_HTTP_HEADER_TOO_LONG"),
        "trailer": (CHUNKED + b"0\r\n", b"X: y\r\n" * 100, BODY),
        "trailer's field": (CHUNKED + b"0\r\nX: ", b"y" * 10_000, "ESP_ERR_HTTP_HEADER_TOO_LONG"),
    }
    for name, (first, piece, err) in endless.items():
        answer = http.new().go(url=f"http://127.0.0.1:{peer(floods(first, piece)).port}/")
        assert answer.failed(err), name
    for name, first in {"body": OK + b"\r\n", "chunk": CHUNKED + b"fffffffffffffff\r\n"}.items():
        p = peer(floods(first, b"y" * 10_000))
        answer = http.new().go(url=f"http://127.0.0.1:{p.port}/", deadline=300 * slowness,
                               out="/dev/null")
        assert answer.failed("ESP_ERR_TIMEOUT"), name
        assert answer.took_us < 300_000 * slowness + 1_500_000, (name, answer)


# --- framing --------------------------------------------------------------------------------------------


def test_framing_is_of_each_request(http, apache):
    url = apache.url("/cgi")
    sequence = [("PUT", 0, "body"), ("GET", 0, ""), ("POST", 1, "chunks"), ("POST", 0, "ab"),
                ("POST", 1, "chunks"), ("HEAD", 0, ""), ("GET", 0, ""), ("DELETE", 0, ""),
                ("POST", 0, "")]
    for mode in ("perform", "stream"):
        connects = 0
        http.new()
        for method, chunked, body in sequence:
            answer = http.go(url=url, method=method, chunked=chunked, body=body, mode=mode).ok()
            connects += answer.connects
            if method != "HEAD":
                got = dict(line.split("=", 1) for line in answer.body.decode().splitlines())
                assert got["REQUEST_METHOD"] == method
                assert got["body"].split()[0] == str(len(body)), (mode, method, body)
                assert got["CONTENT_LENGTH"] == (
                    "" if chunked or method in ("GET", "DELETE") else str(len(body)))
        assert connects == 1


def test_head_of_every_size_around_the_buffer(http, peer):
    """The buffer has 512 bytes: a head that ends in its last byte, one before, one behind."""
    for size in range(490, 530):
        head = OK + b"Content-Length: 4\r\nX: "
        head += b"y" * (size - len(head) - 4) + b"\r\n\r\n"
        assert len(head) == size
        p = peer(sends(head + b"body", lambda conn: None))
        answer = http.go(url=f"http://127.0.0.1:{p.port}/").ok(200, b"body")
        assert answer.header("X") == "y" * (size - len(OK) - 26)


def test_bodies_of_every_cut_are_whole(http, peer):
    """A body in chunks larger than the buffer, sent in segments of every kind of size."""
    body = bytes(range(256)) * 8
    data = CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(part), part)
                              for part in (body[:700], body[700:701], body[701:])) + b"0\r\n\r\n"
    for size in (1, 7, 100, 511, 512, 513, len(data)):
        def handler(conn):
            read_request(conn)
            for i in range(0, len(data), size):  # noqa: B023
                conn.sendall(data[i:i + size])  # noqa: B023
        url = f"http://127.0.0.1:{peer(handler).port}/"
        for way in WAYS.values():
            for piece in (1, 512, 5000):
                answer = http.new(mode="perform", **{"async": 0}).go(url=url, piece=piece, **way)
                answer.ok(200, body)


def test_fields_of_a_trailer_come_behind_the_body(http, peer):
    data = CHUNKED + b"5\r\n01234\r\n0\r\nDigest: sum\r\nX: \r\n\r\n"
    for mode in ("perform", "stream"):
        p = peer(requests(data))
        answer = http.new().go(url=f"http://127.0.0.1:{p.port}/", mode=mode).ok(200, b"01234")
        assert answer.header("Digest") == "sum" and answer.events.endswith("hHdhhF"), answer
        assert http.go().ok(200, b"01234").connects == 0


def test_body_of_a_redirect_is_not_shown(http, peer):
    p = peer(requests(b"HTTP/1.1 302 X\r\nLocation: /a\r\nContent-Length: 5\r\n\r\nmoved",
                      LENGTH + b"0123456789"))
    for mode in ("perform", "stream"):
        http.new().go(url=f"http://127.0.0.1:{p.port}/", mode=mode, follow=1).ok(200, b"0123456789")


# --- trust ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cert, flag", [("server-untrusted", 0x08), ("server-name", 0x04),
                                        ("server-expired", 0x01)])
def test_refused_certificate_has_flags(http, certs, tls_peer, cert, flag):
    p = tls_peer(peers.hold, cert=cert)
    answer = http.set(cacert=certs / "root-ec.pem").go(url=f"https://localhost:{p.port}/")
    answer.failed("ESP_ERR_HTTP_CONNECT", "handshake", "certificate refused")
    assert answer.esp == 0x801A and answer.flags == answer.record["flags"] == flag, answer


def test_without_trust_nothing_is_sent(http, peer):
    p = peer(peers.hold)
    answer = http.go(url=f"https://localhost:{p.port}/")
    assert answer.failed("ESP_ERR_HTTP_CONNECT").esp == 0x8017 and p.connections == 0
