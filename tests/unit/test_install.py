"""What `make install` leaves: a program builds against it by pkg-config and by CMake, and runs."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()

PROGRAM = r"""
#include <stdio.h>
#include "esp_http_client.h"
#include "esp_tls.h"
#include "mbedtls/sha256.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "psa/crypto.h"

int main(void)
{
    esp_tls_t *tls = esp_tls_init();
    mbedtls_ssl_config conf; /* our Mbed TLS comes along, with our configuration */
    mbedtls_x509_crt chain;
    unsigned char digest[32];
    int is_made = tls != NULL && psa_crypto_init() == PSA_SUCCESS;

    mbedtls_ssl_config_init(&conf);
    mbedtls_ssl_config_free(&conf);
    mbedtls_x509_crt_init(&chain);
    is_made = is_made && mbedtls_x509_crt_parse(&chain, digest, 0) != 0;
    mbedtls_x509_crt_free(&chain);
    is_made = is_made && mbedtls_sha256((const unsigned char *)"abc", 3, digest, 0) == 0;
    puts(is_made && digest[0] == 0xBA ? "made" : "not made");
    return esp_tls_conn_destroy(tls);
}
"""
# As programs for ESP-IDF are written, events of the default loop included. Nobody answers at port 1.
HTTP = r"""
#include <string.h>
#include <sys/param.h>
#include "freertos/FreeRTOS.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_tls.h"
#include "esp_http_client.h"

static const char *TAG = "HTTP";
static int errors;

static esp_err_t on_http(esp_http_client_event_t *evt)
{
    int code = 0;

    if (evt->event_id == HTTP_EVENT_ERROR && evt->data != NULL) {
        errors += esp_tls_get_and_clear_last_error((esp_tls_error_handle_t)evt->data, &code, NULL)
                  != ESP_OK;
        ESP_LOGI(TAG, "0x%x", (unsigned)code);
    }
    return ESP_OK;
}

static void on_event(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    if (base == ESP_HTTP_CLIENT_EVENT && id == HTTP_EVENT_ERROR && data != NULL) {
        *(volatile int *)arg = 1;
    }
}

int main(void)
{
    static volatile int posted;
    esp_http_client_config_t config;
    esp_http_client_handle_t client;
    esp_err_t err;

    memset(&config, 0, sizeof(config));
    config.url = "http://127.0.0.1:1/";
    config.event_handler = on_http;
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(esp_event_handler_register(ESP_HTTP_CLIENT_EVENT, ESP_EVENT_ANY_ID, on_event,
                                               (void *)&posted));
    client = esp_http_client_init(&config);
    err = esp_http_client_perform(client);
    ESP_ERROR_CHECK(esp_http_client_cleanup(client));
    for (int i = 0; i < 10000 && !posted; i++) {
        esp_event_post(ESP_HTTP_CLIENT_EVENT, 99, NULL, 0, portMAX_DELAY);
    }
    puts(err == ESP_ERR_HTTP_CONNECT && errors == 1 && posted ? "made" : "not made");
    return 0;
}
"""
PROJECT = """
cmake_minimum_required(VERSION 3.22)
project(user C)
find_package(esp-tls 0.1 REQUIRED)
add_executable(static user.c)
target_link_libraries(static esp-tls::esp-tls)
add_executable(shared user.c)
target_link_libraries(shared esp-tls::esp-tls-shared)
esp_tls_add_app(app SRCS app.c)
esp_tls_add_app(app_shared SRCS app.c SHARED)
"""
# On a chip malloc() and heap_caps_malloc() are one heap; here one of a device's size.
APP = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_heap_caps.h"

int main(void)
{
    size_t before;
    char *text;

    ESP_ERROR_CHECK(heap_caps_simulate(20000, MALLOC_CAP_SPIRAM));
    before = heap_caps_get_free_size(MALLOC_CAP_SPIRAM);
    text = heap_caps_malloc(10, MALLOC_CAP_SPIRAM);
    strcpy(text, "made");
    free(heap_caps_malloc(10, MALLOC_CAP_SPIRAM));
    text = realloc(text, 100);
    heap_caps_free(strdup(text));
    puts(before == heap_caps_get_free_size(MALLOC_CAP_SPIRAM) ? text : "not made");
    free(text);
    return 0;
}
"""


def text(name, key):
    for line in (BUILD / name).read_text(encoding="utf-8").splitlines():
        if line.startswith(key):
            return line.partition("=")[2]
    return ""


def plain_build():
    return ((BUILD / "libesp-tls.so").exists()
            and "SKIP_SERVER_CERT" not in (BUILD / "config/sdkconfig.h").read_text())


