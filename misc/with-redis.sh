#!/usr/bin/env bash
# Runs a command whose tests need Redis: misc/with-redis.sh [--shared] COMMAND…
#
# Each Redis test starts its own servers. With --shared, one server is started for all tests, which use it together with
# MongoDB. PORTCULLIS_TEST_REDIS_URL is its address. PORTCULLIS_TEST_REDIS is the path of another `redis-server` or a
# `valkey-server`. Without it, Debian's package is installed if it is missing.
set -euo pipefail

if [ -z "${PORTCULLIS_TEST_REDIS:-}" ]; then
    if ! command -v redis-server >/dev/null 2>&1; then
        echo "installing redis-server for the tests …" >&2
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends redis-server >&2
    fi
    PORTCULLIS_TEST_REDIS=$(command -v redis-server)
fi
export PORTCULLIS_TEST_REDIS

if [ "$1" != --shared ]; then
    exec "$@"
fi
shift
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$PORTCULLIS_TEST_REDIS" --bind 127.0.0.1 --port "$port" --save '' --appendonly no >/dev/null &
trap 'kill $!' EXIT
trap 'exit 130' INT TERM
export PORTCULLIS_TEST_REDIS_URL=redis://127.0.0.1:$port
"$@"
