# SPDX-License-Identifier: Apache-2.0
"""What holds of every command of esp-tls: its descriptors, output that cannot be written, memory that
cannot be had, and what others say."""
import asyncio
import datetime
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import peers
import pytest
import ws_peers
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
FAIL_ALLOC = BUILD / "tests" / "fail-alloc.so"
OUTPUT, MEMORY = 9, 10
LONG = os.environ.get("ESP_TLS_LONG") == "1"
BODY = b"the body, which is nobody else's"


def web_page(seen=None):
    """A handler that answers one request with BODY, and keeps all that it was sent."""
    def handler(conn):
        request = b""
        while b"\r\n\r\n" not in request:
            data = conn.recv(4096)
            if not data:
                return
            request += data
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                     % len(BODY) + BODY)
        if seen is not None:
            seen.append(request)
    return handler


async def answer(conn):
    async for message in conn:
        await conn.send(message)
        await asyncio.sleep(0.01)


@pytest.fixture(name="lines", scope="module")
def command_lines(certs, tmp_path_factory):
    """Lines of each command."""
    trust = ["--cacert", str(certs / "root-ec.pem")]
    folder = tmp_path_factory.mktemp("authorities")
    shutil.copy(certs / "root-ec.pem", folder)
    subprocess.run(["openssl", "x509", "-in", certs / "root-ec.pem", "-outform", "DER", "-out",
                    folder / "root.der"], check=True)
    with peers.TlsPeer(certs, web_page()) as web, ws_peers.Server(answer) as ws, \
            peers.refused_port() as nobody:
        url = f"https://localhost:{web.port}/"
        yield {
            "help": ["--help"],
            "version": ["--version"],
            "command help": ["check", "--help"],
            "get": ["get", *trust, url],
            "get -I": ["get", "-I", *trust, url],
            "get -o": ["get", "-o", str(folder / "body"), *trust, url],
            "get from a directory": ["get", "--cacert", str(folder), url],
            "get without a server": ["get", *trust, f"https://localhost:{nobody}/"],
            "chain": ["chain", *trust, url],
            "chain --json": ["chain", "--json", *trust, url],
            "cert": ["cert", str(certs / "root-ec.pem")],
            "cert --json": ["cert", "--json", str(certs / "root-ec.pem")],
            "cert --pass": ["cert", "--pass", "file:/dev/null", str(certs / "server-ec-chain.pem"),
                            str(certs / "server-ec.key")],
            "check": ["check", "--no-memory", *trust, url],
            "check --json": ["check", "--no-memory", "--json", *trust, url],
            "check --html": ["check", "--no-memory", "--html", "-", *trust, url],
            "memory": ["memory", *trust, url],
            "memory --json": ["memory", "--json", *trust, url],
            "explain": ["explain", "-0x7200"],
            "explain --json": ["explain", "--json", "-0x7200"],
            "explain --list": ["explain", "--list"],
            "ws": ["ws", "-n", "1", ws.url],
            "ws --json": ["ws", "--json", "-n", "1", ws.url],
        }


def run(args, **more):
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    if "stdin" not in more:
        more["input"] = b"a line for ws\n"
    result = subprocess.run([PROGRAM, *args], check=False, timeout=120, **more)
    assert b"Sanitizer" not in (result.stderr or b""), result.stderr
    return result


EACH = ["help", "version", "command help", "get", "get -I", "chain", "chain --json", "cert",
        "cert --json", "check", "check --json", "check --html", "memory", "memory --json",
        "explain", "explain --json", "explain --list", "ws", "ws --json"]


@pytest.mark.xdist_group("program")
@pytest.mark.parametrize("line", EACH)
def test_output_that_cannot_be_written_is_no_success(lines, line):
    assert run(lines[line]).returncode == 0
    with open("/dev/full", "wb") as full:
        result = run(lines[line], stdout=full)
    assert result.returncode == OUTPUT and b"esp-tls: " in result.stderr, result
    closed = run(lines[line], stdout=None, preexec_fn=lambda: os.close(1))
    assert closed.returncode == OUTPUT and b"esp-tls: " in closed.stderr, closed


