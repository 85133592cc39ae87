"""esp_mbedtls_config.h: what Kconfig allows, Mbed TLS's own check_config.h accepts.

For each group of settings the header is made and the files of Mbed TLS and of our stack that it
changes most are read by the compiler (-fsyntax-only).
"""
import json
import os
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
FILES = ["library/ssl_tls.c", "library/x509_crt.c", "library/psa_crypto.c"]
STACK = [f"src/stack/mbedtls/{name}.c" for name in ("setup", "verify", "scope", "checks")]

ONLY_12 = "MBEDTLS_SSL_PROTO_TLS1_3=n"
ONLY_13 = "MBEDTLS_SSL_PROTO_TLS1_2=n"
MINIMAL = """
MBEDTLS_TLS_CLIENT_ONLY=y MBEDTLS_SSL_PROTO_TLS1_2=n MBEDTLS_RSA_C=n MBEDTLS_CCM_C=n
MBEDTLS_CIPHER_MODE_CBC=n MBEDTLS_CIPHER_MODE_CFB=n MBEDTLS_CIPHER_MODE_CTR=n
MBEDTLS_CIPHER_MODE_OFB=n MBEDTLS_CIPHER_MODE_XTS=n MBEDTLS_CMAC_C=n MBEDTLS_CTR_DRBG_C=n
MBEDTLS_HMAC_DRBG_C=n MBEDTLS_PKCS5_C=n MBEDTLS_PKCS7_C=n MBEDTLS_PEM_WRITE_C=n
MBEDTLS_X509_CRL_PARSE_C=n MBEDTLS_X509_CSR_PARSE_C=n MBEDTLS_X509_REMOVE_INFO=y
MBEDTLS_ECP_DP_SECP384R1_ENABLED=n MBEDTLS_ECP_DP_SECP521R1_ENABLED=n
MBEDTLS_ECP_DP_SECP256K1_ENABLED=n MBEDTLS_ECP_DP_BP256R1_ENABLED=n
MBEDTLS_ECP_DP_BP384R1_ENABLED=n MBEDTLS_ECP_DP_BP512R1_ENABLED=n
MBEDTLS_ECP_DP_CURVE25519_ENABLED=n MBEDTLS_SHA384_C=n MBEDTLS_SHA512_C=n MBEDTLS_SHA1_C=n
MBEDTLS_MD5_C=n MBEDTLS_ERROR_STRINGS=n MBEDTLS_VERSION_C=n MBEDTLS_AES_FEWER_TABLES=y
MBEDTLS_CLIENT_SSL_SESSION_TICKETS=n MBEDTLS_SERVER_SSL_SESSION_TICKETS=n
MBEDTLS_SSL_TLS1_3_KEXM_PSK=n MBEDTLS_SSL_TLS1_3_KEXM_PSK_EPHEMERAL=n
MBEDTLS_SSL_MAX_FRAGMENT_LENGTH=n MBEDTLS_SSL_SERVER_NAME_INDICATION=n MBEDTLS_SSL_ALPN=n
MBEDTLS_THREADING_C=n
"""
# (name, settings on top of sdkconfig.defaults)
SETTINGS = [
    ("default", ""),
    ("fixed buffers", "MBEDTLS_DYNAMIC_BUFFER=n"),
    ("same size both ways", "MBEDTLS_DYNAMIC_BUFFER=n MBEDTLS_ASYMMETRIC_CONTENT_LEN=n"),
    ("TLS 1.2 only", ONLY_12),
    ("TLS 1.3 only", ONLY_13),
    ("minimal", MINIMAL),
    ("client only", "MBEDTLS_TLS_CLIENT_ONLY=y"),
    ("server only", "MBEDTLS_TLS_SERVER_ONLY=y"),
    ("no RSA", "MBEDTLS_RSA_C=n"),
    ("no P-256", "MBEDTLS_ECP_DP_SECP256R1_ENABLED=n"),
    ("RSA alone", "MBEDTLS_ECDSA_C=n"),
    ("deterministic ECDSA", "MBEDTLS_ECDSA_DETERMINISTIC=y"),
    ("pre-shared keys", "ESP_TLS_PSK_VERIFICATION=y"),
    ("tickets", "ESP_TLS_CLIENT_SESSION_TICKETS=y ESP_TLS_SERVER_SESSION_TICKETS=y"),
    ("early data", "MBEDTLS_SSL_EARLY_DATA=y"),
    ("no time", "MBEDTLS_HAVE_TIME_DATE=n MBEDTLS_HAVE_TIME=n"),
    ("no threads", "MBEDTLS_THREADING_C=n"),
    ("every cipher", "MBEDTLS_CAMELLIA_C=y MBEDTLS_ARIA_C=y MBEDTLS_DES_C=y MBEDTLS_CHACHA20_C=y "
                     "MBEDTLS_CHACHAPOLY_C=y MBEDTLS_NIST_KW_C=y MBEDTLS_SHA3_C=y "
                     "MBEDTLS_RIPEMD160_C=y MBEDTLS_SHA224_C=y MBEDTLS_DHM_C=y"),
    ("debugging", "MBEDTLS_DEBUG=y MBEDTLS_SELF_TEST=y MBEDTLS_FS_IO=y MBEDTLS_VERSION_FEATURES=y"),
    ("no PEM", "MBEDTLS_PEM_PARSE_C=n MBEDTLS_PEM_WRITE_C=n"),
    ("record size limit", "MBEDTLS_SSL_RECORD_SIZE_LIMIT=y"),
    ("DTLS", "MBEDTLS_DYNAMIC_BUFFER=n MBEDTLS_SSL_PROTO_DTLS=y MBEDTLS_SSL_DTLS_CONNECTION_ID=y"),
    ("writing", "MBEDTLS_X509_CREATE_C=y"),
    ("fixed key slots", "ESP_TLS_PSA_KEY_SLOT_COUNT=16"),
    ("insecure", "ESP_TLS_INSECURE=y ESP_TLS_SKIP_SERVER_CERT_VERIFY=y"),
]


