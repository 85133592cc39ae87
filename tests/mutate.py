#!/usr/bin/python3
"""Small faults put into the sources on purpose, to see whether the tests find them.

    tests/mutate.py [--seed N] [--count N] [--jobs N] [--files PATTERN,...] [--tests PATTERN,...] [--verbose]

A mutant is one source of components/ or platform/common with one small change on a line that can run: an
operator, a constant off by one, a condition negated, a statement left out. It is compiled as its build
compiles it, linked in front of the library into each test that runs the line (gcov says which), and these
tests run, the quickest first, until one fails: the mutant is killed then. What compiles to the same code is
no mutant. A survivor that nothing could tell from the original, or that is accepted for another reason, has
a line in mutate.txt; the others are listed at the end. Less than 95 % killed or explained is a failure.

The build is build-coverage (made here if it is missing); what is known of a test (its time, its lines) is
kept in build-coverage/mutate and renewed when the test or the library is newer. The same seed on the same
sources makes the same mutants.
"""
import argparse
import concurrent.futures
import fnmatch
import gzip
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build-coverage"
KNOWN = BUILD / "mutate"
EXPLAINED = Path(__file__).with_suffix(".txt")
SOURCES = ("components/", "platform/common/")
LABELS = {"unit", "torture", "conformance"}
WANTED = 95.0


def run(words, **options):
    return subprocess.run(words, capture_output=True, text=True, check=False, **options)


def must(words, **options):
    result = run(words, **options)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}\n{result.stdout}{result.stderr}")
    return result.stdout


def matches(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns.split(","))


# --- mutants --------------------------------------------------------------------------------------

# What is found, and what may stand there instead. Binary operators have blanks around them here.
SWAPS = [
    (r"==", ["!="]), (r"!=", ["=="]),
    (r" < ", [" <= "]), (r" <= ", [" < "]), (r" > ", [" >= "]), (r" >= ", [" > "]),
    (r"&&", ["||"]), (r"\|\|", ["&&"]),
    (r" \+ ", [" - "]), (r" - ", [" + "]), (r" \+= ", [" -= "]), (r" -= ", [" += "]),
    (r"\+\+", ["--"]), (r"(?<=\w)--", ["++"]),
    (r" & ", [" | "]), (r" \| ", [" & "]), (r" << ", [" >> "]), (r" >> ", [" << "]),
    (r"\btrue\b", ["false"]), (r"\bfalse\b", ["true"]),
]
NUMBER = re.compile(r"(?<![\w.])(0x[0-9A-Fa-f]+|\d+)(?=[uUlL]*\b)")
CONDITION = re.compile(r"^(\s*(?:\} else )?(?:if|while) )\((.*)\) \{$")
STATEMENT = re.compile(r"^\s+(?=\S)(?!return\b|goto\b|case\b|default\b|typedef\b|static\b|else\b|extern\b|const\b|struct\b"
                       r"|enum\b|union\b)(?:\(void\))?[\w>*.\[\]()+\-&\s]*?(?:\(.*\)|[+\-|&^*/%]?= .*|\+\+|--);$")
DECLARATION = re.compile(r"^\s+(?:\w+_t|int|bool|char|unsigned|size_t|long|short|void|FILE|va_list)\b[\s*]+\w+"
                         r"(?:\[.*\])?(?: = .*)?;$")
HIDDEN = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def code_of(text):
    """The lines of a source; what is in comments, texts and directives is blanks."""
    text = HIDDEN.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    return [" " * len(line) if line.lstrip().startswith("#") else line for line in text.split("\n")]


def changes(line, code):
    """Each way in which a line can be changed."""
    for pattern, others in SWAPS:
        for match in re.finditer(pattern, code):
            for other in others:
                yield line[:match.start()] + other + line[match.end():]
    for match in NUMBER.finditer(code):
        value = int(match[1], 0)
        for other in (value + 1, value - 1):
            if other >= 0:
                yield line[:match.start()] + str(other) + line[match.end():]
    condition = CONDITION.match(line)
    if condition:
        yield f"{condition[1]}(!({condition[2]})) {{"
    if STATEMENT.match(code) and not DECLARATION.match(code):
        indent = len(line) - len(line.lstrip())
        yield line[:indent] + ";"


class Mutant:
    def __init__(self, path, number, old, new):
        self.path, self.number, self.old, self.new = path, number, old, new
        self.state = self.by = ""

    def key(self):
        return f"{self.path}: {self.old.strip()} => {self.new.strip()}"


def mutants_of(path, can_run):
    lines = (ROOT / path).read_text().split("\n")
    for number, code in enumerate(code_of("\n".join(lines)), 1):
        if number in can_run:
            for new in changes(lines[number - 1], code):
                yield Mutant(path, number, lines[number - 1], new)


# --- the build ------------------------------------------------------------------------------------

def labels_of(test):
    return set(next((p["value"] for p in test["properties"] if p["name"] == "LABELS"), []))


