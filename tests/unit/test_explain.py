"""esp-tls explain: what it reads in a code of any spelling, and in logs."""
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ESP_TLS_BUILD", ROOT / "build")).resolve()
PROGRAM = BUILD / "esp-tls"


def run(*args, stdin=None):
    return subprocess.run([PROGRAM, "explain", *args], input=stdin if stdin is not None else "",
                          capture_output=True, text=True, check=False)


def read(*args, stdin=None):
    """[["NAME", ...] of each place], and the reasons of all of it."""
    result = run("--json", *args, stdin=stdin)
    assert (result.returncode, result.stderr) == (0, "")
    answer = json.loads(result.stdout)
    places = [[reading.get("name") or reading["reasons"][0] for reading in place["readings"]]
              for place in answer["codes"]]
    return places, [reason["name"] for reason in answer["reasons"]]


def one(text):
    places, _ = read(*text.split(" "))
    assert len(places) == 1
    return places[0]


RECORD = ["MBEDTLS_ERR_SSL_INVALID_RECORD"]


# --- one code, in any spelling ------------------------------------------------------------------

@pytest.mark.parametrize("text, names", [
    ("-0x7200", RECORD),
    ("0x7200", RECORD),
    ("0X7200", RECORD),
    ("-29184", RECORD),
    ("29184", RECORD),
    ("7200", RECORD),
    ("0xFFFF8E00", RECORD),
    ("0xffff8e00", RECORD),
    ("MBEDTLS_ERR_SSL_INVALID_RECORD", RECORD),
    ("mbedtls_err_ssl_invalid_record", RECORD),
    ("SSL_INVALID_RECORD", RECORD),
    ("ssl-invalid-record", RECORD),
    ("invalid record", RECORD),
    ("mbedtls error -0x7200", RECORD),
    ("0x6900", ["MBEDTLS_ERR_SSL_WANT_READ"]),
    ("0x7600", ["MBEDTLS_ERR_SSL_PRIVATE_KEY_REQUIRED"]),
    ("0x8017", ["ESP_ERR_MBEDTLS_SSL_SETUP_FAILED"]),
    ("8017", ["ESP_ERR_MBEDTLS_SSL_SETUP_FAILED"]),
    ("801a", ["ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED"]),
    ("32791", ["ESP_ERR_MBEDTLS_SSL_SETUP_FAILED"]),
    ("7f00", ["MBEDTLS_ERR_SSL_ALLOC_FAILED"]),
    ("ESP_ERR_HTTP_CONNECT", ["ESP_ERR_HTTP_CONNECT"]),
    ("http_connect", ["ESP_ERR_HTTP_CONNECT"]),
    ("esp_fail", ["ESP_FAIL"]),
    ("-141", ["PSA_ERROR_INSUFFICIENT_MEMORY"]),
    ("PSA_ERROR_NOT_SUPPORTED", ["PSA_ERROR_NOT_SUPPORTED"]),
    # more than one meaning: all of them
    ("-1", ["ESP_FAIL", "MBEDTLS_ERR_ERROR_GENERIC_ERROR", "EAI_BADFLAGS"]),
    ("0x8", ["MBEDTLS_ERR_MPI_BUFFER_TOO_SMALL", "MBEDTLS_X509_BADCERT_NOT_TRUSTED"]),
    ("0x3000", ["ESP_ERR_WIFI_BASE", "MBEDTLS_ERR_X509_FATAL_ERROR"]),
    ("not_supported", ["ESP_ERR_NOT_SUPPORTED", "PSA_ERROR_NOT_SUPPORTED"]),
    # alerts
    ("alert 48", ["unknown_ca"]),
    ("alert number 48", ["unknown_ca"]),
    ("unknown_ca", ["unknown_ca"]),
    ("unknown ca", ["unknown_ca"]),
    ("alert handshake failure", ["handshake_failure"]),
    ("handshake failure", ["handshake_failure"]),
    ("bad certificate status response", ["bad_certificate_status_response"]),
    ("MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA", ["unknown_ca"]),
    ("MBEDTLS_SSL_ALERT_MSG_NO_CERT", ["no_certificate"]),
    ("MBEDTLS_SSL_ALERT_MSG_INAPROPRIATE_FALLBACK", ["inappropriate_fallback"]),
    ("SSL_AD_UNRECOGNIZED_NAME", ["unrecognized_name"]),
    # flags
    ("flags 0x8", ["MBEDTLS_X509_BADCERT_NOT_TRUSTED"]),
    ("flags 9", ["MBEDTLS_X509_BADCERT_EXPIRED", "MBEDTLS_X509_BADCERT_NOT_TRUSTED"]),
    ("verify_flags 0x10200", ["MBEDTLS_X509_BADCERT_FUTURE", "MBEDTLS_X509_BADCERT_BAD_KEY"]),
    ("BADCERT_CN_MISMATCH", ["MBEDTLS_X509_BADCERT_CN_MISMATCH"]),
    # errno: ESP-IDF's C library and Linux number differently
    ("errno 111", ["ECONNREFUSED"]),
    ("errno 104", ["ECONNRESET"]),
    ("errno 113", ["ECONNABORTED", "EHOSTUNREACH"]),
    ("errno 118", ["EHOSTUNREACH"]),
    ("errno 119", ["EINPROGRESS"]),
    ("errno 128", ["ENOTCONN"]),
    ("errno=11", ["EAGAIN"]),
    ("ECONNREFUSED", ["ECONNREFUSED"]),
    ("econnrefused", ["ECONNREFUSED"]),
    ("EWOULDBLOCK", ["EAGAIN"]),
    # the resolver: lwIP and glibc
    ("EAI_NONAME", ["EAI_NONAME"]),
    ("eai 202", ["EAI_FAIL"]),
    ("getaddrinfo 200", ["EAI_NONAME"]),
    ("eai -3", ["EAI_AGAIN"]),
    # reasons, as a device without the texts has them
    ("RECORD_TOO_LARGE", ["RECORD_TOO_LARGE"]),
    ("status 404", ["HTTP_STATUS"]),
])
def test_spelling(text, names):
    assert one(text) == names


