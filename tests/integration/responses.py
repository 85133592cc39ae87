# SPDX-License-Identifier: Apache-2.0
"""HTTP responses, made for the purpose: valid, odd and broken ones, by name.

all_of_them() yields Case objects. What a response means is not said here: test_http_curl.py asks two
clients, and differences.txt has where they do not agree, and why.
"""
from dataclasses import dataclass

TEXT = b"0123456789"
OK = b"HTTP/1.1 200 OK\r\n"


@dataclass
class Case:
    name: str
    data: bytes
    method: str = "GET"
    abrupt: bool = False  # the connection ends without TLS's close_notify


def head(*fields, line=OK):
    return line + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def sized(*fields, body=TEXT, line=OK):
    return head(b"Content-Length: %d" % len(body), *fields, line=line) + body


def chunked(*chunks, fields=(), trailer=b"", last=b"0\r\n", line=OK):
    """Chunks are their bytes, or (size line, bytes)."""
    out = head(b"Transfer-Encoding: chunked", *fields, line=line)
    for chunk in chunks:
        size, data = chunk if isinstance(chunk, tuple) else (b"%x" % len(chunk), chunk)
        out += size + b"\r\n" + data + b"\r\n"
    return out + last + trailer + (b"\r\n" if last else b"")


STATUS_LINES = {
    "plain": b"HTTP/1.1 200 OK\r\n",
    "no reason": b"HTTP/1.1 200 \r\n",
    "no blank before no reason": b"HTTP/1.1 200\r\n",
    "long reason": b"HTTP/1.1 200 " + b"very " * 200 + b"\r\n",
    "reason in UTF-8": "HTTP/1.1 200 já\r\n".encode(),
    "control character in the reason": b"HTTP/1.1 200 O\x01K\r\n",
    "1.0": b"HTTP/1.0 200 OK\r\n",
    "1.2": b"HTTP/1.2 200 OK\r\n",
    "2.0": b"HTTP/2.0 200 OK\r\n",
    "0.9": b"HTTP/0.9 200 OK\r\n",
    "version with two digits": b"HTTP/1.10 200 OK\r\n",
    "no version": b"HTTP 200 OK\r\n",
    "small letters": b"http/1.1 200 OK\r\n",
    "two blanks before the status": b"HTTP/1.1  200 OK\r\n",
    "tab before the status": b"HTTP/1.1\t200 OK\r\n",
    "blank before HTTP": b" HTTP/1.1 200 OK\r\n",
    "empty line before it": b"\r\nHTTP/1.1 200 OK\r\n",
    "bare LF": b"HTTP/1.1 200 OK\n",
    "bare CR": b"HTTP/1.1 200 OK\r",
    "two digits": b"HTTP/1.1 20 OK\r\n",
    "four digits": b"HTTP/1.1 2000 OK\r\n",
    "no digits": b"HTTP/1.1 abc OK\r\n",
    "letter behind the digits": b"HTTP/1.1 200a OK\r\n",
    "signed": b"HTTP/1.1 +200 OK\r\n",
    "099": b"HTTP/1.1 099 OK\r\n",
    "000": b"HTTP/1.1 000 OK\r\n",
    "599": b"HTTP/1.1 599 OK\r\n",
    "600": b"HTTP/1.1 600 OK\r\n",
    "999": b"HTTP/1.1 999 OK\r\n",
    "another protocol": b"ICY 200 OK\r\n",
    "RTSP": b"RTSP/1.0 200 OK\r\n",
    "SSH": b"SSH-2.0-Server\r\n",
}

