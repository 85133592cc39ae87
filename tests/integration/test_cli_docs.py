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


@pytest.mark.parametrize("command, least", [("cert", 3), ("chain", 16), ("check", 11),
                                            ("explain", 5), ("get", 20), ("memory", 15),
                                            ("ws", 20), ("completion", 1)])
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
                 ["ws", "--help"], ["completion", "--help"]):
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


# --- completion ------------------------------------------------------------------------------------


def completed(*words):
    """What bash offers for the last word."""
    script = f"""{run("completion", "bash").stdout}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _esp_tls; printf '%s\n' "${{COMPREPLY[@]}}" """
    result = subprocess.run(["bash", "-ec", script, "bash", "esp-tls", *words],
                            capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_bash_completes_what_the_program_has(tmp_path):
    names = {option[1] for option in help_options(run("get", "--help").stdout)}
    assert completed("get", "--") == {f"--{name}" for name in names}
    commands = set(re.findall(r"^  (\w+) +\w", run("--help").stdout, re.M))
    assert completed("") == commands | {"--help", "--version"}
    assert completed("completion", "") == {"bash", "zsh"}
    (tmp_path / "file.pem").touch()
    assert completed("get", "--cacert", f"{tmp_path}/f") == {f"{tmp_path}/file.pem"}
    assert completed("get", "--timeout", "") == set()


def test_zsh_is_given_every_option():
    text = run("completion", "zsh").stdout
    for command in set(re.findall(r"^  (\w+) +\w", run("--help").stdout, re.M)):
        part = re.search(rf"^    {command}\)\n(.*?);;", text, re.M | re.S)[1]
        assert help_options(run(command, "--help").stdout) == {
            (letter, name, "" if argument is None else argument.replace("\\", ""))
            for letter, name, argument in zsh_options(part)}
    if shutil.which("zsh") is not None:
        subprocess.run(["zsh", "-n"], input=text, text=True, check=True)


def zsh_options(part):
    letters = dict(reversed(row) for row in re.findall(r"'\*-(\w)\[(.*)\]", part))
    for name, text, argument in re.findall(
            r"'\*--([\w-]+)\[(.*)\](?::((?:\\.|[^:\\])*):(?: |_files))?' ", part):
        yield letters.get(text, ""), name, argument


@pytest.mark.parametrize("args, words", [
    (["get", "-k", "https://a/"], "--cacert FILE trusts"),
    (["check", "--insecure", "a"], "--cacert FILE trusts"),
    (["get", "wss://a/"], "esp-tls ws opens WebSockets"),
    (["ws", "https://a/"], "esp-tls get fetches"),
    (["get", "mqtts://a/"], "esp-tls check looks at a broker"),
    (["get", "--resume", "--body-on-error", "-o", "x", "http://a/"], "does not go with --resume"),
    (["completion", "fish"], "bash or zsh, not 'fish'"),
])
def test_what_is_looked_for_elsewhere_is_named(args, words):
    result = run(*args)
    assert result.returncode == 2 and words in result.stderr, result
