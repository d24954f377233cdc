#!/usr/bin/env bash
# Lints the Dockerfile, compose.yaml, the workflow and the scripts of this folder. Installs the pinned linters below target/ first.
# actionlint is used as well if it is installed: its package downloads the program from elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."

pins=packaging/lint/requirements.txt
venv=$(realpath -m "${CARGO_TARGET_DIR:-target}")/lint-$(python3 -c 'import sys; print("%d%d" % sys.version_info[:2])')
if ! cmp --silent "$pins" "$venv/pins.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$pins" >&2
    cp "$pins" "$venv/pins.txt"
fi
PATH=$venv/bin:$PATH

hadolint Dockerfile
check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml
check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
shellcheck packaging/*.sh packaging/debian/{postinst,prerm,postrm}
if command -v actionlint >/dev/null; then actionlint; fi
