# SPDX-License-Identifier: Apache-2.0
"""WebSocket servers: Debian's python3-websockets, and one that lies."""
import asyncio
import base64
import hashlib
import ssl
import struct
import threading

import peers
import websockets

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Server:
    """python3-websockets in a thread. handler(ws) is a coroutine; the path is ws.path."""

    def __init__(self, handler, certs=None, cert="server-ec", client_ca=None, version=None,
                 **options):
        self.handler, self.options = handler, {"max_size": None, "ping_interval": None, **options}
        self.connections = []
        if certs is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certs / f"{cert}-chain.pem", certs / f"{cert}.key")
            if version is not None:
                context.minimum_version = context.maximum_version = version
            if client_ca is not None:
                context.load_verify_locations(client_ca)
                context.verify_mode = ssl.CERT_REQUIRED
            self.options["ssl"] = context
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    async def _handle(self, ws):
        self.connections.append(ws)
        await self.handler(ws)

    async def _serve(self):
        self.loop, self.stop = asyncio.get_running_loop(), asyncio.Event()
        async with websockets.serve(self._handle, "127.0.0.1", 0, **self.options) as server:
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            await self.stop.wait()

    def _run(self):
        asyncio.run(self._serve())

    def __enter__(self):
        self.thread.start()
        assert self.ready.wait(10)
        scheme = "wss://localhost" if "ssl" in self.options else "ws://127.0.0.1"
        self.url = f"{scheme}:{self.port}/"
        return self

    def __exit__(self, *exc):
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join(10)


async def echo(ws):
    async for message in ws:
        await ws.send(message)


def fragments(message, size):
    return [message[i:i + size] for i in range(0, len(message), size)]


# --- a peer whose every byte is the test's -----------------------------------------------------------


def read_head(conn):
    head = b""
    while b"\r\n\r\n" not in head:
        data = conn.recv(4096)
        if not data:
            return head
        head += data
    return head


def field(head, name):
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b": ")
        if key.lower() == name.lower():
            return value
    return None


def accept_of(head):
    return base64.b64encode(hashlib.sha1(field(head, b"Sec-WebSocket-Key") + GUID).digest())


def upgrade(head, extra=b""):
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_of(head) + b"\r\n" + extra + b"\r\n")


def frame(first, payload=b""):
    n = len(payload)
    if n < 126:
        return bytes([first, n]) + payload
    if n < 65536:
        return struct.pack("!BBH", first, 126, n) + payload
    return struct.pack("!BBQ", first, 127, n) + payload


def exactly(conn, n):
    data = b""
    while len(data) < n:
        more = conn.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def read_frame(conn):
    """(first byte, payload) of a client's frame, which must be masked and of the shortest form."""
    first, second = exactly(conn, 2)
    assert second & 0x80, "not masked"
    n = second & 0x7F
    if n == 126:
        n, = struct.unpack("!H", exactly(conn, 2))
        assert n >= 126
    elif n == 127:
        n, = struct.unpack("!Q", exactly(conn, 8))
        assert n >= 65536
    mask = exactly(conn, 4)
    data = exactly(conn, n)
    return first, bytes(b ^ mask[i % 4] for i, b in enumerate(data))


def says(answer, *after, seen=None, hold=False):
    """A handler for peers.Peer: the answer (bytes, or a function of the request's head), then bytes;
    what the client sends is noted."""
    def handler(conn):
        head = read_head(conn)
        if seen is not None:
            seen.append(head)
        conn.sendall((answer(head) if callable(answer) else answer) + b"".join(after))
        try:
            while hold or after:
                got = read_frame(conn)
                if seen is not None:
                    seen.append(got)
        except EOFError:
            pass
    return handler


__all__ = ["Server", "echo", "fragments", "frame", "peers", "read_frame", "says", "upgrade"]
