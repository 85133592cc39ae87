# SPDX-License-Identifier: Apache-2.0
"""esp-tls memory: what it measures, whether its advice is true, and its page in a browser."""
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import peers
import pytest
from pages import Page, drawn, page_json, picture_size_and_colours

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
FITS, USAGE, TCP, CERTIFICATE, TLS, MEMORY = 0, 2, 4, 6, 7, 10
BODY = 100_000
PHASES = ["config", "resolve", "connect", "handshake", "open", "close"]
PURPOSES = ["connection", "record-in", "record-out", "handshake", "certificate", "key",
            "application", "process"]
ELASTIC = "CONFIG_MBEDTLS_DYNAMIC_BUFFER 1" in (BUILD / "config" / "sdkconfig.h").read_text()
SANITIZED = re.search(r"^ESP_TLS_SANITIZE:\w+=.", (BUILD / "CMakeCache.txt").read_text(), re.M)
device_stack = pytest.mark.skipif(bool(SANITIZED),
                                  reason="with sanitizers a stack is deeper than any device's")
elastic = pytest.mark.skipif(not ELASTIC, reason="this build has no elastic buffers")


def run(*args, limit=120):
    return subprocess.run([PROGRAM, "memory", *map(str, args)], capture_output=True, text=True,
                          timeout=limit, check=False)


def report(*args):
    result = run("--json", *args)
    assert result.stdout, result
    found = json.loads(result.stdout)
    assert found["exit"] == result.returncode, result
    return found


@pytest.fixture(scope="module")
def big(certs):
    """A file that the servers serve."""
    path = certs / "big.bin"
    if not path.exists() or path.stat().st_size != BODY:
        path.write_bytes(peers.pattern(BODY))
    return "/big.bin"


@pytest.fixture
def ec(certs, big):
    """A server with an EC chain, as arguments."""
    with peers.Openssl(certs, mode=("-WWW",)) as s:
        yield ["--cacert", certs / "root-ec.pem", f"localhost:{s.port}"]


@pytest.fixture
def mutual(certs, big):
    """A server with an RSA chain that wants a certificate, and one with an RSA key."""
    with peers.Openssl(certs, "-Verify", "2", "-CAfile", certs / "root-client.pem",
                       cert="server-rsa", mode=("-WWW",)) as s:
        yield ["--cacert", certs / "root-rsa.pem", "--cert", certs / "client-rsa-chain.pem",
               "--key", certs / "client-rsa.key", f"localhost:{s.port}"]


# --- what is measured --------------------------------------------------------------------------------


def check_shape(r):
    assert set(r) == {"schema", "command", "host", "proxy", "fits", "exit", "verdict",
                      "advice", "advice_arguments", "pointer_bits", "device", "failure", "session", "heap", "phases",
                      "purposes", "timeline", "choices", "esp_idf_estimate"}
    assert set(r["device"]) == {"profile", "heap_bytes", "largest", "psram", "in", "out", "stack",
                                "buffers", "external"}
    assert set(r["heap"]) == {"free", "peak", "largest_request", "allocations", "open", "left",
                              "handle", "psram_peak", "stack"}
    assert [p["phase"] for p in r["phases"]] == PHASES
    assert [p["purpose"] for p in r["purposes"]] == PURPOSES
    for p in r["phases"]:
        assert set(p) == {"phase", "heap_peak", "largest_request", "allocations", "stack"}
    for c in r["choices"]:
        assert set(c) == {"name", "arguments", "setting", "connects", "fits", "heap_peak", "saved",
                          "why"}
        assert c["connects"] == (c["why"] is None)


def test_memory_without_a_bound_measures_and_adds_up(ec):
    r = report(*ec)
    check_shape(r)
    assert r["fits"] and r["choices"] == [] and r["advice"] is None
    assert r["session"]["version"] == "TLSv1.3"
    phases = {p["phase"]: p for p in r["phases"]}
    assert max(p["heap_peak"] for p in r["phases"]) == r["heap"]["peak"]
    assert sum(p["allocations"] for p in r["phases"]) >= r["heap"]["allocations"]
    assert phases["handshake"]["heap_peak"] == r["heap"]["peak"]
    assert phases["close"]["heap_peak"] >= r["heap"]["open"] <= phases["open"]["heap_peak"]
    assert 1000 < phases["handshake"]["stack"] < 64 * 1024
    assert 0 <= r["heap"]["left"] < r["heap"]["open"] < r["heap"]["peak"] < 64 * 1024
    times = [r["timeline"][k] for k in ("resolved_us", "connected_us", "handshake_us",
                                        "closed_us")]
    assert times == sorted(times) and times[0] > 0


