#!/bin/sh
# What `make run` does: make a small certificate authority, start real servers, and fetch from them
# with build/esp-tls over TLS 1.3, TLS 1.2 and with mutual authentication; then a connection that
# must be refused. Each result is checked.
#
#   tools/run-demo.sh        the demonstration
#   tools/run-demo.sh URL [CACERT]    fetch that instead, and trust the authorities in CACERT
#
# BUILD names the build directory (default: build, beside tools).
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=$(realpath -m "${BUILD:-$root/build}")
program=$build/esp-tls
demo=$build/demo
servers=

if [ ! -x "$program" ]; then
    echo "run-demo.sh: there is no $program; run make build first" >&2
    exit 1
fi
if [ $# -gt 0 ] && [ -n "$1" ]; then
    [ $# -lt 2 ] || set -- "$1" --cacert "$2"
    exec "$program" get -v "$@"
fi

fail() {
    printf '\nFAILED: %s\n' "$1" >&2
    exit 1
}

stop_servers() {
    for pid in $servers; do
        kill "$pid" 2>/dev/null || true
    done
    servers=
}
trap stop_servers EXIT
trap 'exit 1' INT TERM HUP

# --- certificates ---------------------------------------------------------------------------------

# quiet COMMAND...: show its output only when it fails
quiet() {
    "$@" >"$demo/log" 2>&1 || { cat "$demo/log" >&2; fail "$*"; }
}

new_key() {
    quiet openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
}

make_authority() { # NAME SUBJECT
    new_key "$1"
    quiet openssl req -x509 -new -key "$1.key" -subj "/CN=$2" -days 30 -sha256 \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$1.pem"
}

issue() { # NAME SUBJECT EXTENSIONS
    new_key "$1"
    printf '%b' "$3" >"$1.ext"
    quiet openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
    quiet openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
        -sha256 -extfile "$1.ext" -out "$1.pem"
}

make_certificates() {
    make_authority ca "Demo authority"
    make_authority stranger "Another authority"
    issue server localhost \
        'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n'
    issue client "Demo client" 'extendedKeyUsage=clientAuth\n'
}

# --- servers --------------------------------------------------------------------------------------

# start_server NAME OPTION...: the kernel chooses the port; it is left in $port
start_server() {
    name=$1
    shift
    : >"$demo/$name.log"
    (cd "$demo/www" && exec openssl s_server -accept 127.0.0.1:0 -WWW -cert ../server.pem \
        -key ../server.key "$@") >"$demo/$name.log" 2>&1 </dev/null &
    servers="$servers $!"
    tries=0
    while port=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' "$demo/$name.log"); [ -z "$port" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 50 ] || { cat "$demo/$name.log" >&2; fail "the server does not start"; }
        sleep 0.1
    done
}

# --- steps ----------------------------------------------------------------------------------------

step() {
    printf '\n%s. %s\n' "$1" "$2"
}

# run STATUS WORD...: show the command, run it, check its exit status; its output is in $demo/out
run() {
    want=$1
    shift
    printf '   $ esp-tls %s\n' "$*"
    status=0
    "$program" "$@" >"$demo/out" 2>&1 || status=$?
    fold -s -w 92 "$demo/out" | sed 's/^/   | /'
    [ "$status" -eq "$want" ] || fail "exit status $status instead of $want"
}

must_say() {
    grep -q -e "$1" "$demo/out" || fail "the output does not say: $1"
}

mkdir -p "$demo/www"
cd "$demo"
echo 'Hello from a server whose certificate was verified.' >www/hello.txt
head -c 2000000 /dev/urandom >www/large.bin

echo 'A verified connection, from nothing: everything below happens on this machine,'
echo "in $demo."

step 1 'Make a certificate authority, and certificates for a server and a client'
make_certificates
echo '   ca.pem, server.pem and client.pem, each with its .key; and stranger.pem, an authority'
echo '   that has issued nothing.'

start_server open
open=$port
start_server mutual -Verify 1 -CAfile ../ca.pem -verify_return_error
mutual=$port
echo "   openssl s_server listens on port $open, and on port $mutual for known clients only."

step 2 'Fetch a file over TLS 1.3'
run 0 get -v --cacert ca.pem "https://localhost:$open/hello.txt"
must_say TLSv1.3
must_say 'Hello from a server'

step 3 'The same over TLS 1.2, two megabytes, into a file, with the asynchronous calls'
run 0 get -v --tls 1.2 --async --cacert ca.pem -o large.copy "https://localhost:$open/large.bin"
must_say TLSv1.2
cmp www/large.bin large.copy || fail 'the copy differs'
echo '   large.copy is the same as what the server has.'

step 4 'Mutual authentication: the server wants to know the client, too'
run 0 get --cacert ca.pem --cert client.pem --key client.key "https://localhost:$mutual/hello.txt"
must_say 'Hello from a server'
echo '   And without a certificate:'
run 7 get --cacert ca.pem "https://localhost:$mutual/hello.txt"
must_say 'client certificate'

step 5 'A connection that is refused: only the other authority is trusted here'
run 6 get --cacert stranger.pem "https://localhost:$open/hello.txt"
must_say 'not among the trusted'

printf '\nAll as it should be. Your turn: make run URL=https://...\n'
