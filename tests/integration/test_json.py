# SPDX-License-Identifier: Apache-2.0
"""Everything that --json prints keeps to docs/json-schema.json."""
import json
import os
import subprocess
from pathlib import Path

import peers
import pytest
import ws_peers
from test_program import run as run_program
from test_program import web_page

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "docs" / "json-schema.json"
# The diagnosis, which devices print, has these in words, the reports as numbers or one by one.
ALLOWED = {"stack", "verify_flags", "certificate", "not_before", "not_after", "names",
           "alert_received"}
LOG = """E (100) esp-tls: mbedtls_ssl_handshake returned -0x2700
E (200) x: free heap 20000, largest 5000
I (300) main: again
E (400) transport_base: errno 104
esp_tls: -0x7780
E (500) x: alloc(17000) failed
"""


def kind_of(value):
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array",
             dict: "object", type(None): "null"}
    return names[type(value)]


def check(value, schema, root, at=""):
    """What of JSON Schema (2020-12) the file uses, and no more."""
    known = {"$ref", "type", "properties", "required", "items", "const", "enum", "description",
             "additionalProperties", "oneOf", "$defs", "$schema", "title", "prefixItems"}
    assert set(schema) <= known, (at, set(schema) - known)
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if "const" in schema:
        assert value == schema["const"], at
    if "enum" in schema:
        assert value in schema["enum"], (at, value)
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    assert not types or kind_of(value) in types, (at, value, types)
    if isinstance(value, dict):
        names = schema.get("properties", {})
        assert set(schema.get("required", [])) <= set(value), (at, set(schema["required"]) -
                                                               set(value))
        for name, member in value.items():
            assert name in names, f"{at}.{name} is not in the schema"
            check(member, names[name], root, f"{at}.{name}")
    if isinstance(value, list):
        for i, element in enumerate(value):
            check(element, schema.get("items", {}), root, f"{at}[{i}]")


def objects(text):
    """JSON objects, one after the other."""
    decoder, at, found = json.JSONDecoder(), 0, []
    while at < len(text.rstrip()):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


def members_of(schema, at):
    """(name, types but for null, where) of each member."""
    for name, member in schema.get("properties", {}).items():
        types = member.get("type", [])
        types = ({types} if isinstance(types, str) else set(types)) - {"null"}
        yield name, tuple(sorted(types)), f"{at}.{name}"
        yield from members_of(member, f"{at}.{name}")
    if "items" in schema:
        yield from members_of(schema["items"], at + "[]")


async def talk(conn):
    """A text and bytes come, then an echo, and a Close with a reason."""
    await conn.send("t\u00e9xt \0 \u0007")
    await conn.send(b"\0\xff\n")
    async for message in conn:
        await conn.send(message)
        await conn.close(4001, "enough")


