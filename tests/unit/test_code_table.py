"""The table of codes against the headers: no code without a row, no row that says nothing.

The rows come out of the program, `esp-tls explain --list --json`: what users see is what is tested.
"""
import json
import os
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
PAGE = ROOT / "docs" / "errors.md"
MAN = ROOT / "docs" / "man" / "esp-tls-errors.7"

# RFC 8446 appendix B.2, with the reserved ones, and IANA's registry "TLS Alerts" as of 2026.
ALERTS = [0, 10, 20, 21, 22, 30, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 60, 70, 71, 80,
          86, 90, 100, 109, 110, 111, 112, 113, 114, 115, 116, 117, 120, 121]


def run(*args):
    return subprocess.run([PROGRAM, "explain", *args], check=True, capture_output=True,
                          text=True).stdout


def mbedtls_folders():
    """Where the build's compiler finds Mbed TLS's headers."""
    for unit in json.loads((BUILD / "compile_commands.json").read_text()):
        if unit["file"].endswith("esp_tls_diagnosis/src/codes_stack.c"):
            words = unit["command"].split()
            paths = [b for a, b in zip(words, words[1:]) if a == "-isystem"]
            paths += [word[2:] for word in words if word.startswith("-I")]
            return [Path(p) for p in paths if (Path(p) / "mbedtls" / "error.h").is_file()]
    return []


def defines(files, pattern):
    """{name: value} of the #defines with a plain number."""
    found = {}
    row = re.compile(rf"^\s*#\s*define\s+({pattern})\s+(?:\(\(psa_status_t\))?\(?"
                     r"(-?(?:0[xX][0-9A-Fa-f]+|\d+))\b", re.M)
    for file in files:
        for name, value in row.findall(file.read_text(encoding="utf-8", errors="replace")):
            found[name] = int(value, 0)
    return found


