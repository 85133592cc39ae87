# SPDX-License-Identifier: Apache-2.0
"""Names: resolvers that stall or know nothing, and names with several addresses of which some are
dead. In a namespace with its own /etc/hosts and /etc/resolv.conf; skipped where there are none."""
import peers
import pytest

NO_NAME, FAILED_CONNECT, TIMEOUT = 0x8001, 0x8004, 0x8006
EAI_NONAME, EAI_AGAIN, EAI_FAIL = -2, -3, -4
LATE = 1_500_000
SILENT_DNS = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 53))
print("ready")
"""
RESOLV = "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n"
SOCKET_OF_GETADDRINFO = 1  # it cannot be interrupted: it goes on in its thread, without the handle


@pytest.fixture
def space(tmp_path):
    made = []

    def start(**kw):
        made.append(peers.Namespace(tmp_path, **kw))
        return made[-1]

    yield start
    for s in made:
        s.close()


def server(space, certs, hosts, holes=()):
    """TLS servers on one port of each host; black holes on the same port of others."""
    return int(space.helper(f"""
port, kept = 0, []
for host in {list(holes)!r}:
    kept.append(peers.BlackHole(host, port))
    port = kept[-1].port
for host in {list(hosts)!r}:
    kept.append(peers.TlsPeer({str(certs)!r}, peers.echo, host=host, port=port).__enter__())
    port = kept[-1].port
print(port)
"""))


# --- resolvers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [2000])
def test_dns_that_stalls_ends_at_the_deadline(client, space, mode, timeout, slowness):
    """H3. The original blocks 10 s in getaddrinfo(), asynchronous or not, and keeps no code."""
    s = space(resolv=RESOLV)
    assert s.helper(SILENT_DNS) == "ready"
    r = client(host="stalls.example", port=443, cacert="root-ec.pem", mode=mode,
               timeout=timeout * slowness, inside=s, leaves=SOCKET_OF_GETADDRINFO)
    r.failed("resolve", "timeout", NO_NAME)
    assert r.record.resolver == EAI_AGAIN, r
    assert timeout * slowness * 1000 <= r.took_us < timeout * slowness * 1000 + LATE, r
    assert r.longest_us < 500_000 * slowness or mode == "sync", r
    assert r.polls < 20, r


def test_dns_that_stalls_and_plain_connect(client, space, slowness):
    s = space(resolv=RESOLV)
    assert s.helper(SILENT_DNS) == "ready"
    r = client(host="stalls.example", port=443, mode="plain", timeout=500 * slowness, inside=s,
               leaves=SOCKET_OF_GETADDRINFO)
    assert r.ret == NO_NAME and r.took_us < 500_000 * slowness + LATE, r


def test_cancel_while_dns_stalls_returns_within_100_ms(client, space, mode, slowness):
    s = space(resolv=RESOLV)
    assert s.helper(SILENT_DNS) == "ready"
    r = client(host="stalls.example", port=443, cacert="root-ec.pem", mode=mode, cancel=400,
               timeout=20000, inside=s, leaves=SOCKET_OF_GETADDRINFO)
    assert (r.record.phase, r.record.cause) == ("resolve", "cancelled"), r
    assert r.cancel_latency_us < 100_000 * slowness, r


@pytest.mark.parametrize("stalled", [8, 64, 100])
def test_names_that_stall_hold_up_no_name_of_the_hosts_file(client, space, certs, mode, stalled,
                                                            slowness):
    """Given up or not, a look-up goes on until its server's time is over."""
    s = space(resolv=RESOLV, hosts="127.0.0.1 localhost\n127.0.0.1 known.example\n")
    assert s.helper(SILENT_DNS) == "ready"
    port = server(s, certs, ["127.0.0.1"])
    r = client("echo:10", host="known.example", name="localhost", port=port,
               cacert="root-ec.pem", mode=mode, stalled=stalled, inside=s).opened()
    assert r.timeline.resolved < 1_000_000 * slowness, r
    assert r.fds_before >= min(stalled, 64), r


def test_name_that_does_not_exist_says_so_with_the_resolvers_code(client, space, mode):
    s = space(sources="files")
    r = client(host="nosuch.example", port=443, cacert="root-ec.pem", mode=mode, inside=s)
    r.failed("resolve", "name not resolved", NO_NAME)
    assert r.record.resolver == EAI_NONAME and r.record.address == "", r


def test_resolver_that_is_not_there_is_a_temporary_failure(client, space, mode):
    s = space(resolv=RESOLV)  # nobody listens on port 53
    r = client(host="nosuch.example", port=443, cacert="root-ec.pem", mode=mode, inside=s)
    r.failed("resolve", "name not resolved", NO_NAME)
    assert r.record.resolver in (EAI_AGAIN, EAI_FAIL), r


