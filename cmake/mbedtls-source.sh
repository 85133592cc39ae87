#!/usr/bin/env bash
# Prints the directory with the source of Mbed TLS that is built: the newest 3.6 that Debian has.
# Its stable release gets a new 3.6 late or never, its unstable one soon. Mbed TLS 4 is passed over.
#   cmake/mbedtls-source.sh [--cached|--again|--age] [VERSION]      e.g.  3.6.6; see fetch-source.sh
how=()
case ${1-} in
--*) how=("$1"); shift ;;
esac
exec "$(dirname "$0")/fetch-source.sh" "${how[@]}" "mbedtls=${1:-3.6}" sid,trixie
