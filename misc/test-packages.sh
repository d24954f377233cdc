#!/usr/bin/env bash
# Proves the wheel and the image with the program that the tests of the workspace use, and the script of releases; lints the files of
# packages.
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
