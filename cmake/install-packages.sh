#!/usr/bin/env bash
# Installs the Debian packages that a group of targets needs (deps.sh).
#   cmake/install-packages.sh GROUP...     groups: build test lint long bench
# Touches no network when everything is there. Uses sudo when not run as root.
set -euo pipefail

build="cmake ninja-build gcc libc6-dev make pkg-config python3 python3-kconfiglib dpkg-dev xz-utils bzip2 ca-certificates libcjson-dev"
clang="clang libclang-rt-14-dev llvm"
arm="gcc-arm-linux-gnueabi libc6-dev-armel-cross qemu-user"
peers="openssl gnutls-bin nginx-light stunnel4 apache2-bin squid microsocks python3-httpbin python3-websockets curl"
test="$clang $arm $peers libcmocka-dev libcurl4-openssl-dev libmbedtls-dev python3-pytest python3-pytest-xdist python3-cryptography python3-cryptography-vectors iproute2 mold valgrind strace gcovr chromium tshark mandoc"
lint="clang-format cppcheck"
long="debhelper lintian debootstrap gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
bench="libssl-dev libgnutls28-dev libwolfssl-dev libbearssl-dev"

packages=""
for group in "$@"; do
    case $group in
    build | test | lint | long | bench) packages="$packages ${!group}" ;;
    *) echo "$0: no such group: $group" >&2; exit 2 ;;
    esac
done

# "ok installed" and nothing else: a removed package still has an entry.
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $packages 2>/dev/null |
    sed -n 's/ installed$//p') || true # a package that dpkg has never heard of is an error to it
missing=""
for package in $packages; do
    grep -qx "$package" <<<"$installed" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "esp-tls: these packages are missing, and there is no apt-get to install them:$missing" >&2
    exit 1
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "esp-tls: run as root, or install:$missing" >&2
        exit 1
    }
    sudo=sudo
fi

install() {
    # Servers must not be started by their installation: tests start their own.
    $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 $missing
}

echo "esp-tls: installing$missing" >&2
for try in 1 2 3; do
    install >&2 && exit 0
    echo "esp-tls: attempt $try failed, updating the package lists" >&2
    $sudo apt-get update -qq >&2 || true
done
echo "esp-tls: cannot install:$missing" >&2
exit 1
