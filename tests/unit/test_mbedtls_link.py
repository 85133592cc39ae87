#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each function that Mbed TLS's headers declare can be linked, or is refused here with its reason.

Mbed TLS declares most functions whatever its configuration is. A program that calls one must not find
out from the linker: what ESP-IDF's default configuration has is there, and the rest is in this list.
"""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import test_headers
from test_headers import BUILD, ROOT, SDKCONFIG, options_of_build

# What is not there, the setting that brings it (None: none does), and why it is not.
REFUSED = [
    (r"mbedtls_aria_\w+", "MBEDTLS_ARIA_C", "off in ESP-IDF"),
    (r"mbedtls_camellia_\w+", "MBEDTLS_CAMELLIA_C", "off in ESP-IDF"),
    (r"mbedtls_des3?_\w+", "MBEDTLS_DES_C", "off in ESP-IDF"),
    (r"mbedtls_dhm_\w+", "MBEDTLS_DHM_C", "off in ESP-IDF"),
    (r"mbedtls_ecjpake_\w+", "MBEDTLS_ECJPAKE_C", "off in ESP-IDF"),
    (r"mbedtls_nist_kw_\w+", "MBEDTLS_NIST_KW_C", "off in ESP-IDF"),
    (r"mbedtls_(internal_)?ripemd160\w*", "MBEDTLS_RIPEMD160_C", "off in ESP-IDF"),
    (r"mbedtls_sha3\w*", "MBEDTLS_SHA3_C", "off in ESP-IDF"),
    (r"mbedtls_x509_string_to_names|mbedtls_x509write_crt_set_subject_alternative_name",
     "MBEDTLS_X509_CREATE_C", "off in ESP-IDF"),
    (r"mbedtls_ssl_cookie_\w+", "MBEDTLS_SSL_PROTO_DTLS", "cookies are of DTLS"),
    (r"mbedtls_memory_buffer_\w+", None, "an allocator; esp-tls brings its own"),
    (r"mbedtls_threading_(set|free)_alt", None, "mutexes are the platform's from the beginning"),
    (r"mbedtls_timing_\w+", None, "for DTLS; not in ESP-IDF"),
    (r"mbedtls_lms_\w+", None, "signatures of firmware; not in ESP-IDF"),
    (r"mbedtls_psa_inject_entropy", None, "PSA has the platform's generator"),
    (r"psa_register_se_driver", None, "no secure element"),
    (r"psa_pake_\w+|psa_crypto_driver_pake_\w+", "MBEDTLS_ECJPAKE_C", "J-PAKE: off in ESP-IDF"),
    (r"psa_key_derivation_verify_\w+", None, "declared by Mbed TLS 3.6, and not in it"),
]


def without_bodies(text):
    """Inline functions are not linked."""
    out, depth = [], 0
    for piece in re.split(r"([{}])", text):
        depth -= piece == "}"
        if piece == "}" and depth == 0:
            out.append(";")
        elif depth == 0 and piece != "{":
            out.append(piece)
        depth += piece == "{"
    return "".join(out)


def functions_of(text):
    """Names of the functions with external linkage that preprocessed headers declare, as a program
    writes them: their symbols begin with et_ (cmake/own_names.py)."""
    names = set()
    for statement in without_bodies(text).split(";"):
        words = " ".join(statement.split())
        found = re.search(r"\bet_((?:mbedtls|psa)_\w+) ?\(", words)
        if found and not re.search(r"\b(typedef|static)\b", words):
            names.add(found[1])
    return names


@unittest.skipUnless((BUILD / "libesp-tls.a").is_file(), f"nothing is built in {BUILD}")
class Link(unittest.TestCase):
    def setUp(self):
        self.options = [f"-I{SDKCONFIG.parent}", f"-I{ROOT / 'platform/idf'}", *options_of_build()]
        folders = [Path(word) for word in self.options if (Path(word) / "mbedtls/ssl.h").is_file()]
        self.assertEqual(len(folders), 1, self.options)
        self.folder = folders[0]

    def declared(self):
        headers = [path.relative_to(self.folder) for kind in ("mbedtls", "psa")
                   for path in sorted((self.folder / kind).glob("*.h"))]
        # Parts of other headers, and configurations.
        part = re.compile(r"config_|check_config|crypto_(driver|builtin|struct|legacy|adjust)|"
                          r"mbedtls_config")
        self.text = "".join(f'#include "{h}"\n' for h in headers if not part.search(h.name))
        out = subprocess.run(["gcc", "-E", "-xc", *self.options, "-"], input=self.text, text=True,
                             capture_output=True, check=True).stdout
        files = {str(self.folder / h) for h in headers}
        return functions_of(test_headers.Headers.lines_from(files, out))

    def test_each_declared_function_can_be_linked_or_is_refused(self):
        names = self.declared()
        self.assertGreater(len(names), 600)
        for name in ("mbedtls_net_connect", "mbedtls_entropy_func", "mbedtls_debug_set_threshold",
                     "mbedtls_ctr_drbg_seed", "mbedtls_x509_crt_parse_file", "psa_sign_message"):
            self.assertIn(name, names)
        symbols = set(re.findall(r"^#define CONFIG_(\w+)", SDKCONFIG.read_text(), re.M))
        refused = {name for name in names for pattern, setting, _ in REFUSED
                   if setting not in symbols and re.fullmatch(pattern, name)}
        listing = subprocess.run(["nm", "--defined-only", "--extern-only", BUILD / "libesp-tls.a"],
                                 text=True, capture_output=True, check=True).stdout
        defined = set(re.findall(r" [TW] et_(\w+)$", listing, re.M))
        self.assertEqual(names - defined - refused, set(), "declared, and neither there nor refused")
        self.assertEqual(refused & defined, set(), "refused, and there")
        for pattern, setting, reason in REFUSED:
            if setting not in symbols:
                self.assertTrue(any(re.fullmatch(pattern, name) for name in refused), reason)
        self.link(sorted(names - refused))

    def link(self, names):
        """A program that takes the address of each, with the static library and the shared one."""
        source = self.text + "#include <stdio.h>\ntypedef void (*any)(void);\n"
        source += "static const any all[] = {" + ",".join(f"(any){n}" for n in names) + "};\n"
        source += "int main(void) { int n = 0; for (unsigned i = 0; i < sizeof(all) / sizeof(*all); "
        source += 'i++) n += all[i] != 0; printf("%d\\n", n); return 0; }\n'
        with tempfile.TemporaryDirectory() as folder:
            for library in ("libesp-tls.a", "libesp-tls.so"):
                if not (BUILD / library).exists():
                    continue
                program = Path(folder, "all")
                got = subprocess.run(["gcc", "-w", "-xc", "-", *self.options, "-o", program,
                                      "-Wl,--as-needed", "-xnone", BUILD / library, "-pthread"],
                                     input=source, text=True, capture_output=True)
                self.assertEqual(got.returncode, 0, got.stderr[-3000:])
                out = subprocess.run([program], text=True, capture_output=True, check=True,
                                     env={**os.environ, "LD_LIBRARY_PATH": str(BUILD)}).stdout
                self.assertEqual(int(out), len(names))


if __name__ == "__main__":
    unittest.main()