@pytest.mark.parametrize("text, name, low", [
    ("0x4290", "MBEDTLS_ERR_RSA_PUBLIC_FAILED", "MBEDTLS_ERR_MPI_ALLOC_FAILED"),
    ("-0x2562", "MBEDTLS_ERR_X509_INVALID_EXTENSIONS", "MBEDTLS_ERR_ASN1_UNEXPECTED_TAG"),
    ("0x2700 + 0x10", "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED", "MBEDTLS_ERR_MPI_ALLOC_FAILED"),
    ("-0x4280 + -0x0010", "MBEDTLS_ERR_RSA_PUBLIC_FAILED", "MBEDTLS_ERR_MPI_ALLOC_FAILED"),
    ("-17040", "MBEDTLS_ERR_RSA_PUBLIC_FAILED", "MBEDTLS_ERR_MPI_ALLOC_FAILED"),
])
def test_sum(text, name, low):
    reading = json.loads(run("--json", *text.split(" ")).stdout)["codes"][0]["readings"][0]
    assert (reading["name"], reading["low"]["name"]) == (name, low)
    assert ("NO_MEMORY" in reading["reasons"]) == (low == "MBEDTLS_ERR_MPI_ALLOC_FAILED")


def test_what_a_log_spells_reaches_no_terminal_as_it_is():
    result = subprocess.run([PROGRAM, "explain", "-"], capture_output=True, check=False,
                            input=b"NOT_A_CA}\x05\xb1\x1b[2J\n")
    assert b"NOT_A_CA" in result.stdout
    assert all(0x20 <= c < 0x7F or c == 0x0A for c in result.stdout), result.stdout


