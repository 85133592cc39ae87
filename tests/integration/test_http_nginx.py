# SPDX-License-Identifier: Apache-2.0
"""The HTTP client against nginx, over TLS."""
import hashlib
import random

import peers
import pytest
from web import IDS, MODES

pytestmark = pytest.mark.xdist_group("nginx")

LARGE = 20_000_000


@pytest.fixture(scope="session")
def nginx(certs, tmp_path_factory):
    with peers.Nginx(certs, tmp_path_factory.mktemp("nginx"),
                     "location /empty { return 204; }") as server:
        server.put("small", b"0123456789")
        server.put("large", random.Random(7).randbytes(LARGE))
        yield server


@pytest.fixture
def https(http, certs):
    return http.set(cacert=certs / "root-ec.pem")


def url_of(server, path):
    return f"https://localhost:{server.port}{path}"


def sha(data):
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("settings", MODES, ids=IDS)
def test_nginx_large_body_is_whole(https, nginx, tmp_path, settings):
    answer = https.go(url=url_of(nginx, "/large"), out=tmp_path / "out", piece=50_000, **settings)
    answer.ok()
    assert answer.received == answer.length == LARGE
    assert sha((tmp_path / "out").read_bytes()) == sha((nginx.folder / "www/large").read_bytes())


def test_nginx_connection_is_reused_by_every_kind_of_request(https, nginx):
    connects = 0
    for mode in ("perform", "stream", "perform", "stream"):
        for method in ("GET", "HEAD"):
            answer = https.go(url=url_of(nginx, "/small"), method=method, mode=mode)
            answer.ok(body=b"0123456789" if method == "GET" else b"")
            assert answer.length == 10
            connects += answer.connects
    assert connects == 1


def test_nginx_ranges(https, nginx):
    for value, status, body, total in (("2-4", 206, b"234", 10), ("7-", 206, b"789", 10),
                                       ("-2", 206, b"89", 10), ("20-", 416, None, 10)):
        answer = https.go(url=url_of(nginx, "/small"), header=f"Range: bytes={value}")
        answer.ok(status, body)
        assert answer.range_total == total
    answer = https.go(header="Range: bytes=0-0,5-5").ok(206)
    assert answer.header("Content-Type").startswith("multipart/byteranges")
    assert answer.range_total == -1


def test_nginx_answers_without_a_body_keep_the_connection(https, nginx):
    answer = https.go(url=url_of(nginx, "/empty")).ok(204, b"")
    assert answer.length == -1 and answer.complete
    etag = https.go(url=url_of(nginx, "/small")).ok().header("ETag")
    answer = https.go(header=f"If-None-Match: {etag}").ok(304, b"")
    assert answer.connects == 0 and answer.complete
    assert https.go(header="If-None-Match:").ok(200).connects == 0


@pytest.mark.parametrize("mode", ["perform", "stream", "hand"])
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 300_000])
def test_nginx_upload_arrives_as_it_was(https, nginx, tmp_path, mode, chunked, size):
    if mode == "hand" and not chunked:
        return
    data = random.Random(size).randbytes(size)
    (tmp_path / "in").write_bytes(data)
    name = f"up-{mode}-{chunked}-{size}"
    answer = https.go(url=url_of(nginx, f"/{name}"), method="PUT", mode=mode, chunked=chunked,
                      bodyfile=tmp_path / "in")
    answer.ok(201)
    assert (nginx.folder / "www" / name).read_bytes() == data
    # the connection is as it should be behind the body
    https.go(method="GET", bodyfile="", chunked=False, mode="perform").ok(200, data)


@pytest.mark.parametrize("settings", MODES, ids=IDS)
def test_nginx_closes_for_want_of_a_certificate_and_the_reason_stays(https, certs, tmp_path,
                                                                     settings):
    with peers.Nginx(certs, tmp_path, f"ssl_client_certificate {certs}/root-client.pem;",
                     "ssl_verify_client on;") as server:
        answer = https.go(url=url_of(server, "/"), **settings)
        assert (answer.status, answer.reason) == (400, "HTTP_CLIENT_CERT"), answer
        assert answer.header("Connection") == "close", answer
