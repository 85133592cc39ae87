# SPDX-License-Identifier: Apache-2.0
"""The socket: its options, its number, its life; and connections without TLS."""
import socket
import time

import peers
import pytest

SETOPT_FAILED, FAILED_CONNECT, TIMEOUT, NO_NAME = 0x8005, 0x8004, 0x8006, 0x8001


# --- options -------------------------------------------------------------------------------------


def test_nodelay_is_on_before_the_socket_connects(client, tls_peer, mode):
    r = client("socket", port=tls_peer().port, cacert="root-ec.pem", hook=1, mode=mode).opened()
    assert r.hook[0].socket.nodelay == 1 and r.action("socket").socket.nodelay == 1, r
    assert r.hook[0].address == "127.0.0.1" and len(r.hook) == 1, r


def test_socket_never_blocks_inside_and_is_closed_on_exec(client, tls_peer):
    r = client("socket", port=tls_peer().port, cacert="root-ec.pem").opened()
    assert r.action("socket").socket.nonblock and r.action("socket").socket.cloexec, r


@pytest.mark.parametrize("plain", [0, 1])
@pytest.mark.parametrize("timeout", [5000, 0])
def test_keep_alive_has_the_configured_values(client, tls_peer, peer, mode, plain, timeout):
    """Values, not the flag; and with or without a timeout."""
    port = peer(peers.hold).port if plain else tls_peer().port
    r = client("socket", port=port, cacert="root-ec.pem", hook=1, keepalive="7:3:4", mode=mode,
               plain=plain, timeout=timeout)
    assert r.ret == 1, r
    for s in (r.hook[0].socket, r.action("socket").socket):
        assert (s.keepalive, s.idle, s.interval, s["count"]) == (1, 7, 3, 4), r


def test_keep_alive_that_is_not_enabled_or_not_there_is_off(client, tls_peer):
    for options in ({"keepalive": "off"}, {}):
        r = client("socket", port=tls_peer().port, cacert="root-ec.pem", **options).opened()
        assert r.action("socket").socket.keepalive == 0, r


def test_keep_alive_value_that_the_system_refuses_is_setopt_failed(client, mode):
    with peers.refused_port() as port:
        r = client(port=port, cacert="root-ec.pem", keepalive="-1:3:4", mode=mode)
    r.failed("connect", "system error", SETOPT_FAILED)
    assert r.error.sys == 22, r


def test_interface_lo_is_bound_to(client, tls_peer, mode):
    r = client("socket", port=tls_peer().port, cacert="root-ec.pem", mode=mode, **{"if": "lo"})
    if r.ret == -1 and r.error.sys == 1:
        pytest.skip("SO_BINDTODEVICE is not permitted here")
    assert r.opened().action("socket").socket.device == "lo", r


def test_interface_that_does_not_exist_is_setopt_failed(client, mode):
    with peers.refused_port() as port:
        r = client(port=port, cacert="root-ec.pem", mode=mode, **{"if": "nosuch0"})
    r.failed("connect", "system error", SETOPT_FAILED)
    assert r.error.sys in (19, 1), r


def test_interface_with_an_empty_name_is_any(client, tls_peer):
    client("echo:1", port=tls_peer().port, cacert="root-ec.pem", **{"if": ""}).opened()


@pytest.mark.parametrize("host, family, got", [("127.0.0.1", 0, 4), ("127.0.0.1", 1, 4),
                                               ("::1", 0, 6), ("::1", 2, 6)])
def test_address_family_that_fits(client, tls_peer, host, family, got):
    r = client("socket", "echo:10", host=host, port=tls_peer(host=host).port,
               cacert="root-ec.pem", family=family).opened()
    assert r.action("socket").socket.family == got, r


@pytest.mark.parametrize("host, family", [("127.0.0.1", 2), ("::1", 1)])
def test_address_family_that_does_not_fit_has_no_address(client, mode, host, family):
    r = client(host=host, port=443, cacert="root-ec.pem", family=family, mode=mode)
    r.failed("resolve", "name not resolved", NO_NAME)
    assert r.record.resolver != 0, r


def test_address_family_that_is_none_is_refused(client, mode):
    r = client(port=443, cacert="root-ec.pem", family=9, mode=mode)
    assert r.ret == -1 and r.record.esp == 0x8003 and r.record.option == "addr_family", r


