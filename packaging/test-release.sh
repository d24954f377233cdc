#!/usr/bin/env bash
# Tests release.sh in a clone: its rejections, its commit and its tag.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git clone --quiet . "$folder/clone"
cd "$folder/clone"
git config user.name Test
git config user.email test@example.com
# The current scripts and makefile, committed or not.
cp "$OLDPWD"/packaging/*.sh packaging/
cp "$OLDPWD/Makefile" .
git add --all
git commit --quiet --allow-empty --message "scripts"
# The OpenAPI description is not generated, because that would compile the program.
export CARGO=true

refuses() {
    if said=$(make release VERSION="$2" 2>&1) || ! grep -q "$1" <<<"$said"; then
        printf 'make release VERSION=%s should say "%s":\n%s\n' "$2" "$1" "$said" >&2
        exit 1
    fi
}

before=$(git rev-parse HEAD)
refuses "name a version" ""
refuses "name a version" 99.0.0-rc.1
refuses "is older than" 0.0.1
echo changed >> README.md
refuses "the work tree has changes" 99.0.0
git checkout --quiet README.md
echo new > new
refuses "the work tree has changes" 99.0.0
rm new
test "$(git rev-parse HEAD)" = "$before" -a -z "$(git status --porcelain)" -a -z "$(git tag --list v99.0.0)"

make --silent release VERSION=99.0.0 >/dev/null
test "$(git describe --exact-match)" = v99.0.0 -a -z "$(git status --porcelain)" -a "$(packaging/version.sh)" = 99.0.0
grep -q "^## \[99.0.0\] - $(date --utc +%Y)" CHANGELOG.md
grep -q '^## \[Unreleased\]$' CHANGELOG.md
test "$(grep --count --after-context 1 '^name = "portcullis' Cargo.lock)" = 3
test "$(grep --count '^version = "99.0.0"' Cargo.lock)" = 3
refuses "the tag v99.0.0 exists" 99.0.0
refuses "has no changes" 99.0.1
