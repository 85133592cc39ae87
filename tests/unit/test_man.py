"""Every public call has its manual page, and mandoc finds nothing wrong in them."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PAGES = BUILD / "man3"
sys.path.insert(0, str(ROOT / "cmake"))
import man3  # noqa: E402


@pytest.fixture(scope="module", name="pages")
def _pages():
    if not (PAGES / "made").exists():
        pytest.skip(f"{PAGES} was not made")
    return {path.stem: path.read_text(encoding="utf-8") for path in PAGES.glob("*.3")}


def calls():
    """What the library shows, without what is not for programs: the platform, Mbed TLS's hooks."""
    record = (ROOT / "docs/abi.txt").read_text(encoding="utf-8")
    return re.findall(r"^symbol ((?!esp_mbedtls_)(?:esp|heap_caps)_\w+)$", record, re.MULTILINE)


def test_every_call_has_a_page(pages):
    missing = []
    for name in calls():
        text = pages.get(name, "")
        link = re.fullmatch(r"\.so man3/(\w+)\.3\n", text)
        text = pages[link[1]] if link else text
        if f"\n.Fo {name}\n" not in text or f"\n.Nm {name}" not in text:
            missing.append(name)
    assert missing == [] and len(calls()) > 300


@pytest.mark.skipif(not shutil.which("mandoc"), reason="no mandoc")
def test_mandoc_warns_of_nothing(pages):
    own = [PAGES / f"{name}.3" for name, text in pages.items() if not text.startswith(".so")]
    done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", *own], capture_output=True,
                          text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_no_row_of_results_begins_in_the_one_above(pages):
    cut = [(name, row) for name, text in pages.items()
           for row in re.findall(r" (?:and|or)\n\.It .*", text)]
    assert cut == []


def test_a_comment_becomes_text_parameters_results_and_the_rest():
    header = """/* a.h: an example */
/** Read `len` bytes. It waits.
 *  @param buf  the memory
 *  @param a, b  numbers
 *  @return > 0      bytes
 *          ESP_OK   nothing was
 *                   there
 *  Blocks: yes. */
int esp_a_read(char *buf,
               int a, int b) __attribute__((warn_unused_result));
esp_err_t esp_a_again(void);
/** A type. */
typedef struct { int esp_no_call(void); } a_t;
/** @return the port; -1  none */
static inline int esp_inline(void) { return 1; }
int esp_a_port(void (*hook)(int, int), int x);
"""
    _, groups = man3.groups(header)
    assert [[f.name for f in functions] for _, functions in groups] == [
        ["esp_a_read", "esp_a_again"], ["esp_a_port"]]
    assert groups[1][1][0].args == ["void (*hook)(int, int)", "int x"]
    assert man3.describe(groups[0][0]) == [
        ".Pp", "Read \\fBlen\\fR bytes.", "It waits.",
        ".Bl -tag -width Ds", ".It Fa buf", "the memory", ".It Fa a , b", "numbers", ".El",
        ".Pp", "Returns:", ".Bl -tag -width Ds -offset indent",
        ".It > 0", "bytes", ".It ESP_OK", "nothing was there", ".El", ".Pp", "Blocks: yes."]