def test_memory_is_the_same_each_time(ec):
    """One connection after another, each like the first: that is what the processes are for."""
    peaks = {report("--tls", "1.3", *ec)["heap"]["open"] for _ in range(3)}
    assert max(peaks) - min(peaks) <= 64, peaks


@elastic
def test_memory_get_sees_the_records_of_the_server(ec, big):
    r = report("--get", big, *ec)
    assert r["session"]["body"] == BODY and r["session"]["http_status"] == 200
    assert 16384 < r["session"]["largest_record_in"] < 16384 + 600
    purposes = {p["purpose"]: p for p in r["purposes"]}
    assert purposes["record-in"]["peak"] >= 16384 and purposes["record-in"]["open"] < 600


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_memory_of_each_version(ec, version):
    assert report("--tls", version, *ec)["session"]["version"] == f"TLSv{version}"


@device_stack
def test_memory_text_has_the_tables_and_the_verdict(ec):
    result = run("--profile", "esp32", *ec)
    assert result.returncode == FITS and result.stderr == ""
    assert re.search(r"^phase +heap peak +largest request +allocations +stack$", result.stdout,
                     re.M)
    assert re.search(r"^handshake +[\d,]+ +[\d,]+ +[\d,]+ +[\d,]+$", result.stdout, re.M)
    assert "It fits:" in result.stdout and "esp32, 163,840 bytes" in result.stdout


# --- fits, or does not -------------------------------------------------------------------------------


def test_memory_small_heap_does_not_fit_and_says_what_was_asked(ec):
    r = report("--heap", 9000, *ec)
    check_shape(r)
    assert r["exit"] == MEMORY and not r["fits"]
    f = r["failure"]
    assert f["cause"] == "out of memory" and f["phase"] in ("config", "handshake")
    assert f["size"] > f["largest_free"] and f["purpose"] in PURPOSES
    assert str(f["purpose"]) in r["verdict"] and f"{f['size']:,} bytes" in r["verdict"]
    assert r["choices"]


@pytest.mark.parametrize("heap", [600, 1000, 2000, 4000, 6000, 8000, 10000])
def test_memory_any_heap_that_is_too_small_is_named_as_such(ec, heap):
    r = report("--heap", heap, "--tls", "1.2", *ec)
    assert (r["exit"], r["failure"]["cause"]) == (MEMORY, "out of memory"), r["verdict"]


@elastic
@device_stack
def test_memory_esp8266_with_mutual_rsa_fits_elastic_and_not_fixed(mutual):
    """With a program of its own on it, which has 8 KB."""
    busy = ["--profile", "esp8266", "--heap", "32K"]
    r = report(*busy, *mutual)
    assert r["fits"], r["verdict"]
    fixed = report(*busy, "--fixed", *mutual)
    assert fixed["exit"] == MEMORY and fixed["heap"]["peak"] > r["heap"]["peak"] + 15000
    first = fixed["choices"][0]
    assert first["name"] == "elastic record buffers" and first["connects"] and first["fits"]
    assert first["saved"] == fixed["heap"]["peak"] - first["heap_peak"] > 15000


def test_memory_fragmented_heap_fails_where_the_same_bytes_in_one_piece_do(ec, big):
    if ELASTIC:
        assert report("--heap", "40K", "--get", big, *ec)["fits"]
    r = report("--heap", "40K", "--largest", "8K", "--get", big, *ec)
    assert r["exit"] == MEMORY and r["failure"]["largest_free"] <= 8192
    assert r["failure"]["free"] > r["failure"]["size"] > r["failure"]["largest_free"]


@elastic
@pytest.mark.parametrize("args", [["--profile", "esp8266", "--heap", "32K", "--fixed"],
                                  ["--heap", "20K", "--fixed", "--in", "4096"],
                                  ["--heap", "15000", "--psram", "1M"],
                                  ["--heap", "20K", "--fixed", "--out", "4096"]])