class Build:
    """How each source is compiled and each test is linked."""

    def __init__(self, tests, jobs):
        if not (BUILD / "build.ninja").exists():
            must(["cmake", "--preset", "coverage", "--log-level=WARNING"], cwd=ROOT)
        names = [name for name in self.listed() if matches(name, tests)]
        must(["cmake", "--build", BUILD, "-j", str(jobs), "--target", *names, "--", "--quiet"])
        commands = self.listed()  # which ctest does not tell before they are built
        self.tests = {name: [str(Path(commands[name][0]).relative_to(BUILD)), *commands[name][1:]]
                      for name in names}
        self.compile = {}
        for entry in json.loads((BUILD / "compile_commands.json").read_text()):
            path = Path(entry["directory"], entry["file"]).resolve()
            if path.is_relative_to(ROOT) and str(path.relative_to(ROOT)).startswith(SOURCES):
                words = shlex.split(entry["command"])
                at = words.index("-o")
                self.compile[str(path.relative_to(ROOT))] = (words[:at], words[at + 1])
        self.link = {}

    @staticmethod
    def listed():
        """{name of a program: its words}"""
        tests = json.loads(must(["ctest", "--show-only=json-v1"], cwd=BUILD))["tests"]
        return {test["name"].split("/")[-1]: test.get("command") for test in tests
                if LABELS & labels_of(test) and "static" not in labels_of(test)
                and re.search("/(test|fuzz)_", test["name"])}

    def link_words(self, test):
        if test not in self.link:
            listed = must(["ninja", "-C", str(BUILD), "-t", "commands", "-s", self.tests[test][0]])
            words = shlex.split(listed.strip().split("\n")[-1])
            self.link[test] = [w for w in words if w not in (":", "&&")]
        return self.link[test]

    def object(self, path, source, out):
        """Compile a source in the place of another. @return whether it compiles"""
        words, _ = self.compile[path]
        words = [w for w in words if w not in ("-Werror", "--coverage", "-g") and not w.endswith("ccache")]
        return run([*words, "-w", "-g0", "-iquote", str((ROOT / path).parent),
                    f"-ffile-prefix-map={source.parent}=.", "-o", str(out), "-c", str(source)], cwd=BUILD).returncode == 0

    def program(self, test, obj, out):
        words = list(self.link_words(test))
        words[words.index("-o") + 1] = str(out)
        return run([*words[:1], str(obj), *words[1:]], cwd=BUILD).returncode == 0


# --- which test runs what -------------------------------------------------------------------------

def in_group(words, seconds, **options):
    """Run a program and whatever it starts. @return its status, None: it took too long"""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               stdin=subprocess.DEVNULL, start_new_session=True, **options)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def lines_of(folder, build):
    """{source: [lines that ran]} and {source: [lines that can run]} of what a test left in a folder."""
    ran, can_run = {}, {}
    for data in folder.rglob("*.gcda"):
        obj = Path("/") / data.relative_to(folder)
        notes = obj.with_suffix(".gcno")
        if not notes.exists() or ".dir/" not in str(notes):
            continue
        shutil.copy(notes, data.with_suffix(".gcno"))
        answer = subprocess.run(["gcov", "--json-format", "--stdout", data.name], cwd=data.parent,
                                capture_output=True, check=False).stdout
        for text in answer.splitlines():
            for file in json.loads(text)["files"]:
                path = Path(ROOT, file["file"]).resolve()  # the build maps its paths to the root
                name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else ""
                if name not in build.compile:
                    continue
                for line in file["lines"]:
                    can_run.setdefault(name, set()).add(line["line_number"])
                    if line["count"] > 0:
                        ran.setdefault(name, set()).add(line["line_number"])
    return ({k: sorted(v) for k, v in ran.items()}, {k: sorted(v) for k, v in can_run.items()})


def learn(test, build):
    """What a test runs and how long it takes; remembered for as long as the test stays the same."""
    words = build.tests[test]
    kept = KNOWN / f"{test}.json.gz"
    if kept.exists() and kept.stat().st_mtime > (BUILD / words[0]).stat().st_mtime:
        return json.loads(gzip.decompress(kept.read_bytes()))
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        status = in_group([str(BUILD / words[0]), *words[1:]], 600, cwd=BUILD / "tests",
                          env={**os.environ, "GCOV_PREFIX": folder})
        seconds = time.monotonic() - begin
        ran, can_run = lines_of(Path(folder), build)
    known = {"status": status, "seconds": seconds, "ran": ran, "can_run": can_run}
    if status == 0:
        kept.write_bytes(gzip.compress(json.dumps(known).encode()))
    return known


