# SPDX-License-Identifier: Apache-2.0
"""TLS 1.2 and 1.3 against real servers; nothing older is ever negotiated."""
import peers
import pytest

ANY, TLS12, TLS13, MAX = 0, 1, 2, 3
GET = "send:GET / HTTP/1.0\\r\\n\\r\\n"
ROOT_OF = {"server-ec": "root-ec.pem", "server-rsa": "root-rsa.pem",
           "server-ec384": "root-ec384.pem"}
HANDSHAKE_FAILED = 0x801A


def start(server, certs, folder, cert):
    if server == "openssl":
        return peers.Openssl(certs, cert=cert)
    if server == "gnutls":
        return peers.Gnutls(certs, cert=cert)
    if server == "nginx":
        return peers.Nginx(certs, folder, cert=cert)
    return peers.Stunnel(certs, folder, cert=cert)


@pytest.mark.parametrize("cert", ROOT_OF)
@pytest.mark.parametrize("server", ["openssl", "gnutls", "nginx", "stunnel"])
def test_fetch_from_each_server_in_each_version_works(client, certs, tmp_path, server, cert):
    with start(server, certs, tmp_path, cert) as s:
        for version, name in ((ANY, "TLSv1.3"), (TLS12, "TLSv1.2"), (TLS13, "TLSv1.3")):
            talk = ["echo:3000"] if server == "stunnel" else [GET, "head"]
            r = client(*talk, host="localhost", port=s.port, cacert=ROOT_OF[cert],
                       version=version, family=1).opened()
            assert r.session.version == name
            if server == "stunnel":
                assert r.action("echo").bytes == 3000
            else:
                assert r.action("head").text.startswith("HTTP/1."), r


@pytest.mark.smoke
@pytest.mark.parametrize("version, name", [(TLS12, "TLSv1.2"), (TLS13, "TLSv1.3")])
def test_one_version_on_both_sides_connects(client, certs, mode, version, name):
    only = "-tls1_2" if version == TLS12 else "-tls1_3"
    with peers.Openssl(certs, only) as s:
        r = client(GET, "head", port=s.port, cacert="root-ec.pem", mode=mode, version=version)
        assert r.opened().session.version == name


@pytest.mark.parametrize("group", ["P-256", "P-384", "P-521", "X25519"])
def test_server_that_wants_another_group_asks_again_and_connects(client, certs, mode, group):
    """At most one of them is the key share that is sent: the others are a HelloRetryRequest."""
    with peers.Openssl(certs, "-tls1_3", "-groups", group) as s:
        r = client(GET, "head", port=s.port, cacert="root-ec.pem", mode=mode).opened()
        assert r.session.version == "TLSv1.3"


@pytest.mark.parametrize("groups", [[], ["-groups", "P-384"]], ids=["cookie", "cookie and group"])
def test_server_that_sends_a_cookie_gets_it_back_and_connects(client, certs, mode, groups):
    """A stateless HelloRetryRequest (RFC 8446 sections 4.1.4 and 4.2.2), with another group or without.

    Not with -www, which is never stateless; and OpenSSL's server ends at the ChangeCipherSpec in front of
    the second ClientHello, from its own client as well, which section 4.2.2 tells it to pass over."""
    with peers.Openssl(certs, "-tls1_3", "-stateless", *groups, mode=()) as s, \
            peers.Relay(s.port, up=peers.without_ccs) as relay:
        r = client("send:5", port=relay.port, cacert="root-ec.pem", mode=mode).opened()
        assert r.session.version == "TLSv1.3"


def test_any_version_against_a_server_with_only_1_2_connects(client, certs):
    with peers.Openssl(certs, "-tls1_2") as s:
        assert client(port=s.port, cacert="root-ec.pem").opened().session.version == "TLSv1.2"


def test_1_3_forced_against_a_server_with_only_1_2_is_a_clear_version_error(client, certs, mode):
    with peers.Openssl(certs, "-tls1_2") as s:
        r = client(port=s.port, cacert="root-ec.pem", version=TLS13, mode=mode)
        r.failed("handshake", "TLS error", HANDSHAKE_FAILED)
        assert r.record.alert_received == 70 or r.record.stack == 0x6E80, r  # protocol_version


def test_1_2_forced_against_a_server_with_only_1_3_is_a_clear_version_error(client, certs):
    with peers.Openssl(certs, "-tls1_3") as s:
        r = client(port=s.port, cacert="root-ec.pem", version=TLS12)
        r.failed("handshake", "TLS error", HANDSHAKE_FAILED)
        assert r.record.alert_received == 70, r


@pytest.mark.parametrize("old", ["-tls1", "-tls1_1"])
@pytest.mark.parametrize("version", [ANY, TLS12])
def test_server_forced_to_1_0_or_1_1_is_refused(client, certs, old, version):
    with peers.Openssl(certs, old, "-cipher", "ALL:@SECLEVEL=0", cert="server-rsa") as s:
        r = client(port=s.port, cacert="root-rsa.pem", version=version)
        r.failed("handshake", "TLS error", HANDSHAKE_FAILED)
        # the server's protocol_version; or handshake_failure, when none of our suites is that old
        assert r.record.alert_received in (70, 40) or r.record.stack == 0x6E80, r
        assert r.session is None


def test_server_hello_of_1_0_is_refused_though_the_server_insists(client, peer):
    """A server that answers a ClientHello of 1.2 with ServerHello 1.0 (a downgrade)."""
    def handler(conn):
        conn.recv(4096)
        body = b"\x03\x01" + bytes(32) + b"\x00" + b"\xc0\x13" + b"\x00"
        hello = b"\x02" + len(body).to_bytes(3, "big") + body
        conn.sendall(b"\x16\x03\x01" + len(hello).to_bytes(2, "big") + hello)
        peers.hold(conn)

    p = peer(handler)
    r = client(port=p.port, cacert="root-ec.pem").failed("handshake", "TLS error")
    assert r.record.stack == 0x6E80 and r.record.alert_sent == 70, r


def test_version_that_is_none_is_refused_before_io(client, peer):
    p = peer(peers.hold)
    r = client(port=p.port, cacert="root-ec.pem", version=MAX)
    r.failed("config", "invalid argument", 0x102)
    assert r.record.option == "tls_version" and p.connections == 0


@pytest.mark.parametrize("priority, name", [("NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLSv1.2"),
                                            ("NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLSv1.3")])
def test_gnutls_in_one_version_connects(client, certs, priority, name):
    with peers.Gnutls(certs, priority=priority) as s:
        r = client(GET, "head", port=s.port, cacert="root-ec.pem").opened()
        assert r.session.version == name