@pytest.mark.parametrize("host", ["a" * 300, "a..b", "", "bad name", "x" * 64 + ".example"])
def test_host_that_can_be_no_name_is_an_error(client, space, host):
    r = client(host=host, port=443, cacert="root-ec.pem", inside=space(sources="files"))
    assert r.ret == -1 and r.record.phase in ("config", "resolve"), r


def test_dns_failures_100_times_leave_the_descriptors_as_they_were(client, space, mode):
    r = client(host="nosuch.example", port=443, cacert="root-ec.pem", mode=mode, repeat=100,
               inside=space(sources="files"))
    assert r.fds_before == r.fds_after, r


# --- several addresses ---------------------------------------------------------------------------


def test_first_address_refuses_and_the_second_is_used_at_once(client, space, certs, mode):
    """The original tries the first address only."""
    s = space(hosts="::1 two.example\n127.0.0.1 two.example\n", sources="files")
    port = server(s, certs, ["127.0.0.1"])
    r = client("echo:100", host="two.example", name="localhost", port=port, cacert="root-ec.pem",
               mode=mode, hook=1, inside=s).opened()
    assert [h.address for h in r.hook] == ["::1", "127.0.0.1"], r
    assert r.record.address == "127.0.0.1" and r.timeline.connected < 200_000, r


def test_first_address_is_a_black_hole_and_the_second_begins_after_250_ms(client, space, certs,
                                                                          mode):
    """RFC 8305 section 5."""
    s = space(hosts="::1 two.example\n127.0.0.1 two.example\n", sources="files")
    port = server(s, certs, ["127.0.0.1"], holes=["::1"])
    r = client("echo:100", host="two.example", name="localhost", port=port, cacert="root-ec.pem",
               mode=mode, hook=1, inside=s).opened()
    assert [h.address for h in r.hook] == ["::1", "127.0.0.1"], r
    assert 250_000 <= r.timeline.connected < 900_000, r


def test_families_take_turns_and_the_first_that_answers_wins(client, space, certs):
    """RFC 8305 section 4: not all of one family first."""
    hosts = "".join(f"127.0.0.{i} many.example\n" for i in (2, 3, 4)) + "::1 many.example\n"
    s = space(hosts=hosts, sources="files")
    port = server(s, certs, ["127.0.0.4"])
    r = client("echo:10", host="many.example", name="localhost", port=port, cacert="root-ec.pem",
               hook=1, inside=s).opened()
    tried = [h.address for h in r.hook]
    assert tried.index("::1") <= 1 and len(tried) == len(set(tried)), r
    assert r.record.address == "127.0.0.4", r


def test_all_addresses_refuse(client, space, mode):
    s = space(hosts="::1 two.example\n127.0.0.1 two.example\n", sources="files")
    r = client(host="two.example", port=9, cacert="root-ec.pem", mode=mode, hook=1, inside=s)
    r.failed("connect", "system error", FAILED_CONNECT)
    assert len(r.hook) == 2 and r.error.sys == 111, r


def test_all_addresses_are_black_holes_within_one_deadline(client, space, certs, mode, slowness):
    """One deadline for all, not one for each."""
    hosts = "".join(f"127.0.0.{i} many.example\n" for i in (2, 3, 4))
    s = space(hosts=hosts, sources="files")
    port = server(s, certs, [], holes=["127.0.0.2", "127.0.0.3", "127.0.0.4"])
    timeout = 1500 * slowness
    r = client(host="many.example", port=port, cacert="root-ec.pem", mode=mode, timeout=timeout,
               hook=1, inside=s)
    r.failed("connect", "timeout", TIMEOUT)
    assert len(r.hook) == 3 and r.took_us < timeout * 1000 + LATE, r


@pytest.mark.parametrize("family, address", [(1, "127.0.0.1"), (2, "::1")])
def test_addr_family_picks_among_the_addresses(client, space, certs, family, address):
    s = space(hosts="::1 two.example\n127.0.0.1 two.example\n", sources="files")
    port = server(s, certs, ["::1", "127.0.0.1"])
    r = client("echo:10", host="two.example", name="localhost", port=port, cacert="root-ec.pem",
               family=family, hook=1, inside=s).opened()
    assert [h.address for h in r.hook] == [address], r


def test_certificate_is_checked_for_the_name_not_for_the_address(client, space, certs):
    s = space(hosts="127.0.0.1 test.example\n127.0.0.1 evil.example\n", sources="files")
    port = server(s, certs, ["127.0.0.1"])
    client("echo:10", host="test.example", port=port, cacert="root-ec.pem", inside=s).opened()
    r = client(host="evil.example", port=port, cacert="root-ec.pem", inside=s)
    r.failed("handshake", "certificate refused")
    assert r.record.flags == 4, r


def test_network_that_is_down_is_reported_at_once(client, space, mode):
    """H4: in a namespace without a route connect() itself fails."""
    r = client(host="192.0.2.1", port=443, cacert="root-ec.pem", mode=mode, inside=space())
    r.failed("connect", "system error", FAILED_CONNECT)
    assert r.error.sys == 101 and r.took_us < LATE, r
