# SPDX-License-Identifier: Apache-2.0
"""Peers for the client: real servers, Python's TLS, sockets with a script, and a relay between.

All listen on loopback, on ports that the kernel chose. A peer is a context manager: leaving it ends
its process or threads.
"""
import contextlib
import ctypes
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from pathlib import Path

BACKLOG_EXTRA = 8


def pattern(length, at=0):
    """The bytes that tls-client writes: those from `at` on."""
    period = 1 << 24
    out = bytearray()
    while len(out) < length:
        block, _ = divmod(at, 256)
        first = at - block * 256
        row = _row((block * 256 * 167 + block * 13 + (block >> 8) * 7) & 0xFF)
        take = row[first:first + length - len(out)]
        out += take
        at = (at + len(take)) % period
    return bytes(out)


_rows = {}


def _row(base):
    if base not in _rows:
        _rows[base] = bytes((base + i * 167) & 0xFF for i in range(256))
    return _rows[base]


def reset(conn):
    """RST, also while another thread is reading: connect() to nowhere disconnects."""
    libc = ctypes.CDLL(None, use_errno=True)
    nowhere = struct.pack("H14x", socket.AF_UNSPEC)
    if libc.connect(conn.fileno(), nowhere, len(nowhere)) != 0:
        raise OSError(ctypes.get_errno(), "connect(AF_UNSPEC)")


def hold(conn, until=None):
    """Say nothing until the other side goes away."""
    with contextlib.suppress(OSError):
        while conn.recv(65536):
            pass


# --- sockets with a script -----------------------------------------------------------------------


class Peer:
    """A listening socket; handler(conn) runs in a thread of its own for each connection."""

    def __init__(self, handler, host="127.0.0.1", port=0):
        self.handler = handler
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, port), family=family, backlog=64)
        self.host, self.port = host, self.listener.getsockname()[1]
        self.connections = 0
        self.errors = []
        self.open = []
        self.threads = []
        self.accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self.accepting.start()
        return self

    def __exit__(self, *exc):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        if self.accepting.ident is not None:
            self.accepting.join(10)  # no connection is added after this
        for conn in self.open:
            with contextlib.suppress(OSError, ValueError):
                conn.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(10)

    def _accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(conn)
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.threads.append(threading.Thread(target=self._handle, args=(conn,), daemon=True))
            self.threads[-1].start()

    def _handle(self, conn):
        try:
            self.handler(conn)
        except (OSError, ssl.SSLError) as error:
            self.errors.append(error)
        finally:
            with contextlib.suppress(OSError):
                conn.close()


class TlsPeer(Peer):
    """Python's TLS server (OpenSSL). handler(tls) runs when the handshake is over; `seen` has
    what the client offered."""

    def __init__(self, certs, handler, cert="server-ec", host="127.0.0.1", port=0, chain=True,
                 low=None, high=None, alpn=None, client_ca=None, optional=False, ciphers=None,
                 tickets=None, clean=True):
        certs = Path(certs)
        super().__init__(self._serve, host, port)
        self.inner, self.seen, self.clean = handler, [], clean
        context = self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certs / f"{cert}{'-chain' if chain else ''}.pem",
                                certs / f"{cert}.key")
        context.sni_callback = self._sni
        if low:
            context.minimum_version = low
        if high:
            context.maximum_version = high
        if ciphers:
            context.set_ciphers(ciphers)
        if alpn:
            context.set_alpn_protocols(alpn)
        if tickets is not None:
            context.num_tickets = tickets
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL if optional else ssl.CERT_REQUIRED

    def _sni(self, _tls, name, _context):
        self.seen.append(name)

    def _serve(self, conn):
        tls = self.context.wrap_socket(conn, server_side=True, suppress_ragged_eofs=False)
        self.open.append(tls)
        try:
            self.inner(tls)
            if self.clean:
                with contextlib.suppress(OSError, ValueError):
                    tls.unwrap()
        finally:
            tls.close()


def echo(tls):
    while True:
        try:
            data = tls.recv(65536)
        except ssl.SSLError:
            return
        if not data:
            return
        tls.sendall(data)


class Relay(Peer):
    """Between client and server; what comes from the server goes through `down`, a function
    (conn, chunks) that sends what it likes to the client."""

    def __init__(self, port, down=None, up=None, host="127.0.0.1"):
        super().__init__(self._relay, host)
        self.target, self.down, self.up = port, down or forward, up or forward

    def _relay(self, conn):
        server = socket.create_connection(("127.0.0.1", self.target))
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.open.append(server)
        thread = threading.Thread(target=self._pump, args=(self.up, conn, server), daemon=True)
        thread.start()
        self._pump(self.down, server, conn)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        server.close()

    @staticmethod
    def _pump(how, source, sink):
        def chunks():
            while True:
                try:
                    data = source.recv(65536)
                except OSError:
                    return
                if not data:
                    return
                yield data

        with contextlib.suppress(OSError):
            how(sink, chunks())
            sink.shutdown(socket.SHUT_WR)


