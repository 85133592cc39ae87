"""The binary interface is the recorded one, and changes of it are told apart (docs/abi.md)."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
sys.path.insert(0, str(ROOT / "tests"))
import abi  # noqa: E402

SETTINGS = ROOT / "sdkconfig"


@pytest.fixture(scope="module", name="lines")
def _lines():
    if not (BUILD / "libesp-tls.so").exists():
        pytest.skip(f"{BUILD} has no shared library")
    if SETTINGS.exists() and not SETTINGS.read_text(encoding="utf-8").startswith("# Made by"):
        pytest.skip("the settings were edited")
    return abi.interface(BUILD)


def test_the_interface_is_the_recorded_one(lines):
    recorded = abi.RECORD.read_text(encoding="utf-8").splitlines()
    gone, added = abi.compare(recorded, lines)
    assert (gone, added, recorded[0]) == ([], [], lines[0]), \
        "see docs/abi.md; after a change that is allowed: tests/abi.py --record"


def test_every_symbol_is_declared_in_an_installed_header(lines):
    shown = {line.split()[1] for line in lines if line.startswith("symbol ")}
    declared = set(re.findall(r"\w+", "\n".join(line for line in lines
                                                if not line.startswith("symbol "))))
    assert shown - declared == {"esp_mbedtls_time"}  # of Mbed TLS's configuration


def test_a_field_in_the_middle_of_a_struct_is_an_incompatible_change():
    before, after = (list(abi.statements(text.splitlines())) for text in (
        "#define A_H\n#define A 1\ntypedef struct a {\n  int b;\n  int c;\n} a_t;\nvoid f(a_t *a);",
        "#define A 1\ntypedef struct a { int b; char d; int c; } a_t;\nvoid f(a_t *a);\nint g(void);"))
    assert before == ["#define A 1", "typedef struct a{int b;int c;}a_t;", "void f(a_t*a);"]
    gone, added = abi.compare(["series 0.1", *before], ["series 0.1", *after])
    assert gone == ["typedef struct a{int b;int c;}a_t;"]
    assert added == ["typedef struct a{int b;char d;int c;}a_t;", "int g(void);"]


def run(folder, *options):
    return subprocess.run([sys.executable, "-B", folder / "tests/abi.py", "--build", BUILD, *options],
                          capture_output=True, text=True, check=False)


def test_a_released_series_cannot_be_changed(lines, tmp_path):
    for name in ("tests/abi.py", "docs/abi.txt", "VERSION", "CHANGELOG.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"))
    record, version = tmp_path / "docs/abi.txt", lines[0].split()[1]
    record.write_text("\n".join([*lines, "symbol esp_tls_of_the_past"]) + "\n")
    with (tmp_path / "CHANGELOG.md").open("a", encoding="utf-8") as file:
        file.write(f"\n## [{version}.0] - 2026-12-01\n")
    done = run(tmp_path, "--record")
    assert done.returncode != 0
    assert "- symbol esp_tls_of_the_past" in done.stdout
    assert "raise the minor version" in done.stderr
    (tmp_path / "VERSION").write_text("0.99.0\n")
    assert run(tmp_path, "--record").returncode == 0
    assert record.read_text().splitlines() == ["series 0.99", *lines[1:]]
