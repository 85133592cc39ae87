# SPDX-License-Identifier: Apache-2.0
"""The program, its --help and its man page say the same."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"
PAGE = ROOT / "docs" / "man" / "esp-tls.1"
SOURCES = ROOT / "tools" / "esp-tls"


def run(*args):
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, check=False)


def help_options(text):
    """{("o", "output", "FILE"), ...}"""
    row = re.compile(r"^ +(?:-(\w), )? *--([\w-]+)(?: ([A-Z][\w|:]*))?  +\S", re.M)
    return {(m[1] or "", m[2], m[3] or "") for m in row.finditer(text)}


def page_section(name):
    found = re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", PAGE.read_text(), re.M | re.S)
    assert found, f"no section {name} in {PAGE}"
    return found[1]


def page_options(section):
    """The same out of the .It lines of a section."""
    options = set()
    for line in re.findall(r"^\.It Fl (.*)$", page_section(section), re.M):
        letter = re.match(r"(\w) , Fl ", line)
        line = re.sub(r"^\w , Fl ", "", line)
        name, _, argument = line.partition(" ")
        argument = re.sub(r" : ", ":", re.sub(r"\bAr |Ns ?", "", argument)).replace(" ", "")
        options.add((letter[1] if letter else "", name.lstrip("-"), argument))
    return options


@pytest.mark.parametrize("command, least", [("cert", 3), ("chain", 10), ("check", 11),
                                            ("explain", 5), ("get", 20), ("memory", 15),
                                            ("ws", 20)])
def test_help_and_man_page_of_a_command_have_the_same_options(command, least):
    result = run(command, "--help")
    assert result.returncode == 0 and result.stderr == ""
    assert len(help_options(result.stdout)) >= least
    assert help_options(result.stdout) == page_options(f"OPTIONS OF {command.upper()}")


def test_help_and_man_page_have_the_same_options_and_commands():
    result = run("--help")
    assert result.returncode == 0
    assert help_options(result.stdout) == page_options("DESCRIPTION")
    commands = set(re.findall(r"^  (\w+) +\w", result.stdout, re.M))
    assert commands == set(re.findall(r"^\.It Cm (\w+)", page_section("DESCRIPTION"), re.M))


def test_every_exit_status_of_the_source_is_in_the_man_page():
    source = (SOURCES / "cli" / "tool.h").read_text()
    in_source = set(re.findall(r"^    EXIT_\w+ = (\d+)", source, re.M))
    in_page = set(re.findall(r"^\.It (\d+)$", page_section("EXIT STATUS"), re.M))
    in_help = set(re.findall(r"\b(\d+) \w", run("get", "--help").stdout.split("Exit status:")[1]))
    assert in_source and in_source == in_page == in_help


def test_help_fits_into_80_columns():
    for args in (["--help"], ["cert", "--help"], ["chain", "--help"], ["check", "--help"],
                 ["explain", "--help"], ["get", "--help"], ["memory", "--help"],
                 ["ws", "--help"]):
        assert max(map(len, run(*args).stdout.splitlines())) <= 80


def test_version_is_that_of_the_tree():
    assert run("--version").stdout == f"esp-tls {(ROOT / 'VERSION').read_text().strip()}\n"


def test_man_page_has_no_warnings():
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    result = subprocess.run(["man", "--warnings", "-l", PAGE], capture_output=True, text=True,
                            env={**os.environ, "LC_ALL": "C.UTF-8", "MANPAGER": "cat"},
                            check=False)
    assert result.returncode == 0 and result.stderr == ""
