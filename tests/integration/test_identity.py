# SPDX-License-Identifier: Apache-2.0
"""The client's own certificate and key, in every form they may have."""
import ssl

import peers
import pytest

PASSWORD = "correct horse"
INVALID_ARG, INVALID_STATE = 0x102, 0x103
EC = ["client-ec.key", "client-ec.p8.der", "client-ec.sec1.pem", "client-ec.sec1.der"]
RSA = ["client-rsa.key", "client-rsa.p8.der", "client-rsa.pkcs1.pem", "client-rsa.pkcs1.der"]
LOCKED = [f"client-{kind}.{form}{bits}.{end}" for kind in ("ec", "rsa") for bits in (128, 256)
          for form, end in (("aes", "pem"), ("aes", "der"), ("rfc1421-aes", "pem"))]


@pytest.fixture
def strict(tls_peer, certs):
    """A server that requires a client certificate; knows the root of the clients only, and says
    who came."""
    def start(version=2, **kw):
        def handler(tls):
            tls.sendall(dict(sum(tls.getpeercert()["subject"], ()))["commonName"].encode() + b"\n")
            peers.hold(tls)
        only = ssl.TLSVersion.TLSv1_2 if version == 1 else ssl.TLSVersion.TLSv1_3
        return tls_peer(handler, client_ca=certs / "root-client.pem", low=only, high=only, **kw)
    return start


def cert_of(key):
    return key.split(".")[0] + "-chain.pem"


def password_of(key):
    return {"pass": PASSWORD} if "aes" in key else {}


@pytest.mark.parametrize("key", EC + RSA + LOCKED + ["client-ec384.key", "client-ec384.aes256.pem"])
def test_key_of_each_form_with_its_whole_chain_is_accepted(client, strict, key):
    """The server knows only the root: it accepts because the intermediate is sent too."""
    p = strict()
    r = client("read:5", port=p.port, cacert="root-ec.pem", cert=cert_of(key), key=key,
               **password_of(key)).opened()
    assert r.action("read").bytes == 5, r


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("key", [
    "client-ec.key", "client-rsa.key", "client-ec.aes256.pem",
    pytest.param("client-rsa.rfc1421-aes128.pem", marks=pytest.mark.smoke)])
def test_mutual_authentication_in_each_version_and_mode(client, strict, mode, key, version):
    p = strict(version)
    r = client("read:5", port=p.port, cacert="root-ec.pem", cert=cert_of(key), key=key, mode=mode,
               version=version, **password_of(key)).opened()
    assert r.action("read").bytes == 5, r


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("key", ["client-ec.key", "client-ec.p8.der", "client-rsa.aes128.pem",
                                 "client-ec.aes256.der"])
def test_client_key_as_a_buffer(client, strict, key, version):
    more = {"client_key_pass": PASSWORD} if "aes" in key else {}
    p = strict(version)
    r = client("read:5", port=p.port, cacert="root-ec.pem", cert=cert_of(key), client_key=key,
               version=version, **more).opened()
    assert r.action("read").bytes == 5, r


@pytest.mark.smoke
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("key", ["client-ec.key", "client-rsa.key"])
def test_client_key_in_psa_signs_and_survives(client, strict, key, version):
    p = strict(version)
    r = client("read:5", port=p.port, cacert="root-ec.pem", cert=cert_of(key), client_key_psa=key,
               version=version, repeat=2).opened()
    assert r.action("read").bytes == 5 and r.psa_key_alive, r


def test_client_key_in_psa_survives_every_failure(client, strict):
    with peers.refused_port() as port:
        r = client(port=port, cacert="root-ec.pem", cert="client-ec-chain.pem",
                   client_key_psa="client-ec.key")
    assert r.ret == -1 and r.psa_key_alive, r
    for options in ({"cacert": "root-other.pem"}, {}, {"cacert": "password.txt"}):
        r = client(port=strict().port, cert="client-ec-chain.pem", client_key_psa="client-ec.key",
                   **options)
        assert r.ret == -1 and r.psa_key_alive, r


def test_client_key_beats_the_older_field(client, strict):
    p = strict()
    r = client("read:5", port=p.port, cacert="root-ec.pem", cert="client-ec-chain.pem",
               client_key="client-ec.key", key="client-rsa.key").opened()
    assert r.action("read").bytes == 5, r


