# SPDX-License-Identifier: Apache-2.0
"""The server's certificate: chain, name, dates, use; and the anchors it is checked with."""
import ssl

import peers
import pytest

EXPIRED, CN_MISMATCH, NOT_TRUSTED, FUTURE, EXT_KEY_USAGE = 0x01, 0x04, 0x08, 0x0200, 0x1000
HANDSHAKE_FAILED, PARTLY_OK = 0x801A, 0x8010
VERIFY_FAILED = 0x2700


def refused(r, flags, depth=0, stack=VERIFY_FAILED):
    r.failed("handshake", "certificate refused", HANDSHAKE_FAILED)
    assert r.record.flags == flags and r.record.depth == depth, r
    assert r.record.stack == stack, r
    assert r.session is None and r.state == 3, r
    assert "verified" not in r.log.lower().replace("not verified", ""), r.log


def versions(kw):
    return {"low": ssl.TLSVersion.TLSv1_2, "high": ssl.TLSVersion.TLSv1_2} if kw == 1 else {}


# --- the chain -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cert, root", [("server-ec", "root-ec"), ("server-rsa", "root-rsa"),
                                        ("server-ec384", "root-ec384")])
@pytest.mark.parametrize("form", ["pem", "der"])
@pytest.mark.parametrize("version", [1, 2])
def test_chain_of_each_kind_with_ca_as_pem_and_der_verifies(client, tls_peer, cert, root, form,
                                                            version):
    p = tls_peer(cert=cert)
    client("echo:100", port=p.port, cacert=f"{root}.{form}", version=version).opened()


@pytest.mark.smoke
@pytest.mark.parametrize("version", [1, 2])
def test_wrong_ca_is_refused_with_flags_and_depth(client, tls_peer, mode, version):
    p = tls_peer()
    r = client(port=p.port, cacert="root-other.pem", mode=mode, version=version)
    refused(r, NOT_TRUSTED, depth=1)
    assert r.record.alert_sent == 48, r  # unknown_ca


def test_untrusted_root_is_refused(client, tls_peer):
    p = tls_peer(cert="server-untrusted")
    refused(client(port=p.port, cacert="root-ec.pem"), NOT_TRUSTED)


def test_root_of_the_same_name_with_another_key_is_refused(client, tls_peer):
    p = tls_peer(cert="server-twin")
    refused(client(port=p.port, cacert="root-ec.pem"), NOT_TRUSTED)


def test_both_roots_of_one_name_as_anchors_verify_either_chain(client, tls_peer, certs, tmp_path):
    both = tmp_path / "both.pem"
    both.write_bytes((certs / "root-twin.pem").read_bytes() + (certs / "root-ec.pem").read_bytes())
    for cert in ("server-twin", "server-ec"):
        client(port=tls_peer(cert=cert).port, cacert=str(both)).opened()


@pytest.mark.parametrize("version", [1, 2])
def test_incomplete_chain_is_refused(client, tls_peer, version):
    p = tls_peer(chain=False)
    refused(client(port=p.port, cacert="root-ec.pem", version=version), NOT_TRUSTED)


def test_intermediate_as_anchor_verifies_an_incomplete_chain(client, tls_peer):
    p = tls_peer(chain=False)
    client("echo:10", port=p.port, cacert="int-ec.pem").opened()


def test_leaf_issued_by_a_leaf_is_refused(client, tls_peer):
    p = tls_peer(cert="server-by-leaf")
    r = client(port=p.port, cacert="root-ec.pem")
    assert r.ret == -1 and r.record.flags & NOT_TRUSTED, r


@pytest.mark.parametrize("cert", ["self-ca", "self-leaf"])
@pytest.mark.parametrize("version", [1, 2])
def test_self_signed_certificate_that_is_its_own_anchor_verifies(client, tls_peer, cert, version):
    p = tls_peer(cert=cert, chain=False)
    client("echo:10", port=p.port, host="localhost", cacert=f"{cert}.pem",
           version=version, family=1).opened()


@pytest.mark.parametrize("cert", ["self-ca", "self-leaf"])
def test_self_signed_certificate_that_is_no_anchor_is_refused(client, tls_peer, cert):
    p = tls_peer(cert=cert, chain=False)
    refused(client(port=p.port, cacert="root-ec.pem"), NOT_TRUSTED)


def test_self_signed_anchor_with_another_name_is_refused(client, tls_peer):
    p = tls_peer(cert="self-leaf", chain=False)
    refused(client(port=p.port, cacert="self-leaf.pem", name="other.example"), CN_MISMATCH)


def test_server_certificate_for_clients_only_is_refused(client, tls_peer):
    p = tls_peer(cert="server-usage")
    refused(client(port=p.port, cacert="root-ec.pem"), EXT_KEY_USAGE, stack=0x7A00)


# --- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("cert, flag, depth, alert", [
    ("server-expired", EXPIRED, 0, 45), ("server-future", FUTURE, 0, None),
    ("server-int-expired", EXPIRED, 1, 45)])
