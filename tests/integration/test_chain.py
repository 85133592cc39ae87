# SPDX-License-Identifier: Apache-2.0
"""esp-tls chain: the certificates as they were sent, what verifies what, and what others see."""
import datetime
import http.server
import importlib.util
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

import peers
import pytest
import ws_peers
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
ACCEPTED, USAGE, DNS, TCP, CERTIFICATE, OUTPUT = 0, 2, 3, 4, 6, 9


def run(*args, limit=60):
    return subprocess.run([PROGRAM, "chain", *map(str, args)], capture_output=True, text=True,
                          timeout=limit, check=False)


def ask(*args, limit=60):
    result = run("--json", *args, limit=limit)
    assert result.stdout, result
    found = json.loads(result.stdout)
    assert found["exit"] == result.returncode, result
    return found


def codes(found):
    return {f["code"] for f in found["findings"]}


@pytest.fixture(scope="session")
def make():
    """tests/certs/make.py"""
    spec = importlib.util.spec_from_file_location("make", ROOT / "tests/certs/make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def serve(certs, tmp_path):
    """serve("server-ec", "int-ec", ...): a server that sends these, in this order."""
    import contextlib
    with contextlib.ExitStack() as stack:
        def start(leaf, *chain, folder=certs):
            rest = tmp_path / "rest.pem"
            rest.write_bytes(b"".join((path if isinstance(path, bytes)
                                       else (certs / f"{path}.pem").read_bytes())
                                      for path in chain))
            more = ["-cert_chain", rest] if chain else []
            return stack.enter_context(
                peers.Openssl(folder, *more, cert=leaf, chain=False)).port
        yield start


def der_of(path):
    return x509.load_pem_x509_certificates(path.read_bytes())


# --- as it was sent ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_chain_of_a_good_server_is_shown_and_saved(certs, serve, tmp_path, version):
    port = serve("server-ec", "int-ec")
    out = tmp_path / "out.pem"
    result = run("--cacert", certs / "root-ec.pem", "--tls", version, "-o", out, f"localhost:{port}")
    assert result.returncode == ACCEPTED and result.stderr == ""
    assert out.read_bytes() == (certs / "server-ec.pem").read_bytes() + \
        (certs / "int-ec.pem").read_bytes()
    assert f"sent 2 certificates, 1012 bytes (TLSv{version})" in result.stdout
    assert "names      localhost, test.example, *.wild.example, 127.0.0.1, ::1" in result.stdout
    assert """What verifies what:
  Test Root EC   [trusted, not sent]
  └─ Test Intermediate EC   [sent as 2]
     └─ localhost   [sent as 1]
""" in result.stdout
    assert "The chain is accepted" in result.stdout


def test_a_chain_that_cannot_be_written_leaves_the_file_that_is_there(certs, tmp_path):
    def no_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    old, link = tmp_path / "old.pem", tmp_path / "link.pem"
    old.write_text("what was there")
    old.chmod(0o640)
    link.symlink_to(old)
    with peers.TlsPeer(certs, peers.hold) as peer:
        args = [PROGRAM, "chain", "--cacert", certs / "root-ec.pem", f"localhost:{peer.port}", "-o"]
        for path, before in ((link, no_room), ("/dev/full", None), (tmp_path, None),
                             (tmp_path / "no" / "where", None)):
            result = subprocess.run([*args, path], capture_output=True, text=True, check=False,
                                    timeout=60, preexec_fn=before)
            assert result.returncode == OUTPUT and f"cannot write {path}" in result.stderr, result
        assert old.read_text() == "what was there" and len(list(tmp_path.iterdir())) == 2
        assert run(*args[2:], link).returncode == ACCEPTED
    assert old.read_text().count("BEGIN CERTIFICATE") == 2 and link.is_symlink()
    assert old.stat().st_mode & 0o777 == 0o640


def test_chain_as_json_says_what_openssl_says(certs, serve):
    for leaf, chain, root in (("server-ec", "int-ec", "root-ec"),
                              ("server-rsa", "int-rsa", "root-rsa"),
                              ("server-ec384", "int-ec384", "root-ec384")):
        found = ask("--cacert", certs / f"{root}.pem", f"localhost:{serve(leaf, chain)}")
        assert found["accepted"] and found["end"] == "anchored" and found["in_order"]
        assert len(found["certificates"]) == 2
        for name, one in zip((leaf, chain), found["certificates"]):
            shown = subprocess.run(
                ["openssl", "x509", "-in", certs / f"{name}.pem", "-noout", "-subject", "-issuer",
                 "-serial", "-startdate", "-enddate", "-nameopt", "RFC2253", "-dateopt", "iso_8601"],
                capture_output=True, text=True, check=True).stdout
            said = dict(line.split("=", 1) for line in shown.splitlines())
            assert one["subject"] == said["subject"] and one["issuer"] == said["issuer"]
            assert one["serial"].lstrip("0") == said["serial"].lower()
            for key, when in (("not_before", "notBefore"), ("not_after", "notAfter")):
                at = datetime.datetime.fromisoformat(said[when].replace("Z", "+00:00"))
                assert one[key] == at.timestamp()


# --- what verifies what ---------------------------------------------------------------------------------

CASES = [
    # leaf, chain, trusted, accepted, end, findings, roles
    ("server-ec", ("int-ec",), "root-ec", True, "anchored", set(), ["path", "path"]),
    ("server-ec", (), "root-ec", False, "missing", {"missing-intermediate"}, ["path"]),
    ("server-ec", ("int-ec", "root-ec"), "root-ec", True, "anchored", {"root-sent"},
     ["path", "path", "root"]),
    ("server-ec", ("root-ec", "int-ec"), "root-ec", True, "anchored", {"root-sent", "wrong-order"},
     ["path", "root", "path"]),
    ("server-ec", ("int-ec", "root-other"), "root-ec", True, "anchored", {"extra"},
     ["path", "path", "extra"]),
    ("server-ec", ("int-ec", "int-ec"), "root-ec", True, "anchored", {"duplicate"},
     ["path", "path", "duplicate"]),
    ("server-ec", ("int-ec",), "root-other", False, "missing", {"missing-intermediate"},
     ["path", "path"]),
    ("server-ec", ("int-ec",), "root-twin", False, "missing", {"other-key"}, ["path", "path"]),
    ("server-ec", ("int-ec", "root-ec"), "root-other", False, "untrusted-root", {"untrusted-root"},
     ["path", "path", "path"]),
    ("server-expired", ("int-ec",), "root-ec", False, "anchored", {"expired"}, ["path", "path"]),
    ("server-future", ("int-ec",), "root-ec", False, "anchored", {"not-yet-valid"},
     ["path", "path"]),
    ("server-int-expired", ("int-expired",), "root-ec", False, "anchored", {"expired"},
     ["path", "path"]),
    ("self-leaf", (), "root-ec", False, "untrusted-root", {"self-signed"}, ["path"]),
    ("self-leaf", (), "self-leaf", True, "anchored", set(), ["path"]),
    ("server-by-leaf", ("server-ec", "int-ec"), "root-ec", False, "anchored", {"no-authority"},
     ["path", "path", "path"]),
]


@pytest.mark.parametrize("leaf,chain,trusted,accepted,end,wanted,roles", CASES,
                         ids=[f"{c[0]}+{'+'.join(c[1])}/{c[2]}" for c in CASES])
def test_chain_of_each_kind_gives_its_findings(certs, serve, leaf, chain, trusted, accepted, end,
                                               wanted, roles):
    found = ask("--cacert", certs / f"{trusted}.pem", f"localhost:{serve(leaf, *chain)}")
    assert found["accepted"] == accepted, found
    assert found["exit"] == (ACCEPTED if accepted else CERTIFICATE)
    assert found["end"] == end and codes(found) == wanted, found["findings"]
    assert [c["role"] for c in found["certificates"]] == roles


def test_chain_whose_leaf_is_not_first_is_told(certs, serve):
    found = ask("--cacert", certs / "root-ec.pem", f"localhost:{serve('int-ec', 'server-ec')}")
    assert not found["accepted"] and "first-is-no-leaf" in codes(found)


def test_chain_of_a_cross_signed_authority_shows_both_ways(certs, serve, make):
    """The same name and key, by two roots; only one of them is trusted."""
    ca = make.authorities()
    key = make.make_key("chain-cross", "ec")
    by_ec = make.Cert("chain-cross-ec", "ec", "Chain Cross", ca["root-ec"], ca=True, key=key)
    by_other = make.Cert("chain-cross-other", "ec", "Chain Cross", ca["root-other"], ca=True,
                         key=key)
    leaf_key = make.make_key("server-ec", "ec")
    leaf = make.Cert("chain-cross-leaf", "ec", "localhost", by_ec, make.EVERY_NAME,
                     usage=make.SERVER, key=leaf_key)
    folder = BUILD / "tests" / "chain-cross"
    folder.mkdir(exist_ok=True)
    (folder / "leaf.pem").write_bytes(leaf.pem)
    (folder / "leaf.key").write_bytes(make.pem("PRIVATE KEY", leaf.pkcs8()))
    port = serve("leaf", by_ec.pem, by_other.pem, folder=folder)
    found = ask("--cacert", certs / "root-ec.pem", f"localhost:{port}")
    assert found["accepted"] and found["anchor"].startswith("CN=Test Root EC,")
    assert [c["role"] for c in found["certificates"]] == ["path", "path", "cross-signed"]
    assert codes(found) == {"cross-signed"}
    text = run("--cacert", certs / "root-ec.pem", f"localhost:{port}").stdout
    assert "cross-signed by CN=Some Other Root,O=esp-tls tests]" in text
    # Mbed TLS takes the first one, and does not go back
    port = serve("leaf", by_other.pem, by_ec.pem, folder=folder)
    found = ask("--cacert", certs / "root-ec.pem", f"localhost:{port}")
    assert not found["accepted"] and "cross-signed-order" in codes(found)


def test_chain_with_an_issuer_in_front_is_refused_and_told(certs, serve, make):
    """leaf, upper, lower: Mbed TLS looks for issuers behind a certificate only."""
    root = make.authorities()["root-ec"]
    upper = make.Cert("chain-upper", "ec", "Chain Upper", root, ca=True)
    lower = make.Cert("chain-lower", "ec", "Chain Lower", upper, ca=True)
    leaf = make.Cert("chain-deep-leaf", "ec", "localhost", lower, make.EVERY_NAME,
                     usage=make.SERVER)
    folder = BUILD / "tests" / "chain-deep"
    folder.mkdir(exist_ok=True)
    (folder / "leaf.pem").write_bytes(leaf.pem)
    (folder / "leaf.key").write_bytes(make.pem("PRIVATE KEY", leaf.pkcs8()))
    for rest, accepted, wanted in (((lower, upper), True, set()),
                                   ((upper, lower), False, {"wrong-order", "issuer-in-front"})):
        port = serve("leaf", *(c.pem for c in rest), folder=folder)
        found = ask("--cacert", certs / "root-ec.pem", f"localhost:{port}")
        assert found["accepted"] == accepted and codes(found) == wanted, found["findings"]
        assert found["end"] == "anchored"


def test_chain_that_cannot_be_parsed_is_shown_all_the_same(certs):
    """No server would send it: a relay changes a byte of the certificate on its way, the tag of the
    first date of its period."""
    leaf = (certs / "server-ec.der").read_bytes()
    at = leaf.index(b"\x17\x0d240101")
    changed = leaf[:at] + b"\x0c" + leaf[at + 1:]

    def change(sink, chunks):
        for chunk in chunks:  # OpenSSL sends its first flight in one piece
            sink.sendall(chunk.replace(leaf, changed))

    with peers.Openssl(certs, "-tls1_2", cert="server-ec", chain=False) as s, \
            peers.Relay(s.port, down=change) as relay:
        found = ask("--cacert", certs / "root-ec.pem", f"localhost:{relay.port}")
    assert not found["accepted"]
    assert len(found["certificates"]) == 1
    assert "tbsCertificate.validity.notBefore" in found["certificates"][0]["problem"]
    assert "unparsable" in codes(found)
    assert found["certificates"][0]["issuer"].startswith("CN=Test Intermediate EC")


def test_chain_for_another_name_is_refused_and_shown(certs, serve):
    port = serve("server-name", "int-ec")
    found = ask("--cacert", certs / "root-ec.pem", f"localhost:{port}")
    assert found["exit"] == CERTIFICATE and "other.example" in found["certificates"][0]["names"]
    found = ask("--cacert", certs / "root-ec.pem", "--connect-to", f"localhost:{port}",
                "other.example:443")
    assert found["accepted"]
    found = ask("--cacert", certs / "root-ec.pem", "--name", "other.example", f"localhost:{port}")
    assert found["accepted"]


def test_chain_of_no_server_says_why(certs):
    with peers.refused_port() as port:
        result = run("--cacert", certs / "root-ec.pem", f"127.0.0.1:{port}")
    assert result.returncode == TCP and result.stdout == "" and "esp-tls: " in result.stderr
    result = run("--cacert", certs / "root-ec.pem", "no-such-host.invalid")
    assert result.returncode == DNS
    for args in ([], ["a", "b"], ["http://localhost/"], ["--tls", "1.1", "localhost"],
                 ["--starttls", "imap", "localhost"], ["--no-such-option", "localhost"]):
        assert run(*args).returncode == USAGE


def test_chain_behind_smtp_is_shown(certs, peer):
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs / "server-ec-chain.pem", certs / "server-ec.key")

    def smtp(conn):
        conn.sendall(b"220 mail.example ready\r\n")
        assert conn.recv(1000).startswith(b"EHLO")
        conn.sendall(b"250-mail.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n")
        assert conn.recv(1000) == b"STARTTLS\r\n"
        conn.sendall(b"220 go ahead\r\n")
        with context.wrap_socket(conn, server_side=True) as tls:
            try:
                tls.recv(10)
            except OSError:
                pass

    server = peer(smtp)
    found = ask("--cacert", certs / "root-ec.pem", "--starttls", "smtp", f"localhost:{server.port}")
    assert found["accepted"] and len(found["certificates"]) == 2
    server = peer(smtp)
    found = ask("--cacert", certs / "root-ec.pem", f"smtp://localhost:{server.port}")
    assert found["accepted"]


