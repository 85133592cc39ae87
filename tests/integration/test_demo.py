# SPDX-License-Identifier: Apache-2.0
"""tools/run-demo.sh, which is what `make run` does."""
import os
import shutil
import subprocess
from pathlib import Path

import peers
import pytest
from test_program import BODY, web_page

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
DEMO = ROOT / "tools" / "run-demo.sh"


def run(build, *args):
    return subprocess.run([DEMO, *args], env={**os.environ, "BUILD": str(build)},
                          capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def copy(tmp_path):
    """A build directory of its own: the demonstration writes into it."""
    shutil.copy(BUILD / "esp-tls", tmp_path / "esp-tls")
    return tmp_path


def test_demo_shows_what_it_promises_and_stops_its_servers(copy):
    peers.need("openssl")
    result = run(copy)
    assert result.returncode == 0, result.stdout + result.stderr
    for word in ("TLSv1.3", "TLSv1.2", "Hello from a server", "certificate_required", "not among the trusted"):
        assert word in result.stdout
    left = subprocess.run(["pgrep", "-f", str(copy)], capture_output=True, text=True, check=False)
    in_demo = [p for p in Path("/proc").glob("[0-9]*/cwd") if str(copy) in os.path.realpath(p)]
    assert left.stdout == "" and in_demo == []


def test_demo_fails_loudly_when_a_result_is_not_as_it_should_be(copy):
    peers.need("openssl")
    real = copy / "esp-tls"
    real.rename(copy / "real")
    real.write_text(f'#!/bin/sh\ncase "$*" in *stranger*) exit 0 ;; esac\nexec {copy}/real "$@"\n')
    real.chmod(0o755)
    result = run(copy)
    assert result.returncode == 1 and "FAILED: exit status 0 instead of 6" in result.stderr


def test_demo_with_a_url_fetches_that(copy):
    with peers.refused_port() as port:
        result = run(copy, f"http://127.0.0.1:{port}/?a&b")
    assert result.returncode == 4 and "Connection refused" in result.stderr


def make_run(*variables):
    """What `make run` would start, without what it needs."""
    result = subprocess.run(["make", "-n", "-o", "deps", "-o", "build", "run", *variables], cwd=ROOT,
                            capture_output=True, text=True, timeout=60, check=True)
    line, = [line for line in result.stdout.splitlines() if "run-demo.sh" in line]
    return line.split("run-demo.sh")[1].strip()


def test_make_run_hands_over_what_it_is_given():
    assert make_run() == ""
    assert make_run("URL=https://a.example/?b&c") == "'https://a.example/?b&c'"
    assert make_run("URL=https://a/", "CACERT=/x y.pem") == "'https://a/' '/x y.pem'"


def test_demo_with_authorities_trusts_these_and_no_other(copy, certs):
    with peers.TlsPeer(certs, web_page()) as server:
        url = f"https://localhost:{server.port}/"
        right = run(copy, url, str(certs / "root-ec.pem"))
        assert right.returncode == 0 and BODY.decode() in right.stdout, right.stderr
        other = run(copy, url, str(certs / "root-rsa.pem"))
        assert other.returncode == 6 and "certificate refused" in other.stderr
        assert "root-rsa.pem" in other.stderr
        for wrong, says in ((copy / "nowhere.pem", "nowhere.pem"), (copy / "empty", "empty")):
            (copy / "empty").write_text("nothing\n")
            result = run(copy, url, str(wrong))
            assert result.returncode == 2 and result.stderr.startswith("esp-tls: "), result
            assert says in result.stderr and result.stdout == ""
