# SPDX-License-Identifier: Apache-2.0
"""Connections as they are when a program sets what it trusts and nothing else, to every kind of
server: versions, keys, whose choice counts, and whose software it is."""
import json
import ssl
import subprocess

import peers
import pytest
import web
from conftest import BUILD

PROGRAM = BUILD / "esp-tls"
GET = "send:GET / HTTP/1.0\\r\\n\\r\\n"
KEYS = {"RSA": ["server-rsa"], "EC": ["server-ec"], "both keys": ["server-rsa", "server-ec"]}
NEWEST = {"1.2": "TLSv1.2", "1.3": "TLSv1.3", "both": "TLSv1.3"}
# How each software is told which versions to speak.
OPENSSL = {"1.2": ["-tls1_2"], "1.3": ["-tls1_3"], "both": []}
GNUTLS = {"1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2", "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3",
          "both": None}
NGINX = {"1.2": "TLSv1.2", "1.3": "TLSv1.3", "both": "TLSv1.2 TLSv1.3"}


def openssl(certs, _folder, version, first, *second, preference=()):
    more = []
    for cert in second:
        more += ["-dcert", certs / f"{cert}.pem", "-dkey", certs / f"{cert}.key",
                 "-dcert_chain", certs / f"{cert}-chain.pem"]
    return peers.Openssl(certs, *OPENSSL[version], *preference, *more, cert=first)


def openssl_choosing(*args):
    return openssl(*args, preference=["-serverpref"])


def gnutls(certs, _folder, version, first, *second):
    more = []
    for cert in second:
        more += ["--x509certfile", certs / f"{cert}-chain.pem",
                 "--x509keyfile", certs / f"{cert}.key"]
    return peers.Gnutls(certs, *more, cert=first, priority=GNUTLS[version])


def nginx(certs, folder, version, first, *second):
    lines = [line for cert in second for line in (f"ssl_certificate {certs}/{cert}-chain.pem;",
                                                  f"ssl_certificate_key {certs}/{cert}.key;")]
    server = peers.Nginx(certs, folder, *lines, cert=first, protocols=NGINX[version])
    server.put("index.html", b"<html>nginx</html>")
    return server


SERVERS = {"openssl": openssl, "openssl -serverpref": openssl_choosing, "gnutls": gnutls,
           "nginx": nginx}


# --- the ways to connect ----------------------------------------------------------------------------
# timeout=0: what the test's programs set by themselves is taken back.


def by_esp_tls(client, _http, port, roots, mode):
    r = client(GET, "head", host="localhost", port=port, cacert=roots, mode=mode, timeout=0)
    assert r.opened().action("head").text.startswith("HTTP/1."), r
    return r.session.version


def by_http_client(_client, http, port, roots, settings):
    answer = http.new(timeout=0).go(url=f"https://localhost:{port}/", cacert=roots, **settings).ok()
    assert answer.received > 0, answer
    return answer.version


def by_transport(_client, http, port, roots, settings):
    answer = http.new(timeout=0).go(url=f"https://localhost:{port}/", transport=roots,
                                    **settings).ok()
    assert answer.received > 0, answer
    return answer.version


def by_program(_client, _http, port, roots, args):
    r = subprocess.run([PROGRAM, "get", *args, "--cacert", roots, f"https://localhost:{port}/"],
                       capture_output=True, text=True, timeout=120, check=False)
    assert r.returncode == 0 and r.stdout, r.stderr
    return None


# An HTTP client keeps its connection, and s_server serves one at a time: it comes after the others.
WAYS = {
    "esp_tls": (by_esp_tls, "sync"), "esp_tls async": (by_esp_tls, "async"),
    "get": (by_program, []),
    "http": (by_http_client, web.MODES[0]), "http async stream": (by_http_client, web.MODES[3]),
    "transport": (by_transport, {}),
}


@pytest.fixture(scope="session")
def roots(certs, tmp_path_factory):
    """Both authorities, in one file."""
    file = tmp_path_factory.mktemp("roots") / "roots.pem"
    file.write_bytes(b"".join((certs / f"root-{k}.pem").read_bytes() for k in ("ec", "rsa")))
    return file


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("version", NEWEST)
@pytest.mark.parametrize("server", SERVERS)
def test_default_connection_opens(client, http, certs, roots, tmp_path, server, version, keys):
    with SERVERS[server](certs, tmp_path, version, *KEYS[keys]) as s:
        for name, (way, how) in WAYS.items():
            got = way(client, http, s.port, roots, how)
            assert got in (None, NEWEST[version]), (name, got)


@pytest.mark.parametrize("keys", ["RSA", "EC"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3],
                         ids=["1.2", "1.3"])
def test_default_websocket_opens(certs, roots, version, keys):
    pytest.importorskip("websockets", reason="python3-websockets is not installed")
    import ws_peers
    with ws_peers.Server(ws_peers.echo, certs, KEYS[keys][0], version=version) as s:
        r = subprocess.run([PROGRAM, "ws", "--cacert", roots, s.url], input="hello\n",
                           capture_output=True, text=True, timeout=120, check=False)
    assert (r.returncode, r.stdout) == (0, "hello\n"), r.stderr


# --- the commands that look at a server -----------------------------------------------------------------


def run(command, *args):
    return subprocess.run([PROGRAM, command, *map(str, args)], capture_output=True, text=True,
                          timeout=120, check=False)


@pytest.mark.parametrize("options, keys", [
    (["-tls1_2"], "RSA"), (["-tls1_2", "-serverpref"], "both keys"), (["-tls1_3"], "EC"),
    (["-tls1_2", "-sigalgs", "RSA-PSS+SHA256"], "RSA"), (["-tls1_2", "-groups", "X448"], "EC")])
def test_what_the_commands_find_by_default_is_what_get_meets(certs, roots, options, keys):
    with openssl(certs, None, "both", *KEYS[keys], preference=options) as s:
        url = f"https://localhost:{s.port}/"
        got = run("get", "--cacert", roots, url)
        check = json.loads(run("check", "--json", "--no-memory", "--cacert", roots, url).stdout)
        chain = run("chain", "--cacert", roots, url)
        memory = run("memory", "--json", "--cacert", roots, url)
    opens = got.returncode == 0
    assert opens == ("X448" not in options), got.stderr
    assert check["session_any"]["opened"] == opens, check["session_any"]
    both = next(d for d in check["devices"] if d["name"] == "with TLS 1.3 as well")
    assert (both["works"] == "yes") == opens, both
    assert (chain.returncode == 0, memory.returncode == 0) == (opens, opens), (chain, memory)
