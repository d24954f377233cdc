#!/usr/bin/env bash
# One cryptography provider: neither ring nor OpenSSL may be anywhere in the tree.
set -euo pipefail

for crate in ring openssl-sys; do
    if cargo tree --workspace --all-features --edges normal,build,dev --invert "$crate" 2>/dev/null | grep -q .; then
        echo "$crate is in the tree:" >&2
        cargo tree --workspace --all-features --edges normal,build,dev --invert "$crate" >&2
        exit 1
    fi
done