@pytest.mark.parametrize("version", [1, 2])
def test_certificate_outside_its_dates_is_refused(client, tls_peer, cert, flag, depth, alert,
                                                  version):
    p = tls_peer(cert=cert)
    r = client(port=p.port, cacert="root-ec.pem", version=version)
    refused(r, flag, depth)
    assert alert is None or r.record.alert_sent == alert, r


def test_skip_common_name_does_not_forgive_dates_or_trust(client, tls_peer):
    refused(client(port=tls_peer(cert="server-expired").port, cacert="root-ec.pem", skip_name=1,
                   name="other.example"), EXPIRED)
    refused(client(port=tls_peer(cert="server-untrusted").port, cacert="root-ec.pem", skip_name=1,
                   name="other.example"), NOT_TRUSTED)


# --- the name ------------------------------------------------------------------------------------


@pytest.mark.smoke
@pytest.mark.parametrize("version", [1, 2])
def test_wrong_name_is_refused_with_flags_and_depth(client, tls_peer, mode, version):
    p = tls_peer(cert="server-name")
    r = client(port=p.port, host="localhost", family=1, cacert="root-ec.pem", mode=mode,
               version=version)
    refused(r, CN_MISMATCH)
    assert r.record.alert_sent == 42, r  # bad_certificate
    assert p.seen == ["localhost"]


def test_several_faults_are_all_in_the_flags(client, tls_peer):
    p = tls_peer(cert="server-expired")
    r = client(port=p.port, cacert="root-other.pem", name="other.example")
    assert r.record.flags == EXPIRED | CN_MISMATCH | NOT_TRUSTED, r


def test_common_name_is_what_is_checked_and_sent(client, tls_peer):
    p = tls_peer(cert="server-name")
    client(port=p.port, cacert="root-ec.pem", name="other.example").opened()
    assert p.seen == ["other.example"]
    refused(client(port=p.port, cacert="root-ec.pem", name="third.example"), CN_MISMATCH)


@pytest.mark.parametrize("name, matches", [
    ("TEST.Example", True), ("test.example.", True), ("a.wild.example", True),
    ("a.b.wild.example", False), ("wild.example", False), ("test.exampl", False),
    ("xtest.example", False)])
def test_name_against_sans(client, tls_peer, name, matches):
    p = tls_peer()
    r = client(port=p.port, cacert="root-ec.pem", name=name)
    if matches:
        r.opened()
    else:
        refused(r, CN_MISMATCH)
    assert p.seen == [name.rstrip(".")]


@pytest.mark.parametrize("version", [1, 2])
def test_skip_common_name_accepts_another_name_and_still_sends_sni(client, tls_peer, version):
    p = tls_peer(cert="server-name")
    r = client("echo:10", port=p.port, host="localhost", family=1, cacert="root-ec.pem",
               skip_name=1, version=version).opened()
    assert p.seen == ["localhost"]
    assert "skip_common_name" in r.log  # said aloud


def test_skip_common_name_with_common_name_sends_that_name(client, tls_peer):
    p = tls_peer(cert="server-name")
    client(port=p.port, cacert="root-ec.pem", skip_name=1, name="virtual.example").opened()
    assert p.seen == ["virtual.example"]


def test_certificate_with_cn_only_is_matched_by_cn_for_names(client, tls_peer):
    p = tls_peer(cert="server-cn")
    client(port=p.port, host="localhost", family=1, cacert="root-ec.pem").opened()
    refused(client(port=p.port, cacert="root-ec.pem", name="other.example"), CN_MISMATCH)


def test_address_in_cn_counts_only_where_there_is_no_san(client, tls_peer):
    """As Mbed TLS and so the original has it: the CN is text, and looked at without a SAN only."""
    p = tls_peer(cert="server-cn-ip")
    client(port=p.port, cacert="root-ec.pem").opened()
    refused(client(port=p.port, cacert="root-ec.pem", name="127.0.0.2"), CN_MISMATCH)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_address_in_san_verifies_and_no_sni_is_sent(client, tls_peer, host, version):
    p = tls_peer(cert="server-ip", host=host)
    client("echo:10", port=p.port, host=host, cacert="root-ec.pem", version=version).opened()
    assert p.seen == [None]


@pytest.mark.parametrize("version", [1, 2])
def test_address_not_in_san_is_refused(client, tls_peer, mode, version):
    p = tls_peer(cert="server-dns")
    r = client(port=p.port, cacert="root-ec.pem", mode=mode, version=version)
    refused(r, CN_MISMATCH)
    assert p.seen == [None]


def test_address_not_in_san_with_skip_common_name_connects(client, tls_peer):
    p = tls_peer(cert="server-dns")
    client("echo:10", port=p.port, cacert="root-ec.pem", skip_name=1).opened()
    assert p.seen == [None]