class Coverage:
    def __init__(self, build, jobs):
        KNOWN.mkdir(exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            known = dict(zip(build.tests, pool.map(lambda t: learn(t, build), build.tests)))
        for test, one in known.items():
            if one["status"] != 0:
                print(f"{test} fails without any change, and is left out", file=sys.stderr)
        known = {test: one for test, one in known.items() if one["status"] == 0}
        self.seconds = {test: one["seconds"] for test, one in known.items()}
        self.can_run, self.tests = {}, {}
        for test, one in known.items():
            for path, lines in one["can_run"].items():
                self.can_run.setdefault(path, set()).update(lines)
            for path, lines in one["ran"].items():
                for line in lines:
                    self.tests.setdefault((path, line), []).append(test)

    def tests_of(self, mutant):
        tests = self.tests.get((mutant.path, mutant.number), [])
        return sorted(tests, key=lambda test: self.seconds[test])


# --- one after the other --------------------------------------------------------------------------

class Originals:
    """The objects of unchanged sources, to see whether a change changes anything."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.lock, self.bytes = threading.Lock(), {}

    def of(self, path):
        with self.lock:
            if path not in self.bytes:
                out = self.folder / (path.replace("/", "_") + ".o")
                source = self.folder / Path(path).name
                shutil.copy(ROOT / path, source)
                if not self.build.object(path, source, out):
                    sys.exit(f"{path} does not compile")
                self.bytes[path] = out.read_bytes()
            return self.bytes[path]


def judge(mutant, build, coverage, originals, folder):
    """Sets the state: "killed", "survived", "none" (no mutant after all)."""
    work = Path(tempfile.mkdtemp(dir=folder))
    source = work / Path(mutant.path).name
    lines = (ROOT / mutant.path).read_text().split("\n")
    lines[mutant.number - 1] = mutant.new
    source.write_text("\n".join(lines))
    obj = work / "mutant.o"
    mutant.state = "survived"
    if not build.object(mutant.path, source, obj) or obj.read_bytes() == originals.of(mutant.path):
        mutant.state = "none"
    for test in coverage.tests_of(mutant) if mutant.state != "none" else []:
        program = work / "program"
        if not build.program(test, obj, program):
            continue # a program without this object
        seconds = 10 + 10 * coverage.seconds[test]
        status = in_group([str(program), *build.tests[test][1:]], seconds, cwd=BUILD / "tests",
                          env={**os.environ, "GCOV_PREFIX": str(work)})
        if status != 0:
            mutant.state, mutant.by = "killed", test if status is not None else f"{test} (time)"
            break
    shutil.rmtree(work)
    return mutant


def explanations():
    rows = {}
    if EXPLAINED.exists():
        for line in EXPLAINED.read_text().splitlines():
            if line and not line.startswith("#"):
                key, _, why = line.rpartition(" -- ")
                rows[key] = why
    return rows


def show(mutant, why=""):
    print(f"{mutant.path}:{mutant.number}:\n  - {mutant.old.strip()}\n  + {mutant.new.strip()}"
          + (f"\n    {why}" if why else ""), flush=True)


def try_all(candidates, count, jobs, judge_one, verbose):
    """Judge as many as are wanted; those that are no mutants are replaced by the next ones."""
    done, waiting = [], set()
    queue = iter(candidates)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        while len(done) < count:
            for mutant in queue:
                waiting.add(pool.submit(judge_one, mutant))
                if len(waiting) >= min(2 * jobs, count - len(done)):
                    break
            if not waiting:
                break
            finished, waiting = concurrent.futures.wait(
                waiting, return_when=concurrent.futures.FIRST_COMPLETED)
            for one in finished:
                mutant = one.result()
                if mutant.state != "none":
                    done.append(mutant)
                    if verbose:
                        print(f"{len(done)}/{count} {mutant.state} {mutant.by} {mutant.key()}", flush=True)
    return done


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=250)
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("--files", default="*", help="only sources like these")
    options.add_argument("--tests", default="*", help="only tests like these, quicker to build")
    options.add_argument("--verbose", action="store_true", help="a line per mutant")
    o = options.parse_args()
    build = Build(o.tests, o.jobs)
    coverage = Coverage(build, o.jobs)
    candidates = [m for path in sorted(coverage.can_run) if matches(path, o.files)
                  for m in mutants_of(path, coverage.can_run[path])]
    random.Random(o.seed).shuffle(candidates)
    why = explanations()
    with tempfile.TemporaryDirectory() as folder:
        originals = Originals(build, Path(folder))
        done = try_all(candidates, o.count, o.jobs,
                       lambda m: judge(m, build, coverage, originals, folder), o.verbose)
    killed = [m for m in done if m.state == "killed"]
    survivors = [m for m in done if m.state == "survived"]
    explained = [m for m in survivors if m.key() in why]
    for mutant in survivors:
        if mutant.key() not in why:
            show(mutant, "" if coverage.tests_of(mutant) else "no test runs this line")
    counted = len(done) - len(explained)
    share = 100.0 * len(killed) / counted if counted else 0.0
    print(f"seed {o.seed}: {len(done)} mutants of {len(candidates)}, {len(killed)} killed, "
          f"{len(explained)} explained, {counted - len(killed)} survived: {share:.1f} % killed")
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
