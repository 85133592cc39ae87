"""Only `make deps` installs and fetches: a configure looks, and says what is missing."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRAPS = "apt-get apt sudo curl wget git"


@pytest.fixture(name="caught")
def _caught(tmp_path, monkeypatch):
    """A file that names each program that installs or fetches, and was called; the cache of the
    sources is empty."""
    caught = tmp_path / "caught"
    traps = tmp_path / "traps"
    traps.mkdir()
    for name in TRAPS.split():
        (traps / name).write_text(f"#!/bin/sh\necho {name} >>{caught}\nexit 1\n")
        (traps / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{traps}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return caught


def configure(tmp_path, *options):
    return subprocess.run(
        ["cmake", "-G", "Ninja", "-S", ROOT, "-B", tmp_path / "build", "-DESP_TLS_TESTS=OFF",
         f"-DSDKCONFIG={tmp_path}/sdkconfig", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def flat(text):
    return " ".join(text.split())


def test_a_configure_without_sources_says_what_to_do_and_fetches_nothing(tmp_path, caught):
    done = configure(tmp_path, f"-DLLHTTP_SOURCE_DIR={tmp_path}/none")
    assert done.returncode != 0
    assert "On Debian run `make deps`" in flat(done.stdout)
    assert "-DMBEDTLS_SOURCE_DIR=DIR" in done.stdout
    assert "-DLLHTTP_SOURCE_DIR=DIR" in done.stdout
    assert not caught.exists()
    assert not (tmp_path / "cache/esp-tls").exists()


def test_a_git_checkout_of_mbedtls_is_told_from_an_archive(tmp_path, caught):
    (tmp_path / "mbedtls/library").mkdir(parents=True)
    done = configure(tmp_path, f"-DMBEDTLS_SOURCE_DIR={tmp_path}/mbedtls")
    assert done.returncode != 0
    assert "lacks library/version_features.c" in flat(done.stdout)
    assert not caught.exists()


def test_make_build_says_which_tool_is_missing(tmp_path, caught):
    for name in ("bash", "sh", "cat", "make"):
        (tmp_path / "traps" / name).symlink_to(shutil.which(name))
    done = subprocess.run(["make", "-C", ROOT, "build", f"BUILD={tmp_path}/build", "JOBS=1"],
                          env={**os.environ, "PATH": str(tmp_path / "traps")},
                          capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "cmake is missing: run 'make deps'" in done.stderr
    assert not caught.exists()


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="not a Debian machine")
def test_make_deps_with_everything_there_uses_no_network(caught, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    done = subprocess.run([ROOT / "cmake/deps.sh", "build"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert not caught.exists()
