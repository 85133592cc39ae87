#!/usr/bin/env bash
# Makes the Debian source package, with Mbed TLS and llhttp as component archives. What git tracks is
# packed, changed files as they are.
#   cmake/deb-source.sh DIR
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1
version=$(cat VERSION)
tree=esp-tls-$version

[[ $(dpkg-parsechangelog -S Version) == "$version-"* ]] || {
    echo "esp-tls: debian/changelog is not about version $version" >&2
    exit 1
}
mbedtls=$(cmake/mbedtls-source.sh --cached) || {
    echo "esp-tls: no source of Mbed TLS; run 'make deps'" >&2
    exit 1
}
llhttp=$(cmake/llhttp-source.sh --cached) || {
    echo "esp-tls: no source of llhttp; run 'make deps'" >&2
    exit 1
}
date=$(dpkg-parsechangelog -S Timestamp)
changed=$(git -c user.name=esp-tls -c user.email= stash create)
commit=${changed:-HEAD}
rm -rf "$out"
mkdir -p "$out/llhttp"

# pack NAME FOLDER FILE...: a component archive, the same bytes from the same files.
pack() {
    local name=$1 folder=$2
    shift 2
    tar -C "$folder" --transform "s,^,$name/," --sort=name --owner=0 --group=0 --numeric-owner \
        --mode=u+rw,go=rX --mtime="@$date" -cJf "$out/esp-tls_$version.orig-$name.tar.xz" "$@"
}

git archive --prefix="$tree/" "$commit" -- . ':!debian' | xz -T0 >"$out/esp-tls_$version.orig.tar.xz"
pack mbedtls "$mbedtls" include library 3rdparty/p256-m LICENSE ChangeLog README.md
cp -r "$llhttp"/{src,include} "$out/llhttp"
cp "$llhttp/../../share/doc/libllhttp-source/copyright" "$out/llhttp/copyright"
pack llhttp "$out/llhttp" include src copyright
rm -r "$out/llhttp"

# dpkg-source wants the tree as it will unpack it.
cd "$out"
tar -xf "esp-tls_$version.orig.tar.xz"
for name in mbedtls llhttp; do
    tar -C "$tree" -xf "esp-tls_$version.orig-$name.tar.xz"
done
git -C "$OLDPWD" archive "$commit" -- debian | tar -C "$tree" -x
dpkg-source --build "$tree"
rm -r "$tree"
