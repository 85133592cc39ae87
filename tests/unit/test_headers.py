#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The public headers, as an application sees them.

Each header is compiled alone (it brings what it needs), twice in a row (its guard holds), as C11
and as C++17, by each compiler there is, with warnings as errors; under the build's own
configuration and under others that switch the guarded parts on and off.  All of them together are
compiled as each standard from C11 and from C++11 on.  With a library built, each
function that the headers declare is looked up in it.

Environment:
  ESP_TLS_BUILD   build directory, which holds config/sdkconfig.h; default: build, next to tests
  ESP_TLS_CFLAGS  include and define options for Mbed TLS and its configuration; default: those of
                  the build's compile_commands.json
"""
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
SDKCONFIG = BUILD / "config" / "sdkconfig.h"
NAMES = SDKCONFIG.parent / "esp_mbedtls_names.h"  # not there with the system's Mbed TLS
PUBLIC = [
    ROOT / "components/esp-tls/include",
    ROOT / "components/esp-tls/esp-tls-crypto",
    ROOT / "components/esp_x509/include",
    ROOT / "components/esp_tls_diagnosis/include",
    ROOT / "components/esp_tls_trace/include",
    ROOT / "components/esp_crt_bundle/include",
    ROOT / "components/esp_http_message/include",
    ROOT / "components/tcp_transport/include",
    ROOT / "components/esp_http_client/include",
]
PLATFORM = ROOT / "platform/idf"
KEY_CONFIG = ROOT / "platform/idf/esp_key_config.h"
STANDARDS = {"c": ["c11", "c17", "c2x"], "c++": ["c++11", "c++14", "c++17", "c++20", "c++2b"]}
WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror"]

COMPILERS = [
    (tool, language)
    for tool, language in [
        ("gcc", ["-xc", "-std=c11", "-Wstrict-prototypes", "-Wshadow", "-Wconversion"]),
        ("clang", ["-xc", "-std=c11", "-Wstrict-prototypes", "-Wshadow", "-Wconversion"]),
        ("g++", ["-xc++", "-std=c++17", "-Wshadow"]),
        ("clang++", ["-xc++", "-std=c++17", "-Wshadow"]),
    ]
    if shutil.which(tool)
]

# Symbols that guard a part of the interface, and what is added or taken away for each variant.
GUARDS = [
    "ESP_TLS_CLIENT_SESSION_TICKETS",
    "ESP_TLS_SERVER_SESSION_TICKETS",
    "ESP_TLS_SERVER_CERT_SELECT_HOOK",
    "ESP_TLS_SERVER_MIN_AUTH_MODE_OPTIONAL",
    "ESP_TLS_PSK_VERIFICATION",
    "MBEDTLS_DYNAMIC_BUFFER",
    "MBEDTLS_HARDWARE_ECDSA_SIGN",
    "ESP_TLS_USE_DS_PERIPHERAL",
    "ESP_HTTP_CLIENT_ENABLE_CUSTOM_TRANSPORT",
    "ESP_HTTP_CLIENT_ENABLE_GET_CONTENT_RANGE",
    "ESP_HTTP_CLIENT_SAVE_RESPONSE_HEADERS",
]
# Declared whatever the configuration is, and defined with these only, as in ESP-IDF.
DEFINED_WITH = {
    "esp_crt_bundle_attach": "MBEDTLS_CERTIFICATE_BUNDLE",
    "esp_crt_bundle_detach": "MBEDTLS_CERTIFICATE_BUNDLE",
    "esp_crt_bundle_in_use": "MBEDTLS_CERTIFICATE_BUNDLE",
    "esp_crt_bundle_set": "MBEDTLS_CERTIFICATE_BUNDLE",
    "esp_transport_ssl_crt_bundle_attach": "MBEDTLS_CERTIFICATE_BUNDLE",
    "esp_transport_ssl_set_alpn_protocol": "MBEDTLS_SSL_ALPN",
    "esp_transport_ssl_set_ds_data": "ESP_TLS_USE_DS_PERIPHERAL",
    "esp_transport_ssl_set_psk_key_hint": "ESP_TLS_PSK_VERIFICATION",
}
VARIANTS = {
    "as built": ([], []),
    "all guards on": (GUARDS, []),
    "all guards off": ([], GUARDS),
    "custom stack": (["ESP_TLS_CUSTOM_STACK"], GUARDS + ["ESP_TLS_USING_MBEDTLS"]),
    "no https": ([], ["ESP_HTTP_CLIENT_ENABLE_HTTPS"]),
}


def headers():
    found = [h for folder in PUBLIC for h in sorted(folder.glob("*.h"))]
    return found + [KEY_CONFIG]


def options_of_build():
    """Include and define options: the caller's, or those of the build's own compiles."""
    if "ESP_TLS_CFLAGS" in os.environ:
        return shlex.split(os.environ["ESP_TLS_CFLAGS"])
    commands = BUILD / "compile_commands.json"
    if not commands.exists():
        return []
    for entry in json.loads(commands.read_text()):
        if "/components/esp-tls/src/stack/mbedtls/" in entry["file"]:
            words = entry.get("arguments") or shlex.split(entry["command"])
            return include_options(words, Path(entry["directory"]))
    return []


def include_options(words, directory):
    """Of a compile command, what says where headers are and how they are configured."""
    options = []
    for word, following in zip(words, words[1:] + [""]):
        if word in ("-isystem", "-I"):
            options += include_option(directory / following)
        elif word.startswith("-I"):
            options += include_option(directory / word[2:])
        elif word.startswith("-DMBEDTLS_") or word.startswith("-DTF_PSA_"):
            options.append(word)
    return options


def include_option(folder):
    """Our own folders with warnings, others without.  A folder given both ways counts as a system
    folder, and its warnings would be lost."""
    ours = [ROOT / "components", ROOT / "platform"]
    is_ours = any(part in [folder.resolve(), *folder.resolve().parents] for part in ours)
    if folder.resolve() == SDKCONFIG.parent:
        return []  # each compile has its own sdkconfig.h
    return ["-I" if is_ours else "-isystem", str(folder)]


def sdkconfig_of(variant):
    """Text of an sdkconfig.h that differs from the build's by one variant."""
    on, off = VARIANTS[variant]
    text = SDKCONFIG.read_text()
    for symbol in on + off:
        text += f"\n#undef CONFIG_{symbol}"
    for symbol in on:
        text += f"\n#define CONFIG_{symbol} 1"
    return text + "\n"


