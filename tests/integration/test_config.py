# SPDX-License-Identifier: Apache-2.0
"""What a configuration may not ask for: refused by name before any I/O."""
import ssl

import peers
import pytest

INVALID_ARG, INVALID_STATE, NOT_SUPPORTED = 0x102, 0x103, 0x106


@pytest.fixture
def quiet(peer):
    """A peer that must not see a connection."""
    p = peer(peers.hold)
    yield p
    assert p.connections == 0


@pytest.mark.parametrize("what, option", [
    ("bundle", "crt_bundle_attach"), ("ds", "ds_data"), ("ecdsa", "use_ecdsa_peripheral"),
    ("se", "use_secure_element")])
def test_option_this_build_cannot_honour_is_refused_before_io(client, quiet, mode, what, option):
    r = client(port=quiet.port, cacert="root-ec.pem", cert="client-ec-chain.pem", mode=mode,
               **{"with": what})
    assert r.ret == -1 and r.record.phase == "config", r
    assert r.record.esp in (NOT_SUPPORTED, INVALID_STATE) and option in r.record.option, r


def test_key_in_hardware_without_a_certificate_is_refused(client, quiet):
    r = client(port=quiet.port, cacert="root-ec.pem", **{"with": "ds"})
    r.failed("config", "invalid state", INVALID_STATE)


@pytest.mark.parametrize("null", ["host", "cfg"])
@pytest.mark.parametrize("where", [{"host": "127.0.0.1"}, {"url": "https://127.0.0.1:1/"}])
def test_null_argument_is_an_error_and_no_crash(client, mode, null, where):
    r = client(port=1, cacert="root-ec.pem", mode=mode, null=null, **where)
    assert r.ret == -1 and r.record.cause == "invalid argument", r


def test_null_handle_and_null_buffers_are_errors_and_no_crash(client, tls_peer, mode):
    r = client("null", "echo:10", port=tls_peer().port, cacert="root-ec.pem", mode=mode)
    assert r.opened().action("null").ret == 1


def test_negative_host_length_is_an_error(client):
    assert client(host="localhost", hostlen=0, port=1, cacert="root-ec.pem").ret == -1


@pytest.mark.parametrize("port", [0, -1, 65536, 70000])
def test_port_that_is_none_is_refused(client, port):
    r = client(port=port, cacert="root-ec.pem").failed("config", "invalid argument", INVALID_ARG)
    assert r.record.option == "port"


@pytest.mark.parametrize("url", ["", "127.0.0.1", "https://", "//host/", "ftp://127.0.0.1/",
                                 "https://127.0.0.1:99999/", "https://a b/"])
def test_url_that_is_none_is_refused(client, mode, url):
    r = client(url=url, cacert="root-ec.pem", mode=mode)
    assert r.ret == -1 and r.record.esp == INVALID_ARG, r


@pytest.mark.parametrize("text", ["https://127.0.0.1:{}/", "HTTPS://127.0.0.1:{}",
                                  "wss://user:pass@127.0.0.1:{}/p?q#f", "any://127.0.0.1:{}/"])
def test_url_gives_host_and_port(client, tls_peer, mode, text):
    p = tls_peer()
    client("echo:10", url=text.format(p.port), cacert="root-ec.pem", mode=mode).opened()


def test_url_with_an_ipv6_literal(client, tls_peer):
    p = tls_peer(host="::1")
    r = client("echo:10", url=f"https://[::1]:{p.port}/", cacert="root-ec.pem").opened()
    assert r.record.address == "::1" and p.seen == [None]


def test_scheme_http_alone_does_not_mean_plain(client, tls_peer):
    client("echo:10", url=f"http://127.0.0.1:{tls_peer().port}/", cacert="root-ec.pem").opened()


# --- ALPN ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
def test_alpn_match_selects_the_servers_choice(client, tls_peer, version):
    got = []

    def handler(tls):
        got.append(tls.selected_alpn_protocol())
        peers.echo(tls)

    p = tls_peer(handler, alpn=["mqtt", "http/1.1"])
    r = client("echo:10", port=p.port, cacert="root-ec.pem", alpn="h2,http/1.1", version=version)
    assert r.opened().session.alpn == "http/1.1" and got == ["http/1.1"]


