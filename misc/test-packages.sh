#!/usr/bin/env bash
# Tests the wheel and the image with the test build of the program, tests the release script, and lints the packaging files.
set -euo pipefail
cd "$(dirname "$0")/.."

packaging/lint.sh
packaging/test-release.sh
cargo test --quiet --workspace --no-run
target=$(realpath "${CARGO_TARGET_DIR:-target}")
mkdir -p "$target/packages"
strip -o "$target/packages/portcullis" "$target/debug/portcullis"
formats=(wheel)
if [ "$(id -u)" = 0 ]; then formats+=(image); else echo "image: not tested, because only root can" >&2; fi
packaging/check.sh "$target/packages/portcullis" "${formats[@]}"
