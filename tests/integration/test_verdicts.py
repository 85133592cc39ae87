# SPDX-License-Identifier: Apache-2.0
"""A refusal says what the evidence says: signature, position and usage before a name. Each chain
has one fault; the verifier, the diagnosis and `esp-tls chain` must agree on it."""
import json
import ssl
import subprocess

import peers
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from conftest import BUILD, SYMBOLS
from test_constraints import KEYS, LOCAL, Authority, general, leaf_of, name, why, write

TLS12 = ssl.TLSVersion.TLSv1_2
PEM = serialization.Encoding.PEM
SYSTEM = "ESP_TLS_SYSTEM_MBEDTLS:BOOL=ON" in (BUILD / "CMakeCache.txt").read_text()
DEFERRED = "CONFIG_ESP_TLS_DEFER_CERT_SIGNATURES" in SYMBOLS and not SYSTEM


def signs(crl_only=False, **more):
    """keyUsage; without more an authority's, or one that lacks keyCertSign."""
    bits = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment",
                          "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
                          "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(**{**bits, "crl_sign": True, "key_cert_sign": not crl_only, **more})


def authority(key, subject, above=None, path=None, ca=True, usage=None, signer=None):
    """@param signer  another key than the issuer's"""
    extensions = [(x509.BasicConstraints(ca, path), True)]
    if usage is not None:
        extensions.append((usage, True))
    made = Authority.__new__(Authority)
    made.key, made.subject = key, name(f"CN={subject}")
    issuer = Authority.__new__(Authority)
    issuer.key, issuer.subject = signer or (above or made).key, (above or made).subject
    made.cert = issuer.issue(made.subject, key, extensions)
    return made


def good():
    root = authority(KEYS[0], "Root")
    return root, authority(KEYS[1], "Int", root)