# --- compared with others --------------------------------------------------------------------------------


def compare(certs, port, *files, trusted="root-ec"):
    found = ask("--cacert", certs / f"{trusted}.pem", "--compare", *files, f"localhost:{port}")
    return found, {f["code"] for f in found["compare"]["findings"]}


def test_compare_with_an_exported_chain_says_what_differs(certs, serve, tmp_path):
    port = serve("server-ec", "int-ec")
    found, said = compare(certs, port, certs / "server-ec-chain.pem")
    assert found["compare"]["same"] and said == {"same"}

    full = tmp_path / "full.pem"
    full.write_bytes(b"".join((certs / f"{n}.pem").read_bytes()
                              for n in ("server-ec", "int-ec", "root-ec")))
    found, said = compare(certs, port, full)
    assert not found["compare"]["same"] and said == {"root-added"}

    other = tmp_path / "other.pem"
    other.write_bytes((certs / "server-untrusted.pem").read_bytes() +
                      (certs / "root-other.pem").read_bytes())
    found, said = compare(certs, port, other)
    assert said == {"intercepted", "other-root", "unused"}

    rsa = tmp_path / "rsa.pem"
    rsa.write_bytes((certs / "server-rsa-chain.pem").read_bytes())
    both = tmp_path / "both.pem"
    both.write_bytes((certs / "root-ec.pem").read_bytes() + (certs / "root-rsa.pem").read_bytes())
    found = ask("--cacert", both, "--compare", rsa, f"localhost:{port}")
    assert "other-kind" in {f["code"] for f in found["compare"]["findings"]}


