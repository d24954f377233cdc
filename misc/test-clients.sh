#!/usr/bin/env bash
# Generates clients from the description of the API, compiles them, and signs up and logs in with each: e2e/clients. Installs the
# pinned generators first. `all` includes openapi-generator, which brings a Java runtime of 100 MB.
set -euo pipefail
cd "$(dirname "$0")/.."

which=${1:-light}
pins=(e2e/clients/requirements.txt)
if [ "$which" = all ]; then pins+=(e2e/clients/requirements-java.txt); fi

venv=$(realpath -m "${CARGO_TARGET_DIR:-target}")/clients-$which-$(python3 -c 'import sys; print("%d%d" % sys.version_info[:2])')
if ! cmp --silent <(cat "${pins[@]}") "$venv/pins.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    for file in "${pins[@]}"; do
        "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement "$file" >&2
    done
    cat "${pins[@]}" > "$venv/pins.txt"
fi
npm ci --prefix e2e --silent --no-audit --no-fund
npm ci --prefix e2e/clients --silent --no-audit --no-fund
# The binary that the tests of the workspace use: another selection of packages has other features, and is compiled anew.
cargo test --quiet --workspace --no-run
PORTCULLIS=$(realpath "${CARGO_TARGET_DIR:-target}/debug/portcullis")
export PORTCULLIS CLIENTS_PYTHON="$venv/bin"
if [ "$which" = all ]; then export CLIENTS_JAVA=1; fi
node --test --test-concurrency=1 --test-reporter=spec e2e/clients/*.test.mjs
