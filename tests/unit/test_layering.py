"""Nobody uses what is above it (tests/layering.py), and the check finds it when somebody does."""
import os
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
sys.path.insert(0, str(ROOT / "tests"))
import layering  # noqa: E402


class Layering(unittest.TestCase):
    def faults(self, *edges):
        """What is found in objects that are given as (component, source) pairs with a symbol."""
        what = {pair: pair for edge in edges for pair in edge[:2]}
        graph = {}
        for user, owner, symbol in edges:
            graph.setdefault(user, set()).add((owner, symbol))
        found, _ = layering.check_rooms(what, graph)
        for component in ("esp-tls", "esp_http_client"):
            found += layering.check_files(what, graph, component)
        return found

    def test_library_has_no_call_upwards_and_no_circle(self):
        found, edges = layering.check(BUILD)
        self.assertEqual(sorted(set(found)), [])
        self.assertIn("esp-tls: stack", edges["esp-tls: conn"])  # the objects were read

    def test_call_upwards_between_components_is_found(self):
        self.assertEqual(
            self.faults((("esp-tls", "src/client.c"), ("esp_tls_diagnosis", "src/observer.c"),
                         "evidence_note")),
            ["src/client.c (esp-tls: calls) uses evidence_note of src/observer.c "
             "(esp_tls_diagnosis)"])

    def test_call_upwards_inside_the_engine_is_found(self):
        for lower in ("src/link/tcp.c", "src/stack/mbedtls/io.c", "src/error.c"):
            found = self.faults((("esp-tls", lower), ("esp-tls", "src/conn.c"), "et_conn_begin"))
            self.assertEqual(len(found), 1, found)

    def test_circles_of_rooms_and_of_files_are_found(self):
        conn, config = ("esp-tls", "src/conn.c"), ("esp-tls", "src/config.c")
        found = self.faults((conn, config, "et_config_apply"), (config, conn, "et_conn_debug"))
        self.assertEqual(found, ["a circle of files in esp-tls: src/config.c, src/conn.c"])
        base, link = ("esp-tls", "src/error.c"), ("esp-tls", "src/link/tcp.c")
        found = self.faults((base, link, "et_tcp_init"), (link, base, "et_error_set"))
        self.assertIn("a circle of rooms: esp-tls: base, esp-tls: link", found)

    def test_generated_list_may_name_anybody(self):
        self.assertEqual(
            self.faults((("esp-tls", "src/observer.c"), (None, "observers.c"), "et_observers"),
                        ((None, "observers.c"), ("esp_tls_diagnosis", "src/observer.c"),
                         "et_evidence_observer")), [])

    def test_defended_circles_exist(self):
        """A defence that is no longer needed goes."""
        what = layering.objects(BUILD)
        graph = layering.uses(list(what))
        for component, folder, names, _ in layering.FILE_CIRCLES:
            nodes = [p for p, (owner, _) in what.items() if owner == component]
            inside = [{what[p][1] for p in circle} for circle in layering.circles(
                nodes, lambda p: [t for t, _ in graph.get(p, ()) if what[t][0] == component])]
            in_circles = set().union(*inside)
            self.assertTrue(any(f"{folder}{name}.c" in in_circles for name in names))


if __name__ == "__main__":
    unittest.main()