def test_compare_when_the_server_sends_too_little_names_the_intermediate(certs, serve, tmp_path):
    port = serve("server-ec")
    p7b = tmp_path / "chain.p7b"
    subprocess.run(["openssl", "crl2pkcs7", "-nocrl", "-certfile", certs / "server-ec-chain.pem",
                    "-outform", "DER", "-out", p7b], check=True)
    for file in (certs / "server-ec-chain.pem", p7b):
        found, said = compare(certs, port, file)
        assert said == {"completed"} and found["exit"] == CERTIFICATE
        text = found["compare"]["findings"][0]["text"]
        assert "Test Intermediate EC" in text and "the server must send it" in text


def test_compare_with_no_certificate_is_a_usage_error(certs, serve):
    port = serve("server-ec", "int-ec")
    for file in (certs / "server-ec.key", certs / "password.txt", certs / "no-such-file"):
        assert run("--cacert", certs / "root-ec.pem", "--compare", file,
                   f"localhost:{port}").returncode == USAGE


needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None,
                                    reason="chromium is not installed")


@needs_chromium
def test_compare_with_chromium_sees_the_same_chain(certs, serve, monkeypatch):
    """And leaves nothing behind: no profile, no process."""
    port = serve("server-ec", "int-ec")
    folder = Path(tempfile.mkdtemp())  # a short name, for Chromium's sockets
    monkeypatch.setenv("TMPDIR", str(folder))
    found, said = compare(certs, port, "chromium")
    assert found["compare"]["why"] is None, found["compare"]
    assert found["compare"]["same"] and said == {"same"}
    assert [c["subject"] for c in found["compare"]["certificates"]] == \
        [c["subject"] for c in found["certificates"]]
    folder.rmdir()  # it is empty
    shown = subprocess.run(["pgrep", "-f", f"user-data-dir={folder}"], capture_output=True,
                           text=True, check=False)
    assert shown.stdout == ""


