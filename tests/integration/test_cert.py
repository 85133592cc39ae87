# SPDX-License-Identifier: Apache-2.0
"""esp-tls cert: files of certificates and keys, read, held together and judged."""
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
GOOD, USAGE, CERTIFICATE = 0, 2, 6


def run(*args, **more):
    return subprocess.run([PROGRAM, "cert", *map(str, args)], capture_output=True, text=True,
                          timeout=60, check=False, **more)


def look(*args):
    result = run("--json", *args)
    assert result.stdout, result
    found = json.loads(result.stdout)
    assert found["exit"] == result.returncode, result
    return found, {f["code"] for f in found["findings"]}


def test_cert_of_every_file_of_the_corpus_agrees_with_openssl(certs):
    """What openssl reads is read, with the same subject and key."""
    files = sorted([*certs.glob("*.pem"), *certs.glob("*.der")])
    names = [f for f in files if f.stem not in ("truncated",) and "bundle" not in f.stem
             and "." not in f.stem
             and not f.stem.startswith(("bad-", "input-"))]  # of bad.py, which another test made
    assert len(names) >= 80
    found, _ = look(*names[:40])
    found2, _ = look(*names[40:80])
    for file, one in zip(names[:80], [*found["files"], *found2["files"]]):
        form = "DER" if file.suffix == ".der" else "PEM"
        shown = subprocess.run(["openssl", "x509", "-in", file, "-inform", form, "-noout", "-subject",
                                "-nameopt", "RFC2253"], capture_output=True, text=True, check=True)
        assert one["problem"] is None and one["format"] == form
        assert f"subject={one['certificates'][0]['subject']}" == shown.stdout.strip()


def test_cert_of_der_with_armor_inside_its_key_is_der(certs, tmp_path):
    der = bytearray((certs / "server-rsa.der").read_bytes())
    der[300:327] = b"-----BEGIN CERTIFICATE-----"
    der[-1] = 0
    (tmp_path / "x.der").write_bytes(der)
    found, _ = look(tmp_path / "x.der")
    file = found["files"][0]
    assert file["format"] == "DER" and file["problem"] is None, found
    assert file["certificates"][0]["problem"] is None, found


def test_cert_of_a_chain_and_its_key_is_good(certs):
    found, said = look(certs / "client-ec-chain.pem", certs / "client-ec.key")
    assert said == {"pair", "issuer-elsewhere", "size"} and found["exit"] == GOOD
    assert found["files"][1]["keys"] == [{"key": "P-256", "format": "PKCS #8", "certificate": 1}]
    found, said = look(certs / "client-ec-chain.pem", certs / "root-client.pem",
                       certs / "client-ec.sec1.der")
    assert said == {"pair", "size"}


@pytest.mark.parametrize("key,kind", [
    ("client-rsa.key", "PKCS #8"), ("client-rsa.p8.der", "PKCS #8"),
    ("client-rsa.pkcs1.pem", "PKCS #1"), ("client-rsa.pkcs1.der", "PKCS #1")])
def test_cert_of_each_kind_of_key_finds_its_pair(certs, key, kind):
    found, said = look(certs / "client-rsa.pem", certs / key)
    assert "pair" in said and found["files"][1]["keys"][0]["format"] == kind
    assert found["files"][1]["keys"][0]["key"] == "RSA 2048"


@pytest.mark.parametrize("key", ["client-rsa.aes128.pem", "client-rsa.aes256.der",
                                 "client-rsa.rfc1421-aes256.pem"])
def test_cert_of_a_locked_key_needs_its_password(certs, key, tmp_path):
    args = [certs / "client-rsa.pem", certs / key]
    found, said = look("--pass", f"file:{certs / 'password.txt'}", *args)
    assert "pair" in said and found["exit"] == GOOD
    found, said = look(*args)
    assert "needs-password" in said and found["exit"] == USAGE
    found, said = look("--pass", "wrong", *args)
    assert "key-unusable" in said and found["exit"] == CERTIFICATE
    found, said = look("--pass", "file:/dev/null", *args)  # an empty password is a password
    assert "pair" not in said and found["exit"] in (USAGE, CERTIFICATE)


def test_cert_of_what_does_not_belong_together_is_told(certs):
    found, said = look(certs / "server-ec.pem", certs / "server-rsa.key")
    assert "no-pair" in said and found["exit"] == CERTIFICATE
    found, said = look(certs / "server-ec.pem", certs / "server-ec.der")
    assert "duplicate" in said and found["exit"] == GOOD
    found, said = look(certs / "server-expired-chain.pem")
    assert "expired" in said and found["exit"] == CERTIFICATE
    found, said = look(certs / "server-future.pem")
    assert "not-yet-valid" in said


def test_cert_of_a_chain_in_disorder_is_told(certs, tmp_path):
    def chain(*names):
        path = tmp_path / "chain.pem"
        path.write_bytes(b"".join((certs / f"{n}.pem").read_bytes() for n in names))
        return path

    assert look(chain("server-ec", "int-ec"))[1] == {"issuer-elsewhere", "size"}
    assert look(chain("server-ec", "int-ec", "root-ec"))[1] == {"root-sent", "size"}
    assert "first-is-no-leaf" in look(chain("int-ec", "server-ec"))[1]
    assert "extra" in look(chain("server-ec", "int-ec", "root-other"))[1]
    assert "duplicate" in look(chain("server-ec", "int-ec", "int-ec"))[1]
    assert "no-authority" in look(chain("server-by-leaf", "server-ec", "int-ec"))[1]


