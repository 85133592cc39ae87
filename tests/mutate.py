#!/usr/bin/python3
"""Small faults put into the sources on purpose, to see whether the tests find them.

    tests/mutate.py [--seed N] [--count N] [--jobs N] [--files PATTERN,...] [--tests PATTERN,...]
                    [--again FILE] [--verbose]

A mutant is one source of components/ or platform/common with one small change on a line that can
run: an operator, a constant off by one, a condition negated, a statement left out. It is compiled
as its build compiles it, linked in front of the library into each test that runs the statement
(gcov says which), and these tests run, the quickest first, until one fails: the mutant is killed
then. What compiles to the same code is no mutant. A survivor that nothing could tell from the
original, or that is accepted for another reason, has a line in mutate.txt; the others are shown at
once. Less than 95 % killed or explained is a failure; a run that is interrupted says the share so
far.

Two builds are used, made here if they are missing: build-coverage says which test runs which line,
and the mutants run in build-asan, where a test also fails for memory that is lost or misused (and
takes a third of the time, since nothing is counted). What is known of a test (its time, its lines)
is kept in build-coverage/mutate and renewed when the test or the library is newer. A seed chooses
mutants by what they are: where sources change, it takes others for the lines that changed and keeps
the rest. --again FILE tries those only that FILE, the output of a run before, names as survivors:
for a look at what a new test finds.
"""
import argparse
import concurrent.futures
import fnmatch
import gzip
import hashlib
import json
import os
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
COUNTED = ROOT / "build-coverage"
BUILD = ROOT / "build-asan"
KNOWN = COUNTED / "mutate"
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
LOG = re.compile(r"^\s+ESP_LOG[EWIDV]\(")  # a line for people: that it is left out is no fault
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
    if STATEMENT.match(code) and not DECLARATION.match(code) and not LOG.match(code):
        indent = len(line) - len(line.lstrip())
        yield line[:indent] + ";"


def statement_at(codes, number):
    """The numbers of the lines of the statement that a line is of: gcov may count another one of them."""
    def ends(n):
        return codes[n - 1].rstrip()[-1:] in ("", ";", "{", "}", ":")

    first = last = number
    while first > 1 and not ends(first - 1):
        first -= 1
    while last < len(codes) and not ends(last):
        last += 1
    return range(first, last + 1)


class Mutant:
    def __init__(self, path, number, old, new, lines):
        self.path, self.number, self.old, self.new, self.lines = path, number, old, new, lines
        self.state = self.by = ""

    def key(self):
        return f"{self.path}: {self.old.strip()} => {self.new.strip()}"

    def rank(self, seed):
        """Where it stands among all, for a seed."""
        return hashlib.sha256(f"{seed} {self.key()}".encode()).digest()


def mutants_of(path, can_run):
    lines = (ROOT / path).read_text().split("\n")
    codes = code_of("\n".join(lines))
    for number, code in enumerate(codes, 1):
        if number in can_run:
            for new in changes(lines[number - 1], code):
                yield Mutant(path, number, lines[number - 1], new, statement_at(codes, number))


# --- the build ------------------------------------------------------------------------------------

def labels_of(test):
    return set(next((p["value"] for p in test["properties"] if p["name"] == "LABELS"), []))


def listed(build):
    """{name of a program: its words}"""
    tests = json.loads(must(["ctest", "--show-only=json-v1"], cwd=build))["tests"]
    return {test["name"].split("/")[-1]: test.get("command") for test in tests
            if LABELS & labels_of(test) and "static" not in labels_of(test)
            and re.search("/(test|fuzz)_", test["name"])}


def make(build, preset, tests, jobs):
    """Build tests, if need be from nothing. @return {name of a program: its words}"""
    if not (build / "build.ninja").exists():
        must(["cmake", "--preset", preset, "--log-level=WARNING"], cwd=ROOT)
    must(["cmake", "--build", build, "--target", "build.ninja", "--", "--quiet"])  # for new tests
    names = [name for name in listed(build) if matches(name, tests)]
    must(["cmake", "--build", build, "-j", str(jobs), "--target", *names, "--", "--quiet"])
    commands = listed(build)  # which ctest does not tell before they are built
    return {name: [str(Path(commands[name][0]).relative_to(build)), *commands[name][1:]]
            for name in names}


class Build:
    """How each source is compiled and each test is linked."""

    def __init__(self, tests, jobs):
        counted = make(COUNTED, "coverage", tests, jobs)
        self.tests = {name: words for name, words in make(BUILD, "asan", tests, jobs).items()
                      if name in counted}
        self.compile = {}
        for entry in json.loads((BUILD / "compile_commands.json").read_text()):
            path = Path(entry["directory"], entry["file"]).resolve()
            if path.is_relative_to(ROOT) and str(path.relative_to(ROOT)).startswith(SOURCES):
                words = shlex.split(entry["command"])
                at = words.index("-o")
                self.compile[str(path.relative_to(ROOT))] = words[:at]
        self.link = {}

    def link_words(self, test):
        if test not in self.link:
            listed = must(["ninja", "-C", str(BUILD), "-t", "commands", "-s", self.tests[test][0]])
            words = shlex.split(listed.strip().split("\n")[-1])
            self.link[test] = [w for w in words if w not in (":", "&&")]
        return self.link[test]

    def object(self, path, source, out, checked):
        """Compile a source in the place of another, with the sanitizers or without: their reports hold
        the columns of a line. @return whether it compiles"""
        words = [w for w in self.compile[path] if w not in ("-Werror", "-g") and not w.endswith("ccache")
                 and (checked or not w.startswith("-fsanitize="))]
        return run([*words, "-w", "-g0", "-iquote", str((ROOT / path).parent),
                    f"-ffile-prefix-map={source.parent}=.", "-o", str(out), "-c", str(source)], cwd=BUILD).returncode == 0

    def program(self, test, obj, out):
        words = list(self.link_words(test))
        words[words.index("-o") + 1] = str(out)
        return run([*words[:1], str(obj), *words[1:]], cwd=BUILD).returncode == 0


