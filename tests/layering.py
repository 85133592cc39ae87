# SPDX-License-Identifier: Apache-2.0
"""Who uses whom, by the objects of a build: who defines a symbol, and who asks for it.

    layering.py BUILD [--print]

A room is a component, or a part of one. The table says which rooms a room may use; nothing else may
be used, and no rooms may use each other in a circle except those that CIRCLES defends. Inside esp-tls
and esp_http_client that goes for files as well. What the build generates (the list of observers)
belongs to no room: it is where what stands above is put under the engine, and it may name anybody.
"""
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

# Files of a component that form a room of their own, by their path in it: the first that fits.
ROOMS = [
    ("esp-tls: base", "esp-tls", r"src/(error|observer|anchor_store|tls_status)\.|internal/"),
    ("esp-tls: link", "esp-tls", r"src/link/"),
    ("esp-tls: stack", "esp-tls", r"src/stack/|esp-tls-crypto/"),
    ("esp-tls: conn", "esp-tls", r"src/(conn|config|trust|debug|conn_tap|conn_view)\."),
    ("esp-tls: calls", "esp-tls", r"src/"),
    ("esp_http_client: base", "esp_http_client", r"src/(text|headers|route)\."),
    ("esp_http_client: wire", "esp_http_client", r"src/(wire|proxy)\."),
    ("esp_http_client: exchange", "esp_http_client",
     r"src/(exchange|exchange_room|request|response)\."),
    ("esp_http_client: origin", "esp_http_client", r"src/(origin|target|login)\."),
]
ENGINE = {"esp-tls: base", "esp-tls: link", "esp-tls: stack", "esp-tls: conn", "esp-tls: calls"}
PUBLIC_CALLS = {"esp-tls: calls", "esp-tls: conn", "esp-tls: link", "esp-tls: stack"}

MAY_USE = {
    "platform": set(),
    "Mbed TLS": {"platform", "esp-tls: stack"},
    "llhttp": set(),
    # What all of the engine knows: the record of a failure, who is told, the global store.
    "esp-tls: base": {"platform"},
    "esp-tls: link": {"esp-tls: base", "platform"},
    "esp-tls: stack": {"esp-tls: base", "esp-tls: link", "Mbed TLS", "platform"},
    "esp-tls: conn": {"esp-tls: base", "esp-tls: link", "esp-tls: stack", "platform"},
    # The public calls that drive a connection or read what it is.
    "esp-tls: calls": {"esp-tls: base", "esp-tls: link", "esp-tls: conn", "platform"},
    "esp_http_message": PUBLIC_CALLS | {"Mbed TLS", "llhttp", "platform"},
    # Observers: they are told by the base, and look down at what stack and handle let them see.
    "esp_x509": ENGINE | {"Mbed TLS", "platform"},
    "esp_tls_trace": ENGINE | {"platform"},
    "esp_tls_diagnosis": ENGINE | {"esp_x509", "platform"},
    # The engine knows it by a function that an application names, and it the engine by Mbed TLS's
    # allocator.
    "esp_crt_bundle": {"Mbed TLS", "esp-tls: stack", "platform"},
    "tcp_transport": PUBLIC_CALLS | {"esp_tls_diagnosis", "esp_http_message", "platform"},
    # Three rooms that know neither each other nor the handle, which composes them.
    "esp_http_client: base": {"esp_http_message", "platform"},
    "esp_http_client: wire": PUBLIC_CALLS | {"esp_http_client: base", "esp_http_message",
                                             "tcp_transport", "platform"},
    "esp_http_client: exchange": {"esp_http_client: base", "esp_http_message", "platform"},
    "esp_http_client: origin": {"esp_http_client: base", "esp_http_message", "esp-tls: calls",
                                "platform"},
    "esp_http_client": PUBLIC_CALLS | {"esp_http_client: base", "esp_http_client: wire",
                                       "esp_http_client: exchange", "esp_http_client: origin",
                                       "esp_tls_diagnosis", "esp_http_message", "tcp_transport",
                                       "platform"},
}

CIRCLES = {
    frozenset({"Mbed TLS", "esp-tls: stack"}):
        "the seam: some calls between Mbed TLS's files go to functions of the stack's (seam.txt)",
}

