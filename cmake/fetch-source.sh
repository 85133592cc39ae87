#!/usr/bin/env bash
# Prints the directory of an unpacked Debian source package, fetching it when it is not cached.
#   cmake/fetch-source.sh [--cached|--again|--age] PACKAGE[=VERSION] RELEASE[,RELEASE...] [KIND]
#                                              e.g.  mbedtls=3.6 sid,trixie
# The newest version that the releases offer is taken; with =VERSION, the newest that begins with
# it. A release other than sid brings its security updates with it; RELEASE "-" is this machine's.
# KIND upstream: the authors' release as Debian carries it, without Debian's patches. KIND binary: the
# files of a binary package for any architecture, where it is this one that has generated sources.
#
# All build directories and worktrees share the cache, ${XDG_CACHE_HOME:-~/.cache}/esp-tls: a tree
# for each version (mbedtls-3.6.7-3), and in answers/ a link for each question. A question that was
# answered before needs no network; --again looks for something newer. --cached never asks: it fails
# where there is no answer yet, and is what a configure uses (`make deps` fetches). --age prints how
# many days ago the question was last asked instead of the directory.
#
# apt runs with a configuration of its own, made from the machine's Debian mirrors and keyring:
# nothing of the system changes, and signatures are checked as always.
set -euo pipefail

how=""
case $1 in
--*) how=${1#--}; shift ;;
esac
package=${1%%=*}
wanted=""
[ "$package" = "$1" ] || wanted=${1#*=}
releases=$2
kind=${3:-}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/esp-tls
here=$(cd "$(dirname "$0")" && pwd)
answer=$cache/answers/$1@$releases${kind:+,$kind}
key=/usr/share/keyrings/debian-archive-keyring.gpg

say() {
    echo "esp-tls: $*" >&2
}

# Prints the tree that an earlier run found.
answered() {
    [ -d "$answer/" ] && realpath "$answer"
}
case $how in
cached) answered; exit ;;
age) echo $((($(date +%s) - $(stat -c %Y "$answer")) / 86400)); exit ;;
"") ! answered || exit 0 ;;
again) ;;
*) say "there is no option --$how"; exit 2 ;;
esac

mkdir -p "$cache/answers"
exec 9>"$cache/lock"
flock 9 # another build may be fetching the same
[ "$how" ] || ! answered || exit 0

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

main=$("$here/debian-mirror.sh" main)
security=$("$here/debian-mirror.sh" security)
[ -n "$main" ] || {
    say "no Debian mirror in /etc/apt: cannot fetch the source of $package"
    say "give its directory instead (for Mbed TLS: cmake -DMBEDTLS_SOURCE_DIR=DIR)"
    exit 1
}

work=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
case $kind in
binary) entry="deb [arch=all signed-by=$key]" ;;
*) entry="deb-src [signed-by=$key]" ;;
esac
for release in ${releases//,/ }; do
    [ "$release" != - ] || release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    echo "$entry $main $release main"
    [ -z "$security" ] || [ "$release" = sid ] || # sid has no security updates of its own
        echo "$entry $security $release-security main"
done >"$work/sources.list"
apt() {
    local command=$1
    shift
    "apt-$command" -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- \
        -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User= "$@"
}

# try TIMES COMMAND...: until it succeeds; mirrors and networks have bad moments.
try() {
    local times=$1
    shift
    until "$@" >&2; do
        times=$((times - 1))
        [ $times -gt 0 ] || return 1
        sleep 2
    done
}

# What the releases have of the package, and its files.
case $kind in
binary) show=(show) get=(download) ;;
upstream) show=(showsrc --only-source) get=(source --download-only --tar-only) ;;
*) show=(showsrc --only-source) get=(source --download-only) ;;
esac

# The newest version on offer that begins with what is wanted, whole numbers compared.
newest() {
    local version best=""
    for version in $(apt cache "${show[@]}" "$package" | sed -n 's/^Version: //p'); do
        [[ -z $wanted || ${version#*:} =~ ^${wanted//./\\.}([^0-9]|$) ]] || continue
        [ "$best" ] && dpkg --compare-versions "$version" le "$best" || best=$version
    done
    [ "$best" ] && echo "$best"
}

cd "$work"
try 3 apt get -o APT::Update::Error-Mode=any update ||
    say "not all of $releases could be read: going on with what was"
version=$(newest) || {
    say "none of $releases offers $package${wanted:+ $wanted}, or there is no network"
    exit 1
}
name=$package-${version#*:}
[ "$kind" != upstream ] || name=$name-upstream
if [ ! -d "$cache/$name" ]; then
    say "fetching the source of $package $version"
    try 3 apt get "${get[@]}" "$package=$version" || {
        say "cannot fetch the source of $package (network? try again)"
        exit 1
    }
    # apt has checked the signature of the release, and by its hashes these files: no second check.
    case $kind in
    binary) dpkg-deb -x ./*.deb tree ;;
    upstream)
        mkdir tree
        tar -C tree --strip-components=1 -xf "$(ls ./*.orig.tar.* | grep -v '\.asc$')"
        ;;
    *) dpkg-source --no-check -x ./*.dsc tree >&2 ;;
    esac
    mv tree "$cache/$name"
fi
ln -sfn "../$name" "$answer"
say "$package $version is in $cache/$name"
answered
