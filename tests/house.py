"""The rules of the house (CONTRIBUTING.md), checked by reading the sources.

Arrows point down only: tools, examples, firmware -> mqtt, esp_https_ota -> esp_http_client ->
tcp_transport -> esp_tls_diagnosis -> esp_x509, esp_tls_trace, esp_http_message -> esp-tls -> platform.
A lower room never names an upper one, and nobody includes another room's private headers. Who calls
whom is checked over the objects of a build (layering.py).
"""
import re
import subprocess
import sys
import unittest
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import layering  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]

# The height of each room. An include may lead to the same room or to a lower one.
ROOMS = {
    "platform": 0,
    "components/mbedtls": 1,
    "components/esp-tls": 2,
    "components/esp_crt_bundle": 3,
    "components/esp_http_message": 3,
    "components/esp_tls_trace": 3,
    "components/esp_x509": 3,
    "components/esp_tls_diagnosis": 4,
    "components/tcp_transport": 5,
    "components/esp_http_client": 6,
    "components/esp_https_ota": 7,
    "components/mqtt": 7,
    "components/esp_https_server": 7,
    "firmware": 9,
    "examples": 9,
    "tools": 9,
}
PUBLIC = ("include/", "idf/", "esp-tls-crypto/", "posix/include/", "lwip/include/")
# Not installed, and for these alone.
INTERNAL = {
    "components/esp-tls/internal/": ("components/esp_x509", "components/esp_tls_diagnosis",
                                     "components/esp_tls_trace"),
    "components/esp_x509/internal/": ("components/esp_tls_diagnosis",),
}
# The folders of tools/esp-tls, and which others each may use.
TOOL = {
    "cli": (),
    "probe": ("cli",),
    "completion": ("cli",),
    "explain": ("cli",),
    "get": ("cli",),
    "memory": ("cli",),
    "ws": ("cli", "get"),
    "chain": ("cli", "probe"),
    "check": ("cli", "probe", "chain", "memory"),
}
STACK = ("components/esp-tls/src/stack/mbedtls/", "components/esp_x509/src/mbedtls/")

# What an operating system gives belongs into platform/.
OS_HEADERS = re.compile(
    r"(sys|netinet|arpa|net|linux)/.*|(netdb|poll|pthread|unistd|time|stdio|errno|fcntl|signal"
    r"|threads|stdatomic|locale|dirent|termios)\.h"
)
OS_HEADERS_ALLOWED = {
    # Mbed TLS's time type is the C library's.
    ("components/mbedtls/include/esp_mbedtls_config.h", "time.h"),
    # ssize_t, in the prototypes that ESP-IDF has.
    ("components/esp-tls/include/esp_tls.h", "sys/types.h"),
    ("components/esp-tls/include/esp_tls_custom_stack.h", "sys/types.h"),
    ("components/esp-tls/include/esp_tls_stream.h", "sys/types.h"),
    # struct ifreq, and what ESP-IDF's header includes.
    ("components/tcp_transport/include/esp_transport_tcp.h", "sys/socket.h"),
    ("components/tcp_transport/include/esp_transport_tcp.h", "net/if.h"),
    # AF_INET and AF_INET6 are values of its enumeration.
    ("components/esp_http_client/include/esp_http_client.h", "sys/socket.h"),
}
BANNED = re.compile(
    r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|malloc|calloc|realloc|free"
    r"|abort|assert|alloca)\s*\("
)
MACHINE = re.compile(r"(?<![\w.~}])/" + r"(work|root|home)/")


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [name for name in out.split("\0") if name and (ROOT / name).is_file()]


