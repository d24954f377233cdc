#!/usr/bin/env bash
# Installs the named cargo tools if they are missing, from the package registry only.
set -euo pipefail

for tool in "$@"; do
    if command -v "$tool" >/dev/null 2>&1; then
        continue
    fi
    echo "installing $tool …" >&2
    case "$tool" in
        cargo-deny) cargo install --locked --no-default-features cargo-deny ;;
        *) cargo install --locked "$tool" ;;
    esac
done
