# SPDX-License-Identifier: Apache-2.0
"""HTTP: the client that the tests drive, and the servers and proxies that Debian has."""
import base64
import contextlib
import hashlib
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import peers

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "tests" / "http-client"
USER, PASSWORD = "user", "pass:wo rd"
PROXY_PASSWORD = "pa:ss"  # without a blank, for http-client's line
REALM = "a realm"
# The ways to make a request, for parametrize.
MODES = [{}, {"async": 1}, {"mode": "stream"}, {"mode": "stream", "async": 1}]
IDS = ["perform", "perform-async", "stream", "stream-async"]


# --- the client -----------------------------------------------------------------------------------


class Answer(dict):
    """What http-client reports of an exchange; members as attributes, the body as bytes."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{name} is not in {list(self)}") from None

    def header(self, name):
        found = [value for key, _, value in (line.partition(": ")
                                             for line in self.headers.splitlines())
                 if key.lower() == name.lower()]
        return found[0] if found else None

    def ok(self, status=200, body=None):
        assert (self.err, self.status) == ("ESP_OK", status), self
        assert body is None or self.body == body, self
        return self

    def failed(self, err, phase=None, cause=None):
        """It failed so, the handler was told, and the record has a cause."""
        assert self.err == err, self
        assert self.events.endswith("E") or self.events.endswith("ED"), self
        if phase is not None:
            assert (self.record["phase"], self.record["cause"]) == (phase, cause), self
        return self


class Http:
    """An http-client. Settings are keywords; a list is one line each; `_` in a name stays."""

    def __init__(self, slowness=1):
        self.slowness = slowness
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.set(timeout=5000 * slowness)

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def set(self, **settings):
        for key, values in settings.items():
            for value in values if isinstance(values, list) else [values]:
                value = int(value) if isinstance(value, bool) else value
                text = "".join(c if 32 <= ord(c) < 127 and c != "%" else
                               "".join(f"%{b:02X}" for b in c.encode()) for c in str(value))
                self.process.stdin.write(f"{key} {text}\n")
        return self

    def new(self, **settings):
        """Another client, with its configuration changed by this."""
        self.process.stdin.write("new\n")
        return self.set(**settings)

    def begin(self, **settings):
        self.set(**settings)
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def end(self, limit=60):
        try:
            line = self.lines.get(timeout=limit * self.slowness)
        except queue.Empty:
            self.process.send_signal(signal.SIGABRT)
            line = None
        if line is None:
            self.process.wait(10)
            raise AssertionError(f"http-client ended with {self.process.returncode}\n{self.text()}")
        answer = Answer(json.loads(line))
        if answer.get("body") is not None:
            answer["body"] = bytes.fromhex(answer["body"])
        if answer.get("took_us", 0) > 500_000 and self.slowness == 1:  # waiting costs no time
            assert answer.cpu_us < 0.5 * answer.took_us, answer
        return answer

    def go(self, **settings):
        self.begin(**settings)
        return self.end()

    def text(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.stdin.close()
        code = self.process.wait(30)
        self.reader.join(10)
        self.process.stdout.close()
        log = self.text()
        self.log.close()
        assert code == 0, f"http-client ended with {code}\n{log}"
        assert "Sanitizer" not in log, log


# --- servers ---------------------------------------------------------------------------------------


class Server:
    """A process with a folder that any user may read."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="esp-tls-"))
        self.folder.chmod(0o755)

    def start(self, command, port, **kw):
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, cwd=self.folder, **kw)
        try:
            peers.wait_for_port(port, self.process)
        except RuntimeError as why:
            raise RuntimeError(f"{why}\n{(self.folder / 'output').read_text()}") from None

    def close(self):
        peers.end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def digest_line(user, realm, password):
    secret = hashlib.md5(f"{user}:{realm}:{password}".encode()).hexdigest()
    return f"{user}:{realm}:{secret}\n"


CGI = """#!/usr/bin/python3
import hashlib, os, sys
body = sys.stdin.buffer.read()
text = "\\n".join(f"{k}={os.environ.get(k, '')}" for k in (
    "REQUEST_METHOD", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_HOST",
    "HTTP_COOKIE", "QUERY_STRING", "SSL_CLIENT_S_DN_CN"))
text += f"\\nbody={len(body)} {hashlib.sha256(body).hexdigest()}\\n"
sys.stdout.write("Content-Type: text/plain\\r\\nSet-Cookie: a=b; Path=/\\r\\n\\r\\n" + text)
"""


