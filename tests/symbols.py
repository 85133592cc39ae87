# SPDX-License-Identifier: Apache-2.0
"""What the settings leave out is not in the library: symbols.py BUILD"""
import re
import subprocess
import sys
from pathlib import Path

# Setting: functions and data that are there with it, and not without.
RULES = {
    "ESP_TLS_TRACE": r"et_link_tap_init|et_conn_tap_\w+|et_records_scan|et_mbed_tap_\w+|"
                     r"et_trace_log_observer",
    "ESP_TLS_DIAGNOSIS": r"et_evidence_observer|et_clip_\w+|et_words_\w+|"
                         r"esp_tls_(?:diagnos|reason|remedy|code|get_evidence)\w*|"
                         r"esp_transport_(?:get_diagnosis|diagnose_code)|"
                         r"esp_http_client_get_diagnosis",
    "ESP_X509": r"esp_tls_certificate_\w+|esp_tls_pem_\w+|et_(?:walk|der|support)_\w+",
    "ESP_TLS_CAPTURE": r"et_pcapng_\w+|et_frame_make|et_frame_head_len|et_keylog_line",
    "MBEDTLS_CERTIFICATE_BUNDLE": r"esp_crt_bundle_\w+",
    "MBEDTLS_DEBUG": r"et_mbed_set_debug_level|mbedtls_esp_enable_debug_log|et_conn_debug",
}

build = Path(sys.argv[1])
config = (build / "config" / "sdkconfig.h").read_text()
symbols = subprocess.run(["nm", "--defined-only", "--format=posix", build / "libesp-tls.a"],
                         capture_output=True, text=True, check=True).stdout
names = {line.split()[0] for line in symbols.splitlines() if len(line.split()) > 1}
assert "esp_tls_set_trace" in names
cheap = sorted(name for name in names if re.match("cheap_|memo_|p256_real_", name))
assert not cheap, f"cryptography of the tests (tests/cheap): {cheap}"
failed = False
for setting, pattern in RULES.items():
    is_on = re.search(rf"^#define CONFIG_{setting} 1$", config, re.M) is not None
    found = {name for name in names if re.fullmatch(pattern, name)}
    print(f"{setting}={'y' if is_on else 'n'}: {', '.join(sorted(found)) or 'nothing'}")
    failed |= bool(found) != is_on
sys.exit(failed)
