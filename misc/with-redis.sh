#!/usr/bin/env bash
# Runs a command whose tests need Redis: misc/with-redis.sh COMMAND…
#
# Each test starts servers of its own. PORTCULLIS_TEST_REDIS names another `redis-server`, or a `valkey-server`; without it,
# Debian's package is installed if it is missing.
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
exec "$@"