# --- which test runs what -------------------------------------------------------------------------

IS_OVER = threading.Event()  # someone interrupted it


def in_group(words, seconds, **options):
    """Run a program and whatever it starts. @return its status, None: it took too long"""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               stdin=subprocess.DEVNULL, start_new_session=True, **options)
    end = time.monotonic() + seconds
    while not IS_OVER.is_set() and time.monotonic() < end:
        try:
            return process.wait(min(1, seconds))
        except subprocess.TimeoutExpired:
            pass
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
    if kept.exists() and kept.stat().st_mtime > (COUNTED / words[0]).stat().st_mtime:
        return json.loads(gzip.decompress(kept.read_bytes()))
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        status = in_group([str(COUNTED / words[0]), *words[1:]], 600, cwd=COUNTED / "tests",
                          env={**os.environ, "GCOV_PREFIX": folder})
        seconds = time.monotonic() - begin
        ran, can_run = lines_of(Path(folder), build)
    known = {"status": status, "seconds": seconds, "ran": ran, "can_run": can_run}
    if status == 0 and not IS_OVER.is_set():
        kept.write_bytes(gzip.compress(json.dumps(known).encode()))
    return known


class Coverage:
    def __init__(self, build, jobs):
        KNOWN.mkdir(exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            try:
                known = dict(zip(build.tests, pool.map(lambda t: learn(t, build), build.tests)))
            except KeyboardInterrupt:
                IS_OVER.set()
                pool.shutdown(cancel_futures=True)
                raise
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
        tests = {test for line in mutant.lines for test in self.tests.get((mutant.path, line), [])}
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
                if not self.build.object(path, source, out, checked=False):
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
    if (not build.object(mutant.path, source, obj, checked=False)
            or obj.read_bytes() == originals.of(mutant.path)
            or not build.object(mutant.path, source, obj, checked=True)):
        mutant.state = "none"
    for test in coverage.tests_of(mutant) if mutant.state != "none" else []:
        program = work / "program"
        if IS_OVER.is_set():
            mutant.state = "none"
            break
        if not build.program(test, obj, program):
            continue # a program without this object
        status = in_group([str(program), *build.tests[test][1:]], 5 + 4 * coverage.seconds[test],
                          cwd=BUILD / "tests")
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


def try_all(candidates, count, jobs, judge_one, tell):
    """Judge as many as are wanted, telling each; those that are no mutants are replaced by the next ones."""
    done, waiting = [], set()
    queue = iter(candidates)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        try:
            while len(done) < count:
                for mutant in queue:
                    waiting.add(pool.submit(judge_one, mutant))
                    if len(waiting) >= min(2 * jobs, count - len(done)):
                        break
                if not waiting:
                    break
                finished, waiting = concurrent.futures.wait(
                    waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                for mutant in [one.result() for one in finished]:
                    if mutant.state != "none":
                        done.append(mutant)
                        tell(mutant, len(done))
        except KeyboardInterrupt:
            IS_OVER.set()
            pool.shutdown(cancel_futures=True)
    return done


def survivors_in(file):
    """The keys of those that a run before names, in lines of --verbose or without."""
    pattern = r"^\d+/\d+ survived +(?:\(no test runs this line\) )?(.*)$"
    return {match[1] for match in re.finditer(pattern, Path(file).read_text(), re.M)}


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=250)
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("--files", default="*", help="only sources like these")
    options.add_argument("--tests", default="*", help="only tests like these, quicker to build")
    options.add_argument("--again", help="only the survivors that this file names")
    options.add_argument("--verbose", action="store_true", help="a line per mutant")
    o = options.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    build = Build(o.tests, o.jobs)
    coverage = Coverage(build, o.jobs)
    again = survivors_in(o.again) if o.again else None
    candidates = [m for path in sorted(coverage.can_run) if matches(path, o.files)
                  for m in mutants_of(path, coverage.can_run[path])
                  if again is None or m.key() in again]
    candidates.sort(key=lambda m: m.rank(o.seed))
    why = explanations()

    def tell(mutant, number):
        if mutant.state == "survived" and mutant.key() in why:
            mutant.state = "explained"
        if o.verbose or mutant.state == "survived":
            by = mutant.by if coverage.tests_of(mutant) else "(no test runs this line)"
            print(f"{number}/{o.count} {mutant.state} {by} {mutant.key()}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        originals = Originals(build, Path(folder))
        done = try_all(candidates, o.count, o.jobs,
                       lambda m: judge(m, build, coverage, originals, folder), tell)
    number = {state: sum(m.state == state for m in done) for state in ("killed", "explained", "survived")}
    counted = number["killed"] + number["survived"]
    share = 100.0 * number["killed"] / counted if counted else 0.0
    print(("interrupted: " if IS_OVER.is_set() else "") +
          f"seed {o.seed}: {len(done)} mutants of {len(candidates)}, {number['killed']} killed, "
          f"{number['explained']} explained, {number['survived']} survived: {share:.1f} % killed")
    return 0 if share >= WANTED and not IS_OVER.is_set() else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted before the first mutant")
