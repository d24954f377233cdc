#!/usr/bin/env bash
# Downloads the wheels pinned by hash in e2e/requirements.txt, unless they already exist, and prints their folder.
set -euo pipefail
cd "$(dirname "$0")/.."

pins=e2e/requirements.txt
wheels=$(realpath -m "${CARGO_TARGET_DIR:-target}")/wheels-$(python3 -c 'import sys; print("%d%d" % sys.version_info[:2])')
if ! cmp --silent "$pins" "$wheels/requirements.txt"; then
    rm -rf "$wheels"
    python3 -m venv "$wheels/venv"
    "$wheels/venv/bin/pip" download --quiet --require-hashes --only-binary :all: --dest "$wheels" --requirement "$pins" >&2
    cp "$pins" "$wheels/requirements.txt"
fi
echo "$wheels"
