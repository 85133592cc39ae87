#!/usr/bin/env bash
# Prints the directory of the C sources of llhttp that are built: the newest 9 that Debian has. Its
# authors write TypeScript and generate C; Debian's binary package for programs that build it along
# has the C files.
#   cmake/llhttp-source.sh [--cached|--again]
tree=$("$(dirname "$0")/fetch-source.sh" "$@" libllhttp-source=9 sid binary) &&
    echo "$tree/usr/src/llhttp"
