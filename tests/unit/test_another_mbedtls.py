# SPDX-License-Identifier: Apache-2.0
"""The Mbed TLS that we build in has names of its own (cmake/own_names.py): a program may use it, and
have the system's as well, each through its own headers."""
import os
import re
import subprocess
import unittest
from pathlib import Path

import test_install

# Compiled twice, with the headers of each. A handshake begins: a ClientHello leaves, nothing comes.
USER = r"""
#include <string.h>
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/entropy.h"
#include "mbedtls/sha256.h"
#include "mbedtls/ssl.h"
#include "mbedtls/version.h"
#include "mbedtls/x509_crt.h"
#include "psa/crypto.h"

#if MBEDTLS_VERSION_NUMBER < 0x03000000
#define mbedtls_sha256 mbedtls_sha256_ret
#endif

static int on_send(void *sent, const unsigned char *data, size_t len)
{
    (void)data;
    *(size_t *)sent += len;
    return (int)len;
}

static int on_recv(void *arg, unsigned char *data, size_t len)
{
    (void)arg, (void)data, (void)len;
    return MBEDTLS_ERR_SSL_WANT_READ;
}

static int begins_a_handshake(mbedtls_ctr_drbg_context *random)
{
    mbedtls_ssl_config conf;
    mbedtls_ssl_context ssl;
    size_t sent = 0;
    int ok;

    mbedtls_ssl_config_init(&conf);
    mbedtls_ssl_init(&ssl);
    ok = mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT) == 0;
    mbedtls_ssl_conf_rng(&conf, mbedtls_ctr_drbg_random, random);
    mbedtls_ssl_conf_cert_profile(&conf, &mbedtls_x509_crt_profile_default);
    mbedtls_ssl_conf_authmode(&conf, MBEDTLS_SSL_VERIFY_OPTIONAL);
    ok = ok && mbedtls_ssl_setup(&ssl, &conf) == 0 && mbedtls_ssl_set_hostname(&ssl, "a.example") == 0;
    mbedtls_ssl_set_bio(&ssl, &sent, on_send, on_recv, NULL);
    ok = ok && mbedtls_ssl_handshake(&ssl) == MBEDTLS_ERR_SSL_WANT_READ && sent > 100;
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&conf);
    return ok;
}

int NAME(void)
{
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    unsigned char digest[32];
    int ok = psa_crypto_init() == PSA_SUCCESS;

    mbedtls_sha256((const unsigned char *)"abc", 3, digest, 0);
    ok = ok && memcmp(digest, "\xBA\x78\x16\xBF", 4) == 0;
    ok = ok && mbedtls_version_get_number() == MBEDTLS_VERSION_NUMBER;
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&random);
    ok = ok && mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0) == 0;
    ok = ok && begins_a_handshake(&random);
    mbedtls_ctr_drbg_free(&random);
    mbedtls_entropy_free(&entropy);
    return ok;
}
"""
MAIN = r"""
#include <stdio.h>
#include "esp_http_client.h"
#include "esp_tls.h"

int ours(void);
int other(void);

int main(void)
{
    esp_tls_t *tls = esp_tls_init();
    int is_made = tls != NULL && ours() && other() && ours() && other();

    esp_tls_conn_destroy(tls);
    puts(is_made ? "made" : "not made");
    return 0;
}
"""
PARTS = ("mbedtls", "mbedx509", "mbedcrypto")


def of_system(name):
    """The system's file, or None."""
    path = subprocess.run(["cc", f"-print-file-name={name}"], capture_output=True, text=True,
                          check=True).stdout.strip()
    return path if "/" in path else None


class TwoMbedTls(test_install.Install):
    def compile(self):
        """Installs ours, and makes the program's objects."""
        self.install()
        if of_system("libmbedtls.a") is None or of_system("libmbedtls.so") is None:
            self.skipTest("the system has no Mbed TLS (libmbedtls-dev)")
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.libdir / "pkgconfig")}
        flags = self.run_ok("pkg-config", "--cflags", "esp-tls", env=env).split()
        for name, text, options in (("main", MAIN, flags), ("ours", USER, flags), ("other", USER, [])):
            (self.folder / f"{name}.c").write_text(text)
            self.run_ok("cc", "-Wall", "-Werror", f"-DNAME={name}", *options, "-c", "-o",
                        self.folder / f"{name}.o", self.folder / f"{name}.c")

    def link(self, *libraries):
        program = self.folder / "both"
        self.run_ok("cc", "-o", program, *(self.folder / f"{n}.o" for n in ("main", "ours", "other")),
                    *libraries, "-pthread")
        return program

    def test_both_shared_libraries_serve_one_process(self):
        self.compile()
        own = [self.libdir / "libesp-tls.so"]
        system = [of_system(f"lib{part}.so") for part in PARTS]
        for libraries in (own + system, system + own):
            program = self.link(*libraries)
            self.runs(program, LD_LIBRARY_PATH=str(self.libdir))
            self.check_bindings(program)

    def check_bindings(self, program):
        """What the loader bound: no file of one Mbed TLS to a file of the other."""
        env = {**os.environ, "LD_LIBRARY_PATH": str(self.libdir), "LD_DEBUG": "bindings",
               "LD_BIND_NOW": "1"}
        bound = re.findall(r"binding file (\S+) \[0\] to (\S+) \[0\]",
                           self.run_ok(program, env=env))
        pairs = {(Path(user).name, Path(giver).name) for user, giver in bound}
        self.assertTrue([p for p in pairs if p == ("both", "libesp-tls.so.0.1")], pairs)
        self.assertTrue([p for p in pairs if p[0] == "both" and p[1].startswith("libmbed")], pairs)
        crossed = [p for p in pairs if any(name.startswith("libesp-tls") for name in p)
                   and any(name.startswith("libmbed") for name in p)]
        self.assertEqual(crossed, [])

    def test_our_static_library_links_beside_the_systems(self):
        self.compile()
        own = [self.libdir / "libesp-tls.a"]
        for kind in ("a", "so"):
            system = [of_system(f"lib{part}.{kind}") for part in PARTS]
            for libraries in (own + system, system + own):
                with self.subTest(kind, first=Path(libraries[0]).name):
                    self.runs(self.link(*libraries))


def load_tests(loader, tests, pattern):
    """Not those of the class that this one is made from."""
    del tests, pattern
    names = [name for name in loader.getTestCaseNames(TwoMbedTls) if name in vars(TwoMbedTls)]
    return unittest.TestSuite(map(TwoMbedTls, names))


if __name__ == "__main__":
    unittest.main()
