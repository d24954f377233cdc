#!/usr/bin/env bash
# Builds the released program and prints its path: packaging/build.sh [PROFILE] [ARCHITECTURE]
#
# Another architecture than this machine's needs Debian's cross compiler, which is installed if it is missing (as root), and the
# standard library of that target (`rustup target add`).
# The program is static: it needs no library and no file of the machine that it runs on. Paths of this machine are replaced, so that
# two builds of one commit in two folders are equal byte for byte. The list of its dependencies is inside (`cargo audit bin`).
set -euo pipefail
cd "$(dirname "$0")/.."

profile=${1:-dist}
architecture=${2:-$(uname -m)}
triple=$architecture-unknown-linux-gnu
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
registry=$(realpath -m "${CARGO_HOME:-$HOME/.cargo}")

# Before the flags below, which are for the program and not for its tools.
misc/install-tools.sh cargo-auditable

# Of two matching prefixes, the later one applies.
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