FIELDS = {
    "empty value": b"X:",
    "value of blanks": b"X:   ",
    "blanks around the value": b"X: \t value \t ",
    "no blank": b"X:value",
    "blank before the colon": b"X : value",
    "no colon": b"X value",
    "no name": b": value",
    "empty name and value": b":",
    "colons in the value": b"X: a:b:c",
    "folded": b"X: a\r\n b",
    "folded with a tab": b"X: a\r\n\tb",
    "folded before the value": b"X:\r\n b",
    "folded behind LF": b"X: a\n b",
    "folded to nothing": b"X: a\r\n \r\n\t",
    "bare CR instead of a value": b"X:\rY: b",
    "begins with a blank": b" X: a",
    "UTF-8": "X: já".encode(),
    "byte above 0x7F in the name": b"X\xe9: a",
    "quoted": b'X: "a\\"b"',
    "NUL in the value": b"X: a\0b",
    "NUL in the name": b"X\0Y: b",
    "control character in the value": b"X: a\x01b",
    "DEL in the value": b"X: a\x7fb",
    "tab in the value": b"X: a\tb",
    "bare CR in the value": b"X: a\rb",
    "bare LF behind the value": b"X: a\nY: b",
    "separator in the name": b"X(Y): a",
    "blank in the name": b"X Y: a",
    "every token character": b"!#$%&'*+-.^_`|~09azAZ: a",
    "7 KB": b"X: " + b"a" * 7000,
    "9 KB": b"X: " + b"a" * 9000,
    "70 KB": b"X: " + b"a" * 70_000,
    "200 of them": b"\r\n".join(b"X%d: a" % i for i in range(200)),
    "300 of them": b"\r\n".join(b"X%d: a" % i for i in range(300)),
    "40 KB in all": b"\r\n".join(b"X%d: " % i + b"a" * 390 for i in range(100)),
    "90 KB in all": b"\r\n".join(b"X%d: " % i + b"a" * 890 for i in range(100)),
    "400 KB in all": b"\r\n".join(b"X%d: " % i + b"a" * 3990 for i in range(100)),
    "Set-Cookie twice": b"Set-Cookie: a=b\r\nSet-Cookie: c=d",
    "Content-Encoding that is unknown": b"Content-Encoding: x-nothing",
    "Content-Range of nonsense": b"Content-Range: elephants",
    "Location of nonsense": b"Location: http://[",
    "Upgrade that was not asked for": b"Upgrade: h2c\r\nConnection: Upgrade",
    "Connection of several": b"Connection: foo, close , bar",
    "Keep-Alive": b"Keep-Alive: timeout=5, max=1\r\nConnection: keep-alive",
    "Trailer": b"Trailer: X",
}

LENGTHS = {
    "right": [b"10"],
    "with blanks around": [b"  10  "],
    "leading zeros": [b"0000000000000000000010"],
    "twice the same": [b"10", b"10"],
    "twice in one": [b"10, 10"],
    "two": [b"10", b"5"],
    "two in one": [b"10, 5"],
    "shorter": [b"4"],
    "longer": [b"20"],
    "zero": [b"0"],
    "negative": [b"-10"],
    "signed": [b"+10"],
    "hexadecimal": [b"0xA"],
    "fraction": [b"10.0"],
    "letters behind": [b"10bytes"],
    "blank between": [b"1 0"],
    "empty": [b""],
    "letters": [b"ten"],
    "2^31": [b"2147483648"],
    "2^63 - 1": [b"9223372036854775807"],
    "2^63": [b"9223372036854775808"],
    "2^64": [b"18446744073709551616"],
    "2^64 + 10": [b"18446744073709551626"],
    "30 digits": [b"1" * 30],
}

CODINGS = {
    "chunked": [b"chunked"],
    "Chunked": [b"CHUNKED"],
    "blanks around": [b"  chunked  "],
    "twice": [b"chunked", b"chunked"],
    "twice in one": [b"chunked, chunked"],
    "identity": [b"identity"],
    "gzip": [b"gzip"],
    "gzip, chunked": [b"gzip, chunked"],
    "gzip and chunked": [b"gzip", b"chunked"],
    "chunked, gzip": [b"chunked, gzip"],
    "unknown": [b"x-nothing"],
    "begins like it": [b"chunkedfoo"],
    "ends like it": [b"xchunked"],
    "quoted": [b'"chunked"'],
    "with a parameter": [b"chunked;a=b"],
    "empty": [b""],
    "comma only": [b","],
    "comma before": [b", chunked"],
}