def send(folder, anchors, *sent, key=None):
    """What TlsPeer and the clients take."""
    write(folder, anchors[0], sent[1:], sent[0])
    (folder / "x.pem").write_bytes(sent[0].public_bytes(PEM))
    (folder / "root.pem").write_bytes(b"".join(a.public_bytes(PEM) for a in anchors))
    if key is not None:
        (folder / "x.key").write_bytes(key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def refusal(folder, **options):
    with peers.TlsPeer(folder, peers.echo, cert="x", **options) as p:
        return why(folder, p.port)


def chain_codes(folder, **options):
    with peers.TlsPeer(folder, peers.echo, cert="x", **options) as p:
        result = subprocess.run([BUILD / "esp-tls", "chain", "--json", "--cacert",
                                 folder / "root.pem", f"localhost:{p.port}"], check=False,
                                capture_output=True, text=True)
    found = json.loads(result.stdout)
    return found, {f["code"] for f in found["findings"] if f["level"] == "error"}


# --- signature, usage, path length ---------------------------------------------------------------


def test_a_forged_certificate_is_no_missing_intermediate(tmp_path):
    """The issuer is sent, and did not sign it."""
    root, inter = good()
    forger = authority(KEYS[2], "Int", root)
    send(tmp_path, [root.cert], leaf_of(forger, LOCAL), inter.cert)
    reasons, text = refusal(tmp_path)
    assert reasons == ["BAD_SIGNATURE"], reasons
    assert "forged" in text and (DEFERRED or '"CN=Int"' in text), text


def test_a_forged_certificate_with_its_namesake_in_front_is_no_wrong_order(tmp_path):
    """leaf, Int, Low: Int did not sign Low, which stands behind it."""
    root, inter = good()
    low = authority(KEYS[2], "Low", inter, signer=KEYS[2])
    send(tmp_path, [root.cert], leaf_of(low, LOCAL), inter.cert, low.cert)
    assert refusal(tmp_path)[0] == ["BAD_SIGNATURE"]
    low = authority(KEYS[2], "Low", inter)
    send(tmp_path, [root.cert], leaf_of(low, LOCAL), inter.cert, low.cert)
    assert refusal(tmp_path)[0] == ["CHAIN_OUT_OF_ORDER"]


@pytest.mark.parametrize("where", ["sent", "trusted"])
def test_an_issuer_without_keyCertSign_is_named(tmp_path, where):
    root = authority(KEYS[0], "Root", usage=signs(crl_only=where == "trusted"))
    inter = authority(KEYS[1], "Int", root, usage=signs(crl_only=where == "sent"))
    send(tmp_path, [root.cert], leaf_of(inter, LOCAL), inter.cert)
    reasons, text = refusal(tmp_path)
    assert reasons == ["NO_CERT_SIGN"], reasons
    assert f'"CN={"Int" if where == "sent" else "Root"}" issued' in text, text
    assert "no-cert-sign" in chain_codes(tmp_path)[1]


def test_an_anchor_without_keyCertSign_and_with_another_key_is_another_one(tmp_path):
    """The key is looked at before the usage."""
    root, inter = good()
    other = authority(KEYS[2], "Root", usage=signs(crl_only=True))
    send(tmp_path, [other.cert], leaf_of(inter, LOCAL), inter.cert)
    assert refusal(tmp_path)[0] == ["ANCHOR_KEY_DIFFERS"]


@pytest.mark.parametrize("where", ["sent", "trusted"])
def test_an_exceeded_path_length_is_named(tmp_path, where):
    root = authority(KEYS[0], "Root", path=1 if where == "trusted" else None)
    inter = authority(KEYS[1], "Int", root, path=0 if where == "sent" else None)
    low = authority(KEYS[2], "Low", inter)
    send(tmp_path, [root.cert], leaf_of(low, LOCAL), low.cert, inter.cert)
    reasons, text = refusal(tmp_path)
    assert reasons == ["PATH_LENGTH"], reasons
    assert f'"CN={"Int" if where == "sent" else "Root"}" has more' in text, text
    assert "path-length" in chain_codes(tmp_path)[1]


@pytest.mark.parametrize("path", [0, 1])
def test_self_issued_intermediates_count_for_the_path_length_as_in_mbed_tls(tmp_path, path):
    """Of two it counts the upper one, of which RFC 5280 says that it need not."""
    root = authority(KEYS[0], "Root", path=path)
    again = authority(KEYS[1], "Root", root)
    third = authority(KEYS[2], "Root", again)
    send(tmp_path, [root.cert], leaf_of(third, LOCAL), third.cert, again.cert)
    found, codes = chain_codes(tmp_path)
    assert found["accepted"] == (path == 1), found
    assert codes == (set() if path == 1 else {"path-length"})
    assert path == 1 or "pathLenConstraint" in found["verdict"]


# --- the leaf ------------------------------------------------------------------------------------


def test_the_key_usage_of_a_server_is_not_its_authoritys(tmp_path):
    """OpenSSL signs with an RSA key that is for encryption only."""
    root, _ = good()
    key = rsa.generate_private_key(65537, 2048)
    leaf = root.issue(name("CN=leaf"), key, [
        (x509.SubjectAlternativeName([general(a) for a in LOCAL]), False),
        (signs(crl_only=True, crl_sign=False, key_encipherment=True), True)])
    send(tmp_path, [root.cert], leaf, key=key)
    for version in (TLS12, ssl.TLSVersion.TLSv1_3):
        reasons, text = refusal(tmp_path, low=version, high=version)
        assert reasons == ["WRONG_USAGE"] and "not for a TLS server" in text, (reasons, text)




@pytest.mark.parametrize("who", ["issuer", "anchor", "leaf"])
def test_a_weak_key_is_named_itself(tmp_path, who):
    short = rsa.generate_private_key(65537, 1024)
    strong = rsa.generate_private_key(65537, 2048)
    root = authority(short if who == "anchor" else strong, "Root")
    inter = authority(short if who == "issuer" else strong, "Int", root)
    key = short if who == "leaf" else KEYS[3]
    leaf = inter.issue(name("CN=leaf"), key, [
        (x509.BasicConstraints(False, None), True),
        (x509.SubjectAlternativeName([general(a) for a in LOCAL]), False)])
    send(tmp_path, [root.cert], leaf, inter.cert, key=key)
    with peers.Openssl(tmp_path, "-cipher", "ALL:@SECLEVEL=0", cert="x") as p:
        reasons, text = why(tmp_path, p.port)
    whose = {"issuer": '"CN=Int"', "anchor": '"CN=Root"',
             "leaf": 'the certificate "CN=leaf"'}[who]
    assert reasons == ["WEAK_KEY"], reasons
    assert text == f"the key of {whose} is too weak (1024 bits)", text


# --- what is trusted -----------------------------------------------------------------------------


def test_a_self_signed_server_that_was_made_anew_is_told(tmp_path):
    old = authority(KEYS[1], "localhost", ca=False)
    new = authority(KEYS[3], "localhost", ca=False)
    send(tmp_path, [old.cert], new.cert)
    reasons, text = refusal(tmp_path)
    assert reasons == ["SELF_SIGNED_RENEWED"] and "made anew" in text, (reasons, text)


@pytest.mark.parametrize("renewed", [False, True])
def test_a_leaf_that_is_trusted_as_an_authority_is_told(tmp_path, renewed):
    root, inter = good()
    leaf = leaf_of(inter, LOCAL)
    send(tmp_path, [leaf], leaf_of(inter, LOCAL) if renewed else leaf, inter.cert)
    reasons, text = refusal(tmp_path)
    assert reasons == ["ANCHOR_IS_LEAF"] and "the server's own certificate" in text, text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_reversed_chain_is_in_the_wrong_order(tmp_path, host):
    """No server of OpenSSL starts with a key that is not the first's: the authority has it."""
    root, inter = good()
    send(tmp_path, [root.cert], inter.cert, leaf_of(inter, LOCAL), key=KEYS[1])
    with peers.TlsPeer(tmp_path, peers.echo, cert="x") as p:
        result = subprocess.run([BUILD / "esp-tls", "get", "--json", "--cacert",
                                 tmp_path / "root.pem", f"https://{host}:{p.port}/"],
                                capture_output=True, text=True, check=False)
    causes = [c["name"] for c in json.loads(result.stdout)["reasons"]]
    assert causes == ["CHAIN_OUT_OF_ORDER"], causes


def test_an_authority_that_did_not_issue_what_follows_has_another_name(tmp_path):
    root, inter = good()
    other = authority(KEYS[2], "Int", root)
    send(tmp_path, [root.cert], inter.cert, leaf_of(other, LOCAL), key=KEYS[1])
    assert refusal(tmp_path)[0] == ["NAME_MISMATCH"]


def test_of_two_issuers_of_one_name_the_second_is_in_the_wrong_order(tmp_path):
    """Mbed TLS takes the first, whose key is another one; the right one was sent, too."""
    root, inter = good()
    older = authority(KEYS[2], "Int", root)
    send(tmp_path, [root.cert], leaf_of(inter, LOCAL), older.cert, inter.cert)
    assert refusal(tmp_path)[0] == ["CHAIN_OUT_OF_ORDER"]


def test_a_copy_of_a_self_signed_server_is_no_issue_of_its(tmp_path):
    own = authority(KEYS[0], "else.example")
    send(tmp_path, [own.cert], own.cert, own.cert, key=KEYS[0])
    assert refusal(tmp_path)[0] == ["NAME_MISMATCH"]


def test_an_empty_store_is_told(client):
    r = client(port=1, **{"global": 1})
    causes = r.diagnosis["reasons"]
    assert [c["name"] for c in causes] == ["STORE_EMPTY"], r.diagnosis
    assert causes[0]["remedies"][0]["setting"] == "use_global_ca_store"
    assert "no certificate in the store" in causes[0]["text"]


# --- the chain's length --------------------------------------------------------------------------


@pytest.mark.parametrize("count", [9, 10])
def test_a_chain_that_is_too_long_says_how_many_and_the_limit(client, tmp_path, count):
    """The leaf and eight authorities are what Mbed TLS takes, as it is built."""
    root = above = authority(KEYS[0], "Root")
    sent = []
    for i in range(count - 1):
        above = authority(KEYS[1 + i % 2], f"Int {i}", above)
        sent.insert(0, above.cert)
    send(tmp_path, [root.cert], leaf_of(above, LOCAL), *sent)
    for version in (TLS12, ssl.TLSVersion.TLSv1_3):
        with peers.TlsPeer(tmp_path, peers.echo, cert="x", low=version, high=version) as p:
            r = client(port=p.port, cacert=str(tmp_path / "root.pem"))
        if count == 9:
            r.opened()
            continue
        causes = [c["name"] for c in r.diagnosis["reasons"]]
        assert causes == ["CHAIN_TOO_LONG"], r.diagnosis
        text = r.diagnosis["reasons"][0]["text"]
        assert "it sent 10, and 9 are the most" in text, text
    found, codes = chain_codes(tmp_path)
    assert found["accepted"] == (count == 9) and codes == (set() if count == 9 else {"too-long"})
    assert count == 9 or "it sent 10, and 9 are the most" in found["verdict"], found["verdict"]


# --- ServerKeyExchange ---------------------------------------------------------------------------


def altered(change):
    """Change the server's ServerKeyExchange on its way: in TLS 1.2 nothing protects it yet."""
    def down(sink, chunks):
        for data in chunks:
            at = data.find(b"\x03\x00\x1d\x20")
            at = at if at >= 0 else data.find(b"\x03\x00\x17\x41")
            sink.sendall(change(bytearray(data), at) if at >= 0 else data)
    return down


def other_curve(data, at):
    data[at + 2] = 0x1E  # X448
    return data


def other_scheme(data, at):
    end = at + 4 + data[at + 3]
    data[end:end + 2] = b"\x02\x01"  # rsa_pkcs1_sha1
    return data


def no_named_curve(data, at):
    data[at] = 1
    return data


@pytest.mark.parametrize("change, wanted, said", [
    (other_curve, "NO_COMMON_GROUP", "it chose 0x001E"),
    (other_scheme, "NO_COMMON_SIGNATURE", "it chose 0x0201"),
    (no_named_curve, "PEER_FAULT", "TLS does not allow")])
def test_illegal_parameter_is_what_was_illegal(client, certs, change, wanted, said):
    with peers.TlsPeer(certs, peers.echo, low=TLS12, high=TLS12) as server, \
            peers.Relay(server.port, down=altered(change)) as relay:
        r = client(port=relay.port, cacert="root-ec.pem", version=1)
    assert r.record.alert_sent == 47, r
    cause = r.diagnosis["reasons"][0]
    assert cause["name"] == wanted and said.lower() in cause["text"].lower(), r.diagnosis


# --- `esp-tls chain` and `esp-tls cert` ----------------------------------------------------------


def cert_codes(*paths):
    result = subprocess.run([BUILD / "esp-tls", "cert", "--json", *paths], capture_output=True,
                            check=False, text=True)
    found = json.loads(result.stdout)
    assert found["exit"] == result.returncode
    return found, {f["code"] for f in found["findings"] if f["level"] != "note"}


def test_a_signature_that_does_not_verify_is_an_error(tmp_path):
    """And the issuer is not superfluous for it."""
    root, inter = good()
    forger = authority(KEYS[2], "Int", root)
    send(tmp_path, [root.cert], leaf_of(forger, LOCAL), inter.cert)
    found, codes = cert_codes(tmp_path / "x-chain.pem")
    assert codes == {"bad-signature"} and found["exit"] == 6, found
    found, codes = chain_codes(tmp_path)
    assert codes == {"bad-signature"} and not found["accepted"]
    assert [c["role"] for c in found["certificates"]] == ["path", "namesake"]


def test_a_signature_that_cannot_be_checked_is_another_answer(tmp_path):
    """This build has no Ed25519: it cannot say that the root did not sign."""
    from cryptography.hazmat.primitives.asymmetric import ed25519
    key = ed25519.Ed25519PrivateKey.generate()
    root = authority(KEYS[0], "Root")
    builder = (x509.CertificateBuilder().subject_name(name("CN=Leaf")).issuer_name(root.subject)
               .public_key(KEYS[3].public_key()).serial_number(9)
               .not_valid_before(root.cert.not_valid_before)
               .not_valid_after(root.cert.not_valid_after))
    leaf = builder.sign(key, None)
    (tmp_path / "x.pem").write_bytes(leaf.public_bytes(PEM) + root.cert.public_bytes(PEM))
    _, codes = cert_codes(tmp_path / "x.pem")
    assert "unchecked-signature" in codes and "bad-signature" not in codes, codes
    assert "extra" not in codes
    for sent in ([leaf], [leaf, root.cert]):  # it is trusted, and the server may send it as well
        send(tmp_path, [root.cert], *sent)
        found, _ = chain_codes(tmp_path)
        assert [f["level"] for f in found["findings"] if f["code"] == "unchecked-signature"] == [
            "warning"], found


def pathological(fault):
    root = authority(KEYS[0], "Root", path=0 if fault == "path-length" else None,
                     usage=signs(crl_only=fault == "no-cert-sign"))
    return root, authority(KEYS[1], "Int", root)


@pytest.mark.parametrize("fault", ["path-length", "no-cert-sign"])
def test_cert_judges_issuers(tmp_path, fault):
    root, inter = pathological(fault)
    low = authority(KEYS[2], "Low", inter)
    send(tmp_path, [root.cert], leaf_of(low, LOCAL), low.cert, inter.cert)
    found, codes = cert_codes(tmp_path / "x-chain.pem", tmp_path / "root.pem")
    assert codes == {fault} and found["exit"] == 6, found


@pytest.mark.parametrize("extra", [
    x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.CODE_SIGNING]),
    signs(crl_only=True, crl_sign=False, key_encipherment=True)])
