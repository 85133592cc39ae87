# SPDX-License-Identifier: Apache-2.0
"""What the diagnosis says of each failure of diagnosis.txt, through the API and through the program,
and that it says nothing of servers that work. The figures of bench/README.md on precision are these:
every case names its causes, the likeliest first, and no others; no working server gets a finding."""
import contextlib
import fcntl
import json
import re
import shlex
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import peers
import pytest
from conftest import BUILD, ROOT, Client

HERE = Path(__file__).parent
PROGRAM = BUILD / "esp-tls"
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def rows():
    for line in (HERE / "diagnosis.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield [cell.strip() for cell in line.split("|")]


ROWS = {row[0]: row[1:] for row in rows()}


@pytest.fixture(scope="session")
def bad(certs):
    """The certificates, those of bad.py among them; one worker makes them."""
    with open(certs / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (certs / "bad-made").exists():
            subprocess.run([sys.executable, "-B", ROOT / "tests/certs/bad.py", certs], check=True)
            (certs / "bad-made").touch()
    return certs


# --- servers -------------------------------------------------------------------------------------


def answer(tls):
    """A small web server, for the program; the API's client only connects."""
    with contextlib.suppress(OSError):
        tls.settimeout(5)
        tls.recv(4096)
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        tls.recv(4096)


def says(text):
    def handler(conn):
        conn.sendall(text.replace("_", " ").encode() + b"\r\n")
        with contextlib.suppress(OSError):
            conn.settimeout(2)
            while conn.recv(4096):
                pass
    return handler


def proxy(status):
    def handler(conn):
        conn.recv(4096)
        conn.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n"
                     "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\n".encode())
        peers.hold(conn)
    return handler


def fin(tls):
    tls.shutdown(socket.SHUT_WR)
    peers.hold(tls, 5)


def no_name(certs):
    """Refuses every name (alert 112)."""
    peer = peers.TlsPeer(certs, answer)
    peer.context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    return peer


class Behind:
    """A relay in front of a TLS server."""

    def __init__(self, certs, down):
        self.server = peers.TlsPeer(certs, answer)
        self.down = down

    def __enter__(self):
        self.server.__enter__()
        self.relay = peers.Relay(self.server.port, down=self.down)
        self.port = self.relay.__enter__().port
        return self

    def __exit__(self, *exc):
        self.relay.__exit__(*exc)
        self.server.__exit__(*exc)


class Port:
    def __init__(self, port):
        self.port = port

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass


@contextlib.contextmanager
def refused(_certs):
    with peers.refused_port() as port:
        yield Port(port)


def mutual(version):
    return lambda c: peers.Openssl(c, f"-tls{version}", "-Verify", "4", "-verify_return_error",
                                   "-CAfile", c / "root-client.pem")


SERVERS = {
    "tls": lambda c, cert: peers.TlsPeer(c, answer, cert=cert, chain=not cert.startswith("self-")),
    "tls-1.2": lambda c, cert: peers.TlsPeer(c, answer, cert=cert, low=TLS12, high=TLS12),
    "tls-1.3": lambda c, cert: peers.TlsPeer(c, answer, cert=cert, low=TLS13, high=TLS13),
    "openssl": lambda c, cert: peers.Openssl(c, cert=cert),
    "openssl-weak": lambda c, cert: peers.Openssl(c, "-cipher", "ALL:@SECLEVEL=0", cert=cert),
    "openssl-1.1": lambda c: peers.Openssl(c, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
    "openssl-suite": lambda c: peers.Openssl(c, "-tls1_2", "-cipher", "ECDHE-ECDSA-CAMELLIA128-SHA256:"
                                             "ECDHE-ECDSA-ARIA128-GCM-SHA256"),
    "openssl-group": lambda c: peers.Openssl(c, "-tls1_3", "-groups", "X448"),
    "mutual-1.2": mutual("1_2"),
    "mutual-1.3": mutual("1_3"),
    "alpn": lambda c: peers.Openssl(c, "-alpn", "h2"),
    "sni": no_name,
    "says": lambda c, text: peers.Peer(says(text)),
    "closes": lambda c: peers.Peer(lambda conn: conn.recv(4096)),
    "resets": lambda c: peers.Peer(lambda conn: (conn.recv(4096), peers.reset(conn))),
    "cut": lambda c, count: Behind(c, peers.cut_after(int(count))),
    "fin": lambda c: peers.TlsPeer(c, fin),
    "silent": lambda c: peers.Peer(peers.hold),
    "trickle": lambda c: Behind(c, peers.trickle(0.05)),
    "blackhole": lambda c: peers.BlackHole(),
    "proxy": lambda c, status: peers.Peer(proxy(status)),
    "refused": refused,
    "nowhere": lambda c: Port(443),
}


def serve(spec, certs):
    kind, *args = spec.split(" ")
    return SERVERS[kind](certs, *args)


# --- both ways -----------------------------------------------------------------------------------


def by_api(certs, slowness, server, options):
    words = options.split()
    actions = ["read:1"] if "+read" in words else []
    values = dict(word.split("=", 1) for word in words if word != "+read")
    values = {"host": "localhost", "port": server.port, **values}
    if isinstance(server, Port) and server.port == 443 and values["host"] == "localhost":
        values["host"] = "nowhere.invalid"
    report = Client(certs, slowness)(*actions, **values)
    return report.actions[-1].diagnosis if actions else report.diagnosis


def by_program(certs, server, options):
    options = options.replace("{port}", str(server.port))
    words = shlex.split(re.sub(r"\{([^}]*)\}", lambda m: str(certs / m[1]), options))
    host = words.pop(0)[1:] if words[0].startswith("@") else "localhost"
    if isinstance(server, Port) and server.port == 443:
        host = "nowhere.invalid"
    result = subprocess.run([PROGRAM, "get", "--json", *words, f"https://{host}:{server.port}/"],
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode != 0 and result.stderr == "", result
    return json.loads(result.stdout)


def judge(said, kind, wanted, setting):
    causes = " ".join(c["name"] for c in said["reasons"])
    assert causes in wanted.split(" or "), (causes, said["what"])
    assert said["class"] == kind, said
    remedies = said["reasons"][0]["remedies"]
    assert remedies, said
    if setting != "-":
        assert setting in [r["setting"] for r in remedies], remedies
    assert "{" not in json.dumps([c["text"] for c in said["reasons"]]), said


@pytest.mark.parametrize("case", ROWS)
def test_case_names_its_causes_and_no_others(bad, slowness, case):
    spec, api, program, kind, causes, setting = ROWS[case]
    with serve(spec, bad) as server:
        if api != "-":
            judge(by_api(bad, slowness, server, api), kind, causes, setting)
        if program != "-":
            judge(by_program(bad, server, program), kind, causes, setting)


# --- servers that work ---------------------------------------------------------------------------


WORKING = {
    "EC": ("tls server-ec", "root-ec.pem"),
    "EC 384": ("tls server-ec384", "root-ec384.pem"),
    "RSA": ("tls server-rsa", "root-rsa.pem"),
    "TLS 1.2": ("tls-1.2 server-ec", "root-ec.pem"),
    "TLS 1.3": ("tls-1.3 server-rsa", "root-rsa.pem"),
    "only its names": ("tls server-dns", "root-ec.pem"),
    "by common name": ("tls server-cn", "root-ec.pem"),
    "extra certificates": ("openssl bad-extra", "root-ec.pem"),
    "root sent along": ("openssl bad-root-sent", "root-ec.pem"),
    "self-signed and trusted": ("tls self-ca", "self-ca.pem"),
}


@pytest.mark.parametrize("name", WORKING)
def test_working_server_gets_no_finding(bad, slowness, name):
    spec, root = WORKING[name]
    with serve(spec, bad) as server:
        report = Client(bad, slowness)(host="localhost", port=server.port, cacert=root).opened()
        assert report.diagnosis["class"] == "none" and report.diagnosis["reasons"] == [], report
        result = subprocess.run([PROGRAM, "get", "--json", "--cacert", bad / root,
                                 f"https://localhost:{server.port}/"], capture_output=True,
                                text=True, timeout=60, check=False)
        assert (result.returncode, result.stderr) == (0, ""), result
