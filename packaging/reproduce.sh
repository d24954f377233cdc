#!/usr/bin/env bash
# Builds the current commit again in another folder and compares it with a program: packaging/reproduce.sh PROGRAM [PROFILE]
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git clone --quiet --no-hardlinks . "$folder/elsewhere"
again=$(unset CARGO_TARGET_DIR; "$folder/elsewhere/packaging/build.sh" "${2:-dist}")
if ! cmp "$program" "$again"; then
    echo "two builds of $(git rev-parse HEAD) differ" >&2
    exit 1
fi
echo "two builds in two folders are equal: SHA-256 $(sha256sum "$again" | cut -d ' ' -f 1)"