CHUNKS = {
    "one": chunked(TEXT),
    "several": chunked(b"0", b"12", b"345", b"6789"),
    "of one byte": chunked(*[TEXT[i:i + 1] for i in range(10)]),
    "none": chunked(),
    "large": chunked(b"x" * 70_000),
    "capital digits": chunked((b"A", TEXT)),
    "leading zeros": chunked((b"000000a", TEXT)),
    "extension": chunked((b"a;x=y", TEXT)),
    "quoted extension": chunked((b'a;x="y;z\\"\r"'.replace(b"\r", b""), TEXT)),
    "extension without a name": chunked((b"a;", TEXT)),
    "extension with blanks": chunked((b"a ; x = y", TEXT)),
    "blank behind the size": chunked((b"a ", TEXT)),
    "blank before the size": chunked((b" a", TEXT)),
    "control character in the extension": chunked((b"a;x=\x01", TEXT)),
    "long extension": chunked((b"a;x=" + b"y" * 3000, TEXT)),
    "very long extension": chunked((b"a;x=" + b"y" * 70_000, TEXT)),
    "trailer": chunked(TEXT, trailer=b"X: y\r\n"),
    "trailers": chunked(TEXT, trailer=b"X: y\r\nZ: a\r\n"),
    "trailer that frames": chunked(TEXT, trailer=b"Content-Length: 3\r\n"),
    "trailer without a colon": chunked(TEXT, trailer=b"nonsense\r\n"),
    "trailer with bare LF": chunked(TEXT, trailer=b"X: y\nZ: a\n"),
    "trailer that is folded": chunked(TEXT, trailer=b"X: y\r\n z\r\n"),
    "trailer with NUL": chunked(TEXT, trailer=b"X: a\0b\r\n"),
    "trailer of 9 KB": chunked(TEXT, trailer=b"X: " + b"a" * 9000 + b"\r\n"),
    "trailer of 70 KB": chunked(TEXT, trailer=b"X: " + b"a" * 70_000 + b"\r\n"),
    "extension of the last": chunked(TEXT, last=b"0;x=y\r\n"),
    "zeros as the last": chunked(TEXT, last=b"00000\r\n"),
    "no last": chunked(TEXT, last=b""),
    "no end of the last": chunked(TEXT)[:-2],
    "half an end of the last": chunked(TEXT)[:-1],
    "bytes behind": chunked(TEXT) + b"more",
    "another answer behind": chunked(TEXT) + sized(),
    "size is no number": chunked((b"z", TEXT)),
    "size is empty": chunked((b"", TEXT)),
    "size is negative": chunked((b"-a", TEXT)),
    "size is signed": chunked((b"+a", TEXT)),
    "size has 0x": chunked((b"0xa", TEXT)),
    "size has 16 digits": chunked((b"000000000000000a", TEXT)),
    "size has 17 digits": chunked((b"0000000000000000a", TEXT)),
    "size overflows": chunked((b"1000000000000000a", TEXT)),
    "size is 2^63": chunked((b"8000000000000000", TEXT)),
    "size is 2^64 - 1": chunked((b"ffffffffffffffff", TEXT)),
    "size too small": chunked((b"4", TEXT)),
    "size too large": chunked((b"c", TEXT)),
    "LF behind the size": head(b"Transfer-Encoding: chunked") + b"a\n" + TEXT + b"\r\n0\r\n\r\n",
    "LF behind the data": head(b"Transfer-Encoding: chunked") + b"a\r\n" + TEXT + b"\n0\r\n\r\n",
    "LF everywhere": head(b"Transfer-Encoding: chunked") + b"a\n" + TEXT + b"\n0\n\n",
    "CR behind the size": head(b"Transfer-Encoding: chunked") + b"a\r" + TEXT + b"\r\n0\r\n\r\n",
    "nothing behind the data": head(b"Transfer-Encoding: chunked") + b"a\r\n" + TEXT + b"0\r\n\r\n",
    "with a length": chunked(TEXT, fields=[b"Content-Length: 10"]),
    "with another length": chunked(TEXT, fields=[b"Content-Length: 3"]),
    "in HTTP/1.0": chunked(TEXT, line=b"HTTP/1.0 200 OK\r\n"),
}

INTERIM = {
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "100 without a reason": b"HTTP/1.1 100\r\n\r\n",
    "100 with a field": b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n",
    "100 with a length": b"HTTP/1.1 100 Continue\r\nContent-Length: 10\r\n\r\n",
    "102": b"HTTP/1.1 102 Processing\r\n\r\n",
    "103 with links": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    "199": b"HTTP/1.1 199 What\r\n\r\n",
    "three": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\n\r\n",
    "twenty": b"HTTP/1.1 100 Continue\r\n\r\n" * 20,
    "100 in HTTP/1.0": b"HTTP/1.0 100 Continue\r\n\r\n",
    "101 that was not asked for": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n"
                                  b"Connection: Upgrade\r\n\r\n",
}


