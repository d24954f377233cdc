#!/usr/bin/env bash
# Writes crates/server/tests/fixtures/COMMIT: a database for each store, written by the program of that commit, with the data
# needed by the tests in crates/server/tests/suite/stored. Usage: misc/stored-fixture.sh COMMIT
#
# PORTCULLIS_FIXTURE_PROGRAM is the path of an existing binary of that commit, used instead of a build.
set -euo pipefail
cd "$(dirname "$0")/.."

commit=$(git rev-parse "$1^{commit}")
commit=${commit:0:7}
export PORTCULLIS_FIXTURE_FOLDER=$PWD/crates/server/tests/fixtures/$commit
rm -rf "$PORTCULLIS_FIXTURE_FOLDER"

if [ -z "${PORTCULLIS_FIXTURE_PROGRAM:-}" ]; then
    build=$PWD/target/stored-fixture
    rm -rf "$build/tree"
    git worktree prune
    git worktree add --detach "$build/tree" "$commit"
    CARGO_TARGET_DIR=$build/target cargo build --manifest-path "$build/tree/Cargo.toml" --package portcullis
    git worktree remove --force "$build/tree"
    PORTCULLIS_FIXTURE_PROGRAM=$build/target/debug/portcullis
fi
PORTCULLIS_FIXTURE_PROGRAM=$(realpath "$PORTCULLIS_FIXTURE_PROGRAM")
export PORTCULLIS_FIXTURE_PROGRAM

write=(cargo test --package portcullis --test suite -- --ignored --exact stored::write::a_database_is_written_by_a_program_and_opened)
"${write[@]}"
PORTCULLIS_TEST_STORE=mongodb misc/with-mongod.sh "${write[@]}"
python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("VACUUM")' "$PORTCULLIS_FIXTURE_FOLDER/sqlite.db"
ls -l "$PORTCULLIS_FIXTURE_FOLDER"
