#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/porting.md names what exists: every call, unless its row says that it does not."""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/porting.md").read_text(encoding="utf-8")
FOLDERS = ["components/*/include", "components/*/esp-tls-crypto", "platform/idf"]
# Of the C library, of CMake, of Mbed TLS, of ESP-IDF's build, and short for one of ours.
OTHERS = {"malloc", "free", "realloc", "reallocarray", "getline", "find_package", "main", "app_main",
          "idf_component_register", "esp_tls_add_app", "mbedtls_calloc", "mbedtls_free",
          "mbedtls_net_connect", "mbedtls_entropy_func", "mbedtls_debug_set_threshold",
          "mbedtls_timing_get_timer", "psa_generate_random", "open"}
ABSENT = re.compile(r"do(es)? not exist")


def headers():
    return [path for folder in FOLDERS for path in sorted(ROOT.glob(folder + "/**/*.h"))]


class Porting(unittest.TestCase):
    def test_what_it_names_exists_or_not_as_it_says(self):
        text = "\n".join(path.read_text(encoding="utf-8") for path in headers())
        seen = 0
        for line in PAGE.splitlines():
            for name in re.findall(r"`(\w+)\(", line):
                if name in OTHERS:
                    continue
                with self.subTest(name):
                    is_there = re.search(rf"\b{name}\(", text) is not None
                    of_it = line[line.index(name):]
                    says_not = ABSENT.search(of_it) is not None
                    self.assertNotEqual(is_there, says_not, line)
                    seen += 1
        self.assertGreater(seen, 30)

    def test_the_headers_list_of_differences_is_in_it(self):
        """Each difference that esp_http_client.h lists has its row: as many of them at least."""
        header = (ROOT / "components/esp_http_client/include/esp_http_client.h").read_text()
        listed = header[header.index("Where this differs"):header.index("Threads:")]
        rows = PAGE[PAGE.index("## HTTP"):PAGE.index("## Mbed TLS itself")].count("\n| ") - 1
        self.assertGreaterEqual(rows, len(re.findall(r"^ \*   - ", listed, re.M)))


if __name__ == "__main__":
    unittest.main()
