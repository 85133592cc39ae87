# SPDX-License-Identifier: Apache-2.0
"""Deadlines: peers that are silent, slow, late or not there, in each phase, for both ways of
connecting. A synchronous call returns at its deadline, an asynchronous one at once."""
import threading
import time

import peers
import pytest

CONNECTION_TIMEOUT, FAILED_CONNECT = 0x8006, 0x8004
LATE = 1_500_000  # microseconds that a busy machine may add


def ended_at(r, timeout_ms, slowness):
    """The whole connect took its deadline, and nothing of it was spent spinning or blocking."""
    assert timeout_ms * 1000 <= r.took_us < timeout_ms * 1000 + LATE * slowness, r
    if r.polls:  # asynchronous
        assert r.longest_us < 1_000_000 * slowness, r
        assert r.polls < 100, r
    return r


@pytest.mark.smoke
def test_silent_tls_server_ends_at_the_deadline(client, peer, mode, slowness):
    """The original: TLS 0x4C at 2 s, or 0 for ever."""
    timeout = 2000 * slowness
    r = client(port=peer(peers.hold).port, cacert="root-ec.pem", mode=mode, timeout=timeout)
    ended_at(r.failed("handshake", "timeout", CONNECTION_TIMEOUT), timeout, slowness)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("count", [3, 40, 300, 900])
def test_server_that_falls_silent_in_the_handshake_ends_at_the_deadline(client, tls_peer, mode,
                                                                        count, version, slowness):
    """In the record header, in ServerHello, in Certificate."""
    timeout = 800 * slowness
    with peers.Relay(tls_peer().port, down=peers.hang_after(count)) as relay:
        r = client(port=relay.port, cacert="root-ec.pem", mode=mode, version=version,
                   timeout=timeout)
        ended_at(r.failed("handshake", "timeout", CONNECTION_TIMEOUT), timeout, slowness)
        assert r.record.bytes_in == count, r


@pytest.mark.smoke
def test_handshake_trickled_at_1_byte_per_s_ends_at_2_s(client, tls_peer, mode, slowness):
    """The original is still running after 30 s: each byte began its timeout anew."""
    timeout = 2000 * slowness
    with peers.Relay(tls_peer().port, down=peers.trickle(1)) as relay:
        r = client(port=relay.port, cacert="root-ec.pem", mode=mode, timeout=timeout)
        ended_at(r.failed("handshake", "timeout", CONNECTION_TIMEOUT), timeout, slowness)
        assert 1 <= r.record.bytes_in <= 4 * slowness, r


@pytest.mark.parametrize("timeout", [0, -1])
def test_timeout_that_is_not_set_is_10_s(client, peer, mode, timeout, slowness):
    """The network vanishes in the handshake: the default deadline fires."""
    r = client(port=peer(peers.hold).port, cacert="root-ec.pem", mode=mode, timeout=timeout)
    ended_at(r.failed("handshake", "timeout", CONNECTION_TIMEOUT), 10_000, slowness)


def test_black_hole_ends_at_the_deadline(client, mode, slowness):
    """The original: 0x8006 at 2 s; asynchronous calls that block 2 s each and return 0 for ever."""
    timeout = 2000 * slowness
    with peers.BlackHole() as hole:
        r = client(port=hole.port, cacert="root-ec.pem", mode=mode, timeout=timeout)
    ended_at(r.failed("connect", "timeout", CONNECTION_TIMEOUT), timeout, slowness)
    assert r.record.address == "127.0.0.1" and r.record.port == hole.port, r


@pytest.mark.parametrize("every", [0, 200])
def test_server_that_accepts_late_is_connected_to_asynchronously(client, certs, every, slowness):
    """H1: descriptor sets that a wait emptied once stayed empty, and it never connected. Here
    several waits pass before the SYN is answered."""
    tls = peers.TlsPeer(certs, peers.echo)
    with peers.BlackHole() as hole:
        hole.drain(0.5, tls._handle)
        r = client("echo:100", port=hole.port, cacert="root-ec.pem", mode="async", every=every,
                   timeout=12000).opened()
    assert r.took_us > 400_000 and r.action("echo").bytes == 100, r
    assert r.longest_us < 500_000 * slowness, r
    tls.listener.close()


def test_server_that_accepts_late_is_connected_to_synchronously(client, certs):
    tls = peers.TlsPeer(certs, peers.echo)
    with peers.BlackHole() as hole:
        hole.drain(0.5, tls._handle)
        client("echo:100", port=hole.port, cacert="root-ec.pem", timeout=12000).opened()
    tls.listener.close()


@pytest.mark.smoke
def test_refused_port_is_0x8004_with_errno_111_and_no_signal(client, mode, slowness):
    """H2, H4. The original's asynchronous call: 0x801A, TLS 0x50, errno 0, SIGPIPE."""
    with peers.refused_port() as port:
        r = client(port=port, cacert="root-ec.pem", mode=mode)
    r.failed("connect", "system error", FAILED_CONNECT)
    assert r.error.sys == 111 and r.took_us < LATE * slowness, r


def test_refused_port_of_ipv6(client, mode):
    with peers.refused_port("::1") as port:
        r = client(host="::1", port=port, cacert="root-ec.pem", mode=mode)
    r.failed("connect", "system error", FAILED_CONNECT)
    assert r.error.sys == 111 and r.record.address == "::1", r