def room_of(name):
    return next((room for room in ROOMS if name.startswith(room + "/")), None)


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def without_comments(text):
    """Comments and strings become blanks; the lines stay."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", blank, text,
                  flags=re.S)


def includes(name):
    for number, line in enumerate(text_of(name).splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if match:
            yield number, match[1]


class House(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sources = [n for n in tracked("*.c", "*.h") if room_of(n)]
        cls.headers = [n for n in cls.sources if n.endswith(".h")]

    def none(self, found, rule):
        self.assertFalse(found, "\n" + rule + "\n  " + "\n  ".join(found))

    def resolve(self, name, header):
        """The tracked file that the include means, or None for one of the system's."""
        here = (Path(name).parent / header).as_posix()
        if here in self.headers:
            return here
        hits = [h for h in self.headers if h.endswith("/" + header)]
        own = [h for h in hits if room_of(h) == room_of(name)]
        return (own or hits or [None])[0]

    def test_arrows_point_down(self):
        found = []
        for name in self.sources:
            for number, header in includes(name):
                target = self.resolve(name, header)
                if target and ROOMS[room_of(target)] > ROOMS[room_of(name)]:
                    found.append(f"{name}:{number}: {header} is of {room_of(target)}")
        self.none(found, "A lower room names an upper one:")

    def test_rooms_are_entered_by_their_public_headers(self):
        found = []
        for name in self.sources:
            for number, header in includes(name):
                target = self.resolve(name, header)
                if target and room_of(target) != room_of(name):
                    depth = 2 if target.startswith("components/") else 1
                    inside = target.split("/", depth)[depth]
                    if room_of(target).startswith(("components", "platform")):
                        allowed = INTERNAL.get(target.rsplit("/", 1)[0] + "/", ())
                        if not inside.startswith(PUBLIC) and room_of(name) not in allowed:
                            found.append(f"{name}:{number}: {header} is private to its room")
        self.none(found, "A private header of another room is included:")

    def includes_inside(self, component):
        """Each include of a file of the component in another: name, its room, header, its room."""
        folder = f"components/{component}/"
        for name in self.sources:
            for number, header in includes(name) if name.startswith(folder) else ():
                target = self.resolve(name, header)
                if target and target.startswith((folder + "src/", folder + "internal/")):
                    room, other = (layering.room_of(component, path[len(folder):])
                                   for path in (name, target))
                    yield f"{name}:{number}", room, target, other

    def test_arrows_point_down_inside_a_component(self):
        found = []
        for component in ("esp-tls", "esp_http_client"):
            found += [f"{place}: {target} is of {other}"
                      for place, room, target, other in self.includes_inside(component)
                      if other != room and other not in layering.MAY_USE[room]]
        self.none(found, "A lower room names an upper one:")

    def test_rooms_of_the_http_client_keep_their_fields(self):
        """The struct of a room is defined where no other room's file can see it: the compiler does the rest."""
        folder = "components/esp_http_client/src/"
        doors = {folder + name for name in ("text.h", "headers.h", "route.h", "wire.h", "exchange.h",
                                            "origin.h")}
        found = [f"{place}: {target} is for {other} alone"
                 for place, room, target, other in self.includes_inside("esp_http_client")
                 if room != other and target not in doors]
        for struct in ("wire", "exchange", "origin"):
            places = [name for name in self.sources if name.startswith("components/")
                      and re.search(r"struct http_%s\s*\{" % struct, text_of(name))]
            rooms = {layering.room_of("esp_http_client", name.split("/", 2)[2]) for name in places}
            if rooms != {f"esp_http_client: {struct}"} or doors & set(places):
                found.append(f"struct http_{struct} is defined in {', '.join(places) or 'no file'}")
        self.none(found, "A room's fields can be seen outside of it:")

    def test_arrows_point_down_inside_the_program(self):
        program = "tools/esp-tls/"
        found = []
        for name in self.sources:
            for number, header in includes(name) if name.startswith(program) else ():
                target = self.resolve(name, header)
                if target and target.startswith(program):
                    room, other = (path.split("/")[2] for path in (name, target))
                    if other != room and other not in TOOL[room]:
                        found.append(f"{name}:{number}: {header} is of {other}")
        self.none(found, "A command of esp-tls uses another one's folder that it may not:")

    def test_lines_end_at_column_100(self):
        """Comments too, which the formatter leaves alone. Tables that it does not touch may be wider."""
        found = []
        for name in tracked("*.c", "*.h"):
            is_table = False
            for number, line in enumerate(text_of(name).splitlines(), 1):
                is_table = "clang-format off" in line or is_table and "clang-format on" not in line
                if len(line) > 100 and not is_table:
                    found.append(f"{name}:{number}: {len(line)}")
        self.none(found, "A line is longer than 100 columns:")

    def test_only_the_stack_knows_mbedtls(self):
        found = []
        for name in self.sources:
            if not name.startswith("components/esp-tls/src/") or name.startswith(STACK):
                continue
            found += [f"{name}:{number}: {header}" for number, header in includes(name)
                      if header.startswith(("mbedtls/", "psa/"))]
        self.none(found, f"Only {STACK[0]} and public headers include Mbed TLS:")

    def test_components_call_no_operating_system(self):
        found = []
        for name in self.sources:
            if name.startswith("components/"):
                found += [f"{name}:{number}: {header}" for number, header in includes(name)
                          if OS_HEADERS.fullmatch(header)
                          and (name, header) not in OS_HEADERS_ALLOWED]
        self.none(found, "components/ has nothing of the operating system:")

    def test_banned_calls(self):
        found = []
        for name in self.sources:
            if name.startswith("components/"):
                for number, line in enumerate(without_comments(text_of(name)).splitlines(), 1):
                    found += [f"{name}:{number}: {m[1]}()" for m in BANNED.finditer(line)]
        self.none(found, "These calls are not made in components/:")

    def test_static_functions_have_a_word_that_tells_them_apart(self):
        files = defaultdict(set)
        for name in tracked("components/*.c", "platform/*.c"):
            for word in re.findall(r"^static [^;{}=()]*?\b([a-z]+)\(", text_of(name), re.M):
                files[word].add(name)
        self.none([f"{word}: {', '.join(sorted(names))}" for word, names in sorted(files.items())
                   if len(names) > 2], "One word is the name of a function in more than two files:")

    def test_nothing_runs_before_main(self):
        found = [f"{name}:{number}"
                 for name in tracked("components/*.[ch]", "platform/*.[ch]")
                 for number, line in enumerate((ROOT / name).read_text().splitlines(), 1)
                 if re.search(r"__attribute__\s*\(\(.*(constructor|destructor)", line)]
        self.none(found, "Bare start-up code need not run constructors; make the data right instead:")

    def test_components_can_be_dropped_into_esp_idf(self):
        found = []
        for folder in sorted({"/".join(n.split("/")[:2]) for n in tracked("components/*/*")}):
            found += [f"{folder} has no {file}" for file in ("CMakeLists.txt", "Kconfig")
                      if not (ROOT / folder / file).is_file()]
        self.none(found, "Each component stands by itself:")

    def test_no_path_of_a_machine(self):
        found = []
        for name in tracked():
            if name == "tests/house.py":
                continue
            for number, line in enumerate(text_of(name).splitlines(), 1):
                if MACHINE.search(line):
                    found.append(f"{name}:{number}: {line.strip()[:80]}")
        self.none(found, "A path of somebody's machine is in the tree:")


if __name__ == "__main__":
    unittest.main()