class Apache(Server):
    """Apache, plain on `port`, TLS on `tls_port`, TLS with a client certificate on `mutual_port`.
    /cgi says what it got; /basic and /digest want a login; /r/CODE redirects to /file; kept
    connections are closed after a short while on `stale_port`."""

    MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "authn_file", "auth_basic",
               "auth_digest", "cgid", "alias", "dav", "dav_fs", "deflate", "ssl", "socache_shmcb",
               "setenvif", "headers", "filter")

    def __init__(self, certs):
        super().__init__()
        program = peers.need("apache2")
        held = [peers.free_port() for _ in range(4)]
        self.port, self.tls_port, self.mutual_port, self.stale_port = (port for _, port in held)
        www = self.folder / "www"
        www.mkdir(mode=0o777)
        www.chmod(0o777)
        cgi = self.folder / "cgi"
        cgi.write_text(CGI)
        cgi.chmod(0o755)
        sha = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
        (self.folder / "basic").write_text(f"{USER}:{{SHA}}{sha}\n")
        (self.folder / "digest").write_text(digest_line(USER, REALM, PASSWORD))
        (www / "file").write_bytes(b"the file")
        (www / "text.txt").write_bytes(b"compress me " * 500)
        for name in ("basic", "digest"):
            (www / f"{name}.html").write_bytes(b"secret")
        modules = "\n".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so"
                            for m in self.MODULES)
        ports = "\n".join(f"Listen 127.0.0.1:{port}" for _, port in held)
        redirects = "\n".join(f"Redirect {c} /r/{c} http://127.0.0.1:{self.port}/cgi"
                              for c in (301, 302, 303, 307, 308))
        tls = f"""SSLEngine on
  SSLCertificateFile {certs}/server-ec-chain.pem
  SSLCertificateKeyFile {certs}/server-ec.key"""
        who = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
        (self.folder / "conf").write_text(f"""
{modules}
{ports}
{who}
ServerName localhost
ServerRoot {self.folder}
PidFile {self.folder}/pid
ScriptSock {self.folder}/cgid.sock
Mutex pthread default
DavLockDB {self.folder}/www/.lock
ErrorLog {self.folder}/error.log
DocumentRoot {www}
StartServers 1
ServerLimit 1
ThreadsPerChild 25
KeepAliveTimeout 10
ScriptAlias /cgi {cgi}
{redirects}
<Directory {self.folder}>
  Require all granted
</Directory>
<Location /put>
  DAV on
</Location>
<Location /basic.html>
  AuthType Basic
  AuthName "{REALM}"
  AuthUserFile {self.folder}/basic
  Require valid-user
</Location>
<Location /digest.html>
  AuthType Digest
  AuthName "{REALM}"
  AuthDigestProvider file
  AuthUserFile {self.folder}/digest
  Require valid-user
</Location>
<Location /text.txt>
  ForceType text/plain
  SetOutputFilter DEFLATE
</Location>
<VirtualHost 127.0.0.1:{self.tls_port}>
  {tls}
</VirtualHost>
<VirtualHost 127.0.0.1:{self.mutual_port}>
  {tls}
  SSLCACertificateFile {certs}/root-client.pem
  SSLVerifyClient require
  SSLVerifyDepth 3
  SSLOptions +StdEnvVars
</VirtualHost>
<VirtualHost 127.0.0.1:{self.stale_port}>
  KeepAliveTimeout 100ms
</VirtualHost>
""")
        (www / "put").mkdir()
        (www / "put").chmod(0o777)
        for s, _ in held[1:]:
            s.close()
        with held[0][0]:
            self.start([program, "-f", self.folder / "conf", "-DFOREGROUND"], self.port)

    def url(self, path, port=None, host="127.0.0.1"):
        return f"http://{host}:{port or self.port}{path}"


class Squid(Server):
    """squid: `port` serves everybody, `basic_port` and `digest_port` want a login."""

    def __init__(self):
        super().__init__()
        program = peers.need("squid")
        held = [peers.free_port() for _ in range(3)]
        self.port, self.basic_port, self.digest_port = (port for _, port in held)
        secret = subprocess.run(["openssl", "passwd", "-6", PROXY_PASSWORD], check=True,
                                capture_output=True, text=True).stdout
        (self.folder / "basic").write_text(f"{USER}:{secret}")
        (self.folder / "digest").write_text(digest_line(USER, REALM, PROXY_PASSWORD))
        self.folder.chmod(0o777)
        where = "/usr/lib/squid"
        (self.folder / "conf").write_text(f"""
http_port 127.0.0.1:{self.port} name=open
http_port 127.0.0.1:{self.basic_port} name=basic
http_port 127.0.0.1:{self.digest_port} name=digest
auth_param basic program {where}/basic_ncsa_auth {self.folder}/basic
auth_param basic realm {REALM}
auth_param basic children 1 startup=0
auth_param digest program {where}/digest_file_auth -c {self.folder}/digest
auth_param digest realm {REALM}
auth_param digest children 1 startup=0
acl open myportname open
acl basic myportname basic
acl digest myportname digest
acl known proxy_auth REQUIRED
auth_schemes basic basic
auth_schemes digest digest
acl forbidden dst 127.0.0.99
http_access deny forbidden
http_access allow open
http_access allow known
http_access deny all
cache deny all
memory_pools off
cache_mem 8 MB
max_filedescriptors 512
pid_filename none
access_log none
cache_log {self.folder}/cache.log
coredump_dir {self.folder}
pinger_enable off
shutdown_lifetime 0 seconds
visible_hostname proxy.example
""")
        for s, _ in held[1:]:
            s.close()
        with held[0][0]:
            self.start([program, "-N", "-f", self.folder / "conf"], self.port)


class Socks(Server):
    """microsocks: SOCKS5, with or without a login."""

    def __init__(self, *login):
        super().__init__()
        held, self.port = peers.free_port()
        command = [peers.need("microsocks"), "-i", "127.0.0.1", "-p", self.port]
        if login:
            command += ["-u", login[0], "-P", login[1]]
        with held:
            self.start(command, self.port)


class Httpbin:
    """python3-httpbin in a thread, one more per connection."""

    def __init__(self):
        import pytest
        httpbin = pytest.importorskip("httpbin")
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Quiet(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"

            def log(self, *_):
                pass

        self.server = make_server("127.0.0.1", 0, httpbin.app, threaded=True,
                                  request_handler=Quiet)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.server.shutdown()
        self.thread.join(10)
        self.server.server_close()


class TlsFront(peers.TlsPeer):
    """TLS in front of a plain port, for a proxy that is reached by TLS."""

    def __init__(self, certs, port, **kw):
        super().__init__(certs, self._forward, **kw)
        self.target = port

    def _forward(self, tls):
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            self.open.append(server)
            back = threading.Thread(target=self._pump, args=(server, tls), daemon=True)
            back.start()
            self._pump(tls, server)
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_WR)
            back.join(10)

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(16384)
                if not data:
                    break
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