# Circles of files inside a component: name, files, why.
FILE_CIRCLES = [
    ("esp-tls", "src/stack/mbedtls/", {"anchors", "at_once", "codes", "deferred", "elastic", "fixed",
                                       "handshake", "hook", "identity", "io", "key_kept",
                                       "key_on_demand", "needs", "setup", "slim", "verify"},
     "one stack: its object (setup.c) names what the calls of the connection are, these ask it for "
     "record buffers, and a failing call is one of the link's"),
]


def objects(build):
    """{object: (component, source)} of what goes into the library, on the platform that it is for."""
    found = {}
    for unit in json.loads((build / "compile_commands.json").read_text()):
        output = build / re.search(r" -o (\S+)", unit["command"])[1]
        folder = re.search(r"/CMakeFiles/([\w-]+)\.dir/(.*)\.o$", output.as_posix())
        names = {"mbedtls_objects": "Mbed TLS", "llhttp_objects": "llhttp", "observers": None,
                 "platform_common_objects": "platform", "platform_posix_objects": "platform"}
        if folder and folder[1].startswith("component_"):
            found[output] = (folder[1].removeprefix("component_"), folder[2])
        elif folder and folder[1] in names:
            found[output] = (names[folder[1]], folder[2])
    return {path: what for path, what in found.items() if path.exists()}


def room_of(component, source):
    for room, owner, pattern in ROOMS:
        if owner == component and re.match(pattern, source):
            return room
    return component


def uses(paths):
    """{object: {(object that defines it, symbol)}}"""
    listing = subprocess.run(["nm", "-A", "--format=posix", *map(str, paths)], check=True,
                             capture_output=True, text=True).stdout
    owner, asked = {}, defaultdict(set)
    for line in listing.splitlines():
        path, words = line.rsplit(": ", 1)[0], line.rsplit(": ", 1)[1].split()
        if words[1] in "Uwv" and len(words) == 2:
            asked[Path(path)].add(words[0])
        elif words[1].isupper():
            owner[words[0]] = Path(path)
    return {path: {(owner[s], s) for s in symbols if s in owner and owner[s] != path}
            for path, symbols in asked.items()}


def circles(nodes, after):
    """Tarjan's strongly connected components of more than one node."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in after(node):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            found.append([])
            while True:
                found[-1].append(stack.pop())
                if found[-1][-1] == node:
                    break

    for node in nodes:
        if node not in index:
            visit(node)
    return [frozenset(c) for c in found if len(c) > 1]


def check_rooms(what, graph):
    found, edges = [], defaultdict(set)
    for path, targets in graph.items():
        room = room_of(*what[path])
        for target, symbol in targets:
            other = room_of(*what[target])
            if room is None or other is None or room == other:
                continue
            edges[room].add(other)
            if room not in MAY_USE:
                found.append(f"{room} is not in the table ({what[path][1]})")
            elif other not in MAY_USE[room]:
                found.append(f"{what[path][1]} ({room}) uses {symbol} of {what[target][1]} ({other})")
    for circle in circles(list(edges), lambda room: edges.get(room, ())):
        if circle not in CIRCLES:
            found.append("a circle of rooms: " + ", ".join(sorted(circle)))
    return found, edges


def check_files(what, graph, component):
    nodes = [path for path, (owner, _) in what.items() if owner == component]
    found = []
    for circle in circles(nodes, lambda p: [t for t, _ in graph.get(p, ()) if what[t][0] == component]):
        files = {what[path][1] for path in circle}
        if not any(owner == component and
                   files <= {f"{folder}{name}.c" for name in names}
                   for owner, folder, names, _ in FILE_CIRCLES):
            found.append(f"a circle of files in {component}: " + ", ".join(sorted(files)))
    return found


def check(build):
    what = objects(build)
    graph = uses(list(what))
    seen = {component for component, _ in what.values()}
    found, edges = check_rooms(what, graph)
    for component in ("esp-tls", "esp_http_client"):
        assert component in seen, f"{build} has no objects of {component}"
        found += check_files(what, graph, component)
    return found, edges


def main():
    found, edges = check(Path(sys.argv[1]).resolve())
    if "--print" in sys.argv:
        for room in sorted(edges):
            print(f"{room}: {', '.join(sorted(edges[room]))}")
    for line in sorted(set(found)):
        print(line)
    print(f"layering: {len(edges)} rooms, {len(set(found))} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
