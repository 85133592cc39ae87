#!/usr/bin/env bash
# Builds the binary packages of the Debian source package in DIR, without network where this machine
# lets us take it away, and lets lintian look at all of them. Needs nothing else of the repository.
#   deb-build.sh DIR
set -euo pipefail
cd "$1"
offline=()
! unshare -n true 2>/dev/null || offline=(unshare -n)
rm -rf tree
dpkg-source --no-check -x ./*.dsc tree
(cd tree && "${offline[@]}" dpkg-buildpackage -us -uc >../build.log 2>&1) || {
    tail -c 4000 build.log >&2
    exit 1
}
rm -r tree
lintian --allow-root --fail-on error --tag-display-limit 0 ./*.changes
