"""The seam into Mbed TLS: its table, against the source that this build has, and against copies with
one thing changed."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build"))
sys.path.insert(0, str(ROOT / "cmake"))
import seam  # noqa: E402

TABLE = seam.read_table(seam.TABLE.read_text(encoding="utf-8"))


def mbedtls():
    """The source that this build has."""
    cache = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    given = re.search(r"^MBEDTLS_SOURCE_DIR:PATH=(.+)$", cache, re.MULTILINE)
    if given:
        return Path(given[1])
    wanted = re.search(r"^MBEDTLS_SOURCE_VERSION:STRING=(.+)$", cache, re.MULTILINE)
    done = subprocess.run([ROOT / "cmake/mbedtls-source.sh", "--cached", wanted[1]], capture_output=True,
                          text=True, check=True)
    return Path(done.stdout.strip())


def release(source):
    text = (source / "include/mbedtls/build_info.h").read_text(encoding="utf-8")
    return re.search(r'VERSION_STRING +"([^"]+)"', text)[1]


@pytest.fixture(scope="module", name="original")
def _original():
    """A source in which every line of the table holds."""
    source = mbedtls()
    if release(source) not in TABLE.releases:
        pytest.skip(f"Mbed TLS {release(source)} was not read")
    return source


@pytest.fixture(name="copy")
def _copy(original, tmp_path):
    """A copy of it that may be changed: links, of which change() replaces one."""
    for name in ("library", "include", "3rdparty"):
        shutil.copytree(original / name, tmp_path / name, copy_function=os.symlink)
    return tmp_path


def replace(path, text, newline=None):
    path.unlink()
    path.write_text(text, encoding="utf-8", newline=newline)


def change(copy, file, old, new):
    path = copy / "library" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    replace(path, text.replace(old, new, 1))


def off(source):
    return seam.off(TABLE.features, seam.Source(source))


# --- the table -------------------------------------------------------------------------------------


def test_every_line_holds_in_a_release_that_was_read(original):
    assert off(original) == {}


def test_documentation_is_made_from_the_table():
    assert (ROOT / "docs/mbedtls.md").read_text(encoding="utf-8") == seam.as_markdown(TABLE.features)


def test_header_declares_what_mbed_tls_calls_and_nothing_else():
    rows = [row for feature in TABLE.features for row in feature.rows]
    called = {row.ours for row in rows if isinstance(row, seam.Call)}
    header = (seam.TABLE.parent / "seam.h").read_text(encoding="utf-8")
    assert called == set(re.findall(r"\b(et_mbed_\w+)\(", seam.without_comments(header)))


def test_tests_that_are_skipped_exist():
    for feature in TABLE.features:
        for name in feature.tests:
            assert (ROOT / f"tests/unit/{name}.c").exists(), (feature.name, name)


def test_files_of_the_table_exist():
    for feature in TABLE.features:
        for row in feature.rows:
            if isinstance(row, seam.File):
                assert (seam.TABLE.parent / row.name).exists(), row.name


def test_a_line_that_cannot_be_read_is_refused_with_its_number():
    for line in ("call a.c f", "relies", "feature x\nmystery y", "call a.c f g 1"):
        with pytest.raises(seam.Bad, match=r"seam.txt:\d+:"):
            seam.read_table(line)


# --- one thing changed ----------------------------------------------------------------------------------


CHANGES = [
    ("a function", "ssl_msg.c", "size_t in_buf_len = MBEDTLS_SSL_IN_BUFFER_LEN;",
     "size_t in_buf_len = MBEDTLS_SSL_IN_BUFFER_LEN - 1;", "elastic",
     "mbedtls_ssl_fetch_input in ssl_msg.c has changed"),
    ("a macro", "ssl_misc.h", "#define MBEDTLS_SSL_HEADER_LEN 13", "#define MBEDTLS_SSL_HEADER_LEN 16",
     "elastic", "MBEDTLS_SSL_HEADER_LEN in ssl_misc.h has changed"),
    ("a name", "hkdf.c", "int mbedtls_hkdf_expand(", "int mbedtls_hkdf_expand2(", "derivation",
     "mbedtls_hkdf_expand in hkdf.c is gone"),
    ("a call that is gone", "rsa.c", "mbedtls_mpi_exp_mod_unsafe(&T", "mbedtls_mpi_exp_mod(&T",
     "lean-rsa", "rsa.c calls mbedtls_mpi_exp_mod_unsafe() 0 times, not 1"),
    ("a call more", "ssl_tls13_keys.c", "psa_import_key(&attributes, finished_key",
     "psa_import_key(&a, 0, 0, 0) + psa_import_key(&attributes, finished_key", "transform-keys",
     "ssl_tls13_keys.c calls psa_import_key() 4 times, not 3"),
    ("a new user", "ssl_client.c", "int mbedtls_ssl_write_client_hello(",
     "static int more(void)\n{\n    return MBEDTLS_SSL_OUT_CONTENT_LEN;\n}\n\n"
     "int mbedtls_ssl_write_client_hello(", "elastic",
     "ssl_client.c:more uses MBEDTLS_SSL_OUT_CONTENT_LEN"),
]


@pytest.mark.parametrize("file,old,new,feature,why", [row[1:] for row in CHANGES],
                         ids=[row[0] for row in CHANGES])
def test_change_turns_the_feature_off_and_says_why(copy, file, old, new, feature, why):
    change(copy, file, old, new)
    found = off(copy)
    assert feature in found
    assert why in found[feature]


def test_change_of_comments_and_white_space_is_none(copy):
    for path in (copy / "library").glob("ssl*.c"):
        text = path.read_text(encoding="utf-8")
        text = text.replace("\n    return ret;", "\n    /* the { result } */ return  ret ; // so")
        replace(path, text.replace("\n", "\r\n"), newline="")
    assert off(copy) == {}


def test_feature_that_needs_one_that_is_off_is_off(copy):
    change(copy, "pk.c", "int mbedtls_pk_verify_ext(", "int mbedtls_pk_verify_more(")
    assert off(copy)["deferred-signatures"] == "signatures is off"


def configure(copy, where):
    command = ["cmake", "-S", ROOT, "-B", where, "-G", "Ninja", f"-DMBEDTLS_SOURCE_DIR={copy}",
               f"-DSDKCONFIG={where}/sdkconfig", "-DESP_TLS_SHARED=OFF", "--log-level=WARNING"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_build_with_a_changed_function_goes_on_without_its_feature(copy, tmp_path):
    """Everything but the feature, whose tests are skipped and say why. Built with ESP_TLS_LONG."""
    change(copy, "ssl_msg.c", *CHANGES[0][2:4])
    where = tmp_path / "build"
    done = configure(copy, where)
    said = " ".join(done.stderr.split())
    assert done.returncode == 0, done.stderr
    assert "elastic is off: mbedtls_ssl_fetch_input in ssl_msg.c has changed" in said
    assert "CONFIG_MBEDTLS_DYNAMIC_BUFFER" not in (where / "config/sdkconfig.h").read_text()
    assert "CONFIG_MBEDTLS_DYNAMIC_BUFFER=y" in (where / "sdkconfig").read_text()
    tests = "unit/test_(elastic_in|mbedtls|conn|slots|memory)$"
    if os.environ.get("ESP_TLS_LONG"):
        targets = ["test_mbedtls", "test_conn", "test_slots", "test_memory"]
        subprocess.run(["cmake", "--build", where, "--target", *targets], check=True,
                       capture_output=True)
    else:
        tests = "unit/test_elastic_in$"
    done = subprocess.run(["ctest", "--test-dir", where, "-V", "-R", tests], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "skipped: elastic is off: mbedtls_ssl_fetch_input in ssl_msg.c has changed" in done.stdout
    assert re.search(r"test_elastic_in .*Skipped", done.stdout), done.stdout
