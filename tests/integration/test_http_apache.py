# SPDX-License-Identifier: Apache-2.0
"""The HTTP client against Apache."""
import gzip
import hashlib
import os
import time

import pytest
import web
from web import IDS, MODES

pytestmark = pytest.mark.xdist_group("apache")


def told(answer):
    """What the CGI program of Apache says that it got."""
    return dict(line.split("=", 1) for line in answer.body.decode().splitlines())


def test_apache_upload_of_each_framing(http, apache, tmp_path):
    data = os.urandom(70_001)
    (tmp_path / "in").write_bytes(data)
    for mode, chunked in (("perform", 0), ("perform", 1), ("stream", 0), ("stream", 1),
                          ("hand", 1)):
        answer = http.go(url=apache.url("/cgi"), method="POST", mode=mode, chunked=chunked,
                         bodyfile=tmp_path / "in")
        answer.ok()
        got = told(answer)
        assert got["body"] == f"{len(data)} {hashlib.sha256(data).hexdigest()}"
        assert got["CONTENT_LENGTH"] == ("" if chunked else str(len(data)))
        assert got["HTTP_TRANSFER_ENCODING"] == ("chunked" if chunked else "")


REDIRECTS = [(301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"),
             (307, "POST", "POST"), (308, "POST", "POST"), (303, "PUT", "GET"),
             (301, "GET", "GET"), (302, "GET", "GET"), (303, "GET", "GET"), (307, "GET", "GET"),
             (308, "GET", "GET"), (302, "HEAD", "HEAD"), (303, "HEAD", "HEAD")]


@pytest.mark.parametrize("code, method, then", REDIRECTS)
def test_apache_redirect_of_each_code(http, apache, code, method, then):
    body = "a=b" if method in ("POST", "PUT") else ""
    for mode in ("perform", "stream"):
        answer = http.go(url=apache.url(f"/r/{code}"), method=method, body=body, mode=mode,
                         follow=1)
        answer.ok()
        assert answer.url == apache.url("/cgi")
        if then != "HEAD":
            got = told(answer)
            assert got["REQUEST_METHOD"] == then
            assert got["body"].split()[0] == ("3" if then in ("POST", "PUT") else "0")


def test_apache_redirect_is_a_result_when_it_is_not_followed(http, apache):
    answer = http.new(manual=1).go(url=apache.url("/r/302")).ok(302)
    assert answer.header("Location") == apache.url("/cgi") and "R" in answer.events


@pytest.mark.parametrize("settings", [{}, {"async": 1}], ids=["sync", "async"])
@pytest.mark.parametrize("path", ["/basic.html", "/digest.html"])
def test_apache_login(http, apache, path, settings):
    answer = http.go(url=apache.url(path), user=web.USER, password=web.PASSWORD, **settings)
    answer.ok(200, b"secret")
    assert answer.connects == 1  # the 401 kept it
    again = http.go().ok(200, b"secret")
    assert (again.connects, again.events.count("s")) == (0, 1)  # without being asked


@pytest.mark.parametrize("path", ["/basic.html", "/digest.html"])
def test_apache_login_by_hand(http, apache, path):
    http.go(url=apache.url(path), user=web.USER, password=web.PASSWORD, mode="stream",
            follow=1).ok(200, b"secret")


@pytest.mark.parametrize("path", ["/basic.html", "/digest.html"])
def test_apache_login_with_a_wrong_password_is_tried_once(http, apache, path):
    answer = http.go(url=apache.url(path), user=web.USER, password="wrong")
    assert (answer.err, answer.status, answer.events.count("H")) == ("ESP_FAIL", 401, 2)


def test_apache_without_a_user_a_401_is_the_answer(http, apache):
    answer = http.go(url=apache.url("/basic.html")).ok(401)
    assert answer.header("WWW-Authenticate") == f'Basic realm="{web.REALM}"'


def test_apache_login_of_an_upload_sends_the_body_again(http, apache, tmp_path):
    (tmp_path / "in").write_bytes(b"x" * 30_000)
    answer = http.go(url=apache.url("/digest.html"), user=web.USER, password=web.PASSWORD,
                     method="POST", bodyfile=tmp_path / "in")
    assert answer.err == "ESP_OK" and answer.status in (200, 405), answer


def test_apache_login_of_the_url(http, apache):
    answer = http.go(url=f"http://{web.USER}:pass%3Awo%20rd@127.0.0.1:{apache.port}/basic.html")
    answer.ok(200, b"secret")
    assert answer.url == apache.url("/basic.html")


def test_apache_cookies_are_the_applications(http, apache):
    """ESP-IDF has no cookie jar: Set-Cookie is a header of the answer, Cookie one of the request."""
    answer = http.go(url=apache.url("/cgi")).ok()
    assert answer.header("Set-Cookie") == "a=b; Path=/"
    assert told(http.go().ok())["HTTP_COOKIE"] == ""
    assert told(http.go(header="Cookie: a=b").ok())["HTTP_COOKIE"] == "a=b"


def test_apache_cookie_does_not_go_to_another_origin(http, apache):
    """localhost is another host than 127.0.0.1, though it is the same server."""
    answer = http.go(url=apache.url("/r/302"), header="Cookie: a=b")
    assert told(answer.ok())["HTTP_COOKIE"] == "a=b"
    answer = http.go(url=apache.url("/r/302", host="localhost"), header="Cookie: a=b")
    assert told(answer.ok())["HTTP_COOKIE"] == ""


def test_apache_gzip_is_passed_through_untouched(http, apache):
    plain = http.go(url=apache.url("/text.txt")).ok()
    packed = http.go(header="Accept-Encoding: gzip").ok()
    assert packed.header("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body)


@pytest.mark.parametrize("settings", MODES, ids=IDS)
def test_apache_stale_connection_is_replaced(http, apache, settings):
    url = apache.url("/file", apache.stale_port)
    assert http.go(url=url, **settings).ok(200, b"the file").connects == 1
    time.sleep(0.4)  # the server closes after 0.1 s
    answer = http.go().ok(200, b"the file")
    assert answer.connects == 1 and answer.events.startswith("DC")


def test_apache_mutual_tls(http, certs, apache):
    url = f"https://localhost:{apache.mutual_port}/cgi"
    http.new(cacert=certs / "root-ec.pem", cert=certs / "client-ec-chain.pem",
             key=certs / "client-ec.key")
    assert told(http.go(url=url).ok())["SSL_CLIENT_S_DN_CN"] == "Client EC"
    answer = http.new(cert="", key="").go()
    assert answer.err != "ESP_OK" and answer.record["alert"] == 116, answer