def test_network_that_is_unreachable_is_reported_at_once(client, mode):
    """connect() itself fails (H4): a multicast address takes no TCP."""
    r = client(host="224.0.0.1", port=443, cacert="root-ec.pem", mode=mode)
    r.failed("connect", "system error", FAILED_CONNECT)
    assert r.error.sys in (101, 113) and r.took_us < LATE, r


def test_silent_plain_peer_reads_time_out(client, peer, slowness):
    timeout = 300 * slowness
    r = client("read1:1", port=peer(peers.hold).port, plain=1, timeout=timeout)
    assert r.ret == 1, r
    read = r.action("read1")
    assert read.ret == -0x6900 and read.record.cause == "timeout", r
    assert read.took_us < timeout * 1000 + LATE, r


def test_trickled_data_keeps_a_read_alive_and_each_read_has_its_own_deadline(client, tls_peer):
    """1 byte each 100 ms for 2 s, with 1.5 s per read: each read gets what there is."""
    def handler(tls):
        for _ in range(20):
            tls.sendall(b"x")
            time.sleep(0.1)

    r = client("read:20", port=tls_peer(handler).port, cacert="root-ec.pem", timeout=1500).opened()
    assert r.action("read").bytes == 20 and r.action("read").took_us > 1_500_000, r


def test_asynchronous_connect_needs_no_more_calls_than_events(client, tls_peer, slowness):
    """A call for each event, no spinning, and none that blocks."""
    with peers.Relay(tls_peer().port, down=lambda sink, chunks: [
            (time.sleep(0.2), sink.sendall(part)) for part in chunks]) as relay:
        r = client("echo:10", port=relay.port, cacert="root-ec.pem", mode="async").opened()
    assert r.took_us > 200_000 and r.calls < 20 and r.longest_us < 150_000 * slowness + LATE, r


def test_timeline_grows_from_step_to_step(client, tls_peer, mode):
    r = client("echo:10", port=tls_peer().port, cacert="root-ec.pem", mode=mode).opened()
    t = r.timeline
    assert 0 < t.resolved <= t.connected <= t.handshake <= r.took_us and t.first_byte == 0, r


# --- cancelled from another thread ---------------------------------------------------------------

SOON = 100_000


def cancelled(r, phase, slowness):
    assert r.ret == -1 and (r.record.phase, r.record.cause) == (phase, "cancelled"), r
    assert r.cancel_latency_us < SOON * slowness, r


@pytest.fixture(params=["sync", "async"])
def cancel(request):
    return {"mode": request.param, "cancel": 400, "cacert": "root-ec.pem", "timeout": 20000}


def test_cancel_while_connecting_returns_within_100_ms(client, cancel, slowness):
    with peers.BlackHole() as hole:
        cancelled(client(port=hole.port, **cancel), "connect", slowness)


def test_cancel_in_the_handshake_returns_within_100_ms(client, cancel, peer, slowness):
    cancelled(client(port=peer(peers.hold).port, **cancel), "handshake", slowness)


def test_cancel_during_a_trickled_handshake_returns_within_100_ms(client, cancel, tls_peer,
                                                                  slowness):
    with peers.Relay(tls_peer().port, down=peers.trickle(0.05)) as relay:
        cancelled(client(port=relay.port, **cancel), "handshake", slowness)


@pytest.mark.parametrize("non_block", [0, 1])
def test_cancel_of_a_read_returns_within_100_ms(client, cancel, tls_peer, non_block, slowness):
    values = {**cancel, "cancel": 700 * slowness}
    r = client("read:1", "read1:1", "write1:1", port=tls_peer(peers.hold).port,
               non_block=non_block, **values).opened()
    read = r.action("read")
    assert read.ret == -1 and read.record.cause == "cancelled", r
    assert read.cancel_latency_us < SOON * slowness, r
    assert r.action("read1").ret == r.action("write1").ret == -1, r  # and for good


def test_cancel_of_a_write_returns_within_100_ms(client, cancel, tls_peer, slowness):
    stop = threading.Event()
    values = {**cancel, "cancel": 1500 * slowness}
    p = tls_peer(lambda tls: stop.wait(30 * slowness))
    r = client(f"write:{64 << 20}", port=p.port, **values).opened()
    stop.set()
    write = r.action("write")
    assert write.ret == -1 and write.record.cause == "cancelled", r
    assert write.cancel_latency_us < SOON * slowness, r


def test_cancel_before_the_connect_refuses_it(client, peer, mode):
    p = peer(peers.hold)
    r = client("cancel", "connect", port=p.port, cacert="root-ec.pem", mode=mode, timeout=300)
    again = r.action("connect")
    assert again.ret == -1 and p.connections <= 1, r


def test_cancel_is_idempotent_and_wins_over_later_failures(client, tls_peer):
    r = client("cancel", "cancel", "read1:1", "write1:1", port=tls_peer().port,
               cacert="root-ec.pem").opened()
    assert r.action("cancel", 0).ret == r.action("cancel", 1).ret == 0, r
    assert r.action("read1").ret == -1 and r.after.record.cause == "cancelled", r
