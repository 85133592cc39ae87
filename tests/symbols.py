# SPDX-License-Identifier: Apache-2.0
"""What the libraries of a build define: symbols.py BUILD

What the settings leave out is not there. A symbol is one that a public header declares, or it has a
prefix that says whose it is, so that none is met by a program's own.
"""
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import layering

ROOT = Path(__file__).resolve().parents[1]
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
    "MBEDTLS_CERTIFICATE_BUNDLE": r"esp_crt_bundle_\w+|et_bundle_\w+|et_mbed_set_hook|"
                                  r"et_mbed_ask_application",
    "MBEDTLS_DEBUG": r"et_mbed_set_debug_level|mbedtls_esp_enable_debug_log|et_conn_debug",
}

# Prefixes of what public headers declare, and whose they are.
PUBLIC = {
    "esp_": "ESP-IDF's interface, and what we add to it",
    "ESP_": "ESP-IDF's event bases",
    "heap_caps_": "ESP-IDF's heap",
    "_esp_error_check_failed": "what ESP-IDF's macro ESP_ERROR_CHECK() calls",
    "mbedtls_esp_": "what ESP-IDF adds to Mbed TLS",
    "_binary_x509_crt_bundle_": "the built-in bundle, as ESP-IDF embeds it",
}
# Of what others do not call. Behind et_ stands a word that is one component's.
INTERNAL = {
    "et_": "ours; et_mbedtls_, et_psa_, et_p256_ and et_llhttp_ are what we build in (own_names.py)",
    "plat_": "what the platform gives (platform/include): a port defines it",
}
INTERFACE = ["components/*/include/**/*.h", "components/esp-tls/esp-tls-crypto/*.h", "platform/idf/**/*.h"]


def nm(*words):
    """{symbol: letter of its kind} of what a library defines."""
    out = subprocess.run(["nm", "--defined-only", "--format=posix", *words], capture_output=True,
                         text=True, check=True).stdout
    lines = [line.split() for line in out.splitlines()]
    return {words[0].split("@")[0]: words[1] for words in lines if len(words) > 2}


def check_names(symbols):
    declared = {word for pattern in INTERFACE for path in ROOT.glob(pattern)
                for word in re.findall(r"\w+", path.read_text())}
    return [f"{name} has the prefix of nobody" for name in sorted(symbols)
            if not name.startswith(tuple(INTERNAL))
            and not (name in declared and name.startswith(tuple(PUBLIC)))]


def check_words(build):
    what = {str(path): component for path, (component, _) in layering.objects(build).items()
            if component is not None}  # the list of observers is generated
    out = subprocess.run(["nm", "-A", "--defined-only", "--extern-only", "--format=posix", *what],
                         capture_output=True, text=True, check=True).stdout
    owners = defaultdict(set)
    for path, name in re.findall(r"^(.*): et_([a-z0-9]+)", out, re.M):
        owners[name].add(what[path])
    return [f"et_{word}_ is of {' and of '.join(sorted(components))}"
            for word, components in sorted(owners.items()) if len(components) > 1
            and word not in ("mbedtls", "psa")] # the stack defines some of these for Mbed TLS


build = Path(sys.argv[1]).resolve()
config = (build / "config" / "sdkconfig.h").read_text()
names = set(nm(build / "libesp-tls.a"))
faults = check_names(nm("--extern-only", build / "libesp-tls.a")) + check_words(build)
if (build / "libesp-tls.so").exists():
    shown = nm("--dynamic", build / "libesp-tls.so")
    faults += [f"shared library: {fault}" for fault in check_names(set(shown) - {"ESP_TLS_0"})]
    faults += [f"the shared library shows {name}" for name in sorted(shown)
               if name.startswith("et_") and not name.startswith(("et_mbedtls_", "et_psa_"))]
print("\n".join(faults) or "each symbol is of somebody")
assert "esp_tls_set_trace" in names
cheap = sorted(name for name in names if re.match("cheap_|memo_|p256_real_", name))
assert not cheap, f"cryptography of the tests (tests/cheap): {cheap}"
failed = bool(faults)
for setting, pattern in RULES.items():
    is_on = re.search(rf"^#define CONFIG_{setting} 1$", config, re.M) is not None
    found = {name for name in names if re.fullmatch(pattern, name)}
    print(f"{setting}={'y' if is_on else 'n'}: {', '.join(sorted(found)) or 'nothing'}")
    failed |= bool(found) != is_on
sys.exit(failed)
