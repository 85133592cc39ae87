# SPDX-License-Identifier: Apache-2.0
"""What each command says of each failure of diagnosis.txt, as text and as JSON: the two say the same,
`chain` and `check` see what `get` sees, and nothing is said that no evidence is behind."""
import json
import re
import shlex
import subprocess

import pytest
from conftest import BUILD
from test_diagnosis import ROWS, Port, bad, serve  # noqa: F401 (bad is a fixture)

PROGRAM = BUILD / "esp-tls"
CASES = [case for case, row in ROWS.items() if row[2] != "-"]

# What no output may hold, and why.
NEVER = {
    r"\bN (bytes|ms|certificates|seconds)\b": "a figure was left out",
    r"\{\w+\}": "a name was left out",
    r"(''|\"\"|``)": "something empty is named",
    r"\b(to|of|from|at|named?) [:,;.]": "a name is missing",
    r"has not failed": "it has",
    r"an IP address [a-z]": "a name is called an address",
    r"\(null\)": "nothing is named",
}

# The server refuses the client in TLS 1.3 after the handshake: `chain` has seen what it asks by then.
ONLY_READING = {"none, TLS 1.3", "stranger's, TLS 1.3"}
# How far these come depends on how busy the machine is.
BY_TIME = {"trickles", "silent", "no answer to SYN"}


def run(command, folder, case, server, *more):
    options = ROWS[case][2].replace("{port}", str(server.port))
    words = shlex.split(re.sub(r"\{([^}]*)\}", lambda m: str(folder / m[1]), options))
    host = "nowhere.invalid" if isinstance(server, Port) and server.port == 443 else "localhost"
    if words[0].startswith("@"):
        host = words.pop(0)[1:]
    return subprocess.run([PROGRAM, command, *more, *words, f"https://{host}:{server.port}/"],
                          capture_output=True, text=True, timeout=120, check=False)


def plain(text):
    """One line, whatever the width of the terminal was, and without what changes from run to run."""
    text = re.sub(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", "NOW", text)
    return re.sub(r"\s+", " ", re.sub(r"\d+ bytes had come", "SOME bytes had come", text))


def is_right(text, command):
    for pattern, why in NEVER.items():
        match = re.search(pattern, text)
        near = match and text[max(0, match.start() - 60):match.end() + 60]
        assert match is None, f"{command}: {why}: {near}"


def both(command, folder, case, server, *more):
    """(its exit status, its text in one line, its JSON)"""
    as_text = run(command, folder, case, server, *more)
    if as_text.returncode == 2 and "unrecognized option" in as_text.stderr + as_text.stdout:
        pytest.skip(f"{command} has not these options")
    text = plain(as_text.stdout + as_text.stderr)
    is_right(text, command)
    as_json = run(command, folder, case, server, "--json", *more)
    assert as_json.returncode == as_text.returncode != 0, (text, as_json)
    is_right(as_json.stdout.replace('""', "").replace('"setting": ,', ""), command)
    return as_text.returncode, text, json.loads(as_json.stdout)


def names_of(diagnosis):
    return [reason["name"] for reason in diagnosis["reasons"]]


@pytest.mark.parametrize("case", CASES)
def test_text_and_json_of_each_command_say_the_same(bad, case):  # noqa: F811
    with serve(ROWS[case][0], bad) as server:
        status, text, got = both("get", bad, case, server)
        assert plain(got["verdict"]) in text, (got, text)
        if got["class"] != "proxy":  # there the program names its own option
            assert plain(got["what"]) in text and plain(got["reasons"][0]["text"]) in text, got
        if case in ONLY_READING:
            return
        chain_status, text, chain = both("chain", bad, case, server)
        assert chain_status == status and chain["exit"] == status, (text, chain)
        assert names_of(chain["diagnosis"]) == names_of(got), text
        if got["class"] != "proxy":
            assert plain(chain["diagnosis"]["reasons"][0]["text"]) in text, (chain, text)
        assert plain(chain["verdict"]) in text, (chain["verdict"], text)


@pytest.mark.parametrize("case", [case for case in CASES if case not in BY_TIME])
def test_check_says_what_get_says(bad, case):  # noqa: F811
    with serve(ROWS[case][0], bad) as server:
        _, _, got = both("get", bad, case, server)
        _, text, checked = both("check", bad, case, server, "--no-memory")
        reasons = [f["reason"] for f in checked["findings"] if f["reason"] is not None]
        assert plain(checked["verdict"]) in text, (checked["verdict"], text)
        assert not reasons or set(reasons) & set(names_of(got)), (reasons, got, text)
        assert any(f["weight"] == "fails" for f in checked["findings"]), text