def test_certificate_as_der(client, tls_peer, certs, tmp_path):
    both = tmp_path / "ca.pem"
    both.write_bytes((certs / "root-client.pem").read_bytes()
                     + (certs / "int-client.pem").read_bytes())
    p = tls_peer(client_ca=both)
    r = client("echo:10", port=p.port, cacert="root-ec.pem", cert="client-ec.der",
               key="client-ec.sec1.der").opened()
    assert r.action("echo").bytes == 10


# --- real servers that ask -----------------------------------------------------------------------


@pytest.mark.parametrize("key", ["client-ec.key", "client-rsa.key"])
@pytest.mark.parametrize("version, only", [(1, "-tls1_2"), (2, "-tls1_3")])
def test_openssl_requires_a_certificate_and_gets_it(client, certs, key, version, only):
    with peers.Openssl(certs, only, "-Verify", "3", "-verify_return_error", "-CAfile",
                       certs / "root-client.pem", mode=("-www", "-naccept", "4")) as s:
        r = client("send:GET / HTTP/1.0\\r\\n\\r\\n", "head", port=s.port, cacert="root-ec.pem",
                   cert=cert_of(key), key=key, version=version).opened()
        assert "200" in r.action("head").text, r


@pytest.mark.parametrize("key", ["client-ec.key", "client-rsa.key"])
def test_gnutls_requires_a_certificate_and_gets_it(client, certs, key):
    with peers.Gnutls(certs, "--require-client-cert", "--verify-client-cert",
                      f"--x509cafile={certs}/root-client.pem") as s:
        r = client("send:GET / HTTP/1.0\\r\\n\\r\\n", "head", port=s.port, cacert="root-ec.pem",
                   cert=cert_of(key), key=key).opened()
        assert "200" in r.action("head").text, r


def test_nginx_requires_a_certificate_and_gets_it(client, certs, tmp_path):
    with peers.Nginx(certs, tmp_path, f"ssl_client_certificate {certs}/root-client.pem;",
                     "ssl_verify_client on; ssl_verify_depth 3;",
                     "location = /who { return 200 $ssl_client_s_dn; }") as s:
        ask = "send:GET /who HTTP/1.0\\r\\n\\r\\n"
        r = client(ask, "head", "read:1000", port=s.port, cacert="root-ec.pem",
                   cert="client-ec-chain.pem", key="client-ec.key").opened()
        assert " 200 " in r.action("head").text and r.action("read").bytes > 10, r
        r = client(ask, "head", port=s.port, cacert="root-ec.pem").opened()
        assert " 400 " in r.action("head").text, r  # nginx tells in HTTP
        r = client(ask, "head", port=s.port, cacert="root-ec.pem", cert="client-other.pem",
                   key="client-other.key").opened()
        assert " 400 " in r.action("head").text, r


def test_stunnel_requires_a_certificate_and_gets_it(client, certs, tmp_path):
    with peers.Stunnel(certs, tmp_path, "verifyChain = yes",
                       f"CAfile = {certs}/root-client.pem") as s:
        r = client("echo:100", port=s.port, cacert="root-ec.pem", cert="client-rsa-chain.pem",
                   key="client-rsa.key").opened()
        assert r.action("echo").bytes == 100, r


@pytest.mark.parametrize("version", [1, 2])
def test_optional_certificate_may_be_missing_or_there(client, tls_peer, certs, version):
    only = ssl.TLSVersion.TLSv1_2 if version == 1 else ssl.TLSVersion.TLSv1_3
    p = tls_peer(client_ca=certs / "root-client.pem", optional=True, low=only, high=only)
    client("echo:10", port=p.port, cacert="root-ec.pem").opened()
    client("echo:10", port=p.port, cacert="root-ec.pem", cert="client-ec-chain.pem",
           key="client-ec.key").opened()


# --- the server refuses --------------------------------------------------------------------------


def test_missing_certificate_in_1_2_is_an_alert_in_the_handshake(client, strict):
    r = client(port=strict(1).port, cacert="root-ec.pem", version=1)
    r.failed("handshake", "TLS error", 0x801A)
    assert r.record.alert_received in (40, 116) and r.record.stack == 0x7780, r


