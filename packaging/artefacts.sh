#!/usr/bin/env bash
# Packs a program in every file format, with the list of its crates: packaging/artefacts.sh PROGRAM FOLDER [ARCHITECTURE]
# All contain the same program. SHA256SUMS contains the checksums of all files in the folder.
set -euo pipefail
program=$(realpath "$1")
folder=$(realpath -m "$2")
architecture=${3:-$(uname -m)}
cd "$(dirname "$0")"

for pack in archive.sh wheel.py npm.sh deb.sh; do
    "./$pack" "$program" "$folder" "$architecture"
done
./sbom.sh "$folder" "$architecture"
cd "$folder"
rm -f SHA256SUMS
sums=$(sha256sum -- *)
echo "$sums" > SHA256SUMS
