#!/usr/bin/env bash
# Lists the crates in the program as a CycloneDX document, and prints its path: packaging/sbom.sh FOLDER [ARCHITECTURE]
set -euo pipefail
folder=$(realpath -m "$1")
architecture=${2:-$(uname -m)}
cd "$(dirname "$0")/.."

misc/install-tools.sh cargo-cyclonedx
name=portcullis-$(packaging/version.sh)-linux-$architecture.cdx
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
cargo cyclonedx --quiet --manifest-path crates/server/Cargo.toml --format json --spec-version 1.5 \
    --no-build-deps --target "$architecture-unknown-linux-gnu" --override-filename "$name"
mkdir -p "$folder"
# Without local paths, so that the list is reproducible.
sed "s|file://$PWD/|file:///portcullis/|g" "crates/server/$name.json" > "$folder/$name.json"
# The tool writes a document for each crate of the workspace.
rm crates/*/"$name.json"
echo "$folder/$name.json"
