#!/usr/bin/env bash
# Builds the released program and prints its path: packaging/build.sh [PROFILE]
#
# The program is static: it needs no library and no file of the machine that it runs on. Paths of this machine are replaced, so that
# two builds of one commit in two folders are equal byte for byte. The list of its dependencies is inside (`cargo audit bin`).
set -euo pipefail
cd "$(dirname "$0")/.."

profile=${1:-dist}
triple=$(rustc -vV | sed -n 's/^host: //p')
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
registry=$(realpath -m "${CARGO_HOME:-$HOME/.cargo}")

# Of two prefixes that fit, the later counts.
rust="-C target-feature=+crt-static" c=""
for prefix in "$(rustc --print sysroot)=/rust" "$registry=/cargo" "$PWD=/portcullis" "$target=/target"; do
    rust+=" --remap-path-prefix=$prefix"
    c+=" -ffile-prefix-map=$prefix"
done
RUSTFLAGS=$rust
CFLAGS=$c
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export RUSTFLAGS CFLAGS SOURCE_DATE_EPOCH

misc/install-tools.sh cargo-auditable
cargo auditable build --locked --profile "$profile" --target "$triple" --package portcullis --bin portcullis >&2
echo "$target/$triple/${profile/#dev/debug}/portcullis"