def test_common_name_may_be_an_address(client, tls_peer):
    p = tls_peer(cert="server-ip")
    client(port=p.port, host="localhost", family=1, name="127.0.0.1",
           cacert="root-ec.pem").opened()
    refused(client(port=p.port, host="localhost", family=1, name="127.0.0.2",
                   cacert="root-ec.pem"), CN_MISMATCH)
    assert p.seen == [None, None]


def test_host_that_does_not_end_where_its_text_does(client, tls_peer):
    p = tls_peer()
    client(port=p.port, host="localhost.and.more", hostlen=9, family=1,
           cacert="root-ec.pem").opened()
    assert p.seen == ["localhost"]


# --- anchors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bundle", ["bundle.pem", "bundle-crlf.pem"])
@pytest.mark.parametrize("cert", ["server-ec", "server-rsa", "server-ec384"])
def test_several_cas_each_verify(client, tls_peer, bundle, cert):
    client(port=tls_peer(cert=cert).port, cacert=bundle).opened()


@pytest.mark.smoke
@pytest.mark.parametrize("bundle", ["bundle-one-bad.pem", "bundle-first-bad.pem"])
@pytest.mark.parametrize("cert", ["server-ec", "server-rsa"])
def test_one_bad_ca_of_three_leaves_the_others_usable(client, tls_peer, bundle, cert):
    r = client(port=tls_peer(cert=cert).port, cacert=bundle).opened()
    assert "1 of 3" in r.log


@pytest.mark.parametrize("bad", ["bundle-all-bad.pem", "truncated.der", "client-ec.key",
                                 "password.txt"])
def test_ca_that_cannot_be_read_is_refused_before_io(client, peer, mode, bad):
    p = peer(peers.hold)
    r = client(port=p.port, cacert=bad, mode=mode).failed("config", "TLS error", 0x8015)
    assert r.record.option == "cacert_buf" and r.record.stack != 0, r
    assert p.connections == 0


def test_no_trust_option_is_refused_before_io(client, peer, mode, config):
    if "CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY" in config:
        pytest.skip("this build verifies nothing then: test_insecure.py")
    p = peer(peers.hold)
    client(port=p.port, mode=mode).failed("config", "no trust option", 0x8017)
    assert p.connections == 0


# --- the global store ----------------------------------------------------------------------------


def test_global_store_verifies(client, tls_peer, mode):
    r = client("echo:10", port=tls_peer().port, **{"global": 1}, store="root-ec.pem", mode=mode)
    assert r.opened().store == [0]


def test_global_store_refuses_what_it_does_not_hold(client, tls_peer):
    r = client(port=tls_peer().port, **{"global": 1}, store="root-rsa.pem")
    refused(r, NOT_TRUSTED, depth=1)


def test_global_store_is_appended_to(client, tls_peer):
    for cert in ("server-ec", "server-rsa", "server-ec384"):
        r = client(port=tls_peer(cert=cert).port, **{"global": 1},
                   store=["root-rsa.der", "root-ec.pem", "root-ec384.pem"]).opened()
        assert r.store == [0, 0, 0]


def test_global_store_with_one_bad_certificate_is_partly_ok_and_usable(client, tls_peer):
    r = client(port=tls_peer().port, **{"global": 1}, store="bundle-one-bad.pem").opened()
    assert r.store == [PARTLY_OK]


def test_global_store_that_cannot_be_read_is_empty_then(client, tls_peer):
    p = tls_peer()
    r = client(port=p.port, **{"global": 1}, store=["root-ec.pem", "bundle-all-bad.pem"])
    r.failed("config", "invalid state", 0x103)
    assert r.store == [0, -1] and p.connections == 0


def test_global_store_empty_is_refused_before_io(client, peer):
    p = peer(peers.hold)
    client(port=p.port, **{"global": 1}).failed("config", "invalid state", 0x103)
    assert p.connections == 0


def test_global_store_verifies_a_second_connection(client, tls_peer):
    p = tls_peer()
    client("echo:10", port=p.port, **{"global": 1}, store="root-ec.pem", repeat=3).opened()
    assert p.connections == 3


@pytest.mark.smoke
@pytest.mark.parametrize("version", [1, 2])
def test_global_store_freed_while_connected_harms_nothing(client, tls_peer, version):
    client("echo:10", "storefree", "echo:5000", port=tls_peer().port, **{"global": 1},
           store="root-ec.pem", version=version).opened()


def test_trust_sources_store_beats_buffer_and_says_so(client, tls_peer):
    """The first source counts alone, and the log names the one that is ignored."""
    p = tls_peer(cert="server-ec")
    r = client(port=p.port, **{"global": 1}, store="root-rsa.pem", cacert="root-ec.pem")
    refused(r, NOT_TRUSTED, depth=1)
    assert "cacert_buf" in r.log
    r = client(port=p.port, **{"global": 1}, store="root-ec.pem", cacert="root-rsa.pem").opened()
    assert "cacert_buf" in r.log
