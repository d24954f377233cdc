#!/usr/bin/env bash
# Prepares the files in target/image that the Dockerfile copies: packaging/image.sh PROGRAM
#
# The image has no shell and no libraries. For a dynamically linked program, such as a development build, its libraries are included.
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/.."
# Not CARGO_TARGET_DIR, because the path is fixed in the Dockerfile.
folder=target/image/root

authorities=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
if [ ! -e "$authorities" ]; then
    echo "$authorities is missing: install ca-certificates, or name another bundle by SSL_CERT_FILE" >&2
    exit 1
fi

rm -rf target/image
mkdir -p target/image/data
install -D -m 755 "$program" "$folder/usr/bin/portcullis"
install -D -m 644 "$authorities" "$folder/etc/ssl/certs/ca-certificates.crt"
install -D -m 644 LICENSE "$folder/usr/share/doc/portcullis/LICENSE"
install -D -m 644 crates/core/src/account/password/breached.md "$folder/usr/share/doc/portcullis/LICENSE-breached-passwords.md"
mkdir -p "$folder/etc/portcullis"
echo 'portcullis:x:65532:65532::/data:/usr/bin/portcullis' > "$folder/etc/passwd"
echo 'portcullis:x:65532:' > "$folder/etc/group"
# For a static program, ldd lists no files.
libraries=$(ldd "$program" 2>/dev/null | grep -o '/[^ ]*' || true)
for library in $libraries; do install -D -m 755 "$library" "$folder$library"; done
