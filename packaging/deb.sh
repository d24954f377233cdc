#!/usr/bin/env bash
# Packs the program for Debian and Ubuntu, and prints the path of the package: packaging/deb.sh PROGRAM FOLDER [ARCHITECTURE]
set -euo pipefail
program=$(realpath "$1")
folder=$(realpath -m "$2")
architecture=${3:-$(uname -m)}
cd "$(dirname "$0")/.."

case $architecture in
    x86_64) debian=amd64 ;;
    aarch64) debian=arm64 ;;
    *) echo "no Debian package for $architecture" >&2; exit 1 ;;
esac
version=$(packaging/version.sh)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
umask 022

documents=$root/usr/share/doc/portcullis
shell=$root/usr/share/bash-completion/completions
install -D -m 755 "$program" "$root/usr/bin/portcullis"
install -D -m 644 packaging/debian/portcullis.service "$root/usr/lib/systemd/system/portcullis.service"
install -D -m 644 packaging/debian/portcullis.toml "$root/etc/portcullis/portcullis.toml"
mkdir -p "$documents"
cat LICENSE crates/core/src/account/password/breached.md > "$documents/copyright"
chmod 644 "$documents/copyright"
gzip --no-name -9 < CHANGELOG.md > "$documents/CHANGELOG.md.gz"
mkdir -p "$shell" "$root/DEBIAN"
if [ "$architecture" = "$(uname -m)" ]; then "$program" completions bash > "$shell/portcullis"; fi

install -m 755 packaging/debian/{postinst,prerm,postrm} "$root/DEBIAN/"
echo /etc/portcullis/portcullis.toml > "$root/DEBIAN/conffiles"
cat > "$root/DEBIAN/control" <<CONTROL
Package: portcullis
Version: $version
Architecture: $debian
Maintainer: Portcullis <portcullis@localhost>
Installed-Size: $(du -sk --exclude DEBIAN "$root" | cut -f1)
Depends: adduser
Recommends: ca-certificates
Section: net
Priority: optional
Description: self-hosted server for user accounts
 Sign-up with verified email addresses, login with signed tokens, refresh,
 logout, password reset and phone verification, over a plain HTTP API. One
 program with an embedded database, or on a MongoDB replica set.
CONTROL

mkdir -p "$folder"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} \
    dpkg-deb --root-owner-group -Zxz --build "$root" "$folder/portcullis_${version}_$debian.deb" >&2
echo "$folder/portcullis_${version}_$debian.deb"
