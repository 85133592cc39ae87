# SPDX-License-Identifier: Apache-2.0
"""What holds of every command of esp-tls: its descriptors, and output that cannot be written."""
import asyncio
import os
import subprocess
from pathlib import Path

import peers
import pytest
import ws_peers

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
OUTPUT = 9
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
def command_lines(certs):
    """For each command a line that ends well; what is in braces is filled in by run()."""
    trust = ["--cacert", str(certs / "root-ec.pem")]
    with peers.TlsPeer(certs, web_page()) as web, ws_peers.Server(answer) as ws:
        url = f"https://localhost:{web.port}/"
        yield {
            "help": ["--help"],
            "version": ["--version"],
            "command help": ["check", "--help"],
            "get": ["get", *trust, url],
            "get -I": ["get", "-I", *trust, url],
            "chain": ["chain", *trust, url],
            "chain --json": ["chain", "--json", *trust, url],
            "cert": ["cert", str(certs / "root-ec.pem")],
            "cert --json": ["cert", "--json", str(certs / "root-ec.pem")],
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
