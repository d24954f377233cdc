#!/usr/bin/env bash
# Builds the released program and prints its path: packaging/build.sh [PROFILE] [ARCHITECTURE]
#
# Cross compilation requires Debian's cross compiler, which is installed if it is missing (as root), and the standard library of
# the target (`rustup target add`).
# The program is statically linked and needs no files of the machine it runs on. Paths of this machine are replaced, so that two
# builds of one commit in different folders are identical. The binary contains the list of its dependencies (`cargo audit bin`).
set -euo pipefail
cd "$(dirname "$0")/.."

profile=${1:-dist}
architecture=${2:-$(uname -m)}
triple=$architecture-unknown-linux-gnu
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
registry=$(realpath -m "${CARGO_HOME:-$HOME/.cargo}")

# Built before the flags below are set, which apply to the program and not to its tools.
misc/install-tools.sh cargo-auditable

# If two prefixes match, the later one applies.
rust="-C target-feature=+crt-static" c=""
for prefix in "$(rustc --print sysroot)=/rust" "$registry=/cargo" "$PWD=/portcullis" "$target=/target"; do
    rust+=" --remap-path-prefix=$prefix"
    c+=" -ffile-prefix-map=$prefix"
done
RUSTFLAGS=$rust
CFLAGS=$c
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export RUSTFLAGS CFLAGS SOURCE_DATE_EPOCH

if [ "$architecture" != "$(uname -m)" ]; then
    compiler=$architecture-linux-gnu-gcc
    if ! command -v "$compiler" >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
            "gcc-${architecture/_/-}-linux-gnu" "libc6-dev-${architecture/aarch64/arm64}-cross" >&2
    fi
    if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$triple/lib" ]; then rustup target add "$triple" >&2; fi
    export "CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<< "$triple")_LINKER=$compiler" "CC_${triple//-/_}=$compiler"
fi

cargo auditable build --locked --profile "$profile" --target "$triple" --package portcullis --bin portcullis >&2
echo "$target/$triple/${profile/#dev/debug}/portcullis"