@pytest.mark.xdist_group("program")
@pytest.mark.parametrize("missing", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_closed_descriptors_never_become_the_connection(certs, missing):
    def close():
        for fd in missing:
            os.close(fd)

    seen = []
    with peers.TlsPeer(certs, web_page(seen)) as web:
        for command in (["get", "-v"], ["chain"], ["check", "--no-memory"], ["memory"]):
            result = run([*command, "--cacert", certs / "root-ec.pem",
                          f"https://localhost:{web.port}/"],
                         stdin=None, stdout=None if 1 in missing else subprocess.PIPE,
                         stderr=None if 2 in missing else subprocess.PIPE, preexec_fn=close)
            assert result.returncode == (OUTPUT if 1 in missing else 0), result
    assert seen and not any(BODY in request for request in seen)


@pytest.mark.parametrize("args", [[], ["nothing"], ["get"], ["get", "--nothing"]])
def test_a_usage_error_says_so_even_if_nobody_can_read_it(args):
    assert run(args).returncode == 2
    assert run(args, stderr=None, preexec_fn=lambda: os.close(2)).returncode == 2


# --- memory ---------------------------------------------------------------------------------------


def starved(args, at, **more):
    """The at-th allocation fails."""
    return run(args, env={**os.environ, "LD_PRELOAD": str(FAIL_ALLOC), "FAIL_ALLOC": str(at),
                          **more})


def without_figures(data):
    return re.sub(rb"[0-9]+", b"0", data)


def chosen(line, count):
    """The first and the last ones, and some between; in a long run all, or more of them."""
    most = 7000 if line in ("get", "chain") else 1000
    edge, between = (400, most) if LONG else (45, 12)
    step = max(1, count // between)
    return sorted({*range(1, min(count, edge) + 1), *range(max(1, count - edge // 3), count + 1),
                   *range(1, count + 1, step)})


@pytest.mark.skipif(not FAIL_ALLOC.exists(), reason="a sanitizer has an allocator of its own")
@pytest.mark.xdist_group("program")
@pytest.mark.parametrize("line", [
    "get", "chain", "cert", "memory", "explain", "ws", "ws --json",
    *(pytest.param(line, marks=pytest.mark.long)
      for line in ("get -I", "get -o", "get from a directory", "get without a server",
                   "chain --json", "cert --json", "cert --pass", "check --json", "check --html",
                   "memory --json", "explain --json")),
    "check"])
def test_memory_that_cannot_be_had_is_never_another_verdict(lines, line, tmp_path):
    assert len(starve(lines[line], tmp_path, lambda count: chosen(line, count))) > 2


@pytest.mark.skipif(not FAIL_ALLOC.exists(), reason="a sanitizer has an allocator of its own")
@pytest.mark.parametrize("files", [
    ["server-ec-chain.pem", "root-ec.pem"], ["server-ec.pem", "root-ec.pem", "int-ec.pem"],
    ["server-by-leaf-chain.pem", "root-ec.pem", "root-twin.pem"],
    ["server-int-expired-chain.pem", "client-ec-chain.pem", "root-client.pem", "root-ec.pem"]],
    ids="-".join)
def test_a_chain_that_could_not_be_judged_has_no_verdict(certs, files, tmp_path):
    """Each allocation."""
    args = ["cert", *(str(certs / name) for name in files)]
    assert len(starve(args, tmp_path, lambda count: range(1, count + 1))) > 20


def starve(args, tmp_path, choose):
    """Let the chosen allocations fail, one by one. @return those without which it cannot do"""
    count = tmp_path / "count"
    whole = starved(args, 0, FAIL_ALLOC_COUNT=str(count))
    seen = set()
    for at in choose(int(count.read_text())):
        result = starved(args, at)
        words = result.stdout + result.stderr
        if result.returncode == MEMORY and b"out of memory" in words:
            seen.add(at)
            continue
        # it can do without that one, and then nothing is different
        assert (result.returncode, without_figures(result.stdout), without_figures(result.stderr)
                ) == (whole.returncode, without_figures(whole.stdout),
                      without_figures(whole.stderr)), f"allocation {at}: {result}"
    return seen


def instructions(args, out):
    """How many it takes, which is the same however busy the machine is."""
    subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", PROGRAM, *args],
                   stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=300)
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.M)[1])


@pytest.mark.skipif(not shutil.which("valgrind") or not FAIL_ALLOC.exists(),
                    reason="needs valgrind, and no sanitizer")
def test_a_file_of_very_many_items_takes_no_more_than_its_length(tmp_path):
    """Twice as many, twice the work: none is compared with all others."""
    took = []
    for count in (2000, 4000):
        (tmp_path / "der").write_bytes(b"".join(b"\x30\x03" + i.to_bytes(3, "big")
                                                for i in range(count)))
        took.append(instructions(["cert", tmp_path / "der"], tmp_path / "out"))
    assert took[1] < 2.2 * took[0], took


def test_copies_are_named_by_the_first_of_them(certs, tmp_path):
    leaf, root = ((certs / name).read_bytes() for name in ("server-ec.pem", "root-ec.pem"))
    (tmp_path / "pem").write_bytes(leaf + root + leaf + root + leaf)
    found = json.loads(run(["cert", "--json", tmp_path / "pem"]).stdout)
    assert [f["text"] for f in found["findings"] if f["code"] == "duplicate"] == [
        f"Certificate {copy} is the same as certificate {first}."
        for copy, first in ((3, 1), (4, 2), (5, 1))]


# --- what others say ------------------------------------------------------------------------------

HOSTILE = "a\u009b2J\u202eb\u2066c\x1b[2J\u200f\ue000"
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
                    "\ufeff\U000e0000-\U000e007f]")


