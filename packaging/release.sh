#!/usr/bin/env bash
# Creates the commit and the tag of a release: packaging/release.sh VERSION. Nothing is pushed.
set -euo pipefail
cd "$(dirname "$0")/.."

refuse() {
    echo "release: $*" >&2
    exit 1
}

version=${1:-}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || refuse "name a version such as 0.2.0: make release VERSION=0.2.0"
[ -z "$(git status --porcelain)" ] || refuse "the work tree has changes: commit them first"
if git rev-parse --quiet --verify "refs/tags/v$version" >/dev/null; then refuse "the tag v$version exists"; fi
current=$(packaging/version.sh)
latest=$(printf '%s\n' "$current" "$version" | sort --version-sort | tail -n 1)
[ "$latest" = "$version" ] || refuse "$version is older than $current"
heading='^## \[.*\] - unreleased$|^## \[Unreleased\]$'
[ "$(grep --count --extended-regexp "$heading" CHANGELOG.md)" = 1 ] || refuse "CHANGELOG.md needs one section [Unreleased]"
sed --regexp-extended "1,/$heading/d; /^## /,\$d" CHANGELOG.md | grep -q '^- ' || refuse "CHANGELOG.md has no changes in [Unreleased]"

date=$(date --utc +%F)
sed --in-place --regexp-extended "s/$heading/## [Unreleased]\n\n## [$version] - $date/" CHANGELOG.md
sed --in-place "/^\[workspace.package\]/,/^\$/s/^version = .*/version = \"$version\"/" Cargo.toml
cargo update --workspace --quiet
# The OpenAPI description contains the version.
make --silent generate
git commit --quiet --all --message "release: $version"
git tag --annotate "v$version" --message "Portcullis $version"
cat <<NEXT
v$version is committed and tagged. Next:
  git push --follow-tags                 the workflow builds and publishes it
  misc/stored-fixture.sh v$version       stores its database for the tests; commit it
NEXT
