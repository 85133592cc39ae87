# SPDX-License-Identifier: Apache-2.0
"""What README.md promises: its program compiles and works, its links lead somewhere."""
import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md",
         *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]


def options_of_the_examples():
    """Compiler and include, define and sanitizer options, as the build has them."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if entry["file"].endswith("/examples/sync.c"):
            words = iter(shlex.split(entry["command"]))
            options = [next(words)]
            for word in words:
                if word.startswith(("-I", "-D", "-fsanitize", "--coverage")):
                    options.append(word)
                elif word == "-isystem":
                    options += [word, next(words)]
            return options
    pytest.skip("the build has no examples")


@pytest.fixture
def program(tmp_path):
    """README's program, for a server of this machine: its host, port and roots are replaced."""
    source = re.search(r"```c\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1]
    for public, local in (('"example.org", 11, 443', '"localhost", 9, PORT'),
                          ('"/etc/ssl/certs/ca-certificates.crt"', '"/dev/stdin"')):
        assert source.count(public) == 1
        source = source.replace(public, local)
    (tmp_path / "program.c").write_text(source)

    def build(port):
        options = options_of_the_examples()
        subprocess.run([*options, "-Wall", "-Werror", f"-DPORT={port}", "-o",
                        tmp_path / "program", tmp_path / "program.c", BUILD / "libesp-tls.a",
                        "-pthread"], check=True)
        return tmp_path / "program"
    return build


def run(binary, authority):
    with open(authority, "rb") as file:
        result = subprocess.run([binary], stdin=file, capture_output=True, text=True, timeout=60,
                                check=True)
    return result.stdout


def test_program_of_the_readme_opens_and_explains(certs, tls_peer, program):
    binary = program(tls_peer(lambda tls: tls.recv(1)).port)
    assert run(binary, certs / "root-ec.pem") == "open, and the server is who it says it is\n"
    assert run(binary, certs / "root-other.pem") == "handshake: certificate refused\n"


@pytest.mark.parametrize("page", PAGES)
def test_links_into_the_tree_lead_somewhere(page):
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text()):
        assert ((ROOT / page).parent / link).exists(), f"{page} links to {link}"


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_are_named_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", (ROOT / page).read_text(), re.M))
    assert named <= targets