def test_errno_says_whose_number_it_is():
    readings = json.loads(run("--json", "errno", "113").stdout)["codes"][0]["readings"]
    assert [(r["name"], r["number"], r["note"]) for r in readings] == [
        ("ECONNABORTED", "113", "as ESP-IDF numbers errno"),
        ("EHOSTUNREACH", "113", "as Linux numbers errno")]


# --- the questions of the FAQ -------------------------------------------------------------------

@pytest.fixture
def sentences():
    if "no error" not in run("--list").stdout:
        pytest.skip("the build has no sentences (CONFIG_ESP_TLS_DIAGNOSIS_TEXT)")


@pytest.mark.usefixtures("sentences")
def test_invalid_record_has_its_three_causes():
    assert read("0x7200")[1] == ["RECORD_TOO_LARGE", "NO_MEMORY", "CLOSED_IN_RECORD"]
    text = run("0x7200").stdout
    assert "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN" in text and "capture" in text


@pytest.mark.usefixtures("sentences")
def test_want_read_is_no_error():
    text = run("0x6900").stdout
    assert "MBEDTLS_ERR_SSL_WANT_READ" in text and "no error" in text
    assert read("0x6900")[1] == ["WANT_MORE"]


@pytest.mark.usefixtures("sentences")
def test_private_key_required_names_the_field():
    text = run("0x7600").stdout
    assert "clientkey_buf" in text and "pre-shared key" in text


# --- logs ---------------------------------------------------------------------------------------

