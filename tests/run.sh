#!/usr/bin/env bash
# Builds the variants (CMakePresets.json) and runs their tests; the last line is the summary of all.
# Stops at the first variant that fails; a long run goes on, and names at its end what failed.
#   tests/run.sh [long]
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)
long=${1:-}
reports=0
failed=""
rm -f build*/*.junit.xml
quick="-L unit|torture|soak|conformance|thread|memory -LE static" # static: the same in every build
# What the width of a word can change; floods, long walks and threads are the same on 64 bits.
words="-L unit|conformance|memory -LE static -E test_(flood_http|checks|mbedtls_io)$"

# try COMMAND...: a long run is worth more whole than short of what comes after a failure.
try() {
    "$@" && return
    failed="$failed${failed:+, }$what"
    [ "$long" = long ]
}

# build PRESET [TARGET...]: what a variant does not run is not built.
build() {
    local preset=$1
    shift
    cmake --preset "$preset" --log-level=WARNING >/dev/null
    cmake --build "build-$preset" -j "$jobs" ${*:+--target "$@"} -- --quiet
}

run() {
    local dir=$1
    shift
    reports=$((reports + 1))
    try ctest --test-dir "$dir" --output-on-failure --no-tests=ignore -j "$jobs" \
        --output-junit "ctest-$reports.junit.xml" "$@"
}

section() {
    what=$*
    printf '\n== %s (%d s)\n' "$*" "$SECONDS"
}

section "clang, AddressSanitizer, UndefinedBehaviorSanitizer"
build asan
run build-asan -LE static

section "clang, ThreadSanitizer"
build tsan tests-threads
run build-tsan -L threads

section "ARM, 32 bits, under qemu"
build arm
run build-arm $words
[ "$long" != long ] || run build-arm -L "torture|unit" -LE static -R "test_(torture.*|flood_http|checks|mbedtls_io)$"

section "insecure options allowed"
build insecure tests-insecure tls-client
run build-insecure -L insecure

# What is built against the oldest Mbed TLS that is taken, for as long as Debian has it.
older=3.6.6
section "Mbed TLS $older"
if ! cmake/mbedtls-source.sh --cached $older >/dev/null; then
    echo "skipped: make deps found no Mbed TLS $older: Debian has none, or there is no network"
elif [ "$long" = long ]; then
    build older
    run build-older -LE static
    run build-older -R test_seam
    build older-arm
    run build-older-arm $words
else
    build older test_certificate test_chains test_mbedtls test_elastic_in tls-client http-client esp-tls-program
    run build-older -R "test_(certificate|chains|mbedtls|elastic_in)$"
    try tests/integration/run build-older test_defaults.py
fi

if [ "$long" = long ]; then
    section "clang, char unsigned"
    build clang
    # How deep the stack gets is gcc's to say, and Debian 12's valgrind cannot read what clang 14 writes.
    run build-clang -LE static -E "^integration"
    section "signatures of certificates postponed"
    build defer
    ESP_TLS_LONG=1 run build-defer -R "test_chains|test_checks|test_mbedtls|test_elastic"
    run build-defer -R torture # each pair of faults is struck in the gcc build below
    section "record buffers of fixed size"
    build fixed
    run build-fixed $quick
    section "every size of memory, on 64 and on 32 bits"
    build sweep test_sizes
    ESP_TLS_LONG=1 run build-sweep -R "test_sizes$"
    build sweep-arm test_sizes
    # The leak checker does not work under an emulator: the test counts blocks by itself. 32 bits have no
    # room for 256 MB of blocks that were freed.
    ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16 ESP_TLS_LONG=1 run build-sweep-arm -R "test_sizes$"
    section "the certificate bundle"
    build bundle test_crt_bundle test_chains test_config test_trust test_passed_on
    run build-bundle -R "test_(crt_bundle|chains|config|trust|passed_on)$"
    section "everything kept; the program's own allocator"
    build kept # all of it: the sizes are those that esp-tls memory advises
    run build-kept -R "test_memory_kconfig|test_device"
    build custom test_memory_kconfig test_crt_bundle test_passed_on
    run build-custom -R "test_memory_kconfig|test_crt_bundle|test_passed_on"
    section "64 bits of ARM, under qemu"
    build aarch64 tests-unit fuzzers
    run build-aarch64 -L unit -LE static
    section "over the system's Mbed TLS"
    try tests/system-mbedtls.sh
    section "Debian packages"
    try tests/deb.sh
    section "line coverage of components/"
    try tests/coverage.sh
    section "fuzzers"
    try tests/fuzz/run.sh
fi

section "gcc, as it is installed: a host's profile"
make --no-print-directory build
if [ "$long" = long ]; then
    ESP_TLS_LONG=1 run build
else
    # With real servers, ASan's section has run all; here is what the sanitizers' stacks and speed hide,
    # the program of a device beside that of a host, and the suites and arithmetic of a host.
    try tests/integration/run build test_memory.py test_readme.py test_check.py test_defaults.py \
        test_versions.py test_get.py
    run build -E "^integration$"
fi

section "the ten slowest tests"
/usr/bin/python3 -B tests/slowest.py build*/*.junit.xml
[ -z "$failed" ] || { echo "failed: $failed" >&2; exit 1; }
