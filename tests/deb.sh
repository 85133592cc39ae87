#!/usr/bin/env bash
# The Debian packages are built, lintian finds no error, and the README's program compiles against them
# and runs: on this machine, and in a Debian 13 in a chroot, which is kept beside the sources for 30 days.
#   tests/deb.sh
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/build-deb
chroot=${XDG_CACHE_HOME:-$HOME/.cache}/esp-tls/chroot-trixie

# Unpacks the packages in a folder beside them, and compiles and runs program.c with what is in there.
try_packages() {
    local libdir
    cd "$1"
    rm -rf root
    for package in libesp-tls*.deb esp-tls_*.deb; do
        dpkg -x "$package" root
    done
    libdir=$(echo "$PWD/root/usr/lib"/*-linux-gnu)
    cc -Wall -Werror -o program program.c $(PKG_CONFIG_LIBDIR=$libdir/pkgconfig pkg-config --cflags --libs esp-tls)
    # Without network it says in which phase it failed, and why.
    LD_LIBRARY_PATH=$libdir ./program | grep .
    root/usr/bin/esp-tls --version
}

readme_program() {
    sed -n '/^```c$/,/^```$/p' README.md | sed '/^```/d'
}

cmake/deb-source.sh "$out" >/dev/null
cmake/deb-build.sh "$out"
readme_program >"$out/program.c"
(try_packages "$out")
echo "Debian $(cat /etc/debian_version): built, and the README's program runs"

mirror=$(cmake/debian-mirror.sh main)
if [ "$(id -u)" != 0 ]; then
    echo "skipped: Debian 13 needs root, for a chroot"
    exit
elif [ -z "$mirror" ] || ! command -v debootstrap >/dev/null; then
    echo "skipped: Debian 13 needs debootstrap and a Debian mirror in /etc/apt"
    exit
fi
inside() {
    unshare --mount --pid --fork --kill-child --root="$chroot" --mount-proc env -i \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
[ -z "$(find "$chroot/made" -mtime +30 2>/dev/null)" ] || rm -rf "$chroot"
packages="debhelper cmake ninja-build python3-kconfiglib libcjson-dev lintian pkgconf"
if [ "$(cat "$chroot/made" 2>/dev/null)" != "$packages" ]; then
    rm -rf "$chroot"
    # debootstrap knows nothing of virtual packages: apt installs what is needed besides.
    { debootstrap --variant=buildd --keyring=/usr/share/keyrings/debian-archive-keyring.gpg trixie \
        "$chroot" "$mirror" && inside apt-get install -y -qq --no-install-recommends $packages; } \
        >"$out/debootstrap.log" 2>&1 || {
        rm -rf "$chroot"
        echo "skipped: no Debian 13 could be made: $(tail -1 "$out/debootstrap.log")"
        exit
    }
    echo "$packages" >"$chroot/made"
fi
rm -rf "$chroot/build"
mkdir "$chroot/build"
cp "$out"/*.dsc "$out"/*.orig*.tar.xz "$out"/*.debian.tar.xz "$out/program.c" cmake/deb-build.sh "$chroot/build"
inside /build/deb-build.sh /build
inside bash -c "set -e; $(declare -f try_packages); try_packages /build"
echo "Debian $(cat "$chroot/etc/debian_version"): built, and the README's program runs"
rm -rf "$chroot/build"
