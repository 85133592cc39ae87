"""components/esp_crt_bundle/gen_crt_bundle.py: which roots come into a bundle, in which form, and what
becomes of certificates that cannot be read."""
import base64
import datetime
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "components/esp_crt_bundle/gen_crt_bundle.py"
DATE = datetime.datetime(2024, 1, 1)
DER = serialization.Encoding.DER


def certificate(name, key=None):
    key = key or ec.generate_private_key(ec.SECP256R1())
    names = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return x509.CertificateBuilder(names, names, key.public_key(), x509.random_serial_number(), DATE,
                                   DATE + datetime.timedelta(9999)).sign(key, hashes.SHA256())


def der(cert):
    return cert.public_bytes(DER)


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def record(cert):
    """(name, key) as the certificate has them."""
    spki = cert.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return cert.subject.public_bytes(), spki


def read(bundle):
    """[(name, key)] of a bundle, by the description of its format."""
    offsets = struct.unpack(f"<{struct.unpack('<I', bundle[:4])[0] // 4}I",
                            bundle[:struct.unpack('<I', bundle[:4])[0]])
    found, end = [], offsets[0]
    for at in offsets:
        assert at == end
        name, key = struct.unpack("<HH", bundle[at:at + 4])
        end = at + 4 + name + key
        found.append((bundle[at + 4:at + 4 + name], bundle[at + 4 + name:end]))
    assert end == len(bundle)
    return found


class Generator(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)

    def put(self, name, *data):
        path = self.dir / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"".join(data))
        return str(path)

    def run_it(self, *words, status=0):
        """(the bundle or None, what was said)"""
        done = subprocess.run([sys.executable, "-B", SCRIPT, *words], cwd=self.dir, text=True,
                              capture_output=True)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        out = self.dir / "x509_crt_bundle"
        return out.read_bytes() if out.exists() else None, done.stderr


class Forms(Generator):
    def test_pem_and_der_files_and_folders(self):
        a, b, c, d = (certificate(n) for n in "dbca")
        self.put("folder/b.der", der(b))
        self.put("folder/c.pem", pem(c), b"words in between\n", pem(d))
        self.put("folder/readme.txt", b"is passed over")
        bundle, said = self.run_it("-i", self.put("a.crt", pem(a)), str(self.dir / "folder"))
        self.assertEqual(read(bundle), sorted(map(record, (a, b, c, d))))
        self.assertIn("4 roots", said)

    def test_lines_of_any_end_and_bytes_that_are_no_text(self):
        a, b = certificate("ä ö ü"), certificate("b")
        text = pem(a).replace(b"\n", b"\r\n") + b"# Sociedad de Certificaci\xf3n\n" + pem(b)
        bundle, _ = self.run_it("--input", self.put("a.pem", text))
        self.assertEqual(read(bundle), sorted(map(record, (a, b))))

    def test_the_same_root_twice_is_taken_once_and_two_keys_of_one_name_both(self):
        key = ec.generate_private_key(ec.SECP256R1())
        a, again, other = certificate("a", key), certificate("a", key), certificate("a")
        bundle, said = self.run_it("-i", self.put("a.pem", pem(a), pem(again), pem(other)))
        self.assertEqual(read(bundle), sorted(map(record, (a, other))))
        self.assertIn("(certificate 2): a is there already", said)

    def test_quiet_says_nothing(self):
        self.assertEqual(self.run_it("-q", "-i", self.put("a.pem", pem(certificate("a"))))[1], "")

    def test_output_goes_where_it_is_told(self):
        self.run_it("-i", self.put("a.pem", pem(certificate("a"))), "-o", str(self.dir / "made"))
        self.assertEqual(len(read((self.dir / "made").read_bytes())), 1)


class Choice(Generator):
    def setUp(self):
        super().setUp()
        self.csv = self.put("names.csv", b"Operator,Name\nX,a\nY,\xc3\xa4\nZ,nobody\n")
        self.certs = [certificate(n) for n in ("a", "ä", "b")]

    def test_filter_is_for_roots_and_what_it_misses_is_said(self):
        own = certificate("own")
        bundle, said = self.run_it("-r", self.put("all.pem", *map(pem, self.certs)), "-f", self.csv,
                                   "-i", self.put("own.pem", pem(own)))
        self.assertEqual(read(bundle), sorted(map(record, [*self.certs[:2], own])))
        self.assertIn("no root is called nobody", said)

    def test_filter_takes_esp_idfs_titles_of_its_own_file(self):
        text = b"".join(title + b"\n====\n" + pem(c)
                        for title, c in zip((b"x", b"a", b"y"), self.certs))
        bundle, _ = self.run_it("-i", self.put("cacrt_all.pem", text), "-f", self.csv)
        self.assertEqual(read(bundle), sorted(map(record, self.certs[:2])))  # a: by its name, ä: title

    def test_the_common_ones_of_this_machine(self):
        roots = Path("/etc/ssl/certs/ca-certificates.crt")
        if not roots.exists():
            self.skipTest("ca-certificates is not installed")
        bundle, _ = self.run_it("-r", str(roots), "-f", str(SCRIPT.parent / "cmn_roots.csv"))
        self.assertGreater(len(read(bundle)), 30)


class Refusals(Generator):
    def bad(self):
        good = pem(certificate("a"))
        der_of = der(certificate("b"))
        broken = b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
        return self.put("a.pem", broken % b"no base64!", good, broken % base64.b64encode(der_of[:-20]),
                        broken % base64.b64encode(bytes(90)), broken % base64.b64encode(der_of + b"x"))

    def test_bad_ones_are_all_named_and_nothing_is_made(self):
        bundle, said = self.run_it("-i", self.bad(), status=2)
        self.assertIsNone(bundle)
        for place in ("line 1 (certificate 1)", "(certificate 3)", "(certificate 4)", "(certificate 5)"):
            self.assertIn(place, said)
        self.assertIn("4 certificates cannot be read; --bad skip leaves them out", said)

    def test_bad_ones_are_named_and_left_out(self):
        bundle, said = self.run_it("-q", "--bad", "skip", "-i", self.bad())
        self.assertEqual(len(read(bundle)), 1)
        self.assertEqual(said.count("passed over"), 4)

    def test_more_than_may_be(self):
        path = self.put("a.pem", *(pem(certificate(n)) for n in "abc"))
        self.assertIn("3 certificates are more than 2", self.run_it("-i", path, "-m", "2", status=2)[1])
        self.run_it("-i", path, "-m", "3")

    def test_what_is_not_there(self):
        (self.dir / "folder").mkdir()
        for words in (["-i", "nowhere.pem"], ["-i", "folder"], ["-i", self.put("a.pem", b"text")], [],
                      ["-i", self.put("b.pem", pem(certificate("b"))), "-f", self.put("f", b"a,b\n")]):
            self.run_it(*words, status=2)

    def test_a_bundle_of_no_roots_is_no_error_where_that_is_said(self):
        self.assertEqual(self.run_it("--empty")[0], b"")


if __name__ == "__main__":
    unittest.main()
