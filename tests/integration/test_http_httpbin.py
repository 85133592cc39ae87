# SPDX-License-Identifier: Apache-2.0
"""The HTTP client against httpbin."""
import json

import pytest
import web
from web import IDS, MODES

pytestmark = pytest.mark.xdist_group("httpbin")


def got_json(answer):
    return json.loads(answer.ok().body)


def test_httpbin_sees_the_request_as_it_was_meant(http, httpbin):
    got = got_json(http.go(url=httpbin.url("/anything/a%20b?x=1&y=%26"), method="PATCH",
                           body="a=1&b=2", header=["X-One: 1", "Accept: */*"]))
    assert got["method"] == "PATCH" and got["args"] == {"x": "1", "y": "&"}
    assert got["data"] == "a=1&b=2" and got["headers"]["X-One"] == "1"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_httpbin_digest(http, httpbin, algorithm, qop):
    url = httpbin.url(f"/digest-auth/{qop}/{web.USER}/secret/{algorithm}")
    answer = http.go(url=url, user=web.USER, password="secret", header="Cookie: fake=fake_value")
    if qop == "auth":
        assert got_json(answer)["authenticated"] is True
    else:  # integrity of the body is not offered: refused by name, not answered wrongly
        assert answer.err == "ESP_ERR_NOT_SUPPORTED", answer


def test_httpbin_basic_is_sent_unasked_when_it_is_preset(http, httpbin):
    answer = http.go(url=httpbin.url(f"/basic-auth/{web.USER}/secret"), user=web.USER,
                     password="secret", auth="basic")
    assert got_json(answer)["authenticated"] is True and answer.events.count("s") == 1


def test_httpbin_redirects_are_counted_and_relative_ones_followed(http, httpbin):
    assert got_json(http.go(url=httpbin.url("/relative-redirect/5"))) is not None
    answer = http.new(redirects=3).go(url=httpbin.url("/absolute-redirect/4"))
    answer.failed("ESP_ERR_HTTP_MAX_REDIRECT")
    assert answer.events.count("H") == 4


@pytest.mark.parametrize("settings", MODES, ids=IDS)
def test_httpbin_chunks_and_trickles(http, httpbin, settings):
    answer = http.go(url=httpbin.url("/stream/20"), **settings).ok()
    lines = answer.body.splitlines()
    assert answer.chunked and answer.length == -1
    assert [json.loads(line)["id"] for line in lines] == list(range(20))
    answer = http.go(url=httpbin.url("/drip?duration=0.5&numbytes=10&code=200")).ok(200, b"*" * 10)
    assert answer.took_us > 300_000


def test_httpbin_every_status_is_a_result(http, httpbin):
    for status in (200, 201, 202, 204, 304, 400, 403, 404, 405, 409, 410, 418, 429, 500, 502, 503):
        answer = http.go(url=httpbin.url(f"/status/{status}"))
        assert (answer.err, answer.status, answer.complete) == ("ESP_OK", status, True), answer


def test_httpbin_methods(http, httpbin):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        got = got_json(http.go(url=httpbin.url(f"/{method.lower()}"), method=method))
        assert got["url"] == httpbin.url(f"/{method.lower()}")
    options = http.go(url=httpbin.url("/get"), method="OPTIONS").ok()
    assert "HEAD" in options.header("Allow")
