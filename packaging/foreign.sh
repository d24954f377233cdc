#!/usr/bin/env bash
# Runs a program of another architecture in QEMU, from an empty folder to a verified login: packaging/foreign.sh PROGRAM ARCHITECTURE
# Installs QEMU if it is missing, as root on Debian or Ubuntu.
set -euo pipefail
program=$(realpath "$1")
emulator=qemu-$2
cd "$(dirname "$0")/.."

if ! command -v "$emulator" >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends qemu-user >&2
fi

home=$(mktemp -d)
server=
stop() {
    if [ -n "$server" ]; then kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    rm -rf "$home"
}
trap stop EXIT

test "$("$emulator" "$program" --version)" = "portcullis $(packaging/version.sh)"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
env -i PATH="$PATH" PORT="$port" "$emulator" "$program" --data-dir "$home" > "$home/log" 2>&1 &
server=$!
if ! packaging/first-login.sh "http://127.0.0.1:$port"; then cat "$home/log" >&2; exit 1; fi
echo "$2: a verified login in QEMU"
