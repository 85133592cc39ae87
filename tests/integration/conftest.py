# SPDX-License-Identifier: Apache-2.0
"""Fixtures: the certificates, the client, and what it reports.

Environment:
  ESP_TLS_BUILD     build directory with tests/tls-client; default: build, next to tests
  ESP_TLS_VALGRIND  1: the client runs under valgrind, and time limits are wider
"""
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import peers  # noqa: E402
import web  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
CLIENT = BUILD / "tests" / "tls-client"
FILES = ("cacert", "cert", "key", "client_key", "client_key_psa", "store")
VALGRIND = os.environ.get("ESP_TLS_VALGRIND") == "1"


SDKCONFIG = BUILD / "config" / "sdkconfig.h"
SYMBOLS = {line.split()[1] for line in SDKCONFIG.read_text().splitlines()
           if line.startswith("#define CONFIG_")} if SDKCONFIG.exists() else set()
collect_ignore = [] if "CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY" in SYMBOLS else ["test_insecure.py"]


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes too long for `make test`")
    config.addinivalue_line("markers", "smoke: also run under valgrind in `make test`")
    if not hasattr(config, "workerinput"):  # not in the processes of xdist
        config.pluginmanager.register(Failures(config))


class Failures:
    """Names what fails at once: a time limit of ctest takes the list at the end away."""

    def __init__(self, config):
        self.config = config

    def pytest_runtest_logreport(self, report):
        if report.failed:
            terminal = self.config.pluginmanager.get_plugin("terminalreporter")
            terminal.write_line(f"\nFAILED {report.nodeid}, {report.when}, {report.duration:.0f} s")


def client_binary():
    if not CLIENT.exists():
        pytest.exit(f"{CLIENT} is missing: build it first", 2)
    return CLIENT.read_bytes()


@pytest.fixture(scope="session")
def slowness():
    """How much longer than a plain build this one may take."""
    data = client_binary()
    return 6 if VALGRIND else 4 if b"__asan_init" in data or b"__tsan_init" in data else 1


@pytest.fixture(scope="session")
def certs():
    """Directory of the certificates; made here when the build has not."""
    made = BUILD / "tests" / "certs"
    made.mkdir(parents=True, exist_ok=True)
    with open(made / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        source = ROOT / "tests/certs/make.py"
        mark = made / "password.txt"
        if not mark.exists() or mark.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["/usr/bin/python3", source, made], check=True)
    return made


@pytest.fixture(scope="session")
def config():
    """The CONFIG_ symbols that are set in the build."""
    return SYMBOLS


class Result(dict):
    """The client's report; members as attributes."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{name} is not in {list(self)}") from None

    @classmethod
    def wrap(cls, value):
        if isinstance(value, dict):
            return cls({k: cls.wrap(v) for k, v in value.items()})
        return [cls.wrap(v) for v in value] if isinstance(value, list) else value

    def action(self, name, which=0):
        return [a for a in self.actions if a["action"] == name][which]

    def failed(self, phase, cause, esp=None):
        """The connect failed, and record and error handle agree on why."""
        rec = self.record
        assert self.ret == -1, self
        assert (rec.phase, rec.cause) == (phase, cause), self
        if esp is not None:
            assert hex(rec.esp) == hex(esp), self
        assert self.error == {"esp": rec.esp, "tls": rec.stack, "flags": rec.flags,
                              "sys": rec.errno}, self
        return self

    def opened(self):
        assert self.ret == 1, self
        assert self.record.cause == "none" and self.record.phase == "open", self
        return self


class Client:
    def __init__(self, certs, slowness):
        self.certs, self.slowness = certs, slowness

    def path(self, name):
        return str(self.certs / name)

    def option(self, key, value):
        """key=value; file names are those of the certificates."""
        if key in FILES and value and "/" not in str(value):
            value = self.path(value)
        return f"{key}={int(value) if isinstance(value, bool) else value}"

    def start(self, *actions, inside=None, **options):
        values = {"timeout": 5000 * self.slowness, **options}
        if not {"host", "url"} & values.keys():
            values["host"] = "127.0.0.1"
        command = [str(CLIENT)]
        for key, value in values.items():
            for one in value if isinstance(value, list) else [value]:
                command.append(self.option(key, one))
        if VALGRIND:
            command = ["valgrind", "-q", "--read-inline-info=no", "--error-exitcode=99",
                       "--leak-check=full", "--errors-for-leak-kinds=definite,possible", *command]
        return subprocess.Popen([*(inside.command() if inside else []), *command, *actions],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def finish(self, process, limit=60, leaves=0):
        try:
            out, log = process.communicate(timeout=limit * self.slowness)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            out, log = process.communicate()
            pytest.fail(f"the client hangs:\n{log.decode(errors='replace')}")
        log = log.decode(errors="replace")
        assert process.returncode == 0, f"client ended with {process.returncode}\n{log}"
        result = Result.wrap(json.loads(out))
        result["log"] = log
        self.always(result, leaves)
        return result

    def always(self, result, leaves):
        """What holds whatever happens: nothing is left open, and failures have a record."""
        assert result.destroy == 0, result
        assert result.fds_before + leaves == result.fds_after, result
        assert result.stdin_survived is not False, result
        if result.ret == -1:
            assert result.record.cause != "none", result
        if result.took_us > 500_000 and self.slowness == 1:  # waiting costs no time
            assert result.cpu_us < 0.2 * result.took_us, result

    def __call__(self, *actions, limit=60, leaves=0, **options):
        return self.finish(self.start(*actions, **options), limit, leaves)


@pytest.fixture
def client(certs, slowness):
    return Client(certs, slowness)


@pytest.fixture(params=["sync", "async"])
def mode(request):
    return request.param


@pytest.fixture
def tls_peer(certs):
    """Start a TlsPeer that ends with the test."""
    import contextlib
    with contextlib.ExitStack() as stack:
        yield lambda handler=peers.echo, **kw: stack.enter_context(
            peers.TlsPeer(certs, handler, **kw))


@pytest.fixture
def peer():
    """Start a Peer that ends with the test."""
    import contextlib
    with contextlib.ExitStack() as stack:
        yield lambda handler, **kw: stack.enter_context(peers.Peer(handler, **kw))


@pytest.fixture
def http(slowness):
    """An http-client that ends with the test, and leaves nothing behind."""
    with web.Http(slowness) as client:
        yield client


@pytest.fixture(scope="session")
def apache(certs):
    with web.Apache(certs) as server:
        yield server


@pytest.fixture(scope="session")
def squid():
    with web.Squid() as server:
        yield server


@pytest.fixture(scope="session")
def httpbin():
    with web.Httpbin() as server:
        yield server


@pytest.fixture
def browser(tmp_path):
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")

    def look(page, *args):
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                   "--no-first-run", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync",
                   f"--user-data-dir={tmp_path / 'profile'}", *args, page.as_uri()]
        return subprocess.run(command, capture_output=True, timeout=120, check=True)
    return look