class Table(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        listed = json.loads(run("--list", "--json"))
        cls.codes = listed["codes"]
        if not any(code["what"] for code in cls.codes):
            raise unittest.SkipTest("the build has no sentences (CONFIG_ESP_TLS_DIAGNOSIS_TEXT)")
        cls.reasons = {reason["name"]: reason for reason in listed["reasons"]}
        cls.by_name = {code["name"]: code for code in cls.codes}
        folders = mbedtls_folders()
        assert folders, "the build's Mbed TLS is not found"
        cls.headers = [h for f in folders for h in [*f.glob("mbedtls/*.h"), *f.glob("psa/*.h")]]

    def domain(self, name):
        return [code for code in self.codes if code["domain"] == name]

    def values(self, domain):
        return {code["value"] for code in self.domain(domain)}

    # --- every code has a row ---------------------------------------------------------------------

    def check_names(self, found, least):
        self.assertGreater(len(found), least)
        for name, value in found.items():
            with self.subTest(name):
                self.assertIn(name, self.by_name)
                self.assertEqual(self.by_name[name]["value"], abs(value))

    def test_every_error_of_mbedtls_has_a_row(self):
        self.check_names(defines(self.headers, r"MBEDTLS_ERR_\w+"), 200)

    def test_every_error_of_psa_has_a_row(self):
        self.check_names(defines(self.headers, r"PSA_ERROR_\w+"), 20)

    def test_every_flag_of_the_certificate_check_has_a_row(self):
        self.check_names(defines(self.headers, r"MBEDTLS_X509_BADC(?:ERT|RL)_\w+"), 18)

    def test_every_row_of_the_stack_is_in_the_headers(self):
        found = defines(self.headers, r"(?:MBEDTLS_ERR|PSA_ERROR|MBEDTLS_X509_BADC(?:ERT|RL))_\w+")
        found |= defines([ROOT / "components" / "esp-tls" / "include" / "esp_tls_record.h"],
                         r"ESP_TLS_BADCERT_\w+")
        for code in self.domain("stack") + self.domain("verify"):
            self.assertIn(code["name"], found)

    def test_every_alert_has_a_row(self):
        theirs = defines(self.headers, r"MBEDTLS_SSL_ALERT_MSG_\w+")
        self.assertGreater(len(theirs), 28)
        self.assertLessEqual(set(theirs.values()), self.values("alert"))
        self.assertEqual(sorted(self.values("alert")), ALERTS)

    def test_every_code_of_esp_idf_has_a_row(self):
        headers = [ROOT / "platform" / "common" / "err_list.h"]
        rows = dict(re.findall(r"X\((ESP_\w+), (-?\w+)\)", headers[0].read_text()))
        self.assertGreater(len(rows), 80)
        for name, value in rows.items():
            with self.subTest(name):
                self.assertIn(name, self.by_name)
                self.assertEqual(self.by_name[name]["value"], int(value, 0))

    def test_every_code_of_a_header_has_a_row(self):
        names = set()
        for header in [*ROOT.glob("components/*/include/**/*.h"),
                       *ROOT.glob("platform/idf/**/*.h")]:
            names |= set(re.findall(r"^\s*#\s*define\s+(ESP_ERR_\w+|ESP_FAIL|ESP_OK) +\S",
                                    header.read_text(), re.M))
        self.assertGreater(len(names), 60)
        self.assertEqual({n for n in names if n not in self.by_name}, set())

    # --- every row says something -----------------------------------------------------------------

    def test_every_row_has_a_sentence_a_class_and_a_reason(self):
        for code in self.codes:
            with self.subTest(code["name"]):
                self.assertRegex(code["what"], r"^\S.{8,}\S$")
                self.assertNotRegex(code["what"], r"[{}]|\.$")
                if code["name"] == "ESP_OK":
                    self.assertEqual((code["class"], code["reasons"]), ("none", []))
                    continue
                self.assertNotIn(code["class"], ("none", "?"))
                self.assertTrue(code["reasons"])
                self.assertLessEqual(set(code["reasons"]), set(self.reasons))

    def test_no_two_rows_of_a_domain_say_the_same(self):
        for domain in ("esp", "stack", "alert", "verify", "errno", "resolver"):
            seen = {}
            for code in self.domain(domain):
                self.assertNotIn(code["what"], seen,
                                 f"{code['name']} and {seen.get(code['what'])}")
                seen[code["what"]] = code["name"]

    def test_every_reason_has_a_sentence_and_what_helps(self):
        for name, reason in self.reasons.items():
            with self.subTest(name):
                self.assertRegex(reason["text"], r"^\S.{8,}\S$")
                self.assertNotRegex(reason["text"], r"[{}]")
                if name != "CANCELLED":
                    self.assertTrue(reason["remedies"])
                for remedy in reason["remedies"]:
                    self.assertRegex(remedy["text"], r"^\S.{8,}\S$")
                    self.assertNotRegex(remedy["text"], r"[{}]")

    def test_every_reason_and_remedy_is_reachable(self):
        listed = (ROOT / "components/esp_tls_diagnosis/include/esp_tls_reasons.h").read_text()
        remedies, reasons = listed.split("#define ESP_TLS_REASONS(X)")
        rows = re.findall(r"^    X\((\w+), \w+,(.*?), (\w+), (\w+), (\w+)\)", reasons, re.M | re.S)
        self.assertEqual({row[0] for row in rows}, set(self.reasons))
        used = {name for row in rows for name in row[2:]}
        for name in re.findall(r"^    X\((\w+),", remedies, re.M):
            self.assertIn(name, used, f"no reason has the remedy {name}")
        sources = "".join(p.read_text() for p in [*ROOT.glob("components/*/src/**/*.c"),
                                                  *ROOT.glob("tools/**/*.c")])
        by_code = {reason for code in self.codes for reason in code["reasons"]}
        for name in self.reasons:
            self.assertTrue(name in by_code or re.search(rf"ESP_TLS_REASON_{name}\b", sources),
                            f"nothing leads to the reason {name}")

    # --- the manual ---------------------------------------------------------------------------------

    def test_the_pages_are_what_the_program_prints(self):
        how = ("make both again: build/esp-tls explain --markdown > docs/errors.md; "
               "build/esp-tls explain --mdoc > docs/man/esp-tls-errors.7")
        for page, option in ((PAGE, "--markdown"), (MAN, "--mdoc")):
            with self.subTest(page.name):
                self.assertTrue(page.read_text() == run(option), how)

    def test_anchors_are_unique_and_links_lead_somewhere(self):
        text = PAGE.read_text()
        anchors = re.findall(r'<a id="([^"]+)"', text)
        self.assertEqual(len(anchors), len(set(anchors)))
        self.assertEqual(len(anchors), len(self.codes) + len(self.reasons) + 1)
        self.assertLessEqual(set(re.findall(r"\]\(#([^)]+)\)", text)), set(anchors))


if __name__ == "__main__":
    unittest.main()
