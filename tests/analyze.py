#!/usr/bin/python3
"""gcc's static analyzer over our own sources, each with the flags of its build: analyze.py [BUILD [FILE...]]

A finding ends with an error. One that is wrong is answered in the source, where the reader needs the same
explanation; there is no list of exceptions.
"""
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURS = ("components/", "platform/", "tools/", "examples/")


def commands(build):
    """{source: words}, once for each of our sources."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(ROOT) and str(path.relative_to(ROOT)).startswith(OURS):
            words = shlex.split(entry["command"])
            words = words[1:] if words[0].endswith("ccache") else words
            at = words.index("-o")
            if not words[at + 1].startswith("tests/"): # which have some of the program once more
                found[str(path.relative_to(ROOT))] = (entry["directory"], words[:at] + words[at + 2:])
    return found


def analyze(directory, words):
    result = subprocess.run([*words, "-fanalyzer", "-Werror", "-o", os.devnull], cwd=directory,
                            capture_output=True, text=True, check=False)
    return result.stderr if result.returncode != 0 else ""


def main():
    build = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build").resolve()
    todo = commands(build)
    todo = {name: todo[name] for name in sys.argv[2:] or todo}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(lambda c: analyze(*c), todo.values()))
    findings = [text for text in answers if text]
    print("".join(findings), end="", file=sys.stderr)
    print(f"analyzer: {len(todo)} files, findings in {len(findings)}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
