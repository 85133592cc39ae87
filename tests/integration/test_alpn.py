# SPDX-License-Identifier: Apache-2.0
"""--alpn of every command that connects, and what check says of a server that wants a protocol."""
import json
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import peers
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
USAGE = 2
SANITIZED = re.search(r"^ESP_TLS_SANITIZE:\w+=.", (BUILD / "CMakeCache.txt").read_text(), re.M)
ALERT_40 = bytes([21, 3, 3, 0, 2, 2, 40])
SERVER_HELLO_DONE = bytes([14, 0, 0, 0])
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


# --- what check says ------------------------------------------------------------------------------------


def wants(certs, name, *args):
    """A server that answers only who offers this protocol, as a broker on port 443 does: a relay
    that closes what has it not, before an openssl that speaks it."""
    class Both:
        def __enter__(self):
            self.server = peers.Openssl(certs, "-alpn", name, *args).__enter__()
            self.relay = peers.Relay(self.server.port, up=only_with(name.encode())).__enter__()
            return self.relay

        def __exit__(self, *exc):
            self.relay.__exit__(*exc)
            self.server.__exit__(*exc)

    return Both()


def only_with(wanted):
    def up(sink, chunks):
        for i, data in enumerate(chunks):
            if i == 0 and wanted not in data:
                return
            sink.sendall(data)
    return up


def check(certs, server, *args):
    result = run("check", "--json", "--no-memory", "--cacert", certs / "root-ec.pem", *args,
                 f"https://localhost:{server.port}")
    found = json.loads(result.stdout)
    assert found["exit"] == result.returncode
    return found


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("name", ["mqtt", "x-amzn-mqtt-ca"])
def test_check_says_which_protocol_a_server_wants(certs, name, version):
    with wants(certs, name, version) as server:
        found = check(certs, server)
    finding = next(f for f in found["findings"] if f["id"] == "alpn-needed")
    assert finding["weight"] == "fails with default settings" and finding["reason"] == "NO_COMMON_ALPN"
    assert finding["evidence"] == (f"it speaks {name}; it refuses http/1.1, and a client that offers "
                                   "no protocol")
    assert "alpn_protos" in finding["remedy"] and f"--alpn {name}" in finding["remedy"]
    session = found["session_" + version[4:]]
    assert session["opened"] and session["alpn"] == name and session["http_status"] == 0
    assert any(d["works"] == "yes" for d in found["devices"])
    assert found["protocols"] == [name]


def test_check_with_the_protocol_that_a_server_wants_is_good(certs):
    with wants(certs, "mqtt") as server:
        found = check(certs, server, "--alpn", "mqtt")
        assert check(certs, server, "--alpn", "h2")["exit"] != 0
    assert found["exit"] == 0 and found["session_any"]["alpn"] == "mqtt"
    assert "alpn-needed" not in [f["id"] for f in found["findings"]]


@pytest.mark.parametrize("version", [[], ["-tls1_2"], ["-tls1_3"]])
def test_check_says_what_a_server_speaks_that_refuses_the_urls_protocol(certs, version):
    """By the alert for that. A device that offers none, the default, connects."""
    with peers.Openssl(certs, "-alpn", "h2,mqtt", *version) as server:
        found = check(certs, server)
    findings = {f["id"]: f for f in found["findings"]}
    assert findings["alpn-refused"]["evidence"] == "it speaks h2, mqtt; it refuses http/1.1"
    assert "leave alpn_protos unset" in findings["alpn-refused"]["remedy"].lower()
    assert "alpn" not in findings and "cannot connect: it refuses" not in found["verdict"]
    assert (found["exit"] != 0) == ("only-1.3" in findings) == (version == ["-tls1_3"])
    assert found["session_any"]["opened"] and found["session_any"]["alpn"] is None


def test_check_with_protocols_that_a_server_refuses_blames_these(certs):
    with peers.Openssl(certs, "-alpn", "h2,mqtt") as server:
        found = check(certs, server, "--alpn", "x, http/1.1")
    assert [f["id"] for f in found["findings"]] == ["alpn"]
    assert found["findings"][0]["evidence"] == "it speaks h2, mqtt; it refuses x, http/1.1"
    assert "that offers none was not tried" in found["findings"][0]["remedy"]
    assert found["verdict"].startswith("A device with these alpn_protos cannot connect: it refuses")
    assert found["verdict"].endswith("What settings would do behind that could not be tried.")
    assert {d["works"] for d in found["devices"]} == {"untried"}


