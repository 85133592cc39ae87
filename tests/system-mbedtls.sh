#!/usr/bin/env bash
# Installs Mbed TLS, as its authors configure it, in build-system-mbedtls, builds the library over it
# (ESP_TLS_SYSTEM_MBEDTLS), and runs the unit tests of what stands above, and connections to servers.
# Debian 12's own Mbed TLS is 2.28, which is too old.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)
source=$(cmake/mbedtls-source.sh --cached)
made=build-system-mbedtls
if [ "$(cat $made/made-of 2>/dev/null)" != "$source" ]; then
    rm -rf $made
    cmake -S "$source" -B $made -G Ninja -DCMAKE_BUILD_TYPE=Release -DENABLE_PROGRAMS=OFF \
        -DENABLE_TESTING=OFF -DUSE_SHARED_MBEDTLS_LIBRARY=ON -DUSE_STATIC_MBEDTLS_LIBRARY=OFF \
        -DCMAKE_INSTALL_PREFIX="$PWD/$made/installed" --log-level=WARNING >/dev/null
    cmake --build $made -j "$jobs" -- --quiet
    cmake --install $made >/dev/null
    echo "$source" >$made/made-of
fi
export LD_LIBRARY_PATH=$PWD/$made/installed/lib
cmake --preset system --log-level=WARNING >/dev/null
cmake --build build-system -j "$jobs" --target tests-unit tls-client http-client esp-tls-program -- --quiet
(cd build-system && ctest --output-on-failure -j "$jobs" -L unit)
# What the others in there say of curves is true of our configuration.
tests/integration/run build-system test_defaults.py -k test_default_connection_opens
# Which has no name constraints, and says so where one is critical.
tests/integration/run build-system test_constraints.py