def test_missing_certificate_in_1_3_is_an_alert_at_the_first_read(client, strict):
    """In TLS 1.3 the client is done before the server looks: RFC 8446 section 4.4.2.4."""
    r = client("read:5", port=strict().port, cacert="root-ec.pem").opened()
    read = r.action("read")
    assert read.ret == -0x7780 and read.record.alert_received == 116, r  # certificate_required
    assert (read.record.phase, read.record.cause) == ("open", "TLS error"), r
    assert r.after.error == {"esp": 0x801D, "tls": 0x7780, "flags": 0, "sys": 0}, r


@pytest.mark.parametrize("version", [1, 2])
def test_certificate_the_server_does_not_trust_is_an_alert(client, strict, version):
    r = client("read:5", port=strict(version).port, cacert="root-ec.pem", cert="client-other.pem",
               key="client-other.key", version=version)
    assert r.after.record.alert_received == 48, r  # unknown_ca


def test_leaf_without_its_intermediate_is_refused_by_the_server(client, strict):
    r = client("read:5", port=strict(1).port, cacert="root-ec.pem", cert="client-ec.pem",
               key="client-ec.key", version=1)
    assert r.ret == -1 and r.record.alert_received == 48, r


# --- refused before any I/O ----------------------------------------------------------------------


@pytest.fixture
def quiet(peer):
    p = peer(peers.hold)
    yield p
    assert p.connections == 0


def test_private_key_missing_is_0x7600_with_its_name(client, quiet, mode):
    r = client(port=quiet.port, cacert="root-ec.pem", cert="client-ec-chain.pem", mode=mode)
    r.failed("config", "invalid state", INVALID_STATE)
    assert r.record.stack == 0x7600 and r.record.option == "clientkey_buf", r


def test_key_without_a_certificate_is_refused(client, quiet):
    r = client(port=quiet.port, cacert="root-ec.pem", key="client-ec.key")
    r.failed("config", "invalid state", INVALID_STATE)
    assert r.record.option == "clientcert_buf", r


@pytest.mark.parametrize("key", [{"client_key": "client-ec.key"},
                                 {"client_key_psa": "client-ec.key"}])
def test_client_key_without_a_certificate_is_refused(client, quiet, key):
    r = client(port=quiet.port, cacert="root-ec.pem", **key)
    r.failed("config", "invalid argument", INVALID_ARG)
    assert r.record.option == "clientcert_buf", r


def test_client_key_without_bytes_is_refused(client, quiet):
    r = client(port=quiet.port, cacert="root-ec.pem", cert="client-ec-chain.pem", client_key="")
    r.failed("config", "invalid argument", INVALID_ARG)
    assert r.record.option == "client_key", r


@pytest.mark.parametrize("key", ["client-ec.aes256.pem", "client-ec.aes128.der",
                                 "client-ec.rfc1421-aes128.pem", "client-rsa.aes256.pem"])
@pytest.mark.parametrize("password", [{}, {"pass": "wrong"}])
def test_encrypted_key_with_no_or_a_wrong_password_is_refused(client, quiet, key, password):
    r = client(port=quiet.port, cacert="root-ec.pem", cert=cert_of(key), key=key, **password)
    assert r.ret == -1 and r.record.phase == "config" and r.record.esp == 0x8019, r
    assert r.record.stack != 0 and r.record.option == "clientkey_buf", r


def test_key_that_is_none_is_refused(client, quiet):
    r = client(port=quiet.port, cacert="root-ec.pem", cert="client-ec-chain.pem",
               key="password.txt")
    r.failed("config", "TLS error", 0x8019)


@pytest.mark.parametrize("cert", ["password.txt", "bundle-one-bad.pem", "truncated.der"])
def test_certificate_that_is_none_or_damaged_is_refused(client, quiet, cert):
    r = client(port=quiet.port, cacert="root-ec.pem", cert=cert, key="client-ec.key")
    assert r.ret == -1 and r.record.phase == "config" and r.record.esp == 0x8015, r
    assert r.record.option == "clientcert_buf", r


@pytest.mark.parametrize("key", ["client-other.key", "client-rsa.key", "client-ec384.key"])
@pytest.mark.parametrize("how", ["key", "client_key", "client_key_psa"])
def test_key_of_another_certificate_is_refused(client, quiet, key, how):
    r = client(port=quiet.port, cacert="root-ec.pem", cert="client-ec-chain.pem", **{how: key})
    assert r.ret == -1 and r.record.phase == "config" and r.record.esp == 0x8016, r