def test_hook_that_refuses_is_setopt_failed(client, peer, mode):
    p = peer(peers.hold)
    r = client(port=p.port, cacert="root-ec.pem", hook=1, hook_fails=1, mode=mode)
    assert r.ret == -1 and r.record.esp == SETOPT_FAILED and p.connections == 0, r


# --- descriptors ---------------------------------------------------------------------------------


@pytest.mark.smoke
@pytest.mark.parametrize("non_block", [0, 1])
def test_descriptor_above_1023_works(client, tls_peer, mode, non_block):
    """H20: select() would write outside its sets."""
    r = client("echo:100000", port=tls_peer().port, cacert="root-ec.pem", mode=mode, fds=1100,
               non_block=non_block).opened()
    assert r.fd > 1100 and r.action("echo").bytes == 100000, r


def test_descriptor_above_1023_for_plain_connect_and_black_hole(client, slowness):
    with peers.BlackHole() as hole:
        r = client(port=hole.port, mode="plain", fds=1100, timeout=300 * slowness)
        assert r.ret == TIMEOUT, r
        r = client(port=hole.port, cacert="root-ec.pem", mode="async", fds=1100,
                   timeout=300 * slowness)
        r.failed("connect", "timeout", TIMEOUT)


def test_descriptor_0_is_a_socket_like_any_other(client, tls_peer, mode):
    r = client("echo:1000", port=tls_peer().port, cacert="root-ec.pem", mode=mode,
               close_stdin=1, repeat=2).opened()
    assert r.action("echo").bytes == 1000, r


def test_connect_that_fails_before_a_socket_exists_does_not_close_descriptor_0(client, mode):
    """The fixture checks stdin after every run; here nothing was ever opened."""
    r = client(port=0, cacert="root-ec.pem", mode=mode, repeat=10)
    assert r.ret == -1 and r.fd == -1 and r.stdin_survived, r


@pytest.mark.parametrize("way", ["refused", "config", "resolve", "name"])
def test_1000_failed_connects_leave_the_descriptors_as_they_were(client, mode, way, slowness):
    with peers.refused_port() as port:
        options = {"refused": {"port": port, "cacert": "root-ec.pem"},
                   "config": {"port": port},
                   "name": {"port": port, "cacert": "root-ec.pem", "host": "localhost"},
                   "resolve": {"port": port, "cacert": "root-ec.pem", "family": 2}}[way]
        r = client(mode=mode, repeat=1000 if slowness == 1 else 50, **options)
    assert r.ret == -1 and r.fds_before == r.fds_after, r


@pytest.mark.parametrize("how", ["silent close", "untrusted"])
def test_300_failed_handshakes_leave_the_descriptors_as_they_were(client, tls_peer, peer, mode,
                                                                  how, slowness):
    p = peer(lambda conn: None) if how == "silent close" else tls_peer()
    r = client(port=p.port, cacert="root-other.pem", mode=mode,
               repeat=300 if slowness == 1 else 20, limit=120)
    assert r.ret == -1 and r.fds_before == r.fds_after, r


def test_50_connections_leave_the_descriptors_as_they_were(client, tls_peer, slowness):
    repeat = 50 if slowness == 1 else 5
    p = tls_peer()
    r = client("echo:10", port=p.port, cacert="root-ec.pem", repeat=repeat).opened()
    assert p.connections == repeat and r.fds_before == r.fds_after, r


def test_socket_of_the_application_is_adopted(client, tls_peer):
    """esp_tls_set_conn_sockfd() and state CONNECTING: the handshake on a socket that is there."""
    r = client("socket", "echo:1000", port=tls_peer().port, mode="adopt",
               cacert="root-ec.pem").opened()
    assert r.action("echo").bytes == 1000 and r.action("socket").socket.nodelay == 1, r


def test_socket_of_the_application_is_adopted_and_fails(client, peer):
    r = client(port=peer(lambda conn: None).port, mode="adopt", cacert="root-ec.pem")
    assert r.ret == -1 and r.record.phase == "handshake", r


# --- plain TCP -----------------------------------------------------------------------------------


@pytest.mark.smoke
@pytest.mark.parametrize("non_block", [0, 1])
def test_plain_tcp_echo(client, peer, mode, non_block):
    r = client("echo:1000000", port=peer(peers.echo).port, plain=1, mode=mode,
               non_block=non_block).opened()
    assert r.state == 0 and r.action("echo").bytes == 1000000, r  # INIT, as in the original
    assert r.session == {"version": None, "suite": None, "alpn": None}, r


