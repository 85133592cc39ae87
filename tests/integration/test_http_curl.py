# SPDX-License-Identifier: Apache-2.0
"""The same responses to this client and to curl: body and verdict are the same, or differences.txt
says how they differ, and why.

Each is sent whole and byte by byte, some also over TLS, by a server that closes behind it.
"""
import contextlib
import os
import subprocess
import threading
from pathlib import Path

import peers
import pytest
import responses
from test_get import read_request

TABLE = Path(__file__).parent / "differences.txt"
CASES = {case.name: case for case in responses.all_of_them()}
NUMBERS = {str(i): case for i, case in enumerate(CASES.values())}
# A handshake for each takes time: of the others every fourth, all of them with ESP_TLS_LONG=1.
OVER_TLS = [number for number, case in NUMBERS.items()
            if case.abrupt or case.name.startswith(("chunks:", "until", "204", "304", "HEAD"))
            or int(number) % 4 == 0 or os.environ.get("ESP_TLS_LONG") == "1"]
VERSION = "curl 7.88."
LONGEST = 4096  # what is longer goes in pieces of this size


def send(conn, data, size):
    for i in range(0, len(data), size):
        conn.sendall(data[i:i + size])


def play(size):
    """A handler that answers with the case that the path names by its number."""
    def handler(conn):
        request = read_request(conn).split(b" ")
        if len(request) < 2:
            return
        case = NUMBERS[request[1].decode().rpartition("/")[2]]
        with contextlib.suppress(OSError):
            send(conn, case.data, size if len(case.data) < LONGEST else LONGEST)
            if hasattr(conn, "unwrap"):
                if not case.abrupt:
                    conn.unwrap()
            else:
                conn.shutdown(peers.socket.SHUT_WR)
                conn.settimeout(5)
                peers.hold(conn)
    return handler


def run_curl(url, folder, numbers, args):
    """One process for these cases; curl ends at some failures, so there may be fewer lines. Each has
    a host of its own, so that no connection is used again."""
    lines = []
    scheme, port = url.split(":")
    for number in numbers:
        lines += [f'url = "{scheme}://c{number}.wild.example:{port}/{number}"',
                  f'resolve = "*:{port}:127.0.0.1"', f'output = "{folder / number}"', "silent",
                  "http1.1", "max-time = 20", 'write-out = "%{exitcode} %{http_code}\\n"',
                  *(["head"] if NUMBERS[number].method == "HEAD" else []), *args, "next"]
        (folder / number).write_bytes(b"")
    config = folder / "config"
    config.write_text("\n".join(lines[:-1]) + "\n")
    return subprocess.run([peers.need("curl"), "--disable", "-K", config], capture_output=True,
                          text=True, timeout=300, check=False).stdout.splitlines()


def ask_curl(url, numbers, folder, *args):
    """Verdicts of these cases: (verdict, body)."""
    verdicts = {}
    while numbers:
        lines = run_curl(url, folder, numbers, args)
        assert lines
        for line, number in zip(lines, numbers):
            code, status = map(int, line.split())
            case = NUMBERS[number]
            body = b"" if case.method == "HEAD" else (folder / number).read_bytes()
            verdicts[case.name] = (f"{status}", body) if code == 0 else ("fails", None)
        numbers = numbers[len(lines):]
    return verdicts


def ask_ours(http, url, numbers, settings):
    verdicts = {}
    http.set(manual=1, **settings)
    scheme, port = url.split(":")
    for number in numbers:
        case = NUMBERS[number]
        answer = http.new().go(url=f"{scheme}://localhost:{port}/{number}", method=case.method)
        if answer.err == "ESP_OK":
            verdicts[case.name] = (f"{answer.status}", answer.body)
        else:
            verdicts[case.name] = ("fails", None)
    return verdicts


def described(verdict):
    what, body = verdict
    if body is None:
        return what
    shown = body.decode("latin-1").encode("unicode_escape").decode()
    return f"{what} {shown}".strip() if len(body) <= 24 else f"{what} {len(body)} bytes"


def table():
    """Its lines: name -> (ours, curl's); "bytes: name" is of that variant only."""
    rows = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            name, ours, curl, why = (cell.strip() for cell in line.split(" | "))
            assert why and name not in rows, line
            rows[name] = (ours, curl)
    return rows


@pytest.fixture(scope="module")
def curl_version():
    out = subprocess.run([peers.need("curl"), "--version"], capture_output=True, text=True,
                         check=True).stdout
    if not out.startswith(VERSION):
        pytest.skip(f"the table is of {VERSION}, this is {out.split(' (')[0]}")


@pytest.mark.parametrize("variant", ["whole", "bytes", "tls"])
@pytest.mark.usefixtures("curl_version")
def test_verdicts_are_those_of_curl_or_in_the_table(http, peer, tls_peer, certs, tmp_path, variant):
    size = LONGEST if variant == "whole" else 1
    numbers = OVER_TLS if variant == "tls" else list(NUMBERS)
    if variant == "tls":
        p = tls_peer(play(size), clean=False)
        url, ca = f"https:{p.port}", certs / "root-ec.pem"
        args, settings = [f'cacert = "{ca}"'], {"cacert": ca}
    else:
        url, args, settings = f"http:{peer(play(size)).port}", [], {}
    curl = {}
    asking = threading.Thread(target=lambda: curl.update(ask_curl(url, numbers, tmp_path, *args)))
    asking.start()
    ours = ask_ours(http, url, numbers, settings)
    asking.join()
    expected = table()
    wrong = []
    for name in ours:
        mine, theirs = described(ours[name]), described(curl[name])
        known = expected.get(f"{variant}: {name}", expected.get(name, (None, None)))
        if ours[name] != curl[name] and (mine, theirs) != known:
            wrong.append(f"{name} | {mine} | {theirs} | ")
        if ours[name] == curl[name] and known != (None, None):
            wrong.append(f"{name}: they agree: {mine}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_table_names_cases():
    for name in table():
        assert name in CASES or name.partition(": ")[2] in CASES, name
