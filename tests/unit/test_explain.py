"""esp-tls explain: what it reads in a code of any spelling, and in logs."""
import json
import os
import re
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


# --- logs from the field: what the first reason must be ------------------------------------------

FIELD = {
    # an errno beside a second code says why
    "errno_with_esp_code": ("""\
E (6021) esp-tls: [sock=51] connect() error: No route to host
E (6033) transport_base: Failed to open a new connection
E (6040) mqtt_client: Error transport connect
W (6041) app: Last error code reported from esp-tls: 0x8004
W (6042) app: Last captured errno : 118 (Host is unreachable)
""", ["TCP_UNREACHABLE"]),
    "errno_of_a_handshake": ("""\
W (7041) app: Last error code reported from esp-tls: 0x801A
W (7042) app: Last captured errno : 104 (Connection reset by peer)
""", ["TCP_RESET"]),
    "errno_of_a_lookup_that_failed": ("""\
W (7041) app: Last error code reported from esp-tls: 0x8001
W (7042) app: Last captured errno : 104 (Connection reset by peer)
""", ["DNS_NO_NAME", "DNS_FAILED", "DNS_NO_SERVER"]),
    # counts of bytes are no codes
    "byte_counts": ("""\
I (91516) mbedtls: ssl_tls.c:2719 ssl->f_recv(_timeout)() returned 5 (-0xfffffffb)
I (91526) mbedtls: ssl_tls.c:2719 ssl->f_recv(_timeout)() returned 4224 (-0xffffef80)
I (91536) mbedtls: ssl_tls.c:2775 ssl->f_send() returned 10112 (-0xffffd880)
W (92606) mbedtls: ssl_cli.c:2930 mbedtls_ecdh_calc_secret() returned -16 (-0x0010)
E (92616) app: mbedtls_ssl_handshake returned -0x10
""", ["NO_MEMORY"]),
    "only_byte_counts": ("""\
I (91516) mbedtls: ssl_tls.c:2719 ssl->f_recv(_timeout)() returned 87 (-0xffffffa9)
I (91526) mbedtls: ssl_tls.c:2775 ssl->f_send() returned 10112 (-0xffffd880)
""", None),
    # decimal sums, codes in parentheses, hexadecimal that does not say so
    "decimal_sum_with_words": ("""\
[E][ssl_client.cpp:41] _handle_error(): [start_ssl_client():281]: (-17040) RSA - The public key \
operation failed : BIGNUM - Memory allocation failed
[E][WiFiClientSecure.cpp:140] connect(): start_ssl_client: -17040
""", ["NO_MEMORY"]),
    "decimal_sum_alone": ("[E][WiFiClientSecure.cpp:140] connect(): start_ssl_client: -17040\n",
                          ["NO_MEMORY"]),
    "decimal_alone": ("[E][WiFiClientSecure.cpp:140] connect(): start_ssl_client: -9984\n",
                      ["ROOT_NOT_TRUSTED"]),
    "parentheses": ("[E][ssl_client.cpp:37] _handle_error(): [send_ssl_data():284]: "
                    "(-80) UNKNOWN ERROR CODE (0050)\n", ["TCP_RESET", "CONNECTION_LOST"]),
    "parentheses_of_a_read": ("[E][ssl_client.cpp:33] _handle_error(): [data_to_read():361]: "
                              "(-76) UNKNOWN ERROR CODE (004C)\n", ["CONNECTION_LOST"]),
    "strerror_alone": ("tls: UNKNOWN ERROR CODE (004C)\n", ["CONNECTION_LOST"]),
    "micropython_decimal_digits": ("""\
>>> s = ssl.wrap_socket(s, server_hostname="shop.example")
mbedtls_ssl_handshake error: -4290
OSError: [Errno 5] EIO
""", ["NO_MEMORY"]),
    "micropython_letters": ("mbedtls_ssl_handshake error: -7f00\nOSError: [Errno 5] EIO\n",
                            ["NO_MEMORY"]),
    "micropython_small": ("mbedtls_ssl_handshake error: -50\nOSError: [Errno 5] EIO\n",
                          ["TCP_RESET", "CONNECTION_LOST"]),
    "micropython_decimal": ("OSError: -17040\n", ["NO_MEMORY"]),
    "micropython_resolver": ("    addr = socket.getaddrinfo(host, 443)[0][-1]\nOSError: -202\n",
                             ["DNS_FAILED"]),
    "axtls_alert": (">>> s = ssl.wrap_socket(s)\nOSError: -40\n", ["NO_COMMON_SUITE"]),
    "axtls_alert_of_the_name": (">>> s = ssl.wrap_socket(s)\nOSError: -112\n", ["NAME_NOT_SERVED"]),
    "negated_refused": (">>> s = ssl.wrap_socket(s)\nOSError: -111\n", ["TCP_REFUSED"]),
    "negated_timeout": (">>> s = ssl.wrap_socket(s)\nOSError: -110\n", ["TCP_NO_ANSWER"]),
    "negated_timeout_of_esp_idf": (">>> s = ssl.wrap_socket(s)\nOSError: -116\n",
                                   ["TCP_NO_ANSWER"]),
    "negated_unreachable": (">>> s = ssl.wrap_socket(s)\nOSError: -113\n",
                            ["TCP_UNREACHABLE", "CONNECTION_LOST"]),
    "negated_reset": (">>> s.connect(a)\nOSError: -104\n", ["TCP_RESET"]),
    "errno_refused": (">>> s.connect(a)\nOSError: [Errno -111]\n", ["TCP_REFUSED"]),
    "errno_of_the_stack": ("OSError: [Errno -17040]\n", ["NO_MEMORY"]),
    "errno_of_the_resolver": ("    addr = socket.getaddrinfo(host, 443)[0][-1]\n"
                              "OSError: [Errno -202]\n", ["DNS_FAILED"]),
    "axtls_lost": ("ssl_handshake_status: -256\n", ["CLOSED_IN_HANDSHAKE"]),
    "number_of_another_exception": (">>> f = open('a')\nOSError: -40\n", None),
    "url_as_host": ("E (1) esp-tls: couldn't get hostname for :https://a.example/x: getaddrinfo() "
                    "returns 202, addrinfo=0x0\n", ["HOST_NOT_A_NAME"]),
    # words without a number
    "websocket": ("E (81021) TRANSPORT_WS: Sec-WebSocket-Accept not found\n"
                  "E (81023) WEBSOCKET_CLIENT: Error transport connect\n", ["WS_REFUSED"]),
    "arduino_connect": ("[E][ssl_client.cpp:91] start_ssl_client(): Connect to Server failed!\n"
                        "[E][WiFiClientSecure.cpp:133] connect(): start_ssl_client: -1\n",
                        ["TCP_REFUSED"]),
    "bearssl": (":ref 1\nBSSL: Connection *will* fail, no authentication method is setup\n"
                ":wr 250 0\n:close\nfailed, rc=-2 try again in 5 seconds\n", ["NO_TRUST_OPTION"]),
    "usage": ("W (21058) mbedtls: ssl_tls.c:7380 x509_verify_cert() returned -9984 (-0x2700)\n"
              "W (21066) mbedtls: ssl_tls.c:7427 bad certificate (usage extensions)\n"
              "D (21080) mbedtls: ssl_msg.c:4869 send alert level=2 message=42\n", ["WRONG_USAGE"]),
    "strerror_words": ("E (77) app: X509 - Certificate verification failed, e.g. CRL, CA or "
                       "signature check failed\n", ["ROOT_NOT_TRUSTED"]),
    "strerror_net": ("E (77) app: NET - Reading information from the socket failed\n",
                     ["CONNECTION_LOST"]),
    # what only follows from a failure is none
    "closed_socket": ('[E][WiFiClient.cpp:312] setOption(): fail on fd -1, errno: 9, '
                      '"Bad file number"\n', None),
    "arduino_refused": ("[W][HTTPClient.cpp:1318] returnError(): error(-1): connection refused\n",
                        None),
    # the function says whose input it was
    "own_certificate": ("E (40589) esp-tls: mbedtls_x509_crt_parse returned -0x262e\n",
                        ["INPUT_UNSUPPORTED"]),
    "certificate_of_the_peer": ("E (40589) esp-tls: mbedtls_ssl_handshake returned -0x262e\n",
                                ["CERT_UNSUPPORTED"]),
    "parsed_inside_the_handshake": (
        "W (9) mbedtls: ssl_tls.c:5912 mbedtls_x509_crt_parse_der() returned -8576 (-0x2180)\n",
        ["CERT_UNREADABLE"]),
    "own_certificate_of_no_format": ("""\
E (86613) esp-tls-mbedtls: mbedtls_x509_crt_parse of CA cert returned -0x2180
E (86613) esp-tls-mbedtls: Failed to set client configurations, returned [0x8015] \
(ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED)
E (86627) esp-tls: Failed to open new connection
E (86644) esp_https_ota: Failed to open HTTP connection: ESP_ERR_HTTP_CONNECT
""", ["INPUT_NO_NUL"]),
    "own_key": ("E (4033) APP: mbedtls_pk_parse_key failed: -15616 (-0x3d00)\n", ["INPUT_NO_NUL"]),
}


