# SPDX-License-Identifier: Apache-2.0
"""esp-tls get --capture and --keylog: what tshark, which knows nothing of us, makes of the files."""
import os
import re
import ssl
import subprocess
import time

import peers
import pytest
from test_get import OUTPUT, PROGRAM, USAGE, Get, answers, read_request

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world"

CLOSE = OK.replace(b"Length: 11", b"Length: 11\r\nConnection: close")

@pytest.fixture
def get(certs):
    return Get(certs)


def tshark(file, *args):
    peers.need("tshark")
    return subprocess.run(["tshark", "-r", str(file), *args], capture_output=True, text=True,
                          timeout=120, check=True, env={**os.environ, "HOME": "/"}).stdout


FIELDS = """frame.number frame.time_epoch ip.src ip.dst ipv6.src ipv6.dst tcp.srcport tcp.dstport
    tcp.stream tcp.len tcp.flags.str tcp.flags.reset tcp.analysis.flags tcp.checksum.status
    ip.checksum.status tls.handshake.type tls.handshake.extensions.supported_version
    tls.handshake.version tls.alert_message.desc http.request.method http.request.uri
    http.response.code http.content_length _ws.malformed _ws.expert.severity
    _ws.expert.message""".split()


class Packets(list):
    """All packets of a file as dictionaries of what they have. It runs tshark once."""

    def __init__(self, file):
        out = tshark(file, "-n", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
                     "-T", "fields", *(a for name in FIELDS for a in ("-e", name)))
        super().__init__({k: v for k, v in zip(FIELDS, line.split("\t")) if v}
                         for line in out.splitlines())

    def __call__(self, having, *names):
        """[[value of each field], ...] of the packets that have a field."""
        return [[packet.get(name) for name in names] for packet in self if having in packet]

    def sound(self):
        """Nothing that Wireshark would colour: malformed packets, TCP that does not follow on, bad
        checksums, and whatever an expert of its dissectors warns of."""
        assert len(self) > 0
        for p in self:
            severity = max(int(s, 0) for s in p.get("_ws.expert.severity", "0").split(","))
            assert "_ws.malformed" not in p and "tcp.analysis.flags" not in p, p
            assert p["tcp.checksum.status"] == "1" and p.get("ip.checksum.status", "1") == "1", p
            assert severity < 0x600000, p
        return self


def conversation(file, stream=0):
    """What both said in a TLS connection, decrypted."""
    return tshark(file, "-q", "-z", f"follow,tls,ascii,{stream}")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("version, code", [("1.2", "0x0303"), ("1.3", "0x0304")])
def test_capture_is_decrypted_by_tshark(get, tls_peer, tmp_path, version, code, host):
    peer = tls_peer(answers(OK), host=host)
    file = tmp_path / "file.pcapng"
    result = get(f"https://localhost:{peer.port}/page", "--tls", version, "--capture", file,
                 "--connect-to", f"{f'[{host}]' if ':' in host else host}:{peer.port}")
    assert (result.returncode, result.stdout) == (0, b"hello world"), result.err
    assert "anybody can read" in result.err
    packets = Packets(file).sound()
    ip = "ipv6" if ":" in host else "ip"
    assert packets("http.request.method", "http.request.method", "http.request.uri", f"{ip}.dst",
                   "tcp.dstport") == [["GET", "/page", host, str(peer.port)]]
    assert packets("http.response.code", "http.response.code", "http.content_length",
                   f"{ip}.src") == [["200", "11", host]]
    text = conversation(file)
    assert "GET /page HTTP/1.1" in text and "hello world" in text
    hello = [p for p in packets if p.get("tls.handshake.type", "").split(",")[0] == "2"][0]
    name = "extensions.supported_version" if version == "1.3" else "version"
    assert hello[f"tls.handshake.{name}"].split(",")[0] == code
    flags = [p["tcp.flags.str"] for p in packets]
    assert "S" in flags[0] and "A" in flags[1] and "S" in flags[1] and "F" in flags[-1]