LOGS = [
    ("E (5812) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7200", [RECORD],
     "RECORD_TOO_LARGE"),
    ("\033[0;31mE (5812) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\033[0m",
     [["MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"]], "ROOT_NOT_TRUSTED"),
    ("I (5815) esp-tls-mbedtls: Failed to verify peer certificate!",
     [["MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"]], "ROOT_NOT_TRUSTED"),
    ("E (10312) esp-tls: [sock=54] select() timeout", [["CONNECT_TIMEOUT"]], "CONNECT_TIMEOUT"),
    ("E (7012) esp-tls: [sock=54] connect() error: Host is unreachable", [["EHOSTUNREACH"]],
     "TCP_UNREACHABLE"),
    ("E (7012) esp-tls: [sock=55] delayed connect error: Connection reset by peer",
     [["ECONNRESET"]], "TCP_RESET"),
    ("E (1234) esp-tls: couldn't get hostname for :a.local: getaddrinfo() returns 202, addrinfo=0x0",
     [["EAI_FAIL"]], "DNS_FAILED"),
    ("E (5321) esp-tls: Failed to open new connection in specified timeout", [["CONNECT_TIMEOUT"]],
     "CONNECT_TIMEOUT"),
    ("W (3313) MQTT: Last esp error code: 0x8006, Last tls stack error number: 0x0",
     [["ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT"]], "CONNECT_TIMEOUT"),
    ("W (3313) MQTT: Last esp error code: 0x801a\nW (3314) MQTT: Last tls stack error number: 0x2700",
     [["ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED"], ["MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"]],
     "ROOT_NOT_TRUSTED"),
    ("E (9214) mqtt_client: esp_transport_read returned:-1 and errno:128", [["ENOTCONN"]],
     "CONNECTION_LOST"),
    ("E (9214) transport_base: poll_read select error 104, errno = Connection reset by peer, fd = 54",
     [["ECONNRESET"]], "TCP_RESET"),
    ("E (9214) transport_base: poll_read select error 113, errno = Software caused connection abort",
     [["ECONNABORTED"]], "CONNECTION_LOST"),
    ("I (9991) MQTT: Last captured errno : 119 (Success)", [["EINPROGRESS"]], "WANT_MORE"),
    ("E (6301) esp-tls-mbedtls: mbedtls_ssl_setup returned -0x7F00",
     [["MBEDTLS_ERR_SSL_ALLOC_FAILED"]], "NO_MEMORY"),
    ("E (39) Dynamic Impl: alloc(16749 bytes) failed\n"
     "E (40) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7200",
     [["NO_MEMORY"], RECORD], "NO_MEMORY"),
    ("I (999) mbedtls: ssl_msg.c:5109 got an alert message, type: [2:40]", [["handshake_failure"]],
     "NO_COMMON_SUITE"),
    ("I (999) mbedtls: ssl_msg.c:5109 => send alert level=2 message=48", [["unknown_ca"]],
     "ROOT_NOT_TRUSTED"),
    ("E (442) esp-x509-crt-bundle: PK verify failed with error 0x4290",
     [["MBEDTLS_ERR_RSA_PUBLIC_FAILED"]], "NO_MEMORY"),
    ("E (442) esp-x509-crt-bundle: No matching trusted root certificate found",
     [["ROOT_NOT_TRUSTED"]], "ROOT_NOT_TRUSTED"),
    ("E (4129) esp-tls: create_ssl_handle failed", None, None),
    ("E (4129) HTTP_CLIENT: Connection failed, sock < 0", None, None),
    ("E (4129) esp-tls: No server verification option set in esp_tls_cfg_t structure",
     [["NO_TRUST_OPTION"]], "NO_TRUST_OPTION"),
    ("D (4129) esp-tls: Certificate verification flags: 0x9",
     [["MBEDTLS_X509_BADCERT_EXPIRED", "MBEDTLS_X509_BADCERT_NOT_TRUSTED"]], "CERT_EXPIRED"),
    ("E (42) transport_base: Failed to open a new connection: 32794",
     [["ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED"]], "ROOT_NOT_TRUSTED"),
    ("E (42) esp-tls-mbedtls: verification info:   ! The certificate Common Name (CN) does not match"
     " with the expected CN", [["MBEDTLS_X509_BADCERT_CN_MISMATCH"]], "NAME_MISMATCH"),
    ("E (42) ota: esp_ota_end failed (ESP_ERR_OTA_VALIDATE_FAILED)!",
     [["ESP_ERR_OTA_VALIDATE_FAILED"]], "OTA_IMAGE"),
    ("I (42) HTTP_CLIENT: HTTP GET Status = 404, content_length = 10", [["HTTP_STATUS"]],
     "HTTP_STATUS"),
    ("curl: (35) error:0A000418:SSL routines::tlsv1 alert unknown ca", [["unknown_ca"]],
     "CLIENT_CERT_UNTRUSTED"),
    ("read:errno=104", [["ECONNRESET"]], "TCP_RESET"),
    # nothing in it is a code
    ("I (328) cpu_start: Pro cpu start user code, 0x40081234 at 0x3ffb0000, flags", None, None),
    ("I (400) main: free heap 28672, largest 16384, line 104, level 2", None, None),
    ("I (400) wifi: state: run -> init (7200), bss 0x8 alive", None, None),
    ("it says that the handshake failed and that the record is too large", None, None),
    ("MBEDTLS error codes are listed in the manual", None, None),
]


@pytest.mark.parametrize("log, places, first", LOGS, ids=range(len(LOGS)))
@pytest.mark.parametrize("way", ["pasted", "piped"])
def test_log(log, places, first, way):
    args, stdin = ([log], None) if way == "pasted" else ([], log + "\n")
    if places is None:
        result = run(*args, stdin=stdin)
        assert result.returncode == 1 and result.stdout == "" and "no code" in result.stderr
    else:
        found, reasons = read(*args, stdin=stdin)
        assert (found, reasons[0]) == (places, first)