@pytest.fixture(name="hostile", scope="module")
def hostile_files(tmp_path_factory):
    """A certificate of its own making whose names act on a terminal, with its key."""
    folder = tmp_path_factory.mktemp("hostile")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTILE),
                      x509.NameAttribute(NameOID.ORGANIZATION_NAME, "\u202ered\U000e0041")])
    begin = datetime.datetime(2024, 1, 1)
    cert = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(7)
            .not_valid_before(begin).not_valid_after(begin + datetime.timedelta(9999))
            .sign(key, hashes.SHA256()))
    der = cert.public_bytes(serialization.Encoding.DER).replace(b"\xee\x80\x80", b"\xff\xfe\x80")
    (folder / "bad.der").write_bytes(der)  # no UTF-8; nobody looks at the signature
    (folder / "bad-chain.pem").write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    (folder / "bad.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return folder


def is_clean(result):
    text = result.stdout.decode() + result.stderr.decode()  # strict: it is UTF-8
    assert not ACTING.search(text), text
    return text


def test_names_of_a_certificate_act_on_no_terminal(hostile, certs):
    with peers.TlsPeer(hostile, web_page(), cert="bad") as web:
        url = f"https://localhost:{web.port}/"
        trust = ["--cacert", certs / "root-ec.pem"]
        for args in (["get", *trust, url], ["get", "-vv", *trust, url],
                     ["get", "--json", *trust, url], ["chain", *trust, url],
                     ["chain", "--json", *trust, url], ["check", "--no-memory", *trust, url],
                     ["check", "--no-memory", "--json", *trust, url],
                     ["check", "--no-memory", "--html", "-", *trust, url],
                     ["memory", *trust, url], ["memory", "--json", *trust, url],
                     ["ws", *trust, f"wss://localhost:{web.port}/"]):
            result = run(args)
            assert result.returncode in (0, 6), result
            assert "[2J" in is_clean(result) or args[0] in ("get", "memory", "ws"), result
        for file in ("bad.der", "bad-chain.pem"):
            assert "red" in is_clean(run(["cert", hostile / file]))
            found = json.loads(run(["cert", "--json", hostile / file]).stdout)
            assert "\u202ered" in json.dumps(found, ensure_ascii=False)  # spelled, told in full
            is_clean(run(["cert", "--json", hostile / file]))


@pytest.mark.parametrize("head", [
    b"HTTP/1.1 301 \xff\xc2\x9b2J\r\nLocation: /\xe2\x80\xaeelsewhere\xff\r\n",
    b"HTTP/1.1 200 \xe2\x80\xae\r\nX: \xe2\x80\xae\xc2\x9b\xff\r\n",
    b"\xe2\x80\xae\x1b[2J\xc2\x9b no HTTP\r\n", b"HTTP/1.1 200 OK\r\nbad \xe2\x80\xae: x\r\n",
])
def test_what_a_server_answers_acts_on_no_terminal(head):
    def handler(conn):
        conn.recv(4096)
        conn.sendall(head + b"Content-Length: 0\r\n\r\n")

    with peers.Peer(handler) as server:
        url = f"//127.0.0.1:{server.port}/"
        for args in (["get", "http:" + url], ["get", "-I", "http:" + url],
                     ["get", "-L", "-v", "http:" + url], ["get", "--json", "http:" + url],
                     ["ws", "ws:" + url], ["ws", "-v", "ws:" + url]):
            is_clean(run(args))


@pytest.mark.parametrize("args", [["get", "http://a\u202eb.invalid/"], ["get", "--\u202e\x9b"],
                                  ["cert", "/tmp/\x1b[2J\u009b\udcff"], ["\u202e\udcff\x1b"],
                                  ["chain", "a\u009bb:x"], ["explain", "\u202e\x1b\udcff"],
                                  ["explain", "--json", "0x7200 \u202e\x1b\udcff"]])
def test_what_is_asked_acts_on_no_terminal(args):
    is_clean(run(args))


def test_what_is_cut_in_the_middle_of_a_character_is_no_text():
    for tail, shown in ((b"\xe2", "?"), (b"\xe2\x82", "?"), (b"\xe2\x82\xac", "\u20ac"),
                        (b"\xc0\x80", "??"), (b"\xed\xa0\x80", "?"), (b"\xf0\x9f\x98\x80",
                                                                     "\U0001f600")):
        result = run([b"get", b"--cacert", b"/tmp/nowhere" + tail, b"https://localhost/"])
        assert f"/tmp/nowhere{shown}" in result.stderr.decode(), (tail, result)