@pytest.fixture(name="samples", scope="module")
def lines_of_every_kind(certs, tmp_path_factory):
    """[(command, words, standard input)]"""
    folder = tmp_path_factory.mktemp("json")
    (folder / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n")
    trust = ["--cacert", str(certs / "root-ec.pem")]
    other = ["--cacert", str(certs / "root-rsa.pem")]
    with peers.TlsPeer(certs, web_page()) as web, peers.refused_port() as nobody, \
            peers.Peer(lambda c: c.sendall(b"no TLS, no HTTP\r\n\r\n")) as plain, \
            peers.TlsPeer(certs, web_page(), client_ca=certs / "root-ec.pem") as strict, \
            ws_peers.Server(talk, certs) as ws:
        url, closed = f"https://localhost:{web.port}/", f"https://localhost:{nobody}/"
        wants = f"https://localhost:{strict.port}/"
        text = f"https://127.0.0.1:{plain.port}/"
        proxy = ["--proxy", f"http://127.0.0.1:{plain.port}"]
        yield [
            *(("get", words, b"") for words in (
                [*trust, url], [*trust, url, closed], [*other, url], [closed], [*trust, text],
                [*trust, wants], [*trust, *proxy, url], ["https://nowhere.invalid/"],
                ["http" + text[5:]], [*trust, "--name", "x.example", url], ["--nothing"])),
            *(("chain", words, b"") for words in (
                [*trust, url], [*other, url], [closed], ["nowhere.invalid"], [*proxy, url],
                [*trust, "--compare", str(certs / "server-rsa-chain.pem"), url], ["x", "y"])),
            *(("cert", words, b"") for words in (
                [str(certs / "server-ec-chain.pem"), str(certs / "server-ec.key")],
                [str(certs / "server-rsa.key"), str(certs / "server-ec.pem")],
                [str(folder / "broken.pem")], ["/nowhere"])),
            *(("check", words, b"") for words in (
                [*trust, url], [*other, "--no-memory", url], [closed], ["nowhere.invalid"],
                [*proxy, url], [*trust, "--no-memory", text], [*trust, "--no-memory", wants])),
            *(("memory", words, b"") for words in (
                [*trust, url], [*trust, "--heap", "9000", url], [*other, url], [closed],
                [*proxy, url], [*trust, "--compare", "-p", "esp8266", url])),
            *(("ws", words, said) for words, said in (
                ([*trust, "-n", "2", ws.url], b"a\0b\n"), ([*trust, "-n", "3", ws.url], b"x\n"),
                ([*other, ws.url], b""), ([f"ws{closed[5:]}"], b""), ([*trust, f"wss{url[5:]}"], b""),
                ([*proxy, ws.url], b""), (["--nothing"], b""))),
            *(("explain", words, said) for words, said in (
                (["-0x7200"], b""), (["--list"], b""), (["nothing"], b""), (["-"], LOG.encode()),
                (["-0x3b00", "-28672"], b""), (["-17040"], b""))),
        ]


def run(command, words, said=b""):
    result = run_program([command, "--json", *words], stdin=None, input=said) if said else \
        run_program([command, "--json", *words])
    found = objects(result.stdout.decode())
    assert found, result
    assert result.returncode in [one["exit"] for one in found], result
    return found


@pytest.mark.xdist_group("program")
def test_everything_that_is_printed_keeps_to_the_schema(samples):
    schema = json.loads(SCHEMA.read_text())
    for command, words, said in samples:
        for found in run(command, words, said):
            assert found["schema"] == 2 and found["command"] == command
            name = command if "verdict" not in found or len(found) > 4 else "ended"
            check(found, schema["$defs"][name], schema, command)


@pytest.mark.xdist_group("program")
def test_messages_of_a_websocket_are_in_the_json_as_they_came(certs):
    with ws_peers.Server(talk, certs) as server:
        trust = ["--cacert", str(certs / "root-ec.pem")]
        found, = run("ws", [*trust, "-n", "2", server.url], b"")
        assert [(m["bytes"], m["text"], m["base64"]) for m in found["messages"]] == [
            (9, "t\u00e9xt \0 \u0007", None), (3, None, "AP8K")]
        assert found["exit"] == 0 and found["verdict"] is None and found["messages_sent"] == 0
        assert found["close"]["value"] == 1000 and found["version"] == "TLSv1.3"
        found, = run("ws", [*trust, server.url], b"x\n")
        assert found["messages"][2] == {"bytes": 1, "text": "x", "base64": None}
        assert found["messages_sent"] == 1 and found["exit"] == 11
        assert found["close"] == {"value": 4001, "name": "", "text": "enough"}
        assert "4001" in found["verdict"] and found["diagnosis"] is None
        found, = run("ws", [server.url], b"")
        assert found["exit"] == 6 and found["messages"] == [] and found["close"] is None
        assert found["diagnosis"]["reasons"][0]["name"] == "ROOT_NOT_TRUSTED"
        assert found["verdict"].startswith("certificate refused")


@pytest.mark.parametrize("words, is_json", [
    (["get", "-H", "--json", "no url"], False),
    (["get", "--header=x", "--json", "no url"], True),
    (["get", "-H", "a: b", "--js", "no url"], True),
    (["get", "no url", "--json"], True),
    (["get", "--nothing", "--json", "no url"], True),
    (["get", "--json", "-o"], True),
    (["get", "-o", "--json"], False),
    (["get", "--", "--json"], False),
    (["memory", "--heap", "--json", "x"], False),
    (["explain", "--nothing", "--json", "-0x7200"], True),
    (["nothing", "--json"], True),
])
def test_a_usage_error_is_json_where_json_is_asked_for(words, is_json):
    result = run_program(words)
    assert result.returncode == 2 and result.stderr, result
    assert [one["exit"] for one in objects(result.stdout.decode())] == [2] * is_json, result


def test_one_name_has_one_type():
    types = {}
    for command, part in json.loads(SCHEMA.read_text())["$defs"].items():
        for name, kinds, at in members_of(part, command):
            if kinds:
                types.setdefault(name, {}).setdefault(kinds, at)
    twice = {name: kinds for name, kinds in types.items() if len(kinds) > 1}
    assert set(twice) <= ALLOWED, twice


def test_the_page_of_the_schema_names_every_command():
    page = (ROOT / "docs" / "json.md").read_text()
    assert "json-schema.json" in page
    for command in ("get", "chain", "cert", "check", "memory", "ws", "explain"):
        assert f"`{command}`" in page


if os.environ.get("ESP_TLS_SCHEMA_SAMPLES"):  # what a schema is made of
    @pytest.mark.xdist_group("program")
    def test_samples(samples):
        with open(os.environ["ESP_TLS_SCHEMA_SAMPLES"], "w", encoding="utf-8") as out:
            for command, words, said in samples:
                for found in run(command, words, said):
                    json.dump(found, out)
                    out.write("\n")
