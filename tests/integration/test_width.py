# SPDX-License-Identifier: Apache-2.0
"""On a terminal no line is longer than it is wide, and nothing is lost by that."""
import fcntl
import json
import os
import pty
import struct
import subprocess
import termios

import peers
import pytest
from test_program import PROGRAM, run, web_page

WIDEST = 160  # longer lines are hard to read


def on_terminal(args, columns):
    """What a terminal of so many columns shows of both streams."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown = b""
    with subprocess.Popen([PROGRAM, *args], stdin=slave, stdout=slave, stderr=slave) as process:
        os.close(slave)
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # EIO: the program has ended
                break
            shown += data
        os.close(master)
        process.wait(60)
    return shown.decode().replace("\r\n", "\n")


@pytest.fixture(name="lines", scope="module")
def command_lines(certs):
    trust = ["--cacert", str(certs / "root-ec.pem")]
    with peers.TlsPeer(certs, web_page()) as web, peers.refused_port() as nobody:
        url = f"https://localhost:{web.port}/"
        yield {
            "chain": ["chain", *trust, url],
            "chain of another": ["chain", "--cacert", str(certs / "root-rsa.pem"), url],
            "cert": ["cert", str(certs / "server-ec-chain.pem"), str(certs / "server-ec.key")],
            "check": ["check", *trust, url],
            "check of nobody": ["check", f"https://localhost:{nobody}/"],
            "memory": ["memory", *trust, "--compare", "-p", "esp8266", url],
            "memory that is short": ["memory", *trust, "--heap", "9000", url],
            "explain": ["explain", "-0x7200"],
            "explain --list": ["explain", "--list"],
            "get": ["get", f"https://localhost:{nobody}/"],
            "help": ["--help"],
            "help of a command": ["get", "--help"],
            "usage": ["get", "--proxy", "ftp://proxy.example/", url],
        }


@pytest.mark.xdist_group("program")
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_is_longer_than_the_terminal_is_wide(lines, columns):
    for name, args in lines.items():
        shown = on_terminal(args, columns)
        assert len(shown) > 100, (name, shown)
        long = [line for line in shown.split("\n") if len(line) > min(columns, WIDEST)]
        assert not long, (name, long)
        assert not [line for line in shown.split("\n") if line.endswith("  ")], name


@pytest.mark.xdist_group("program")
def test_what_is_folded_is_all_there(lines):
    for name in ("chain", "cert", "explain", "explain --list", "get", "help of a command", "usage"):
        result = run(lines[name])
        whole = (result.stdout + result.stderr).decode().split()
        assert "".join(on_terminal(lines[name], 40).split()) == "".join(whole), name


@pytest.mark.xdist_group("program")
@pytest.mark.parametrize("name", ["chain", "cert", "check", "memory", "explain"])
def test_json_is_never_folded(lines, name):
    command, *args = lines[name]
    shown = on_terminal([command, "--json", *args], 40)
    found = json.loads(shown)
    assert found["command"] == command and max(map(len, shown.split("\n"))) > 40
