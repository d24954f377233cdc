#!/usr/bin/env bash
# Fetches the viewers of the API description (Swagger UI, ReDoc) into crates/server/assets/vendor: pinned versions from the
# npm registry, verified against SHA256SUMS and compressed reproducibly.
#
# To change a version, change it here, in crates/server/src/http/routes/docs/viewer.rs and in README.md of the vendor folder,
# run this with UPDATE=1, which writes SHA256SUMS, and test the pages (node --test e2e/docs.test.mjs).
set -euo pipefail
cd "$(dirname "$0")/.."
VENDOR=$(realpath crates/server/assets/vendor)
WORK=$(mktemp -d)
trap 'rm -r "$WORK"' EXIT

# fetch NAME FOLDER: downloads and unpacks a package of the npm registry.
fetch() {
    mkdir "$WORK/$2"
    (cd "$WORK" && tar -xzf "$(npm pack --silent "$1")" -C "$2" --strip-components=1)
}

# keep FOLDER FILE: copies a file of a package.
keep() {
    cp "$WORK/$1/$2" "$VENDOR/$1/$(basename "$2")"
}

# pack FOLDER FILE: compresses a file of a package, without name and time, so that the result is reproducible.
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

# The sums are of the published files, before compression.
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
echo "the viewers match SHA256SUMS" >&2