@pytest.mark.parametrize("damage,code", [
    (lambda b: b.replace(b"\n", b""), "no-lines"),
    (lambda b: b.replace(b"\n", b"\r"), "lone-cr"),
    (lambda b: b.replace(b"\n", b"\\n"), "backslash-n"),
    (lambda b: b[:300], "no-end"),
    (lambda b: b[:100] + b"!" + b[101:], "bad-character"),
    (lambda b: b[:100] + b[101:], "base64-cut"),
    (lambda b: b.replace(b"END CERT", b"END X509 CERT"), "wrong-end"),
    (lambda b: b.decode().encode("utf-16"), "utf-16"),
    (lambda b: b"\n".join(b.split(b"\n")[1:-2]), "no-armor"),
    (lambda b: b"<html>no</html>", "no-format"),
    (lambda b: b"", "empty"),
])
def test_cert_of_a_damaged_file_says_how(certs, tmp_path, damage, code):
    path = tmp_path / "damaged.pem"
    path.write_bytes(damage((certs / "root-ec.pem").read_bytes()))
    found, said = look(path)
    assert code in said and found["exit"] == USAGE, found
    assert found["files"][0]["problem"]


def test_cert_of_damaged_der_names_the_field(certs, tmp_path):
    der = (certs / "server-ec.der").read_bytes()
    path = tmp_path / "x.der"
    path.write_bytes(der.replace(b"450101000000Z", b"451301000000Z"))
    found, said = look(path)
    assert "value" in said and "tbsCertificate.validity.notAfter" in found["files"][0]["problem"]
    path.write_bytes(der[:-5])
    assert "truncated" in look(path)[1]


def test_cert_of_a_bundle_says_which_one_is_bad(certs):
    found, said = look(certs / "bundle-one-bad.pem")
    assert found["exit"] == USAGE and "certificate 2" in found["files"][0]["problem"]
    found, said = look(certs / "bundle.pem")
    assert found["exit"] == GOOD and len(found["files"][0]["certificates"]) == 3


def test_cert_writes_json_in_utf_8_whatever_a_file_is_called(tmp_path):
    for name, shown in [(b"\xff", "\ufffd"), ("\u00e9\u2028\U0001f512".encode(), None),
                        (b"\xc3", "\ufffd"), (b"\xe2\x82x", "\ufffd\ufffdx"),
                        (b"\xc0\x80", "\ufffd" * 2),
                        (b"\xed\xa0\x80", "\ufffd" * 3), (b"\xf4\x90\x80\x80", "\ufffd" * 4),
                        (b"\xf0\x82\x82\xac", "\ufffd" * 4), (b"\xe0\x80\xaf", "\ufffd" * 3)]:
        path = os.path.join(os.fsencode(tmp_path), name)
        with open(path, "wb") as file:
            file.write(b"x")
        result = subprocess.run([PROGRAM, "cert", "--json", path], capture_output=True, check=False)
        found = json.loads(result.stdout.decode())  # refuses what is no UTF-8
        assert os.path.basename(found["files"][0]["file"]) == (shown or name.decode())


def test_cert_of_standard_input_and_of_bad_arguments(certs):
    with open(certs / "root-ec.pem", "rb") as file:
        result = run("-", stdin=file)
    assert result.returncode == GOOD and "Test Root EC" in result.stdout
    for args in ([], ["--no-such-option"], [certs / "no-such-file"]):
        assert run(*args).returncode == USAGE


def test_cert_of_the_systems_roots_reads_all_of_them():
    path = Path("/etc/ssl/certs/ca-certificates.crt")
    if not path.exists():
        pytest.skip("this system has no list of authorities")
    found, _ = look(path)
    assert len(found["files"][0]["certificates"]) == path.read_text().count("BEGIN CERTIFICATE")
    assert found["files"][0]["problem"] is None


# --- keys as openssl writes them ------------------------------------------------------------------


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """One RSA key, and ways to write it down; a key whose curve is written out."""
    folder = tmp_path_factory.mktemp("keys")
    plain, pkcs1 = folder / "plain", folder / "pkcs1"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", plain)
    openssl("rsa", "-in", plain, "-traditional", "-out", pkcs1)
    locked = ["pkcs8", "-topk8", "-in", plain, "-passout", "pass:x"]
    openssl(*locked, "-v2", "aes256", "-out", folder / "aes")
    openssl(*locked, "-v2", "des3", "-out", folder / "3des")
    openssl(*locked, "-v2", "des-cbc", "-provider", "legacy", "-provider", "default", "-out",
            folder / "des")
    openssl(*locked, "-scrypt", "-out", folder / "scrypt")
    openssl(*locked, "-v1", "PBE-SHA1-3DES", "-out", folder / "pkcs12")
    openssl("rsa", "-in", plain, "-des3", "-traditional", "-passout", "pass:x", "-out",
            folder / "dek")
    (folder / "8-as-1").write_text(plain.read_text().replace(" PRIVATE", " RSA PRIVATE"))
    (folder / "1-as-8").write_text(pkcs1.read_text().replace(" RSA PRIVATE", " PRIVATE"))
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc", "explicit", "-out",
            folder / "explicit")
    openssl("req", "-x509", "-new", "-key", folder / "explicit", "-subj", "/CN=x", "-out",
            folder / "explicit.crt")
    return folder


