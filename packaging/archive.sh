#!/usr/bin/env bash
# Packs the program with its licences, and prints the path of the archive: packaging/archive.sh PROGRAM FOLDER [ARCHITECTURE]
set -euo pipefail
program=$(realpath "$1")
folder=$(realpath -m "$2")
architecture=${3:-$(uname -m)}
cd "$(dirname "$0")/.."

name=portcullis-$(packaging/version.sh)-linux-$architecture
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
mkdir -p "$parts/$name" "$folder"
install -m 755 "$program" "$parts/$name/portcullis"
install -m 644 LICENSE "$parts/$name/LICENSE"
install -m 644 crates/core/src/account/password/breached.md "$parts/$name/LICENSE-breached-passwords.md"

# The archive is reproducible.
tar --create --directory "$parts" --sort name --owner 0 --group 0 --numeric-owner --mtime "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}" "$name" |
    gzip --no-name -9 > "$folder/$name.tar.gz"
echo "$folder/$name.tar.gz"