@unittest.skipUnless((BUILD / "CMakeCache.txt").is_file(), f"{BUILD} has no build")
class Install(unittest.TestCase):
    def run_ok(self, *words, **options):
        result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                check=False, **options)
        self.assertEqual(result.returncode, 0, f"{words}\n{result.stdout[-3000:]}")
        return result.stdout

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.prefix = self.folder / "installed"

    def install(self):
        if not plain_build():
            self.skipTest("this build is a variant that is not installed")
        self.run_ok("cmake", "--install", BUILD, "--prefix", self.prefix)
        (self.folder / "user.c").write_text(PROGRAM)
        self.libdir = self.prefix / (text("CMakeCache.txt", "CMAKE_INSTALL_LIBDIR:") or "lib")

    def runs(self, program, **env):
        out = self.run_ok(program, env={**os.environ, **env})
        self.assertEqual(out.strip(), "made")

    def test_a_program_builds_by_pkg_config(self):
        self.install()
        for static in ([], ["--static"]):
            env = {**os.environ, "PKG_CONFIG_PATH": str(self.libdir / "pkgconfig")}
            flags = self.run_ok("pkg-config", "--cflags", "--libs", *static, "esp-tls", env=env)
            flags = flags.split()
            if static:
                flags = [str(self.libdir / "libesp-tls.a") if f == "-lesp-tls" else f for f in flags]
            program = self.folder / "user"
            self.run_ok("cc", "-Wall", "-Werror", "-o", program, self.folder / "user.c", *flags)
            self.runs(program, LD_LIBRARY_PATH=str(self.libdir))

    def test_the_readmes_line_compiles_its_program(self):
        self.install()
        readme = (ROOT / "README.md").read_text()
        line = "cc program.c $(pkg-config --cflags --libs esp-tls)"
        self.assertIn(f"`{line}`", readme)
        (self.folder / "program.c").write_text(re.search(r"```c\n(.*?)```", readme, re.S)[1])
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.libdir / "pkgconfig"),
               "LD_LIBRARY_PATH": str(self.libdir)}
        self.run_ok("sh", "-c", line, cwd=self.folder, env=env)
        self.assertIn(str(self.libdir), self.run_ok("ldd", self.folder / "a.out", env=env))

    def test_an_http_program_as_for_esp_idf_builds_in_c_and_in_cpp(self):
        self.install()
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.libdir / "pkgconfig")}
        flags = self.run_ok("pkg-config", "--cflags", "--libs", "esp-tls", env=env).split()
        for compiler, language in (("cc", "c"), ("c++", "cpp")):
            if not shutil.which(compiler):
                continue
            source = self.folder / f"http.{language}"
            source.write_text("#include <stdio.h>\n" + HTTP)
            program = self.folder / language
            self.run_ok(compiler, "-Wall", "-Wextra", "-Werror", "-o", program, source, *flags)
            out = self.run_ok(program, env={**os.environ, "LD_LIBRARY_PATH": str(self.libdir)})
            self.assertEqual(out.splitlines()[-1], "made", out)

    def test_another_freertos_is_found_before_ours(self):
        """Wherever its folder stands among the options: none of ours may be mixed with it."""
        self.install()
        other = self.folder / "kernel/freertos"
        other.mkdir(parents=True)
        (other / "FreeRTOS.h").write_text(
            "#pragma once\ntypedef long BaseType_t;\ntypedef unsigned long UBaseType_t;\n"
            "typedef unsigned int TickType_t;\n#define OTHER_KERNEL 1\n")
        for name, line in (("task.h", "typedef struct other_task *TaskHandle_t;"),
                           ("queue.h", "typedef struct other_queue *QueueHandle_t;"),
                           ("semphr.h", "typedef struct other_queue *SemaphoreHandle_t;")):
            (other / name).write_text(f"#pragma once\n{line}\n")
        program = self.folder / "kernel.c"
        program.write_text(
            '#include "esp_event.h"\n#include "esp_http_client.h"\n#include "freertos/FreeRTOS.h"\n'
            '#include "freertos/semphr.h"\n#ifndef OTHER_KERNEL\n#error ours\n#endif\n'
            "BaseType_t core;\nTaskHandle_t task;\nQueueHandle_t queue;\nSemaphoreHandle_t lock;\n")
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.libdir / "pkgconfig")}
        flags = self.run_ok("pkg-config", "--cflags", "esp-tls", env=env).split()
        folder = [f"-I{other.parent}"]
        for options in (folder + flags, flags + folder):
            self.run_ok("cc", "-Wall", "-Werror", "-fsyntax-only", *options, program)
        self.run_ok("cc", "-Wall", "-Werror", "-fsyntax-only", *flags, "-DOTHER_KERNEL", program)

    def test_the_platforms_headers_lie_apart(self):
        self.install()
        include = self.prefix / "include/esp-tls"
        for name in ("esp_err.h", "esp_event.h", "esp_timer.h", "freertos/FreeRTOS.h"):
            self.assertTrue((include / "platform" / name).is_file(), name)
            self.assertFalse((include / name).exists(), name)
        self.assertTrue((include / "esp_tls.h").is_file())

    def test_the_platforms_interface_is_not_installed_and_no_header_needs_it(self):
        self.install()
        include = self.prefix / "include/esp-tls"
        self.assertEqual([path.name for path in include.rglob("plat_*")], [])
        own = [*include.glob("*.h"), include / "mbedtls/threading.h", include / "mbedtls/rsa.h"]
        self.assertGreater(len(own), 30)
        source = self.folder / "headers.c"
        source.write_text("".join(f'#include "{path.relative_to(include)}"\n' for path in own))
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.libdir / "pkgconfig")}
        flags = self.run_ok("pkg-config", "--cflags", "esp-tls", env=env).split()
        self.run_ok("cc", "-Wall", "-Werror", "-fsyntax-only", *flags, source)

    def test_a_program_builds_by_cmake(self):
        self.install()
        (self.folder / "CMakeLists.txt").write_text(PROJECT)
        (self.folder / "app.c").write_text(APP)
        self.run_ok("cmake", "-G", "Ninja", "-S", self.folder, "-B", self.folder / "b",
                    f"-DCMAKE_PREFIX_PATH={self.prefix}")
        self.run_ok("cmake", "--build", self.folder / "b")
        for name in ("static", "shared", "app", "app_shared"):
            self.runs(self.folder / "b" / name)

    def test_the_shared_library_shows_only_its_interface(self):
        self.install()
        symbols = self.run_ok("nm", "-D", "--defined-only", self.libdir / "libesp-tls.so")
        names = [line.split()[-1].split("@")[0] for line in symbols.splitlines()]
        strange = [name for name in names if not name.startswith(
            ("esp_", "heap_caps_", "mbedtls_esp_", "et_mbedtls_", "et_psa_", "ESP_",
             "_esp_error_check_"))]
        self.assertEqual(strange, [])
        self.assertIn("esp_tls_conn_new_sync", names)
        dynamic = self.run_ok("readelf", "-d", self.libdir / "libesp-tls.so")
        self.assertIn("libesp-tls.so.0.1]", dynamic)

    def test_the_program_of_a_device_is_found_from_that_of_a_host(self):
        self.install()
        program = self.prefix / "bin/esp-tls"
        if not program.exists() or not (BUILD / "device/esp-tls").exists():
            self.skipTest("no program, or built for a device itself")
        self.assertIn("esp-tls memory", self.run_ok(program, "memory", "--help"))

    def test_no_file_names_the_build_machine(self):
        self.install()
        for path in self.prefix.rglob("*"):
            if path.is_file() and path.suffix in (".pc", ".cmake", ".h"):
                for place in (str(ROOT), str(BUILD), str(Path.home() / ".cache")):
                    self.assertNotIn(place, path.read_text(encoding="utf-8"), path)

    def is_refused(self, setting, *options):
        if not shutil.which("ninja"):
            self.skipTest("no ninja")
        build = self.folder / "b"
        self.run_ok("cmake", "-G", "Ninja", "-S", ROOT, "-B", build,
                    f"-DSDKCONFIG={self.folder / 'sdkconfig'}", *options)
        result = subprocess.run(["cmake", "--install", build, "--prefix", self.prefix],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(setting, result.stdout)
        self.assertFalse(self.prefix.exists())

    def test_an_insecure_build_is_not_installed(self):
        self.is_refused("ESP_TLS_SKIP_SERVER_CERT_VERIFY", "-DESP_TLS_TESTS=OFF",
                        f"-DSDKCONFIG_DEFAULTS={ROOT / 'sdkconfig.defaults'};"
                        f"{ROOT / 'tests/sdkconfig.insecure'}")

    def test_a_build_with_cheap_cryptography_is_not_installed(self):
        self.is_refused("ESP_TLS_CHEAP_CRYPTO", "-DESP_TLS_CHEAP_CRYPTO=ON")


if __name__ == "__main__":
    unittest.main()
