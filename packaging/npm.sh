#!/usr/bin/env bash
# Packs the program for npm, and prints the paths of the packages: packaging/npm.sh PROGRAM FOLDER [ARCHITECTURE]
#
# `portcullis` is the launcher. The program is in a package per platform, an optional dependency of which npm only installs the
# matching one.
set -euo pipefail
program=$(realpath "$1")
folder=$(realpath -m "$2")
architecture=${3:-$(uname -m)}
cd "$(dirname "$0")/.."

case $architecture in
    x86_64) cpu=x64 ;;
    aarch64) cpu=arm64 ;;
    *) echo "no npm package for $architecture" >&2; exit 1 ;;
esac
version=$(packaging/version.sh)
# The registry compares it with the provenance of the published package.
repository=https://github.com/${GITHUB_REPOSITORY:-portcullis/portcullis}
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
mkdir -p "$parts/platform/bin" "$parts/launcher" "$folder"

install -m 755 "$program" "$parts/platform/bin/portcullis"
install -m 644 crates/core/src/account/password/breached.md "$parts/platform/LICENSE-breached-passwords.md"
cat > "$parts/platform/package.json" <<JSON
{
  "name": "@portcullis/linux-$cpu",
  "version": "$version",
  "description": "The program of the package portcullis, for Linux on $cpu",
  "license": "MIT",
  "repository": "$repository",
  "os": ["linux"],
  "cpu": ["$cpu"],
  "files": ["bin", "LICENSE-breached-passwords.md"],
  "preferUnplugged": true
}
JSON
install -m 644 packaging/npm/README.md "$parts/launcher/"
install -m 755 packaging/npm/portcullis.js "$parts/launcher/"
sed "s/0\.0\.0/$version/; s|REPOSITORY|$repository|" packaging/npm/package.json > "$parts/launcher/package.json"

for part in platform launcher; do
    install -m 644 LICENSE "$parts/$part/"
    (cd "$parts/$part" && npm pack --silent --pack-destination "$folder") | sed "s|^|$folder/|"
done
