# SPDX-License-Identifier: Apache-2.0
"""--proxy of chain, check and memory: they get there, and say of a proxy's failure what get says."""
import json
import socket

import peers
import pytest
import web
from test_check import Smtp
from test_diagnosis import proxy as answering
from test_get import read_request
from test_program import run, web_page

COMMANDS = {"chain": [], "check": ["--no-memory"], "memory": []}


def ask(command, *args):
    """Exit status, and the JSON."""
    result = run([command, "--json", *COMMANDS.get(command, []), *map(str, args)])
    return result.returncode, json.loads(result.stdout)


def reasons(command, found):
    """Why, the likeliest first; memory has them in its sentence alone."""
    if command == "check":
        return [one["reason"] for one in found["findings"] if one["id"] == "proxy"]
    diagnosis = found["diagnosis"] if command == "chain" else found
    return [reason["name"] for reason in diagnosis["reasons"]]


def is_reached(command, found, proxy):
    assert found["exit"] == 0 and found["proxy"] == proxy, found
    if command == "chain":
        assert found["accepted"] and len(found["certificates"]) == 2
    elif command == "check":
        assert found["addresses"] == [] and found["versions"]["1.3"]["accepted"]
        assert found["session_1_3"]["opened"] and found["session_1_2"]["opened"]
        assert found["findings"] == [] or {one["weight"] for one in found["findings"]} == {"note"}
    else:
        assert found["fits"] and found["session"]["version"] == "TLSv1.3"


@pytest.fixture(name="server")
def a_web_server(certs):
    with peers.TlsPeer(certs, web_page()) as server:
        yield ["--cacert", certs / "root-ec.pem", f"https://localhost:{server.port}/"]


@pytest.mark.xdist_group("squid")
@pytest.mark.parametrize("command", COMMANDS)
def test_http_proxy_with_a_login(server, squid, command):
    for port in (squid.basic_port, squid.digest_port):
        at = f"127.0.0.1:{port}"
        login = f"{web.USER}:{web.PROXY_PASSWORD.replace(':', '%3A')}"
        is_reached(command, ask(command, "--proxy", f"http://{login}@{at}", *server)[1], at)
        for wrong in (f"http://{web.USER}:wrong@{at}", f"http://{at}"):
            says_what_get_says(command, ["--proxy", wrong, *server], 8)


@pytest.mark.parametrize("scheme, login", [
    ("socks5", ()), ("socks5", ("me", "secret")), ("socks5h", ())])
@pytest.mark.parametrize("command", COMMANDS)
def test_socks_proxy(server, command, scheme, login):
    with web.Socks(*login) as socks:
        who = ":".join(login) + "@" if login else ""
        at = f"127.0.0.1:{socks.port}"
        is_reached(command, ask(command, "--proxy", f"{scheme}://{who}{at}", *server)[1], at)
        if login:
            says_what_get_says(command, ["--proxy", f"{scheme}://{at}", *server], 8)


def says_what_get_says(command, args, status):
    code, got = ask("get", *args)
    assert code == status, got
    code, found = ask(command, *args)
    assert code == found["exit"] == status, (found, got)
    if command == "check":
        assert [one["id"] for one in found["findings"]] == ["proxy"], found
        assert found["findings"][0]["evidence"] == got["verdict"]
    else:
        assert found["verdict"] == got["verdict"], (found["verdict"], got["verdict"])
    if command != "memory":
        assert reasons(command, found)[:1] == reasons("get", got)[:1], (found, got)


def trickle(conn):
    read_request(conn)
    peers.hold(conn, 5)


@pytest.mark.parametrize("name, status", [
    ("refused", 4), ("nowhere", 3), ("slow", 5), (403, 8), (404, 3), (407, 8), (500, 4), (503, 4),
    ("no proxy", 11)])
@pytest.mark.parametrize("command", COMMANDS)
def test_failure_of_a_proxy_is_told_as_get_tells_it(command, name, status):
    def handler(conn):
        if name == "slow":
            trickle(conn)
        elif name == "no proxy":
            read_request(conn)
            conn.sendall(b"SSH-2.0-x\r\n\r\n")
            conn.shutdown(socket.SHUT_WR)
        else:
            answering(name)(conn)
    with peers.Peer(handler) as peer, peers.refused_port() as nobody:
        at = {"refused": f"127.0.0.1:{nobody}",
              "nowhere": "proxy.invalid:1"}.get(name, f"127.0.0.1:{peer.port}")
        args = ["--timeout", "800ms" if name == "slow" else "5s", "--proxy", f"http://{at}",
                "https://server.example/"]
        says_what_get_says(command, args, status)


@pytest.mark.parametrize("command", ["chain", "check"])
def test_starttls_through_a_proxy(certs, command):
    with Smtp(certs) as mail, web.Socks() as socks:
        at = f"127.0.0.1:{socks.port}"
        found = ask(command, "--cacert", certs / "root-ec.pem", "--proxy", f"socks5://{at}",
                    f"smtp://localhost:{mail.port}")[1]
    is_reached(command, found, at)


def test_first_words_of_a_server_come_with_the_proxys(certs):
    """The answer to CONNECT and what the server says by itself, in one segment."""
    def handler(conn):
        read_request(conn)
        conn.sendall(b"HTTP/1.1 200 OK\r\n\r\nSSH-2.0-OpenSSH_9.2\r\n")
        peers.hold(conn, 5)
    with peers.Peer(handler) as peer:
        found = ask("check", "--timeout", "2s", "--proxy", f"http://127.0.0.1:{peer.port}",
                    "server.example")[1]
    assert found["exit"] == 7 and found["findings"][0]["id"] == "no-tls", found["findings"]
    assert "SSH" in found["findings"][0]["evidence"]


def test_memory_of_a_device_has_the_tunnel_in_it(server):
    """The connection to the proxy is the device's, too."""
    direct = ask("memory", *server)[1]
    with web.Socks() as socks:
        through = ask("memory", "--proxy", f"socks5://127.0.0.1:{socks.port}", *server)[1]
    more = through["heap"]["open"] - direct["heap"]["open"]
    assert 100 < more < 4000, (through["heap"], direct["heap"])
    assert through["heap"]["left"] <= direct["heap"]["left"] + 1000


def test_proxy_does_not_go_with_connect_to():
    result = run(["chain", "--proxy", "http://p:1", "--connect-to", "a:1", "localhost"])
    assert result.returncode == 2 and b"--connect-to does not go with --proxy" in result.stderr