def test_alpn_without_a_common_protocol_connects_with_none(client, tls_peer):
    """A server that ignores what it does not know (as Python's): there is no protocol."""
    p = tls_peer(alpn=["mqtt"])
    r = client("echo:10", port=p.port, cacert="root-ec.pem", alpn="h2")
    assert r.opened().session.alpn is None


@pytest.mark.parametrize("priority", ["NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                      "NORMAL:-VERS-ALL:+VERS-TLS1.3"])
def test_alpn_without_a_common_protocol_refused_by_the_server(client, certs, priority):
    with peers.Gnutls(certs, "--alpn=mqtt", "--alpn-fatal", priority=priority) as s:
        r = client(port=s.port, cacert="root-ec.pem", alpn="h2")
        r.failed("handshake", "TLS error", 0x801A)
        assert r.record.alert_received == 120, r  # no_application_protocol


def test_alpn_of_nginx(client, certs, tmp_path):
    with peers.Nginx(certs, tmp_path) as s:
        r = client(port=s.port, cacert="root-ec.pem", alpn="http/1.1").opened()
        assert r.session.alpn == "http/1.1"


def test_alpn_not_asked_for_is_none(client, tls_peer):
    p = tls_peer(alpn=["h2"])
    assert client(port=p.port, cacert="root-ec.pem").opened().session.alpn is None


@pytest.mark.parametrize("alpn", ["", "a" * 256])
def test_alpn_protocol_of_impossible_length_is_refused_before_io(client, quiet, alpn):
    client(port=quiet.port, cacert="root-ec.pem", alpn=alpn).failed("config", "TLS error", 0x8014)


# --- cipher suites -------------------------------------------------------------------------------


@pytest.mark.parametrize("suite, name", [
    ("0x1301", "TLS_AES_128_GCM_SHA256"), ("0x1302", "TLS_AES_256_GCM_SHA384"),
    ("0x1303", "TLS_CHACHA20_POLY1305_SHA256"), ("0xC02B", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ("0xC02C", "ECDHE-ECDSA-AES256-GCM-SHA384"), ("0xCCA9", "ECDHE-ECDSA-CHACHA20-POLY1305")])
def test_suite_of_the_list_is_the_one_used(client, tls_peer, config, suite, name):
    got = []
    if "CHACHA20" in name and "CONFIG_MBEDTLS_CHACHAPOLY_C" not in config:
        pytest.skip("CONFIG_MBEDTLS_CHACHAPOLY_C is off in this build")

    def handler(tls):
        got.append(tls.cipher()[0])
        peers.echo(tls)

    p = tls_peer(handler)
    r = client("echo:10", port=p.port, cacert="root-ec.pem", suites=suite).opened()
    assert got == [name]
    assert r.session.version == ("TLSv1.3" if suite.startswith("0x13") else "TLSv1.2")


def test_suites_that_the_server_lacks_are_a_handshake_failure(client, tls_peer):
    p = tls_peer(ciphers="ECDHE-ECDSA-AES256-GCM-SHA384", high=ssl.TLSVersion.TLSv1_2)
    r = client(port=p.port, cacert="root-ec.pem", suites="0xC02B")
    r.failed("handshake", "TLS error", 0x801A)
    assert r.record.alert_received == 40, r


def test_suites_that_this_build_lacks_are_refused_before_io(client, quiet):
    r = client(port=quiet.port, cacert="root-ec.pem", suites="0x0005")
    r.failed("config", "not supported", NOT_SUPPORTED)
    assert r.record.option == "ciphersuites_list"


@pytest.mark.parametrize("suites, version", [("0x1301", 1), ("0xC02B,0xC02C", 2)])
def test_suites_of_another_version_than_the_one_asked_for_are_refused(client, quiet, suites,
                                                                      version):
    r = client(port=quiet.port, cacert="root-ec.pem", suites=suites, version=version)
    r.failed("config", "invalid state", INVALID_STATE)
    assert r.record.option == "ciphersuites_list"


def test_suites_of_both_versions_offer_both(client, certs):
    for only, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
        with peers.Openssl(certs, only) as s:
            r = client(port=s.port, cacert="root-ec.pem", suites="0x1301,0xC02B").opened()
            assert r.session.version == name


def test_empty_suite_list_means_the_defaults(client, tls_peer):
    client("echo:10", port=tls_peer().port, cacert="root-ec.pem", suites="0").opened()