def forward(sink, chunks):
    for data in chunks:
        sink.sendall(data)


def one_byte_each(sink, chunks):
    for data in chunks:
        for i in range(len(data)):
            sink.sendall(data[i:i + 1])


def without_ccs(sink, chunks):
    """Records of type change_cipher_spec stay behind."""
    data = b""
    for chunk in chunks:
        data += chunk
        while len(data) >= 5 and len(data) >= 5 + int.from_bytes(data[3:5], "big"):
            end = 5 + int.from_bytes(data[3:5], "big")
            if data[0] != 20:
                sink.sendall(data[:end])
            data = data[end:]


def trickle(seconds):
    def how(sink, chunks):
        for data in chunks:
            for i in range(len(data)):
                sink.sendall(data[i:i + 1])
                time.sleep(seconds)
    return how


def cut_after(count, end=None):
    """Pass `count` bytes, then FIN, or what `end` does with the socket."""
    def how(sink, chunks):
        left = count
        for data in chunks:
            sink.sendall(data[:left])
            left -= len(data[:left])
            if left == 0:
                break
        if end is not None:
            end(sink)
    return how


def hang_after(count):
    def how(sink, chunks):
        left = count
        for data in chunks:
            sink.sendall(data[:left])
            left -= len(data[:left])
        # the generator ends when the other side closes
    return how


# --- peers that are hard to reach ----------------------------------------------------------------


@contextlib.contextmanager
def refused_port(host="127.0.0.1"):
    """A port that nobody listens on, and nobody will meanwhile."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as s:
        s.bind((host, 0))
        yield s.getsockname()[1]


class BlackHole:
    """A listener whose backlog is full: the kernel drops further SYNs. drain() accepts again."""

    def __init__(self, host="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, port), family=family, backlog=1)
        self.host, self.port = host, self.listener.getsockname()[1]
        self.filler = []
        for _ in range(BACKLOG_EXTRA):
            s = socket.socket(family)
            s.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                s.connect((host, self.port))
            self.filler.append(s)
        time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for s in self.filler:
            s.close()
        self.listener.close()

    def drain(self, after, handler):
        def run():
            time.sleep(after)
            mine = {s.getsockname() for s in self.filler}
            for s in self.filler:
                s.close()
            while True:
                try:
                    conn, address = self.listener.accept()
                except OSError:
                    return
                if address in mine:
                    conn.close()
                else:
                    self.filler.append(conn)
                    with contextlib.suppress(OSError, ssl.SSLError):
                        handler(conn)
        threading.Thread(target=run, daemon=True).start()


# --- real servers --------------------------------------------------------------------------------


def need(program):
    import pytest
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def free_port():
    """A port that is kept for a server: bound, not listened on, and SO_REUSEADDR lets the server
    have it as well."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", 0))
    return s, s.getsockname()[1]


