#!/usr/bin/env bash
# Looks at the pages with a real browser: e2e/*.test.mjs, or the script that is named, by Node and Chromium. What is
# missing is installed first.
set -euo pipefail
cd "$(dirname "$0")/.."

export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
if [ ! -x "$CHROMIUM" ]; then
    echo "installing chromium …" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >&2
fi
npm ci --prefix e2e --silent --no-audit --no-fund
cargo build --quiet --package portcullis
PORTCULLIS=$(realpath "${CARGO_TARGET_DIR:-target}/debug/portcullis")
export PORTCULLIS
if [ $# -gt 0 ]; then exec node "$@"; fi
node --test --test-concurrency=1 --test-reporter=spec e2e/*.test.mjs
