#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_passed_on.c has a row for everything that can be configured: each field of the HTTP client's
configuration, each setter of the transports, and each field of esp_tls_cfg_t among what is compared.
A field that is added to a header without a row fails here."""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "tests/unit/test_passed_on.c").read_text()

# What a transport does not set: it is the other name of a field in a union, or says how the
# transport itself uses esp_tls. test_passed_on.c compares them like all others.
OTHER_NAMES = {"cacert_pem_buf", "cacert_pem_bytes", "clientcert_pem_buf", "clientcert_pem_bytes",
               "clientkey_pem_buf", "clientkey_pem_bytes"}
NOT_SET = {"client_session"}  # offered by the session's calls, not by a setter


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def fields(header, end, begin):
    """Names of the fields of the struct that ends in `end`: conditional ones and those of unions too."""
    text = without_comments((ROOT / header).read_text())
    body = text[:text.index(end)]
    body = body[body.rindex(begin) + len(begin):]
    body = re.sub(r"^\s*#.*$", "", body, flags=re.M)
    names = set()
    for declaration in re.split(r"[;{}]", body):
        function = re.search(r"\(\s*\*\s*(\w+)\s*\)", declaration)
        plain = re.search(r"(\w+)\s*(\[[^]]*\])?\s*$", declaration)
        if function:
            names.add(function.group(1))
        elif plain and plain.group(1) not in ("union", "struct"):
            names.add(plain.group(1))
    return names


def functions(header):
    text = without_comments((ROOT / header).read_text())
    return set(re.findall(r"\b(esp_transport_(?:ssl|tcp)_\w+)\s*\(", text))


def rows():
    return set(re.findall(r"\bROW\((\w+)\)", TABLE)) - {"name", "call"}


class Fields(unittest.TestCase):
    def test_http_client_config_has_a_row_for_each_field(self):
        names = fields("components/esp_http_client/include/esp_http_client.h",
                       "} esp_http_client_config_t;", "typedef struct {")
        self.assertGreater(len(names), 45)
        self.assertEqual(names - rows(), set())
        self.assertEqual({row for row in rows() if not row.startswith("esp_")} - names, set())

    def test_transports_have_a_row_for_each_setter(self):
        calls = (functions("components/tcp_transport/include/esp_transport_ssl.h") |
                 functions("components/tcp_transport/include/esp_transport_tcp.h"))
        calls -= {"esp_transport_ssl_init", "esp_transport_tcp_init",
                  "esp_transport_ssl_session_ticket_operation"}
        self.assertGreater(len(calls), 25)
        self.assertEqual(calls - rows(), set())

    def test_each_field_of_esp_tls_is_set_by_a_row(self):
        names = fields("components/esp-tls/include/esp_tls.h", "} esp_tls_cfg_t;",
                       "typedef struct esp_tls_cfg {")
        pointed_to = {"keep_alive_cfg": "w->keep_alive", "if_name": "w->if_name"}
        self.assertGreater(len(names), 35)
        for name in sorted(names - OTHER_NAMES - NOT_SET):
            said = pointed_to.get(name, f"cfg.{name}")
            self.assertTrue(re.search(rf"{re.escape(said)}\b", TABLE) or
                            re.search(rf"\.{name} =", TABLE), name)


if __name__ == "__main__":
    unittest.main()