def test_several_codes_of_a_log_are_taken_together():
    log = ("E (5812) esp-tls-mbedtls: mbedtls_ssl_fetch_input returned -0x6900\n"
           "E (5813) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n"
           "I (5815) esp-tls-mbedtls: Failed to verify peer certificate!\n"
           "I (5820) esp-tls-mbedtls: Certificate verification flags: 0x4\n"
           "E (5830) esp-tls: Failed to open new connection\n"
           "E (5860) EXAMPLE: Last esp error code: 0x801a\n"
           "E (5870) EXAMPLE: errno 119\n")
    places, reasons = read(stdin=log)
    assert places == [["MBEDTLS_ERR_SSL_WANT_READ"], ["MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"],
                      ["MBEDTLS_X509_BADCERT_CN_MISMATCH"],
                      ["ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED"], ["EINPROGRESS"]]
    assert reasons[0] == "NAME_MISMATCH" and "WANT_MORE" not in reasons
    text = run(stdin=log).stdout
    assert "line 4: 0x4: MBEDTLS_X509_BADCERT_CN_MISMATCH" in text
    assert text.index("Together") < text.index("[NAME_MISMATCH]")


def test_every_flag_comes_before_the_second_reason_of_one():
    assert set(read("0x2700", "flags", "0xC")[1][:2]) == {"NAME_MISMATCH", "ROOT_NOT_TRUSTED"}


def test_errno_after_the_tls_library_gave_up_is_a_consequence():
    log = ("E (40) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7200\n"
           "E (41) mqtt_client: esp_transport_read returned:-1 and errno:128\n")
    assert read(stdin=log)[1][0] == "RECORD_TOO_LARGE"


def test_diagnosis_in_json_is_read_again():
    log = '{"class":"protocol","reasons":[{"reason":"CLOSED_IN_RECORD"}],"stack":{"value":29184}}'
    assert read(stdin=log)[1][0] == "CLOSED_IN_RECORD"


# --- the command --------------------------------------------------------------------------------

def test_unknown_code_is_refused_with_what_is_like_it():
    result = run("FOOTER")
    assert result.returncode == 1 and result.stdout == ""
    assert "MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT" in result.stderr
    assert run("0x7777").returncode == 1
    assert run("").returncode == 1


def test_unknown_option_is_a_usage_error():
    result = run("--jsno", "0x7200")
    assert result.returncode == 2 and "--jsno" in result.stderr


def test_minus_reads_standard_input_and_two_end_the_options():
    assert read("-", stdin="errno 111")[0] == [["ECONNREFUSED"]]
    assert read("--", "-0x7200")[0] == [RECORD]


def test_list_has_a_line_per_code():
    lines = run("--list").stdout.splitlines()
    assert len(lines) == len(json.loads(run("--list", "--json").stdout)["codes"]) > 400
    assert any(line.startswith("-0x7200") and "SSL_INVALID_RECORD" in line for line in lines)


def test_output_that_cannot_be_written_is_said():
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run([PROGRAM, "explain", "--list"], stdout=full, text=True,
                                stderr=subprocess.PIPE, check=False)
    assert result.returncode == 9 and "written" in result.stderr


JUNK = [
    "\0\0errno 111\0", "alert", "flags", "+ + +", "0x", "-", "- -", "0x2700 +", "[2:", "\033[",
    "9" * 30, "0x" + "f" * 30, "_" * 300, "a " * 3000, "alert " * 500, "0x7200 " * 500, "=" * 5000,
    "-0x80000000", "-2147483648", "alert 2 -2147483648", "0x2700 + 0x80000000", "\xff\xfe\x80",
    "E_NAME_THAT_IS_NONE " * 20000,
]


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_junk_is_read_without_harm(junk):
    for args, stdin in (([], junk), ([junk.replace("\0", "")[:100000]], None)):
        result = run(*args, stdin=stdin)
        assert result.returncode in ((0, 1, 2) if junk.startswith("-") else (0, 1))


def test_more_codes_than_there_is_room_for():
    text = "\n".join(f"E (1) x: mbedtls_ssl_handshake returned -0x{code:X}"
                     for code in range(0x1080, 0x7F81, 0x80))
    result = run(stdin=text)
    assert result.returncode == 0 and "these are the first" in result.stdout
