# SPDX-License-Identifier: Apache-2.0
"""--alpn of every command that connects, and what check says of a server that wants a protocol."""
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
USAGE = 2
COMMANDS = {"get": "https", "check": "https", "memory": "https", "ws": "wss"}


def run(command, *args):
    return subprocess.run([PROGRAM, command, *map(str, args)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120, check=False)


def spoken(certs, tls_peer, command, *args):
    """What was agreed on, in each connection that was opened."""
    seen = []

    def handler(tls):
        seen.append(tls.selected_alpn_protocol())

    server = tls_peer(handler, alpn=["mqtt", "h2", "http/1.1"])
    run(command, "--cacert", certs / "root-ec.pem", "--timeout", "5", *args,
        f"{COMMANDS[command]}://localhost:{server.port}/")
    return set(seen)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("given, agreed", [("h2", "h2"), ("x, mqtt", "mqtt"), ("", None)])
def test_alpn_is_what_is_offered(certs, tls_peer, command, given, agreed):
    assert spoken(certs, tls_peer, command, "--alpn", given) == {agreed}


@pytest.mark.parametrize("command", COMMANDS)
def test_alpn_without_the_option(certs, tls_peer, command):
    assert spoken(certs, tls_peer, command) == {None if command == "memory" else "http/1.1"}


@pytest.mark.parametrize("given", [",", "a,,b", "a,", "x" * 256, "1,2,3,4,5,6,7,8,9"])
def test_alpn_that_is_no_list_is_a_usage_error(given):
    result = run("get", "--alpn", given, "https://localhost:1/")
    assert result.returncode == USAGE and "--alpn" in result.stderr
    assert result.stderr.count("\n") == 1


def test_alpn_is_for_tls():
    result = run("get", "--alpn", "mqtt", "http://localhost:1/")
    assert result.returncode == USAGE and "--alpn is for https" in result.stderr