def wait_for_port(port, process, host="127.0.0.1"):
    for _ in range(500):
        if process.poll() is not None:
            raise RuntimeError(f"server ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
            return
        time.sleep(0.01)
    raise RuntimeError("server does not listen")


def end(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Openssl:
    """openssl s_server. `output` has what it printed once it has ended."""

    def __init__(self, certs, *args, cert="server-ec", chain=True, mode=("-www",)):
        command = [need("openssl"), "s_server", "-accept", "127.0.0.1:0",
                   "-cert", certs / f"{cert}.pem", "-key", certs / f"{cert}.key", *mode, *args]
        if chain and (certs / f"{cert}-chain.pem").exists():
            command += ["-cert_chain", certs / f"{cert}-chain.pem"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, cwd=certs)
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace"))
            found = re.match(rb"ACCEPT .*:(\d+)$", line)
            if found:
                self.port = int(found[1])
                break
        else:
            raise RuntimeError("openssl s_server: " + "".join(self.lines))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace"))

    @property
    def output(self):
        return "".join(self.lines)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        end(self.process)
        self.reader.join(5)


class Gnutls:
    """gnutls-serv as a small web server."""

    def __init__(self, certs, *args, cert="server-ec", priority=None, mode=("--http",)):
        held, self.port = free_port()
        command = [need("gnutls-serv"), "--quiet", "-p", str(self.port), *mode,
                   "--x509certfile", certs / f"{cert}-chain.pem",
                   "--x509keyfile", certs / f"{cert}.key", *args]
        if priority:
            command += ["--priority", priority]
        if not any(str(a).startswith("--x509cafile") for a in args):
            command.append("--disable-client-cert")
        with held:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_for_port(self.port, self.process)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        end(self.process)


class Nginx:
    """nginx; its listening socket is made here and handed over, so the port is the kernel's."""

    def __init__(self, certs, folder, *lines, cert="server-ec", protocols="TLSv1.2 TLSv1.3"):
        program = need("nginx")
        self.folder = Path(folder)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.listener.set_inheritable(True)
        self.port = self.listener.getsockname()[1]
        user = "user root;" if os.geteuid() == 0 else ""  # it has to read the test's files
        extra = "\n".join(f"      {line}" for line in lines)
        (self.folder / "www").mkdir(exist_ok=True)
        conf = self.folder / "nginx.conf"
        conf.write_text(f"""
{user} daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_max_body_size 0; sendfile on;
  client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;
  fastcgi_temp_path {self.folder}/fcgi; uwsgi_temp_path {self.folder}/uwsgi;
  scgi_temp_path {self.folder}/scgi;
  server {{
    listen 127.0.0.1:{self.port} ssl;
    ssl_certificate {certs}/{cert}-chain.pem; ssl_certificate_key {certs}/{cert}.key;
    ssl_protocols {protocols};
    root {self.folder}/www; dav_methods PUT;
{extra}
  }}
}}
""")
        self.process = subprocess.Popen(
            [program, "-p", str(self.folder), "-c", str(conf)],
            env={**os.environ, "NGINX": f"{self.listener.fileno()};"},
            pass_fds=[self.listener.fileno()], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_for_port(self.port, self.process)

    def put(self, name, data):
        (self.folder / "www" / name).write_bytes(data)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        end(self.process)
        self.process.stderr.close()
        self.listener.close()


class Stunnel(Peer):
    """stunnel in front of a plain echo; one process for each connection, as inetd would."""

    def __init__(self, certs, folder, *lines, cert="server-ec"):
        self.program = need("stunnel")
        self.echo = Peer(echo)
        self.conf = Path(folder) / "stunnel.conf"
        text = [f"output = {folder}/stunnel.log", "foreground = yes", "syslog = no",
                f"cert = {certs}/{cert}-chain.pem", f"key = {certs}/{cert}.key",
                f"connect = 127.0.0.1:{self.echo.port}", *lines]
        self.conf.write_text("\n".join(text) + "\n")
        super().__init__(self._stunnel)

    def __enter__(self):
        self.echo.__enter__()
        return super().__enter__()

    def __exit__(self, *exc):
        super().__exit__(*exc)
        self.echo.__exit__(*exc)

    def _stunnel(self, conn):
        subprocess.run([self.program, str(self.conf)], stdin=conn, stdout=conn,
                       stderr=subprocess.DEVNULL, check=False)


# --- namespaces ----------------------------------------------------------------------------------


class Namespace:
    """Network and files of its own: loopback only, with the given /etc/hosts and /etc/resolv.conf.
    `command()` is what to put before a program that is to run in it."""

    def __init__(self, folder, hosts="127.0.0.1 localhost\n::1 localhost\n", resolv="",
                 sources="files dns"):
        import pytest
        folder = Path(folder)
        nss = f"hosts: {sources}\n"
        mounts = []
        for name, text in (("hosts", hosts), ("resolv.conf", resolv), ("nsswitch.conf", nss)):
            (folder / name).write_text(text)
            mounts.append(f"mount --bind {folder / name} $(readlink -f /etc/{name})")
        script = " && ".join([*mounts, "ip link set lo up", "echo ready", "exec sleep 600"])
        who = [] if os.geteuid() == 0 else ["--map-root-user"]
        self.enter = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        self.process = subprocess.Popen(
            [need("unshare"), *who, "--net", "--mount", "--propagation", "private", "sh", "-c",
             script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            why = self.process.stderr.read().decode().strip()
            self.close()
            pytest.skip(f"no namespaces here: {why}")
        self.helpers = []

    def command(self):
        return ["nsenter", "-t", str(self.process.pid), "--net", "--mount", *self.enter, "--"]

    def helper(self, source):
        """Run Python in the namespace, for as long as the test; it prints one line when it is
        ready, which is returned."""
        head = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\nimport peers\n"
        tail = "\nsys.stdout.flush()\nimport time; time.sleep(600)\n"
        process = subprocess.Popen([*self.command(), "/usr/bin/python3", "-c",
                                    head + source + tail],
                                   stdout=subprocess.PIPE, start_new_session=True)
        self.helpers.append(process)
        return process.stdout.readline().decode().strip()

    def close(self):
        for process in [*getattr(self, "helpers", []), self.process]:
            process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