@pytest.mark.parametrize("password", [None, "x"])
@pytest.mark.parametrize("key, cipher", [
    ("3des", "3DES (1.2.840.113549.3.7)"), ("des", "DES (1.3.14.3.2.7)"),
    ("scrypt", "scrypt (1.3.6.1.4.1.11591.4.11)"), ("pkcs12", "PKCS #12, 3DES"),
    ("dek", "DES-EDE3-CBC")])
def test_cert_of_a_key_that_cannot_be_decrypted_names_the_cipher(keys, key, cipher, password):
    """With a password and without: none would help."""
    found, said = look(*(["--pass", password] if password else []), keys / key)
    texts = [f["text"] for f in found["findings"] if f["code"] == "encryption"]
    assert texts and found["exit"] == USAGE, found
    assert cipher in texts[0] and "openssl pkcs8 -topk8 -v2 aes256" in texts[0], texts
    assert "needs-password" not in said


def test_cert_of_a_locked_key_names_the_cipher_that_a_password_opens(keys):
    found, said = look(keys / "aes")
    assert "needs-password" in said and "AES-256-CBC" in found["files"][0]["problem"], found


def test_cert_of_a_key_alone_tries_its_password(keys):
    found, said = look("--pass", "wrong", keys / "aes")
    assert said == {"key-unusable"} and found["exit"] == CERTIFICATE
    assert "password is wrong" in found["findings"][0]["text"]
    found, said = look("--pass", "x", keys / "aes")
    assert said == set() and found["exit"] == GOOD


@pytest.mark.parametrize("key, holds", [("8-as-1", "a private key (PKCS #8)"),
                                        ("1-as-8", "an RSA private key (PKCS #1)")])
def test_cert_of_a_key_under_the_armour_of_another_kind(keys, key, holds):
    found, said = look(keys / key)
    assert "armor-kind" in said and found["exit"] == USAGE
    assert holds in found["files"][0]["problem"]
    assert any("openssl pkey" in f["text"] for f in found["findings"])


def test_cert_of_a_curve_that_is_written_out(keys):
    found, said = look(keys / "explicit", keys / "explicit.crt")
    assert said >= {"explicit-curve"} and "key-unusable" not in said, said
    assert {f["certificate"] for f in found["findings"] if f["code"] == "explicit-curve"} == {0, 1}
    assert found["exit"] == CERTIFICATE
    assert any("named_curve" in f["text"] for f in found["findings"])


def test_cert_of_rsa_that_is_too_long_for_this_build(certs, tmp_path):
    """No key is needed: a modulus of that length does, the certificate signs nothing."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    signer = serialization.load_pem_private_key((certs / "root-rsa.key").read_bytes(), None)
    long_key = rsa.RSAPublicNumbers(65537, (1 << 8192) - 1).public_key()
    one = x509.load_pem_x509_certificate((certs / "root-rsa.pem").read_bytes())
    cert = (x509.CertificateBuilder().subject_name(one.subject).issuer_name(one.subject)
            .public_key(long_key).serial_number(1).not_valid_before(one.not_valid_before)
            .not_valid_after(one.not_valid_after).sign(signer, hashes.SHA256()))
    (tmp_path / "x.pem").write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    found, said = look(tmp_path / "x.pem")
    assert "key-size" in said and found["exit"] == USAGE, found
    assert "longer than this build can read" in found["files"][0]["problem"]


@pytest.mark.parametrize("damage", [
    lambda t: t.replace("-----BEGIN", "----BEGIN"),
    lambda t: t.replace("BEGIN CERTIFICATE-", "BEGIN CERTIFICATE"),
    lambda t: t.replace("BEGIN CERTIFICATE", "BEGIN CERTIFICAT"),
    lambda t: t.replace("BEGIN", "BEGN"), lambda t: t.replace("-----BEGIN ", "-----BEGIN")])
def test_cert_of_a_damaged_begin_line_says_so(certs, tmp_path, damage):
    (tmp_path / "x.pem").write_text(damage((certs / "root-ec.pem").read_text()))
    found, said = look(tmp_path / "x.pem")
    assert said == {"bad-begin"} and found["exit"] == USAGE, found
    assert found["files"][0]["format"] == "PEM" and "line 1" in found["files"][0]["problem"]


def test_cert_finds_without_a_limit(certs, tmp_path):
    (tmp_path / "x.pem").write_bytes((certs / "root-ec.pem").read_bytes() * 90)
    found, _ = look(tmp_path / "x.pem")
    assert sum(f["code"] == "duplicate" for f in found["findings"]) == 89
