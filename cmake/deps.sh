#!/usr/bin/env bash
# `make deps`: the Debian packages that groups of targets need, and the sources that are built along.
# Nothing else of the build installs or fetches. What is there is not looked for again, so that this
# takes a moment and no network; --again looks for newer sources (`make update`).
#   cmake/deps.sh [--again] GROUP...     groups: see install-packages.sh
set -euo pipefail
cd "$(dirname "$0")"

again=()
[ "${1-}" != --again ] || { again=(--again); shift; }
./install-packages.sh "$@"
./mbedtls-source.sh "${again[@]}" >/dev/null
./llhttp-source.sh "${again[@]}" >/dev/null
case " $* " in
*" test "*)
    ./fetch-source.sh "${again[@]}" cmocka - >/dev/null
    # The oldest that is taken, for its part of the tests; Debian need not have it.
    oldest=$(sed -n 's/^set(mbedtls_min \([0-9.]*\)).*/\1/p' mbedtls-source.cmake)
    ./mbedtls-source.sh "${again[@]}" "$oldest" >/dev/null || true
    ;;
esac
days=$(./mbedtls-source.sh --age)
[ "$days" -lt 30 ] ||
    echo "esp-tls: a newer Mbed TLS was last looked for $days days ago; 'make update' does it" >&2