def test_capture_has_real_times_and_is_readable_by_its_owner_alone(get, tls_peer, tmp_path):
    peer = tls_peer(answers(b"", OK, pause=0.3))  # a pause before it
    file = tmp_path / "file.pcapng"
    before = time.time()
    assert get(f"https://localhost:{peer.port}/", "--capture", file).returncode == 0
    times = [float(p["frame.time_epoch"]) for p in Packets(file)]
    assert times == sorted(times)
    assert before - 1 <= times[0] <= file.stat().st_mtime + 1
    assert 0.3 <= times[-1] - times[0] < 30
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_capture_of_a_refused_server_shows_our_alert(get, tls_peer, tmp_path, version):
    peer = tls_peer(answers(OK))
    file = tmp_path / "file.pcapng"
    result = get(f"https://localhost:{peer.port}/", "--tls", version, "--capture", file,
                 cacert="root-rsa.pem")
    assert result.returncode == 6
    alerts = Packets(file).sound()("tls.alert_message.desc", "tls.alert_message.desc",
                                   "tcp.dstport")
    assert ["48", str(peer.port)] in alerts  # unknown_ca


def test_capture_of_a_refused_client_shows_the_servers_alert(get, tls_peer, tmp_path):
    peer = tls_peer(answers(OK), high=ssl.TLSVersion.TLSv1_2)
    file = tmp_path / "file.pcapng"
    assert get(f"https://localhost:{peer.port}/", "--tls", "1.3", "--capture",
               file).returncode != 0
    assert Packets(file).sound()("tls.alert_message.desc", "tls.alert_message.desc",
                                 "tcp.srcport") == [["70", str(peer.port)]]  # protocol_version


def test_capture_of_a_large_transfer_stays_sound(get, tls_peer, tmp_path):
    body = os.urandom(1 << 20) * 6
    peer = tls_peer(answers(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body))
    file = tmp_path / "file.pcapng"
    result = get(f"https://localhost:{peer.port}/", "--capture", file)
    assert result.stdout == body
    packets = Packets(file).sound()
    assert packets("http.response.code", "http.content_length") == [[str(len(body))]]
    assert sum(int(p["tcp.len"]) for p in packets if p["tcp.srcport"] == str(peer.port)) > len(body)