def without_body():
    for status in (204, 205, 304):
        line = b"HTTP/1.1 %d X\r\n" % status
        yield Case(f"{status}", head(line=line))
        yield Case(f"{status} with a length", head(b"Content-Length: 10", line=line))
        yield Case(f"{status} with length 0", head(b"Content-Length: 0", line=line))
        yield Case(f"{status} with a body", sized(line=line))
        yield Case(f"{status} with chunks", chunked(TEXT, line=line))
        yield Case(f"{status} announces chunks", head(b"Transfer-Encoding: chunked", line=line))
    yield Case("HEAD", head(b"Content-Length: 10"), method="HEAD")
    yield Case("HEAD, chunked", head(b"Transfer-Encoding: chunked"), method="HEAD")
    yield Case("HEAD without a length", head(), method="HEAD")
    yield Case("HEAD with a body", sized(), method="HEAD")
    yield Case("HEAD of a broken length", head(b"Content-Length: x"), method="HEAD")


def until_close():
    yield Case("until the end", head() + TEXT)
    yield Case("until the end, nothing", head())
    yield Case("until the end, asked to close", head(b"Connection: close") + TEXT)
    yield Case("until the end, HTTP/1.0", head(line=b"HTTP/1.0 200 OK\r\n") + TEXT)
    yield Case("until the end, large", head() + b"x" * 100_000)
    yield Case("no fields at all, length unknown", OK + b"\r\n" + TEXT)
    yield Case("until an abrupt end", head() + TEXT, abrupt=True)
    yield Case("whole before an abrupt end", sized(), abrupt=True)
    yield Case("cut by an abrupt end", sized()[:-3], abrupt=True)
    yield Case("chunks before an abrupt end", chunked(TEXT), abrupt=True)


def cut():
    """Every beginning of an answer."""
    for name, data in (("length", sized(b"X: y")), ("chunks", chunked(b"01234", b"56789",
                                                                      trailer=b"X: y\r\n"))):
        for n in range(len(data)):
            yield Case(f"{name}, cut at {n}", data[:n])


def all_of_them():
    for name, line in STATUS_LINES.items():
        yield Case(f"status line: {name}", sized(line=line))
    for name, field in FIELDS.items():
        yield Case(f"field: {name}", sized(field))
        yield Case(f"last field: {name}", head(b"Content-Length: 10", field) + TEXT)
    for name, values in LENGTHS.items():
        yield Case(f"length: {name}", head(*[b"Content-Length: " + v for v in values]) + TEXT)
    for name, values in CODINGS.items():
        yield Case(f"coding: {name}", head(*[b"Transfer-Encoding: " + v for v in values]) +
                   b"a\r\n" + TEXT + b"\r\n0\r\n\r\n")
    for name, data in CHUNKS.items():
        yield Case(f"chunks: {name}", data)
    for name, data in INTERIM.items():
        yield Case(f"interim: {name}", data + sized())
        yield Case(f"interim and no more: {name}", data)
    for status in (200, 201, 206, 300, 302, 400, 401, 404, 407, 416, 500, 503):
        yield Case(f"status {status}", sized(line=b"HTTP/1.1 %d X\r\n" % status))
    yield Case("302 that leads on", sized(b"Location: /elsewhere", line=b"HTTP/1.1 302 X\r\n"))
    yield Case("bytes behind the length", sized() + b"more")
    yield Case("nothing", b"")
    yield Case("one byte", b"H")
    yield Case("an empty line", b"\r\n")
    yield Case("a page without a head", b"<html>hello</html>\r\n")
    yield Case("LF everywhere", sized(b"X: y").replace(b"\r\n", b"\n"))
    yield Case("LF here and there", sized(b"X: y\nZ:", b"A:\nB: c"))
    yield Case("CR everywhere", sized(b"X: y").replace(b"\r\n", b"\r"))
    yield Case("LF ends the head", sized(b"X: y").replace(b"\r\n\r\n", b"\r\n\n"))
    yield Case("zeros", b"\0" * 200)
    yield Case("every byte", bytes(range(256)))
    yield from without_body()
    yield from until_close()
    yield from cut()
