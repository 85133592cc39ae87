"""Another project takes this one in: by FetchContent and by add_subdirectory, with the archives that
the authors of Mbed TLS and llhttp publish, and with nothing else that this machine has of them."""
import json
import os
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from test_install import APP, PROGRAM
from test_seam import BUILD, ROOT, mbedtls

PROJECT = """
cmake_minimum_required(VERSION 3.22)
project(user C)
enable_testing()
set(CMAKE_C_STANDARD 99)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_compile_options(-Wall -Wextra -Werror -DOF_THE_USER)
set(SDKCONFIG_DEFAULTS "${CMAKE_SOURCE_DIR}/sdkconfig.user" CACHE STRING "")
{taken_in}
add_executable(user user.c)
target_link_libraries(user PRIVATE esp-tls::esp-tls)
esp_tls_add_app(app SRCS app.c)
install(TARGETS user)
"""
# It is compiled faster.
SETTINGS = """
CONFIG_COMPILER_OPTIMIZATION_NONE=y
CONFIG_MBEDTLS_COMPILER_OPTIMIZATION_NONE=y
"""
# Both build in the same folder, so that the second compiles nothing again.
FETCHED = """
include(FetchContent)
FetchContent_Declare(esp-tls URL file://{archive} DOWNLOAD_EXTRACT_TIMESTAMP ON)
FetchContent_MakeAvailable(esp-tls)
"""
ADDED = "add_subdirectory(${CMAKE_BINARY_DIR}/_deps/esp-tls-src _deps/esp-tls-build)"


def run(*words, **options):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}"
    return done.stdout


def setting(name):
    cache = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    return re.search(f"^{name}:[A-Z]+=(.*)$", cache, re.MULTILINE)[1]


def archive(folder):
    """The tracked files, as a release has them."""
    names = run("git", "-C", ROOT, "ls-files").splitlines()
    with tarfile.open(folder / "esp-tls.tar", "w") as tar:
        for name in names:
            if (ROOT / name).is_file():
                tar.add(ROOT / name, f"esp-tls/{name}")
    return folder / "esp-tls.tar"


def llhttp():
    return setting("LLHTTP_SOURCE_DIR") or run(ROOT / "cmake/llhttp-source.sh", "--cached").strip()


class Project:
    def __init__(self, folder):
        self.folder = folder
        self.build = folder / "b"
        self.source = self.build / "_deps/esp-tls-src"
        self.options = ["-G", "Ninja", f"-DMBEDTLS_SOURCE_DIR={mbedtls()}",
                        f"-DLLHTTP_SOURCE_DIR={llhttp()}"]
        self.env = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        (folder / "user.c").write_text(PROGRAM)
        (folder / "app.c").write_text(APP)
        defaults = (ROOT / "sdkconfig.defaults").read_text(encoding="utf-8")
        (folder / "sdkconfig.user").write_text(defaults + SETTINGS)

    def make(self, taken_in):
        (self.folder / "CMakeLists.txt").write_text(PROJECT.replace("{taken_in}", taken_in))
        run("cmake", "-S", self.folder, "-B", self.build, *self.options, env=self.env)
        before = self.files()
        out = run("cmake", "--build", self.build, env=self.env)
        assert self.files() == before
        assert run(self.build / "user").strip() == "made"
        assert run(self.build / "app").strip() == "made"
        return out

    def files(self):
        return {path: path.stat().st_mtime_ns for path in self.source.rglob("*")}


@pytest.fixture(scope="module", name="fetched")
def _fetched(tmp_path_factory):
    if not (BUILD / "CMakeCache.txt").is_file():
        pytest.skip(f"{BUILD} has no build")
    folder = tmp_path_factory.mktemp("user")
    project = Project(folder)
    project.make(FETCHED.format(archive=archive(folder)))
    return project


def test_fetch_content_writes_nothing_into_the_source(fetched):
    names = {str(path.relative_to(fetched.source)) for path in fetched.source.rglob("*")
             if path.is_file()}
    assert names <= set(run("git", "-C", ROOT, "ls-files").splitlines())
    assert not (fetched.folder / "cache/esp-tls").exists()


def test_fetch_content_brings_the_library_and_nothing_else(fetched):
    assert "Total Tests: 0" in run("ctest", "--test-dir", fetched.build, "-N")
    inside = fetched.build / "_deps/esp-tls-build"
    assert (inside / "libesp-tls.a").is_file()
    assert not list(inside.glob("libesp-tls.so*")) and not (inside / "esp-tls").exists()
    run("cmake", "--install", fetched.build, "--prefix", fetched.folder / "installed")
    assert [path.name for path in (fetched.folder / "installed").rglob("*")
            if path.is_file()] == ["user"]


def test_the_users_flags_are_the_users(fetched):
    commands = json.loads((fetched.build / "compile_commands.json").read_text())
    mine = [entry["command"] for entry in commands if entry["file"].endswith("/user.c")]
    assert len(mine) == 1 and "-std=gnu99" in mine[0] and "-DOF_THE_USER" in mine[0]
    flags = [word for word in mine[0].split() if re.match(r"-[fOgw]|-W", word)]
    assert flags == ["-Wall", "-Wextra", "-Werror"]


def test_add_subdirectory_builds_the_same(fetched):
    out = fetched.make(ADDED)
    assert "esp-tls-src" not in out, "something was compiled again"
