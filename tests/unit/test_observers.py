"""What a program carries of what looks on at its connections: nothing without an observer in the list,
and with the evidence observer only what copies. Read from linked programs (tests/link/quiet.c)."""
import os
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
sys.path.insert(0, str(ROOT / "tests"))
import layering  # noqa: E402

ABOVE = ("esp_x509", "esp_tls_diagnosis", "esp_tls_trace")
MOST = 6 * 1024  # bytes of code and constants that the evidence observer may be


def symbols(path, *options):
    """[(name, kind, bytes)]"""
    listing = subprocess.run(["nm", "--defined-only", "--format=posix", *options, str(path)],
                             check=True, capture_output=True, text=True).stdout
    words = [line.split() for line in listing.splitlines()]
    return [(w[0], w[1], int(w[3], 16) if len(w) > 3 else 0) for w in words if len(w) > 1]


def size(program, kinds):
    """Bytes of the program's symbols of some kinds, as nm names them."""
    return sum(length for _, kind, length in symbols(program) if kind.lower() in kinds)


class Observers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.none, cls.evidence = (BUILD / "tests" / name for name in
                                  ("quiet-none", "quiet-evidence"))
        cls.objects = {}
        for path, (component, source) in layering.objects(BUILD).items():
            cls.objects.setdefault(component, {})[source] = path

    def of(self, program, component):
        """{source: symbols of it that the program has}"""
        has = {name for name, _, _ in symbols(program)}
        found = {source: sorted({name for name, _, _ in symbols(path, "--extern-only")} & has)
                 for source, path in self.objects[component].items()}
        return {source: names for source, names in found.items() if names}

    def test_program_without_an_observer_carries_nothing_of_them(self):
        for component in ABOVE:
            self.assertEqual(self.of(self.none, component), {})

    def test_program_with_evidence_carries_the_observer_alone(self):
        self.assertEqual(self.of(self.evidence, "esp_tls_diagnosis"),
                         {"src/observer.c": ["et_evidence_observer"]})
        self.assertEqual(self.of(self.evidence, "esp_x509"), {})
        self.assertEqual(self.of(self.evidence, "esp_tls_trace"), {})

    def test_evidence_is_small_and_has_no_data(self):
        more = size(self.evidence, "trd") - size(self.none, "trd")  # d: tables with addresses
        print(f"the evidence observer: {more} bytes of code and constants")
        self.assertGreater(more, 1000)
        self.assertLess(more, MOST)
        self.assertEqual(size(self.evidence, "b"), size(self.none, "b"))


if __name__ == "__main__":
    unittest.main()
