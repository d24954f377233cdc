#!/usr/bin/env bash
# Fetches the viewers of the API's description (Swagger UI, ReDoc) into crates/server/assets/vendor: pinned
# versions from the npm registry, checked against SHA256SUMS there, compressed the same way each time.
#
# Another version: change it here, in crates/server/src/http/routes/docs/viewer.rs and in the vendor folder's README.md,
# run this with UPDATE=1 to write SHA256SUMS anew, and look at the pages (node --test e2e/docs.test.mjs).
set -euo pipefail
cd "$(dirname "$0")/.."
VENDOR=$(realpath crates/server/assets/vendor)
WORK=$(mktemp -d)
trap 'rm -r "$WORK"' EXIT

# fetch NAME FOLDER: a package of the npm registry, unpacked.
fetch() {
    mkdir "$WORK/$2"
    (cd "$WORK" && tar -xzf "$(npm pack --silent "$1")" -C "$2" --strip-components=1)
}

# keep FOLDER FILE: one file of it, as it came.
keep() {
    cp "$WORK/$1/$2" "$VENDOR/$1/$(basename "$2")"
}

# pack FOLDER FILE: one file of it, compressed without name and time, so that the same goes in and comes out.
pack() {
    gzip -9 --no-name --stdout "$WORK/$1/$2" >"$VENDOR/$1/$(basename "$2").gz"
}

fetch swagger-ui-dist@5.35.0 swagger-ui
keep swagger-ui LICENSE
keep swagger-ui NOTICE
keep swagger-ui swagger-ui-bundle.js.LICENSE.txt
pack swagger-ui swagger-ui-bundle.js
pack swagger-ui swagger-ui.css

fetch redoc@3.0.1 redoc
keep redoc LICENSE
pack redoc bundles/redoc.standalone.js

# The sums are those of the files as they were published, before compression.
cd "$VENDOR"
sums() {
    for file in */*.gz; do
        printf '%s  %s\n' "$(gzip -dc "$file" | sha256sum | cut -d ' ' -f 1)" "${file%.gz}"
    done
}
if [ "${UPDATE:-}" = 1 ]; then
    sums >SHA256SUMS
fi
sums | diff SHA256SUMS -
echo "the viewers are the pinned ones" >&2