@pytest.mark.parametrize("name", FIELD)
def test_field(name):
    log, first = FIELD[name]
    if first is None:
        result = run(stdin=log)
        assert (result.returncode, result.stdout) == (1, "")
    else:
        assert read(stdin=log)[1][0] in first


@pytest.mark.parametrize("name", ["own_certificate", "own_certificate_of_no_format", "own_key"])
def test_what_the_program_gave_is_not_blamed_on_the_peer(name):
    assert not [r for r in read(stdin=FIELD[name][0])[1] if r.startswith("CERT_")]


@pytest.mark.parametrize("name", ["certificate_of_the_peer", "parsed_inside_the_handshake"])
def test_what_the_peer_sent_is_not_blamed_on_the_program(name):
    assert not [r for r in read(stdin=FIELD[name][0])[1] if r.startswith("INPUT_")]


def test_what_the_check_found_stands_alone():
    assert read(stdin=FIELD["usage"][0])[1] == ["WRONG_USAGE"]


FAILURES = """\
I (1000) app: free heap: 61000, largest block 30000
E (2000) esp-tls: couldn't get hostname for :broker.lan: getaddrinfo() returns 202, addrinfo=0x0
E (2010) esp-tls: Failed to open new connection
E (2020) mqtt_client: Error transport connect
E (12000) esp-tls: [sock=54] connect() error: Connection reset by peer
E (12010) esp-tls: Failed to open new connection
W (12020) app: Last error code reported from esp-tls: 0x8004
W (12021) app: Last captured errno : 104 (Connection reset by peer)
I (21000) app: free heap: 40480, largest block 8192
E (22000) Dynamic Impl: alloc(16749 bytes) failed
E (22010) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7F00
E (22020) esp-tls: Failed to open new connection
I (23000) app: free heap: 51200, largest block 30000
"""


