#!/usr/bin/env bash
# Prints the directory with the source of Mbed TLS that is built: the newest 3.6 that Debian has.
# Its stable release gets a new 3.6 late or never, its unstable one soon. Mbed TLS 4 is passed over.
#   cmake/mbedtls-source.sh [--again] [VERSION]       e.g.  3.6.6; --again: look for a newer one
again=()
[ "${1-}" != --again ] || { again=(--again); shift; }
exec "$(dirname "$0")/fetch-source.sh" "${again[@]}" "mbedtls=${1:-3.6}" sid,trixie
