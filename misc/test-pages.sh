#!/usr/bin/env bash
# Tests the pages in a browser and runs the commands of the documentation: e2e/*.test.mjs, or the named script, with Node,
# Chromium and Python. Installs missing packages first.
set -euo pipefail
cd "$(dirname "$0")/.."

install() {
    echo "installing $* …" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >&2
}

export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
if [ ! -x "$CHROMIUM" ]; then install chromium; fi
if ! python3 -c 'import ensurepip' 2>/dev/null; then install python3-venv; fi

npm ci --prefix e2e --silent --no-audit --no-fund
WHEELS=$(misc/wheels.sh)
# The binary used by the workspace tests. Another selection of packages would enable other features and recompile it.
cargo test --quiet --workspace --no-run
PORTCULLIS=$(realpath "${CARGO_TARGET_DIR:-target}/debug/portcullis")
export PORTCULLIS WHEELS
if [ $# -gt 0 ]; then exec node "$@"; fi
# The tests mostly wait for pages, so two files run at a time.
node --test --test-concurrency=2 --test-reporter=spec e2e/*.test.mjs