@device_stack
def test_memory_advice_is_true(mutual, args):
    """What it tells to change, changed: it fits, with the peak that was foretold."""
    r = report(*args, *mutual)
    assert r["exit"] == MEMORY and r["advice_arguments"], r["verdict"]
    again = report(*args, *shlex.split(r["advice_arguments"]), *mutual)
    assert again["fits"], again["verdict"]
    assert f"{again['heap']['peak']:,}" in r["advice"] or "Together" in r["advice"]


def test_memory_nothing_helps_is_said(mutual):
    r = report("--heap", 600, *mutual)
    assert r["exit"] == MEMORY and r["advice"]


@elastic
def test_memory_record_above_the_limit_is_refused_with_both_sizes(ec, big):
    """TLS 1.3 alone has no way to ask for smaller records here."""
    r = report("--in", 4096, "--tls", "1.3", "--get", big, *ec)
    assert r["exit"] == TLS and not r["fits"]
    assert r["failure"]["record_len"] > 16384 and r["failure"]["record_limit"] == 4096
    assert str(r["failure"]["record_len"]) in r["verdict"] and "4096" in r["verdict"]


@elastic
@pytest.mark.parametrize("version", [[], ["--tls", "1.2"]])
@pytest.mark.parametrize("buffers", [[], ["--fixed"]])
def test_memory_in_limit_is_agreed_on_with_openssl(ec, big, version, buffers):
    r = report("--in", 4096, "--get", big, *version, *buffers, *ec)
    assert r["fits"] and r["session"]["body"] == BODY, r["verdict"]
    assert r["session"]["largest_record_in"] < 4096 + 600


@device_stack
def test_memory_psram_takes_the_record_buffers(ec, big):
    r = report("--profile", "esp32-psram", "--get", big, *ec)
    assert r["device"]["external"] == ["record-in", "record-out"]
    assert r["fits"] and 16384 < r["heap"]["psram_peak"] < 20000 + 5000


def test_memory_stack_that_is_too_small_does_not_fit(ec):
    r = report("--stack", 1024, *ec)
    assert r["exit"] == MEMORY and "stack" in r["verdict"]


def test_memory_compare_tries_the_other_settings(ec):
    r = report("--compare", *ec)
    names = {c["name"]: c for c in r["choices"]}
    assert {"TLS 1.2 only", "TLS 1.3 only", "everything in PSRAM"} <= set(names)
    assert names["TLS 1.3 only"]["saved"] == 0
    assert r["fits"] and r["advice"] is None


@elastic
@device_stack
def test_memory_advice_never_has_psram_that_a_profile_has_not(mutual):
    r = report("--profile", "esp8266", "--heap", "9000", *mutual)
    assert r["exit"] == MEMORY and r["choices"]
    assert "PSRAM" not in json.dumps(r)
    assert "EC key (P-256)" in r["advice"]  # the RSA key is the largest part


# --- the other library ---------------------------------------------------------------------------------


@device_stack
def test_memory_estimates_esp_idfs_own_for_the_same_server(ec, mutual):
    plain, with_key = report(*ec)["esp_idf_estimate"], report(*mutual)["esp_idf_estimate"]
    for e in plain, with_key:
        assert e["dynamic"]["least"] < e["fixed"]["least"] < e["fixed"]["most"]
        assert e["dynamic"]["least"] < e["dynamic"]["most"]
    assert with_key["fixed"]["least"] > plain["fixed"]["least"] + 5000
    small = report("--in", 4096, *ec)["esp_idf_estimate"]
    assert plain["fixed"]["most"] - small["fixed"]["most"] == 12288


@device_stack
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_memory_estimates_a_client_certificate_only_where_it_is_sent(certs, version):
    identity = ["--cert", certs / "client-rsa-chain.pem", "--key", certs / "client-rsa.key"]
    asks = ["-verify", "2", "-CAfile", certs / "root-client.pem"]

    def least(s, *args):
        r = report("--cacert", certs / "root-ec.pem", *args, f"localhost:{s.port}")
        return r["esp_idf_estimate"]["fixed"]["least"]

    with peers.Openssl(certs, version) as s:
        assert least(s, *identity) == least(s)
    with peers.Openssl(certs, version, *asks) as s:
        assert least(s, *identity) > least(s)