def commands():
    """{end of the file's name: compiler and options} of the build."""
    with open(BUILD / "compile_commands.json", encoding="utf-8") as file:
        return {entry["file"]: (entry["directory"], shlex.split(entry["command"]))
                for entry in json.load(file)}


@unittest.skipUnless((BUILD / "compile_commands.json").is_file(), f"{BUILD} has no build")
class MbedtlsConfig(unittest.TestCase):
    def compile(self, file, directory, command, config):
        words, skip = [], False
        for word in command:
            if skip or word in ("-c", "-MD"):
                skip = False
            elif word in ("-o", "-MT", "-MF"):
                skip = True
            elif word == f"-I{BUILD}/config":
                words.append(f"-I{config}")
            else:
                words.append(word)
        result = subprocess.run([*words, "-fsyntax-only"], cwd=directory, stderr=subprocess.PIPE,
                                text=True, check=False)
        self.assertEqual(result.returncode, 0, f"{file}\n{result.stderr[:2000]}")

    def test_mbedtls_accepts_what_kconfig_allows(self):
        known = commands()
        wanted = [(name, *known[name]) for name in known
                  if any(name.endswith(end) for end in FILES + STACK)]
        self.assertEqual(len(wanted), len(FILES + STACK))
        for name, settings in SETTINGS:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                extra = Path(folder, "extra")
                extra.write_text("".join(f"CONFIG_{line}\n" for line in settings.split()))
                made = subprocess.run(
                    ["/usr/bin/python3", ROOT / "cmake/kconfig.py", "generate",
                     "--config", f"{folder}/sdkconfig", "--header", f"{folder}/sdkconfig.h",
                     "--cmake", f"{folder}/sdkconfig.cmake",
                     f"--defaults={ROOT / 'sdkconfig.defaults'};{extra}"],
                    cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
                self.assertEqual(made.returncode, 0, made.stderr)
                # Beside the settings of the case, which it includes.
                for made in ("mbed_seam_features.h", "esp_mbedtls_names.h"):
                    shutil.copy(BUILD / "config" / made, folder)
                for file, directory, command in wanted:
                    self.compile(file, directory, command, folder)


if __name__ == "__main__":
    unittest.main()
