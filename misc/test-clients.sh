#!/usr/bin/env bash
# Tests with third-party clients:
# - e2e/clients: generates clients from the OpenAPI description, compiles them, and signs up and logs in with each; sets up an
#   authenticator app with codes of pyotp and oathtool and a QR code read by zbar; verifies an export of the audit trail;
# - e2e/origin: compares the accepted requests with those of the original service's framework. `UPDATE=1` rewrites the
#   table in docs/existing-clients.md.
# The pinned packages are installed first. `all` includes openapi-generator, which brings a Java runtime of 100 MB.
set -euo pipefail
cd "$(dirname "$0")/.."

which=${1:-light}
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
version=$(python3 -c 'import sys; print("%d%d" % sys.version_info[:2])')

# Creates a Python environment with the packages of these files, and prints the folder of its programs.
environment() {
    local venv=$target/$1-$version
    shift
    if ! cmp --silent <(cat "$@") "$venv/pins.txt"; then
        rm -rf "$venv"
        python3 -m venv "$venv"
        for pins in "$@"; do
            "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
                --requirement "$pins" >&2
        done
        cat "$@" > "$venv/pins.txt"
    fi
    echo "$venv/bin"
}

ORIGIN_PYTHON=$(environment origin e2e/origin/requirements.txt)
if [ "$which" = all ]; then
    CLIENTS_PYTHON=$(environment clients-all e2e/clients/requirements.txt e2e/clients/requirements-java.txt)
    export CLIENTS_JAVA=1
else
    CLIENTS_PYTHON=$(environment clients e2e/clients/requirements.txt)
fi
misc/install-tools.sh oathtool zbarimg rsvg-convert
npm ci --prefix e2e --silent --no-audit --no-fund
npm ci --prefix e2e/clients --silent --no-audit --no-fund
# The binary used by the workspace tests. Another selection of packages would enable other features and recompile it.
cargo test --quiet --workspace --no-run
PORTCULLIS=$target/debug/portcullis
export PORTCULLIS CLIENTS_PYTHON ORIGIN_PYTHON
node --test --test-concurrency=1 --test-reporter=spec e2e/clients/*.test.mjs e2e/origin/*.test.mjs