@needs_chromium
def test_compare_with_chromium_goes_where_connect_to_says(certs, serve):
    port = serve("server-name", "int-ec")
    found = ask("--cacert", certs / "root-ec.pem", "--compare", "chromium", "--connect-to",
                f"127.0.0.1:{port}", "other.example")
    assert found["accepted"] and found["compare"]["same"], found["compare"]


@needs_chromium
def test_compare_with_chromium_shows_an_intermediate_that_it_fetched(certs, serve, make):
    """The leaf says where its issuer's certificate is (AIA), and the server does not send it."""
    folder = BUILD / "tests" / "chain-aia"
    folder.mkdir(exist_ok=True)
    asked = []

    class Files(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/pkix-cert")
            self.end_headers()
            self.wfile.write((certs / "int-ec.der").read_bytes())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{web.server_port}/int-ec.cer"
        issuer = make.authorities()["int-ec"]
        key = make.make_key("server-ec", "ec")
        leaf = (x509.CertificateBuilder()
                .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]))
                .issuer_name(issuer.name).public_key(key.public_key()).serial_number(77)
                .not_valid_before(make.VALID[0]).not_valid_after(make.VALID[1])
                .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
                .add_extension(x509.AuthorityInformationAccess([x509.AccessDescription(
                    AuthorityInformationAccessOID.CA_ISSUERS,
                    x509.UniformResourceIdentifier(url))]), False)
                .sign(issuer.key, hashes.SHA256()))
        (folder / "leaf.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
        (folder / "leaf.key").write_bytes((certs / "server-ec.key").read_bytes())
        port = serve("leaf", folder=folder)
        found, said = compare(certs, port, "chromium")
        web.shutdown()
    assert found["certificates"][0]["issuer_urls"] == [url]
    missing = [f for f in found["findings"] if f["code"] == "missing-intermediate"]
    assert missing and url in missing[0]["text"]
    assert asked, "Chromium did not fetch the issuer's certificate"
    assert "completed" in said, found["compare"]


def test_compare_without_chromium_says_that_there_is_none(certs, serve):
    port = serve("server-ec", "int-ec")
    result = subprocess.run(
        [PROGRAM, "chain", "--json", "--cacert", certs / "root-ec.pem", "--compare", "chromium",
         f"localhost:{port}"], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PATH": "/nonexistent"})
    found = json.loads(result.stdout)
    assert result.returncode == ACCEPTED
    assert re.search("install the package chromium", found["compare"]["why"])


@pytest.fixture
def compare_with(certs, serve, tmp_path):
    """What became of the comparison with a browser that is a script of the test's."""
    def start(handler, deadline=60):
        port = serve("server-ec", "int-ec")
        with ws_peers.Server(handler) as s:
            browser = tmp_path / "chromium"
            browser.write_text(
                '#!/bin/sh\nfor word; do case $word in --user-data-dir=*)\n'
                f'printf "{s.port}\\n/x\\n" >"${{word#*=}}/DevToolsActivePort";; esac; done\n'
                'exec sleep 60\n')
            browser.chmod(0o755)
            result = subprocess.run(
                [PROGRAM, "chain", "--json", "--cacert", certs / "root-ec.pem", "--compare",
                 "chromium", f"localhost:{port}"], capture_output=True, text=True,
                timeout=deadline, check=False,
                env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
        return json.loads(result.stdout)["compare"]["why"]
    return start


def test_compare_with_a_browser_reads_events_and_fragments_before_the_answer(compare_with):
    async def handler(conn):
        call = json.loads(await conn.recv())
        await conn.send(json.dumps({"method": "event", "params": {"text": "x" * 7_000_000}}))
        await conn.send(['{"id":', f'{call["id"]},"error":', '{"message":"not to', 'day"}}', ""])
        await conn.wait_closed()

    assert compare_with(handler, 25) == "Chromium: Target.createTarget: not today"


@pytest.mark.parametrize("answer, said", [
    ("{", "is no JSON"), ("", "is no JSON"), ("[" * 5000, "is no JSON"),
    pytest.param("x" * 9_000_000, "too long", id="long"), ('{"id":1}', "Target.createTarget: "),
    ('{"id":1,"error":7}', "Target.createTarget: "), (None, "broke")])
def test_compare_with_a_browser_that_answers_something_else(compare_with, answer, said):
    async def handler(conn):
        await conn.recv()
        if answer is not None:
            await conn.send(answer)
            await conn.wait_closed()

    assert said in compare_with(handler)


@pytest.mark.long
def test_compare_with_a_browser_that_only_has_events_ends_in_time(compare_with):
    async def handler(conn):
        while True:
            await conn.send('{"method":"event"}')

    assert "did not answer in time" in compare_with(handler, 50)


@pytest.mark.parametrize("family, host", [("-4", "127.0.0.1"), ("-6", "::1")])
def test_chain_connects_with_what_get_has(certs, family, host):
    with peers.TlsPeer(certs, peers.hold, host=host, client_ca=certs / "root-client.pem",
                       alpn=["mqtt"]) as peer:
        at = ["--connect-to", f"{f'[{host}]' if ':' in host else host}:{peer.port}", "localhost"]
        found = ask("--cacert", certs / "root-ec.pem", "--cert", certs / "client-ec-chain.pem",
                    "--key", certs / "client-ec.key", "--alpn", "mqtt", family, *at)
        assert found["accepted"], found
        assert ask("--cacert", certs / "root-ec.pem", "-6" if family == "-4" else "-4",
                   *at)["exit"] == DNS