def test_plain_tcp_by_url_whatever_the_scheme(client, peer, mode):
    p = peer(peers.echo)
    for scheme in ("http", "https"):
        client("echo:10", url=f"{scheme}://127.0.0.1:{p.port}/", plain=1, mode=mode).opened()


def test_plain_tcp_fin_is_0_and_data_before_it_is_delivered(client, peer):
    r = client("read:100", "read1:1", port=peer(lambda conn: conn.sendall(b"bye")).port, plain=1)
    assert r.opened().action("read").bytes == 3 and r.action("read").ret == 0, r
    assert r.action("read1").ret == 0, r


def test_plain_tcp_reset_is_an_error_with_errno(client, peer):
    def handler(conn):
        conn.recv(1)
        peers.reset(conn)

    r = client("write:1", "read1:1", port=peer(handler).port, plain=1).opened()
    read = r.action("read1")
    assert read.ret == -1 and read.record.errno == 104 and r.after.error.sys == 104, r


def test_plain_tcp_write_after_the_peer_is_gone_is_an_error_and_no_signal(client, peer):
    r = client("sleep:200", "write:10", "sleep:100", "write:1000000", port=peer(peers.reset).port,
               plain=1)
    assert r.action("write", 1).ret == -1, r
    assert r.action("write", 1).record.errno in (32, 104), r


def test_plain_tcp_refused(client, mode):
    with peers.refused_port() as port:
        r = client(port=port, plain=1, mode=mode).failed("connect", "system error", FAILED_CONNECT)
    assert r.error.sys == 111, r


def test_plain_tcp_needs_no_trust_and_sends_nothing_by_itself(client, peer):
    got = []
    p = peer(lambda conn: got.append(conn.recv(100)))
    client("write:5", port=p.port, plain=1).opened()
    deadline = time.monotonic() + 5
    while not got and time.monotonic() < deadline: # the peer may only be accepting
        time.sleep(0.01)
    assert got == [peers.pattern(5)]


# --- esp_tls_plain_tcp_connect() -----------------------------------------------------------------


def test_plain_connect_without_cfg_gives_a_blocking_socket(client, peer):
    """H5: the original leaves it non-blocking."""
    r = client("socket", port=peer(peers.hold).port, mode="plain", null="cfg")
    assert r.ret == 0 and r.fd >= 0 and not r.action("socket").socket.nonblock, r


@pytest.mark.parametrize("non_block", [0, 1])
def test_plain_connect_gives_a_socket_as_non_block_says(client, peer, non_block):
    r = client("socket", port=peer(peers.hold).port, mode="plain", non_block=non_block,
               keepalive="9:8:7")
    s = r.action("socket").socket
    assert r.ret == 0 and s.nonblock == bool(non_block) and s.nodelay == 1, r
    assert (s.keepalive, s.idle, s.interval, s["count"]) == (1, 9, 8, 7), r


def test_plain_connect_refused_and_unresolvable(client):
    with peers.refused_port() as port:
        r = client(port=port, mode="plain")
    assert r.ret == FAILED_CONNECT and r.error.sys == 111 and r.error.esp == FAILED_CONNECT, r
    assert r.fd == -1, r
    r = client(host="::1", port=443, family=1, mode="plain")
    assert r.ret == NO_NAME and r.error.esp == NO_NAME, r


def test_plain_connect_to_a_black_hole_ends_at_its_deadline(client, slowness):
    timeout = 500 * slowness
    with peers.BlackHole() as hole:
        r = client(port=hole.port, mode="plain", timeout=timeout)
    assert r.ret == TIMEOUT and r.error.esp == TIMEOUT, r
    assert timeout * 1000 <= r.took_us < timeout * 1000 + 1_500_000, r


@pytest.mark.parametrize("null", ["host"])
def test_plain_connect_with_null_is_invalid(client, null):
    assert client(port=443, mode="plain", null=null).ret == 0x102


def test_plain_connect_1000_times_refused_leaves_the_descriptors(client, slowness):
    with peers.refused_port() as port:
        r = client(port=port, mode="plain", repeat=1000 if slowness == 1 else 50)
    assert r.ret == FAILED_CONNECT and r.fds_before == r.fds_after, r