@device_stack
def test_memory_says_whose_figures_are_whose(ec):
    text = " ".join(run("--profile", "esp8266", *ec).stdout.split())
    assert "figures are those of this library, measured" in text
    assert "fits here fits there" not in text
    found = re.search(r"ESP-IDF's own esp-tls takes by estimate ([\d,]+) to ([\d,]+) bytes at the peak, "
                      r"which does not fit|which fits with settings that save", text)
    assert found and "CONFIG_MBEDTLS_DYNAMIC_BUFFER" in text


# --- profiles and options ------------------------------------------------------------------------------


def test_memory_profile_from_a_file_is_changed_by_options(ec, tmp_path):
    profile = tmp_path / "mine.txt"
    profile.write_text("# mine\n heap = 50K # free\nlargest=30000\n\nin = 8192\nfixed = yes\n"
                       "stack = 0\n")
    r = report("--in", 4096, "-p", profile, *ec)
    assert (r["device"]["heap_bytes"], r["device"]["in"], r["device"]["buffers"]) == (51200, 4096,
                                                                               "fixed")
    assert 29000 < r["device"]["largest"] <= 30000


@pytest.mark.parametrize("name", ["esp8266", "esp32", "esp32-psram"])
@device_stack
def test_memory_built_in_profile_is_of_use_in_every_build_and_printed(ec, name):
    """A build for records of 4096 bytes at most takes its profiles even so."""
    result = run("--profile", name, *ec)
    assert result.returncode in (FITS, MEMORY), result.stderr
    device = re.search(r"^Device: (.*)\nRecord buffers: (.*)$", result.stdout, re.M)
    page = (ROOT / "docs" / "memory.md").read_text()
    row = re.search(rf"^\| {name} \| (.*) \|$", page, re.M)[1].split(" | ")
    heap, largest, psram, external, stack = row
    printed = re.match(rf"{name}, {heap} bytes of heap free, largest block ([\d,]+), ", device[1])
    missing = int(largest.replace(",", "")) - int(printed[1].replace(",", ""))
    assert 0 <= missing <= 16  # the block's own header
    assert (f"{psram} of PSRAM" in device[1]) == (psram != "-")
    assert device[1].endswith(f"stack {stack}")
    assert device[2].endswith(f"in PSRAM: {external}" if external != "-" else "bytes")


@pytest.mark.parametrize("text, said", [
    ("heap 40960", "line 1: a line is key = value"), ("\nram = 1", "line 2: there is no key 'ram'"),
    ("heap = lots", "line 1 takes"), ("fixed = maybe", "yes or no"), ("in = 99999", "takes 512"),
    ("heap = 1000\nlargest = 2000", "larger than"), ("external = keys\npsram = 1M", "no purpose"),
    ("external = key", "give --psram")])
def test_memory_profile_that_is_wrong_is_refused_with_its_line(tmp_path, text, said):
    profile = tmp_path / "p"
    profile.write_text(text)
    result = run("--profile", profile, "localhost:1")
    assert result.returncode == USAGE and said in result.stderr, result.stderr


@pytest.mark.parametrize("args, said", [
    ([], "takes one server"), (["a", "b"], "takes one server"), (["--heap", "1", "a"], "--heap"),
    (["--heap", "x", "a"], "--heap"), (["--in", "511", "a"], "--in"), (["http://a/"], "http"),
    (["--out", "70000", "a"], "--out"), (["--profile", "none", "a"], "built in are esp8266"),
    (["--get", "x", "a"], "--get"), (["--key", "k", "a"], "--cert"), (["--bogus", "a"], "bogus"),
    (["--external", "all", "a"], "--psram"), (["a b"], "no server"), (["--tls", "1.1", "a"], "1.2"),
    (["ssh://a"], "no server"), (["https://u:p@a/"], "no server")])
def test_memory_usage_is_said_before_anything_is_sent(args, said):
    result = run(*args)
    assert result.returncode == USAGE and said in result.stderr and result.stdout == ""


def test_memory_failures_have_the_exit_status_of_their_class(certs, ec):
    with peers.refused_port() as port:
        result = run("--cacert", certs / "root-ec.pem", f"127.0.0.1:{port}")
        assert result.returncode == TCP and "refused" in result.stderr, result
    result = run("--cacert", certs / "root-other.pem", ec[-1])
    assert result.returncode == CERTIFICATE and "refused" in result.stderr, result
    result = run("--name", "wrong.example", *ec)
    assert result.returncode == CERTIFICATE
    assert run("--name", "wrong.example", "--no-name-check", *ec).returncode == FITS


