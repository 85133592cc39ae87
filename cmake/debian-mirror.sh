#!/usr/bin/env bash
# Prints the machine's Debian mirror, or the one of its security updates: "main" is the first entry of
# /etc/apt that is signed by Debian's keyring, security likewise. Nothing where there is none.
#   cmake/debian-mirror.sh main|security
set -euo pipefail

mirrors() {
    local file
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -r "$file" ] && awk -v RS= '/debian-archive-keyring/ {
            for (i = 1; i <= NF; i++) if ($i == "URIs:") uri = $(i + 1)
            print ($0 ~ /Suites:[^\n]*-security/ ? "security" : "main"), uri
        }' "$file"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -r "$file" ] && sed -nE 's/^deb(-src)?[[:space:]]+(\[[^]]*\][[:space:]]+)?//p' "$file" |
            awk '/debian/ { print ($2 ~ /-security/ ? "security" : "main"), $1 }'
    done
    return 0
}
mirrors | awk -v kind="$1" '$1 == kind && !n++ { print $2 }'