def test_capture_of_a_large_upload_stays_sound(get, peer, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(bytes(range(256)) * 12000)

    def handler(conn):
        head = read_request(conn)
        left = body.stat().st_size - len(head.partition(b"\r\n\r\n")[2])
        while left > 0:
            left -= len(conn.recv(65536))
        conn.sendall(OK)

    p = peer(handler)
    file = tmp_path / "file.pcapng"
    result = get(f"http://127.0.0.1:{p.port}/", "-d", f"@{body}", "--capture", file)
    assert result.returncode == 0, result.err
    assert Packets(file).sound()("http.request.method", "http.request.method",
                                 "http.content_length") == [["POST", str(body.stat().st_size)]]


def test_capture_of_a_peer_that_resets_shows_it(get, peer, tmp_path):
    p = peer(lambda conn: (read_request(conn), peers.reset(conn)))
    file = tmp_path / "file.pcapng"
    assert get(f"http://127.0.0.1:{p.port}/", "--capture", file).returncode != 0
    assert [q["tcp.srcport"] for q in Packets(file) if q["tcp.flags.reset"] == "1"] == [str(p.port)]


def test_capture_has_each_connection_and_its_name(get, tls_peer, tmp_path):
    peer = tls_peer(answers(CLOSE))
    file = tmp_path / "file.pcapng"
    get(f"https://localhost:{peer.port}/b", f"https://localhost:{peer.port}/a", "--capture", file)
    assert Packets(file).sound()("http.request.method", "http.request.uri",
                                 "tcp.stream") == [["/a", "0"], ["/b", "1"]]
    named = tshark(file, "-N", "n", "-c", "1", "-T", "fields", "-e", "_ws.col.Destination")
    assert named.strip() == "localhost"


def test_capture_through_a_proxy_shows_the_inner_connection(get, tls_peer, tmp_path):
    inner = tls_peer(answers(OK))

    class Proxy(peers.Relay):
        def _relay(self, conn):
            assert read_request(conn).startswith(b"CONNECT ")
            conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            super()._relay(conn)

    file = tmp_path / "file.pcapng"
    with Proxy(inner.port) as proxy:
        result = get(f"https://localhost:{inner.port}/in", "--proxy",
                     f"http://127.0.0.1:{proxy.port}", "--capture", file)
    assert (result.returncode, result.stdout) == (0, b"hello world"), result.err
    assert Packets(file).sound()("http.request.method", "http.request.uri", "ip.dst",
                                 "tcp.dstport") == [["/in", "192.0.2.2", str(inner.port)]]


# --- key logs -------------------------------------------------------------------------------------

LINE = re.compile(r"CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n")


def test_keylog_is_appended_and_private(get, tls_peer, tmp_path):
    peer = tls_peer(answers(OK))
    file = tmp_path / "keys"
    for _ in range(2):
        result = get(f"https://localhost:{peer.port}/", "--tls", "1.2", "--keylog", file)
        assert result.returncode == 0 and "anybody can read" in result.err
    assert re.fullmatch(f"({LINE.pattern}){{2}}", file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600


def test_keylog_is_openssls(get, certs, tmp_path):
    """The server's own key log has the same secrets."""
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    with peers.TlsPeer(certs, answers(OK)) as peer:
        peer.context.keylog_filename = str(theirs)
        assert get(f"https://localhost:{peer.port}/", "--tls", "1.3", "--keylog",
                   ours).returncode == 0
    wanted = {line for line in theirs.read_text().splitlines() if line[:1] not in "#"}
    got = set(ours.read_text().splitlines())
    assert len(got) == 4 and got <= wanted


def test_sslkeylogfile_is_honoured(get, tls_peer, tmp_path):
    peer = tls_peer(answers(OK))
    file, other = tmp_path / "keys", tmp_path / "other"
    env = {**os.environ, "SSLKEYLOGFILE": str(file)}
    url = f"https://localhost:{peer.port}/"
    result = get(url, "--tls", "1.2", "-v", env=env)
    assert result.returncode == 0 and f"{file} (SSLKEYLOGFILE)" in result.err
    assert LINE.fullmatch(file.read_text())
    get(url, "--tls", "1.2", "--keylog", other, env=env)  # the option wins
    assert LINE.fullmatch(file.read_text()) and LINE.fullmatch(other.read_text())
    assert get(url, env={**env, "SSLKEYLOGFILE": ""}).returncode == 0


def test_messages_are_in_the_log(get, tls_peer):
    peer = tls_peer(answers(OK))
    err = get(f"https://localhost:{peer.port}/", "--tls", "1.3", "-vv").err
    for line in ("> ClientHello (1)", "< ServerHello (2)", "< Certificate (11)", "> Finished (20)"):
        assert f"esp-tls: {line}" in err, err


# --- what cannot be written -------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--capture", "--keylog"])
def test_file_that_cannot_be_opened_is_status_9(get, tls_peer, option):
    peer = tls_peer(answers(OK))
    result = get(f"https://localhost:{peer.port}/", option, "/nowhere/file")
    assert result.returncode == OUTPUT and "/nowhere/file cannot be written" in result.err
    assert peer.connections == 0


@pytest.mark.parametrize("option", ["--capture", "--keylog"])
def test_disk_that_is_full_harms_no_connection(get, tls_peer, option):
    peer = tls_peer(answers(OK))
    result = get(f"https://localhost:{peer.port}/", option, "/dev/full")
    assert result.stdout == b"hello world"
    assert result.returncode == OUTPUT and "/dev/full cannot be written" in result.err


def test_options_need_a_file(get):
    for option in ("--capture", "--keylog"):
        result = subprocess.run([PROGRAM, "get", option], capture_output=True, timeout=60,
                                check=False)
        assert result.returncode == USAGE