def test_each_failure_of_a_log_is_named():
    answer = json.loads(run("--json", stdin=FAILURES).stdout)
    failures = [(f["first_line"], f["last_line"], f["reasons"][0]) for f in answer["failures"]]
    assert failures == [(2, 2, "DNS_FAILED"), (5, 7, "TCP_RESET"), (10, 11, "MEMORY_FRAGMENTED")]
    text = run(stdin=FAILURES).stdout
    assert "Failure 1, line 2:" in text and "Failure 3, lines 10 to 11:" in text


def test_two_handshakes_are_two_failures():
    log = ("E (1) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7200\n"
           "E (2) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n")
    assert [f["reasons"][0] for f in json.loads(run("--json", stdin=log).stdout)["failures"]] == [
        "RECORD_TOO_LARGE", "ROOT_NOT_TRUSTED"]


@pytest.mark.usefixtures("sentences")
def test_the_heap_of_a_log_says_whether_memory_is_short_or_in_pieces():
    answer = json.loads(run("--json", stdin=FAILURES).stdout)
    assert answer["heap"] == {"free_bytes": 40480, "largest_bytes": 8192, "wanted_bytes": 16749}
    assert "NO_MEMORY" not in answer["failures"][2]["reasons"]
    assert "16749 bytes were wanted" in run(stdin=FAILURES).stdout
    short = FAILURES.replace("40480", "10480")
    answer = json.loads(run("--json", stdin=short).stdout)
    assert answer["failures"][2]["reasons"][0] == "NO_MEMORY"
    assert "MEMORY_FRAGMENTED" not in answer["failures"][2]["reasons"]


ALLOC = "E (9) Dynamic Impl: alloc(16749 bytes) failed\n"


