#!/usr/bin/env bash
# Prints the directory of an unpacked Debian source package, fetching it when it is not cached.
#   cmake/fetch-source.sh PACKAGE RELEASE [upstream]
#                                              e.g.  mbedtls trixie;  RELEASE "-": this machine's own
# With "upstream": the authors' release as Debian carries it, without Debian's patches.
#
# apt runs with a configuration of its own, made from the machine's Debian mirrors and keyring:
# nothing of the system changes, and signatures are checked as always. All build directories and
# worktrees share the cache, ${XDG_CACHE_HOME:-~/.cache}/esp-tls.
set -euo pipefail

package=$1
release=$2
upstream=${3:-}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/esp-tls
key=/usr/share/keyrings/debian-archive-keyring.gpg

say() {
    echo "esp-tls: $*" >&2
}

[ "$release" != - ] || release=$(. /etc/os-release && echo "$VERSION_CODENAME")
tree=$cache/$package-$release${upstream:+-$upstream}
if [ -d "$tree" ]; then
    echo "$tree"
    exit 0
fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # another build may be fetching the same
if [ -d "$tree" ]; then
    echo "$tree"
    exit 0
fi

for tool in apt-get dpkg-source; do
    command -v $tool >/dev/null || {
        say "$tool is needed to fetch the source of $package (apt-get install dpkg-dev)"
        exit 1
    }
done
[ -r $key ] || {
    say "no Debian keyring at $key: cannot check the source of $package"
    exit 1
}

# The machine's Debian mirrors: "main" from the first entry signed by Debian, security likewise.
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
main=$(mirrors | awk '$1 == "main" { print $2; exit }')
security=$(mirrors | awk '$1 == "security" { print $2; exit }')
[ -n "$main" ] || {
    say "no Debian mirror in /etc/apt: cannot fetch the source of $package"
    say "give its directory instead (for Mbed TLS: cmake -DMBEDTLS_SOURCE_DIR=DIR)"
    exit 1
}

work=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
{
    echo "deb-src [signed-by=$key] $main $release main"
    [ -z "$security" ] || [ "$release" = sid ] || # sid has no security updates of its own
        echo "deb-src [signed-by=$key] $security $release-security main"
} >"$work/sources.list"
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=)

say "fetching the source of $package from Debian $release"
cd "$work"
for try in 1 2 3 failed; do
    [ $try != failed ] || {
        say "cannot fetch the source of $package (network? try again)"
        exit 1
    }
    "${apt[@]}" update >&2 &&
        "${apt[@]}" source --download-only ${upstream:+--tar-only} "$package" >&2 && break
    sleep 2
done
# apt has checked the signature of the release, and by its hashes these files: no second check.
if [ "$upstream" ]; then
    mkdir tree
    tar -C tree --strip-components=1 -xf "$(ls ./*.orig.tar.* | grep -v '\.asc$')"
    version=$(ls ./*.orig.tar.* | sed -nE 's/.*_(.*)\.orig\.tar\..*/\1/p' | head -1)
else
    dpkg-source --no-check -x ./*.dsc tree >&2
    version=$(sed -n 's/^Version: //p' ./*.dsc | head -1)
fi
mv tree "$tree"
say "$package $version is in $tree"
echo "$tree"
