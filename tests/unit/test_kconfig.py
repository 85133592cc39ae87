"""cmake/kconfig.py: what it makes of settings, and which it refuses with which sentence."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# (what is set on top of sdkconfig.defaults, a piece of the sentence)
REFUSED = [
    ("CONFIG_ESP_TLS_NO_SUCH_THING=y", "there is no setting CONFIG_ESP_TLS_NO_SUCH_THING"),
    ("hello", "not a setting: hello"),
    ("CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=big", "not a value of type int"),
    ("CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=100", "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=100 is outside 512"),
    ("CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN=16385", "is outside 512 to 16384"),
    ("CONFIG_MBEDTLS_TLS_SERVER=y", "derived and cannot be set"),
    ("CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY=y", "needs ESP_TLS_INSECURE"),
    ("CONFIG_ESP_TLS_USE_DS_PERIPHERAL=y", "SOC_DIG_SIGN_SUPPORTED"),
    ("CONFIG_MBEDTLS_DYNAMIC_BUFFER=y\nCONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN=n",
     "is required by MBEDTLS_DYNAMIC_BUFFER"),
    ("CONFIG_MBEDTLS_SSL_PROTO_TLS1_2=n\nCONFIG_MBEDTLS_SSL_PROTO_TLS1_3=n", "no version of it"),
    ("CONFIG_MBEDTLS_DYNAMIC_BUFFER=y\nCONFIG_MBEDTLS_SSL_RENEGOTIATION=y", "second handshake"),
    ("CONFIG_MBEDTLS_DYNAMIC_BUFFER=y\nCONFIG_MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH=y",
     "!MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH, which is not so"),
    ("CONFIG_MBEDTLS_DYNAMIC_BUFFER=y\nCONFIG_MBEDTLS_SSL_PROTO_DTLS=y", "!MBEDTLS_SSL_PROTO_DTLS"),
    ("CONFIG_MBEDTLS_DYNAMIC_BUFFER=y\nCONFIG_MBEDTLS_SSL_PROTO_TLS1_3=n\n"
     "CONFIG_MBEDTLS_DYNAMIC_FREE_PEER_CERT=y\nCONFIG_MBEDTLS_SSL_KEEP_PEER_CERTIFICATE=y",
     "frees the certificate that"),
    ("CONFIG_MBEDTLS_ECDSA_DETERMINISTIC=y\nCONFIG_ESP_TLS_P256M=y", "random nonces"),
    ("CONFIG_MBEDTLS_TLS_CLIENT_ONLY=y\nCONFIG_MBEDTLS_TLS_SERVER_ONLY=y", "only one can be"),
    ("\n".join(f"CONFIG_MBEDTLS_ECP_DP_{c}_ENABLED=n" for c in
               "SECP256R1 SECP384R1 SECP521R1 SECP256K1 BP256R1 BP384R1 BP512R1 CURVE25519".split()),
     "needs an elliptic curve"),
    ("\n".join(f"CONFIG_MBEDTLS_ECP_DP_{c}_ENABLED=n" for c in
               "SECP256R1 SECP384R1 SECP521R1 SECP256K1 BP256R1 BP384R1 BP512R1".split()),
     "a curve that can sign"),
    ("CONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_RSA=n\nCONFIG_MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA=n",
     "at least one of MBEDTLS_KEY_EXCHANGE_PSK"),
    ("CONFIG_MBEDTLS_SSL_TLS1_3_KEXM_PSK=n\nCONFIG_MBEDTLS_SSL_TLS1_3_KEXM_EPHEMERAL=n\n"
     "CONFIG_MBEDTLS_SSL_TLS1_3_KEXM_PSK_EPHEMERAL=n", "KEXM_EPHEMERAL"),
    ("CONFIG_MBEDTLS_GCM_C=n\nCONFIG_MBEDTLS_CCM_C=n\nCONFIG_MBEDTLS_CHACHAPOLY_C=n",
     "authenticated ciphers only"),
    ("CONFIG_ESP_TLS_MPI_MAX_SIZE=128", "RSA key of 2048 bits"),
]

# (what is set, lines that sdkconfig.h has, lines that it lacks)
TAKEN = [
    ("", ["CONFIG_MBEDTLS_SSL_PROTO_TLS1_3 1", "CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN 4096",
          "CONFIG_MBEDTLS_HAVE_TIME_DATE 1", "CONFIG_IDF_TARGET_LINUX 1"],
     ["CONFIG_MBEDTLS_SSL_RENEGOTIATION", "CONFIG_ESP_TLS_INSECURE", "CONFIG_SOC_AES_SUPPORTED"]),
    ("CONFIG_MBEDTLS_DYNAMIC_BUFFER=y", ["CONFIG_MBEDTLS_DYNAMIC_BUFFER 1"], []),
    ("CONFIG_MBEDTLS_DYNAMIC_BUFFER=n\n# CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN is not set\nCONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN=8192",
     ["CONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN 8192"], ["CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN"]),
    ("CONFIG_ESP_TLS_INSECURE=y\nCONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY=y",
     ["CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY 1"], []),
    ("CONFIG_MBEDTLS_DYNAMIC_BUFFER=y\nCONFIG_MBEDTLS_DYNAMIC_FREE_PEER_CERT=y\n"
     "CONFIG_MBEDTLS_SSL_PROTO_TLS1_3=n", ["CONFIG_MBEDTLS_DYNAMIC_FREE_PEER_CERT 1"],
     ["CONFIG_MBEDTLS_SSL_KEEP_PEER_CERTIFICATE"]),
    ("CONFIG_MBEDTLS_SSL_PROTO_TLS1_2=n", ["CONFIG_MBEDTLS_SSL_PROTO_TLS1_3 1"],
     ["CONFIG_MBEDTLS_SSL_PROTO_TLS1_2"]),
]


class Kconfig(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.config = self.folder / "sdkconfig"
        self.header = self.folder / "sdkconfig.h"
        self.extra = self.folder / "extra"
        self.extra.write_text("")

    def generate(self, *args):
        return subprocess.run(
            ["/usr/bin/python3", ROOT / "cmake/kconfig.py", "generate", "--config", self.config,
             f"--defaults={ROOT / 'sdkconfig.defaults'};{self.extra}", "--header", self.header,
             "--cmake", self.folder / "sdkconfig.cmake", *args],
            cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)

    def test_a_contradiction_is_refused_with_a_sentence(self):
        for lines, sentence in REFUSED:
            with self.subTest(lines):
                self.header.unlink(missing_ok=True)
                self.extra.write_text(lines + "\n")
                result = self.generate()
                self.assertEqual(result.returncode, 1)
                self.assertIn(sentence, result.stderr)
                self.assertFalse(self.header.exists())

    def test_settings_reach_the_header(self):
        for lines, there, absent in TAKEN:
            with self.subTest(lines):
                self.extra.write_text(lines + "\n")
                result = self.generate()
                self.assertEqual(result.stderr, "")
                got = [line[8:] for line in self.header.read_text().splitlines()
                       if line.startswith("#define ")]
                self.assertEqual([line for line in there if line not in got], [])
                names = [line.split()[0] for line in got]
                self.assertEqual([name for name in absent if name in names], [])

    def test_an_unedited_sdkconfig_follows_the_defaults(self):
        self.generate()
        self.extra.write_text("CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n")
        self.generate()
        self.assertIn("CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n", self.config.read_text())

    def test_an_edited_sdkconfig_wins_over_the_defaults(self):
        self.generate()
        text = self.config.read_text()
        self.config.write_text(text.replace("IN_CONTENT_LEN=16384", "IN_CONTENT_LEN=2048"))
        self.extra.write_text("CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n")
        self.assertEqual(self.generate().returncode, 0)
        self.assertIn("CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN 2048\n", self.header.read_text())

    def test_one_edited_line_takes_its_dependents_along(self):
        self.generate()
        text = self.config.read_text()
        self.config.write_text(text.replace("CONFIG_MBEDTLS_SSL_PROTO_TLS1_3=y",
                                            "# CONFIG_MBEDTLS_SSL_PROTO_TLS1_3 is not set"))
        result = self.generate()
        self.assertEqual(result.stderr, "")
        self.assertNotIn("TLS1_3_KEXM", self.header.read_text())

    def test_an_edited_line_that_cannot_be_is_refused(self):
        self.generate()
        with open(self.config, "a", encoding="utf-8") as file:
            file.write("CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY=y\n")
        result = self.generate()
        self.assertEqual(result.returncode, 1)
        self.assertIn("has to be asked for twice", result.stderr)

    def profile(self, *args):
        self.assertEqual(self.generate(*args).stderr, "")
        return self.header.read_text()

    def test_a_host_has_64_bits_and_a_device_32(self):
        self.assertIn("ESP_TLS_PROFILE_HOST 1\n", self.profile("--bits", "64"))
        self.config.unlink()
        self.assertIn("ESP_TLS_PROFILE_DEVICE 1\n", self.profile("--bits", "32"))

    def test_another_profile_changes_defaults_and_keeps_wishes(self):
        self.extra.write_text("CONFIG_ESP_TLS_MPI_WINDOW_SIZE=5\n")
        self.profile()
        text = self.config.read_text()
        for edited in (text, text.replace("ECP_WINDOW_SIZE=4", "ECP_WINDOW_SIZE=6")):
            self.config.write_text(edited)
            made = self.profile("--profile", "device")
            self.assertIn("CONFIG_ESP_TLS_P256M 1\n", made)
            self.assertIn("CONFIG_MBEDTLS_COMPILER_OPTIMIZATION_SIZE 1\n", made)
            self.assertIn("CONFIG_ESP_TLS_MPI_WINDOW_SIZE 5\n", made)
            self.assertIn(f"CONFIG_ESP_TLS_ECP_WINDOW_SIZE {2 if edited == text else 6}\n", made)
            self.assertEqual(self.config.read_text(), edited)

    def test_an_unchanged_header_is_not_written_again(self):
        self.generate()
        os.utime(self.header, (1, 1))
        self.generate()
        self.assertEqual(self.header.stat().st_mtime, 1)


if __name__ == "__main__":
    unittest.main()
