#!/usr/bin/env bash
# Installs the named tools if they are missing, from the package registries only.
set -euo pipefail

for tool in "$@"; do
    if command -v "$tool" >/dev/null 2>&1; then
        continue
    fi
    echo "installing $tool …" >&2
    case "$tool" in
        caddy | haproxy | nginx)
            apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$tool" >&2
            ;;
        oathtool | zbarimg | rsvg-convert)
            declare -A package=([oathtool]=oathtool [zbarimg]=zbar-tools [rsvg-convert]=librsvg2-bin)
            apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${package[$tool]}" >&2
            ;;
        cargo-deny) cargo install --locked --no-default-features cargo-deny ;;
        *) cargo install --locked "$tool" ;;
    esac
done