def test_cert_names_a_leaf_that_cannot_serve(tmp_path, extra):
    root, inter = good()
    send(tmp_path, [root.cert], leaf_of(inter, LOCAL, extra=[(extra, False)]), inter.cert)
    found, codes = cert_codes(tmp_path / "x-chain.pem", tmp_path / "root.pem")
    assert codes == {"wrong-usage"} and found["exit"] == 6, found


@pytest.mark.skipif("CONFIG_ESP_TLS_NAME_CONSTRAINTS" not in SYMBOLS, reason="not applied")
def test_constraints_of_a_server_are_named(tmp_path):
    root, inter = good()
    extra = [(x509.NameConstraints([general("dns:localhost")], None), True)]
    send(tmp_path, [root.cert], leaf_of(inter, LOCAL, extra=extra), inter.cert)
    found, codes = chain_codes(tmp_path)
    assert not found["accepted"] and codes == {"name-constraints"}, found
    assert "is no authority" in found["findings"][0]["text"]
    assert cert_codes(tmp_path / "x-chain.pem", tmp_path / "root.pem")[1] == {"name-constraints"}


@pytest.mark.parametrize("damage, end, role", [
    (lambda der: der.replace(b"\x17\x0d240101", b"\x0c\x0d240101", 1), "anchored", "path"),
    (lambda der: der[:4] + b"\x31" + der[5:], "unreadable", "unknown")])
def test_chain_with_a_leaf_that_cannot_be_parsed_invents_nothing(certs, damage, end, role):
    """Where its issuer is read, that is its issuer; otherwise nothing is said of the rest."""
    leaf = (certs / "server-ec.der").read_bytes()
    changed = damage(leaf)
    assert len(changed) == len(leaf) and changed != leaf

    def change(sink, chunks):
        for chunk in chunks:
            sink.sendall(chunk.replace(leaf, changed))

    with peers.Openssl(certs, "-tls1_2", cert="server-ec") as s, \
            peers.Relay(s.port, down=change) as relay:
        result = subprocess.run([BUILD / "esp-tls", "chain", "--json", "--cacert",
                                 certs / "root-ec.pem", f"localhost:{relay.port}"],
                                capture_output=True, text=True, check=False)
    found = json.loads(result.stdout)
    assert {f["code"] for f in found["findings"] if f["level"] == "error"} == {"unparsable"}, found
    assert found["end"] == end and found["certificates"][-1]["role"] == role, found
    assert "extra" not in {f["code"] for f in found["findings"]}