def test_check_of_a_server_that_refuses_everything_asks_for_no_protocol(certs):
    with peers.Peer(lambda conn: conn.recv(4096)) as server:
        found = check(certs, server)
    assert found["protocols"] == [] and found["findings"][0]["id"] == "no-version"


class Gate(peers.Relay):
    """Clients that offer this protocol, or those that do not, are sent away with this answer, or with
    what `turn_away` does."""

    def __init__(self, port, name, wanted, answer=b""):
        super().__init__(port)
        self.name, self.wanted, self.answer = name, wanted, answer

    def _relay(self, conn):
        hello = conn.recv(65536, socket.MSG_PEEK)
        if hello and (self.name in hello) == self.wanted:
            super()._relay(conn)
        elif hello:
            self.turn_away(conn, conn.recv(65536))

    def turn_away(self, conn, _hello):
        conn.sendall(self.answer)


@pytest.mark.parametrize("versions", [["1.2"], ["1.3"], ["1.2", "1.3"]])
def test_check_of_a_server_that_wants_the_urls_protocol_says_so(certs, versions):
    """The probes of TLS 1.3 have no protocol, that of 1.2 has one: together they say neither that all
    are refused nor that http/1.1 is. A device offers it only when it is told to."""
    only = ["-tls" + versions[0].replace(".", "_")] if len(versions) == 1 else []
    with wants(certs, "http/1.1", *only) as server:
        found = check(certs, server)
    findings = {f["id"]: f for f in found["findings"]}
    assert not set(findings) & {"alpn-refused", "no-version", "alpn", "incomplete"}
    assert findings["alpn-needed"]["evidence"] == (
        "it answers who offers http/1.1; it refuses a client that offers no protocol")
    assert findings["alpn-needed"]["remedy"] == 'Set alpn_protos to {"http/1.1"}.'
    assert "default settings cannot connect" in found["verdict"]
    for version in versions:
        session, suites = (f"{kind}_{version.replace('.', '_')}" for kind in ("session", "suites"))
        assert found[session]["opened"] and found[session]["alpn"] == "http/1.1"
        assert found["versions"][version]["accepted"] and found[suites]["picked"]
    assert found["chain"]["certificates"]


@pytest.mark.parametrize("answer", [b"", ALERT_40])
@pytest.mark.parametrize("versions", [["-tls1_2"], ["-tls1_3"], []])
def test_check_of_a_server_that_takes_clients_without_a_protocol_only(certs, versions, answer):
    """It does not say so by the alert for that; a device that offers none, the default, connects."""
    with peers.Openssl(certs, *versions) as s, Gate(s.port, b"http/1.1", False, answer) as server:
        found = check(certs, server)
    findings = {f["id"]: f for f in found["findings"]}
    assert not set(findings) & {"alpn-needed", "alpn", "handshake", "fails-1.2", "fails-1.3"}
    assert ("only-1.3" in findings) == (versions == ["-tls1_3"]) == (found["exit"] != 0)
    assert findings["alpn-refused"]["evidence"] == "it refuses http/1.1"
    assert found["session_any"]["opened"] and found["session_any"]["alpn"] is None
    assert found["versions"]["1.2"]["accepted"] == (versions != ["-tls1_3"])


class Cut(Gate):
    """Who is sent away gets the certificates, and no end of the flight."""

    def turn_away(self, conn, hello):
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            server.sendall(hello)
            data = b""
            while SERVER_HELLO_DONE not in data and data[:1] != ALERT_40[:1]:
                data += server.recv(65536) or ALERT_40
        conn.sendall(data.partition(SERVER_HELLO_DONE)[0])


def test_check_gives_back_what_it_has_of_a_survey_that_was_refused(certs):
    """A refusal in the middle of the flight leaves certificates behind."""
    watch = [] if not shutil.which("valgrind") or SANITIZED else [
        "valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite",
        "--error-exitcode=99", "--num-callers=20"]
    with peers.Openssl(certs, "-tls1_2", "-alpn", "mqtt") as s, Cut(s.port, b"mqtt", True) as server:
        result = subprocess.run(
            [*watch, PROGRAM, "check", "--json", "--no-memory", "--cacert", certs / "root-ec.pem",
             f"https://localhost:{server.port}"],
            capture_output=True, text=True, timeout=120, check=False)
    found = json.loads(result.stdout)
    assert result.returncode == found["exit"] and result.stderr == ""
    assert "alpn-needed" in [f["id"] for f in found["findings"]]
