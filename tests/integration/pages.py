# SPDX-License-Identifier: Apache-2.0
"""Pages that the program writes: read as a reader sees them, and looked at."""
import json
import re
import struct
import zlib
from html.parser import HTMLParser


class Page(HTMLParser):
    """Titles, verdict, table rows, paths, and whatever is loaded from elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.title, self.headings, self.rows, self.paths, self.verdict = "", [], [], [], ""
        self.figures, self.foreign, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.open.append((tag, attrs.get("class")))
        if tag == "tr":
            self.rows.append([])
        if tag == "path":
            self.paths.append(attrs["d"])
        if tag == "figure":
            self.figures.append(attrs["id"])
        if tag in ("link", "img", "iframe") or {"src", "href"} & attrs.keys():
            self.foreign.append((tag, attrs))
        if tag in ("meta", "rect", "line", "path"):
            self.open.pop()

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tags = [tag for tag, _ in self.open]
        if tags[-1:] == ["title"] and "svg" not in tags:
            self.title += data
        elif tags[-1:] == ["h2"]:
            self.headings.append(data)
        elif tags[-1:] in (["td"], ["th"]):
            self.rows[-1].append(data)
        elif self.open and self.open[-1] in (("p", "good"), ("p", "bad")):
            self.verdict += data


SCRIPT = re.compile(r"<script.*?</script>", re.S)


def drawn(text):
    """What a browser made of a page, without the scripts and what they draw from."""
    return SCRIPT.sub("", text)


def page_json(text):
    """What the page is drawn from; and that nothing else of what was found is in it."""
    data, program = SCRIPT.findall(text)
    assert data.startswith('<script type="application/json" id="found">'), data[:80]
    assert "<" not in data[1:-len("</script>")] and program.startswith("<script>\n")
    return json.loads(data[data.index(">") + 1:-len("</script>")])


def picture_size_and_colours(path):
    """Of a PNG: width, height, and how many different rows of pixels there are."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, _, kind = struct.unpack(">IIBB", data[16:26])
    raw, at = b"", 8
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        raw += data[at + 8:at + 8 + length] if name == b"IDAT" else b""
        at += length + 12
    pixels = zlib.decompress(raw)
    stride = 1 + width * {2: 3, 6: 4}[kind]
    return width, height, len({pixels[i:i + stride] for i in range(0, len(pixels), stride)})