@unittest.skipUnless(SDKCONFIG.exists(), f"nothing is built: {SDKCONFIG} does not exist")
class Headers(unittest.TestCase):
    def compile(self, variant, source, defines=(), standard=None):
        """Compile a text by every compiler, or by those of one language under another standard; report
        each failure with what failed."""
        options = options_of_build()
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "sdkconfig.h").write_text(sdkconfig_of(variant))
            if NAMES.exists():
                shutil.copy(NAMES, folder)
            includes = ["-I" + folder] + ["-I" + str(p) for p in PUBLIC]
            includes += ["-I" + str(KEY_CONFIG.parent)] + options
            for tool, language in COMPILERS:
                if standard and standard[0] != language[0]:
                    continue
                with self.subTest(variant=variant, compiler=tool, standard=standard, source=source):
                    words = [tool, *language, *(standard or ()), *WARNINGS, *defines]
                    command = [*words, "-fsyntax-only", *includes, "-"]
                    got = subprocess.run(command, input=source, text=True, capture_output=True)
                    self.assertEqual(got.returncode, 0, got.stderr)

    def test_headers_each_alone_compiles(self):
        self.assertTrue(COMPILERS, "no compiler")
        for variant in ("as built", "all guards on"):
            for header in headers():
                self.compile(variant, f'#include "{header.name}"\n#include "{header.name}"\n')

    def test_headers_of_each_variant_compile(self):
        for variant in VARIANTS:
            self.compile(variant, "".join(f'#include "{h.name}"\n' for h in headers()))

    def test_headers_all_together_compile_in_any_order(self):
        names = [h.name for h in headers()]
        for order in (names, names[::-1]):
            self.compile("as built", "".join(f'#include "{n}"\n' for n in order))

    def test_headers_of_each_standard_compile(self):
        text = "".join(f'#include "{h.name}"\n' for h in headers())
        for language, standards in STANDARDS.items():
            for standard in standards:
                self.compile("as built", text, standard=(f"-x{language}", f"-std={standard}"))

    def test_older_names_compile_where_warnings_are_errors(self):
        use = '#include "esp_tls.h"\nvoid f(esp_tls_t *tls);\nvoid f(esp_tls_t *tls)\n'
        use += "{ esp_tls_conn_delete(tls); }\n"
        self.compile("as built", use, defines=["-DESP_TLS_DEPRECATED="])

    def test_each_declared_function_is_in_the_library(self):
        archive = BUILD / "libesp-tls.a"
        if not archive.exists():
            self.skipTest(f"no library is built: {archive} does not exist")
        listing = subprocess.run(
            ["nm", "--defined-only", "--extern-only", str(archive)],
            text=True, capture_output=True, check=True,
        ).stdout
        defined = set(re.findall(r" [TW] (\w+)$", listing, re.M))
        symbols = set(re.findall(r"^#define CONFIG_(\w+)", SDKCONFIG.read_text(), re.M))
        absent = {f for f, symbol in DEFINED_WITH.items() if symbol not in symbols}
        self.assertEqual(self.declared_functions() - defined, absent)

    def declared_functions(self):
        """Names of the functions that the headers declare under the build's configuration."""
        text = "".join(f'#include "{h.name}"\n' for h in headers())
        includes = ["-I" + str(SDKCONFIG.parent)] + ["-I" + str(p) for p in PUBLIC]
        includes += ["-I" + str(KEY_CONFIG.parent)] + options_of_build()
        out = subprocess.run(
            ["gcc", "-E", "-xc", *includes, "-"],
            input=text, text=True, capture_output=True, check=True,
        ).stdout
        ours = self.lines_from({str(h) for h in headers()}, out)
        # A prototype: a name of ours before its parameters, not a pointer in a struct.
        return set(re.findall(r"\b(esp_(?:tls|crypto|crt|http|transport)_\w+)\s*\((?!\*)", ours))

    @staticmethod
    def lines_from(files, preprocessed):
        """The lines of preprocessor output that come from the given files."""
        kept, take = [], False
        for line in preprocessed.splitlines():
            marker = re.match(r'# \d+ "([^"]*)"', line)
            if marker:
                take = marker[1] in files
            elif take:
                kept.append(line)
        return "\n".join(kept)


if __name__ == "__main__":
    unittest.main()
