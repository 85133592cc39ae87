# SPDX-License-Identifier: Apache-2.0
"""What holds of every command of esp-tls: its descriptors, output that cannot be written, memory that
cannot be had."""
import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

import peers
import pytest
import ws_peers

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
        "explain", "explain --json", "explain --list", "ws"]


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
    "get", "chain", "cert", "memory", "explain", "ws",
    *(pytest.param(line, marks=pytest.mark.long)
      for line in ("get -I", "get -o", "get from a directory", "get without a server",
                   "chain --json", "cert --json", "cert --pass", "check --json", "check --html",
                   "memory --json", "explain --json")),
    "check"])
def test_memory_that_cannot_be_had_is_never_another_verdict(lines, line, tmp_path):
    args = lines[line]
    count = tmp_path / "count"
    whole = starved(args, 0, FAIL_ALLOC_COUNT=str(count))
    seen = set()
    for at in chosen(line, int(count.read_text())):
        result = starved(args, at)
        words = result.stdout + result.stderr
        if result.returncode == MEMORY and b"out of memory" in words:
            seen.add(at)
            continue
        # it can do without that one, and then nothing is different
        assert (result.returncode, without_figures(result.stdout), without_figures(result.stderr)
                ) == (whole.returncode, without_figures(whole.stdout),
                      without_figures(whole.stderr)), f"allocation {at}: {result}"
    assert len(seen) > 2