# --- the page ----------------------------------------------------------------------------------------


def make_page(path, *args):
    return report("--html", path, *args)


@elastic
@device_stack
def test_memory_page_in_a_browser_has_verdict_tables_and_charts(ec, big, browser, tmp_path):
    path = tmp_path / "page.html"
    r = make_page(path, "--profile", "esp8266", "--compare", "--get", big, *ec)
    page = Page(drawn(browser(path, "--dump-dom").stdout.decode()))
    found = page_json(path.read_text())
    assert [c["heap_peak"] for c in found.pop("curves")][0] == r["heap"]["peak"] and found == r
    assert page.title == "Memory of a TLS connection to localhost"
    assert page.verdict == r["verdict"]
    assert page.figures == ["elastic", "fixed"] and len(page.paths) == 4
    for d in page.paths:
        assert re.match(r"M[\d.]+,[\d.]+(H[\d.]+V[\d.]+)", d) and len(d) > 200
        assert "nan" not in d and "inf" not in d
    assert {"By phase", "By purpose", "Other settings, tried with this server"} <= set(
        page.headings)
    rows = {row[0]: row[1:] for row in page.rows if row}
    handshake = next(p for p in r["phases"] if p["phase"] == "handshake")
    assert [int(c.replace(",", "")) for c in rows["handshake"]][:1] in (
        [handshake["heap_peak"]], [next(p for p in r["purposes"]
                                        if p["purpose"] == "handshake")["peak"]])
    assert {"config", "open", "close", "record-in", "certificate"} <= set(rows)
    assert page.foreign == []
    for width, name in ((390, "telephone"), (1200, "desk")):
        picture = tmp_path / f"{name}.png"
        browser(path, f"--screenshot={picture}", f"--window-size={width},1600")
        size = picture_size_and_colours(picture)
        assert size[:2] == (width, 1600) and size[2] > 300, size


@elastic
def test_memory_page_of_what_does_not_fit_says_what_to_change(mutual, browser, tmp_path):
    path = tmp_path / "page.html"
    r = make_page(path, "--profile", "esp8266", "--heap", "32K", "--fixed", *mutual)
    text = drawn(browser(path, "--dump-dom").stdout.decode())
    page = Page(text)
    assert page.verdict == r["verdict"] and "does not fit" in page.verdict
    assert page.figures == ["fixed", "elastic"]
    assert "free heap of the device" in text and r["advice"].split(".")[0] in text


def test_memory_page_escapes_what_it_is_told(certs, browser, tmp_path):
    path = tmp_path / "page.html"
    profile = tmp_path / "<b>&\"x"
    profile.write_text("heap = 100K\n")
    with peers.Openssl(certs) as s:
        make_page(path, "--profile", profile, "--cacert", certs / "root-ec.pem",
                  f"localhost:{s.port}")
    assert page_json(path.read_text())["device"]["profile"] == "<b>&\"x"
    text = drawn(browser(path, "--dump-dom").stdout.decode())
    assert "<b>" not in text and "Device: &lt;b&gt;&amp;\"x" in text


def test_memory_page_that_cannot_be_written_is_said(ec, tmp_path):
    result = run("--html", tmp_path / "none" / "page.html", *ec)
    assert result.returncode == 9 and "cannot write" in result.stderr


@pytest.mark.skipif(not (BUILD / "device" / "esp-tls").exists(), reason="built for a device itself")
@pytest.mark.parametrize("command", ["memory", "check"])
def test_a_device_is_spoken_of_by_a_program_built_for_it(tmp_path, command):
    alone = shutil.copy(PROGRAM, tmp_path / "esp-tls")
    lost = subprocess.run([alone, command, "--json", "localhost:1"], capture_output=True, text=True)
    assert lost.returncode == 1
    assert "libexec/esp-tls/esp-tls-device" in lost.stderr or "device/esp-tls" in lost.stderr
    assert json.loads(lost.stdout)["exit"] == 1
    (tmp_path / "device").mkdir()
    shutil.copy(BUILD / "device" / "esp-tls", tmp_path / "device" / "esp-tls")
    found = subprocess.run([alone, command, "--help"], capture_output=True, text=True)
    assert found.returncode == 0 and f"esp-tls {command}" in found.stdout