@pytest.mark.parametrize("line, failed, heap", [
    # the lowest ever is not what is free
    ("Free heap: 150000, min free heap: 4096", ALLOC, (150000, 0, 16749)),
    ("free heap 150000 bytes, minimum ever free heap size 4096", ALLOC, (150000, 0, 16749)),
    ("minimum free heap: 4096, free heap: 150000", ALLOC, (150000, 0, 16749)),
    ("free heap: 150000, xPortGetMinimumEverFreeHeapSize: 4096", ALLOC, (150000, 0, 16749)),
    ("free heap: 150000, heap low water mark 4096, largest 9000", ALLOC, (150000, 9000, 16749)),
    # the largest of what?
    ("free heap: 150000, largest record 16384", ALLOC, (150000, 0, 16749)),
    ("free heap: 150000, largest: 9000", ALLOC, (150000, 9000, 16749)),
    ("free heap: 150000\nI (7) app: heap_caps_get_largest_free_block: 9000", ALLOC,
     (150000, 9000, 16749)),
    ("free heap: 150000\nI (7) app: largest block 9000", ALLOC, (150000, 9000, 16749)),
    # "free" in other words
    ("free heap: 150000\nI (7) FreeRTOS: heap region 4096", ALLOC, (150000, 0, 16749)),
    ("free heap: 150000\nI (7) app: heap freed 4096", ALLOC, (150000, 0, 16749)),
    # of calloc() both numbers count
    ("free heap: 150000", "E (9) mbedtls: calloc(1, 16717) failed\n", (150000, 0, 16717)),
    ("free heap: 150000", "E (9) mbedtls: calloc(3 x 5000) failed\n", (150000, 0, 15000)),
    ("free heap: 150000", "E (9) app: calloc(n=2, size=600) failed\n", (150000, 0, 1200)),
    ("free heap: 150000", "E (9) mbedtls: calloc of 16717 bytes failed\n", (150000, 0, 16717)),
    ("free heap: 150000", "E (9) mbedtls: calloc(70000, 70000) failed\n", (150000, 0, 0)),
])
def test_the_heap_is_what_the_words_beside_a_number_say(line, failed, heap):
    log = f"I (6) app: {line}\n{failed}E (10) esp-tls-mbedtls: mbedtls_ssl_setup returned -0x7F00\n"
    answer = json.loads(run("--json", stdin=log).stdout)
    assert answer["heap"] == dict(zip(("free_bytes", "largest_bytes", "wanted_bytes"), heap))


def test_a_heap_that_was_low_once_is_not_used_up():
    log = ("I (6) app: Free heap: 150000, min free heap: 4096, largest free block 9000\n" + ALLOC +
           "E (10) esp-tls-mbedtls: mbedtls_ssl_setup returned -0x7F00\n")
    assert read(stdin=log)[1][0] == "MEMORY_FRAGMENTED"


LONG_LINES = {
    "counts": "a" * 4_000_000 + " 7" * 250,
    "codes": "a" * 4_000_000 + " -0x7200" * 250,
    "words": ("a" * 16_000 + " 77 ") * 250,
    "functions": ("ssl_" * 4_000 + " error -0x7200 ") * 80,
}


@pytest.mark.parametrize("name", LONG_LINES)
def test_words_of_any_length_are_read_in_time(name):
    subprocess.run([PROGRAM, "explain"], input=LONG_LINES[name], capture_output=True, text=True,
                   check=False, timeout=2)


def test_the_heap_of_a_log_is_left_out_where_memory_is_no_reason():
    log = "I (1) app: free heap: 61000\nE (2) esp-tls: mbedtls_ssl_handshake returned -0x2700\n"
    assert "heap" not in json.loads(run("--json", stdin=log).stdout)


# What ESP-IDF's own esp-tls has of the names that sentences use.
ESP_IDF_HAS = {"CONFIG_ESP_TLS_INSECURE", "CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY", "esp_tls.h",
               "esp_tls_set_global_ca_store()", "esp_tls_conn_http_new_sync()"}


@pytest.mark.usefixtures("sentences")
def test_a_remedy_that_needs_this_library_says_so():
    reasons = json.loads(run("--list", "--json").stdout)["reasons"]
    needing = set()
    for remedy in (remedy for reason in reasons for remedy in reason["remedies"]):
        named = set(re.findall(r"CONFIG_ESP_TLS_\w+|esp_tls_?\w*\.h|esp_tls_\w+\(\)",
                               remedy["text"]))
        if named - ESP_IDF_HAS:
            needing |= named - ESP_IDF_HAS
            assert "this library" in remedy["text"], remedy
    assert {"esp_tls_memory.h", "esp_tls_trace.h", "CONFIG_ESP_TLS_CLOCK_UNSET_ACCEPT"} <= needing


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
