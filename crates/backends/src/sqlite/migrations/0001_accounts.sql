-- Times are in milliseconds since 1970-01-01T00:00:00Z. Sealed columns are encrypted.

CREATE TABLE root_keys (
    realm    TEXT    NOT NULL PRIMARY KEY,
    wrapped  BLOB    NOT NULL,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
    kid        TEXT    NOT NULL PRIMARY KEY,
    algorithm  TEXT    NOT NULL,
    private    BLOB    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    realm             TEXT    NOT NULL,
    id                TEXT    NOT NULL,
    blind_index       BLOB    NOT NULL,
    data_key          BLOB    NOT NULL,
    profile           BLOB    NOT NULL,
    password          BLOB    NOT NULL,
    phone_verified_at INTEGER,
    phone_disputed    INTEGER NOT NULL CHECK (phone_disputed IN (0, 1)),
    created_at        INTEGER NOT NULL,
    revision          INTEGER NOT NULL,
    UNIQUE (realm, id),
    UNIQUE (realm, blind_index)
) STRICT;

CREATE TABLE registrations (
    realm       TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    blind_index BLOB    NOT NULL,
    data_key    BLOB    NOT NULL,
    profile     BLOB    NOT NULL,
    password    BLOB    NOT NULL,
    contested   INTEGER NOT NULL CHECK (contested IN (0, 1)),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    UNIQUE (realm, id),
    UNIQUE (realm, blind_index)
) STRICT;
CREATE INDEX registrations_by_end ON registrations (expires_at);

CREATE TABLE challenges (
    realm      TEXT    NOT NULL,
    id         BLOB    NOT NULL,
    purpose    TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    lifetime   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    tries      INTEGER NOT NULL,
    PRIMARY KEY (realm, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX challenges_by_subject ON challenges (realm, subject);
CREATE INDEX challenges_by_end ON challenges (expires_at);

CREATE TABLE sessions (
    realm      TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    auth_time  INTEGER NOT NULL,
    amr        TEXT    NOT NULL CHECK (json_valid(amr)),
    client     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- The refresh token family: hashes of the newest token and of the one before.
    refresh    BLOB    NOT NULL,
    previous   BLOB,
    rotated_at INTEGER NOT NULL,
    idle_until INTEGER NOT NULL,
    PRIMARY KEY (realm, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (realm, user_id);
CREATE INDEX sessions_by_idle ON sessions (idle_until);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- The revocation log. Positions are never reused, even after the newest entries have been swept.
CREATE TABLE revocations (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    realm      TEXT    NOT NULL,
    session    TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX revocations_by_end ON revocations (expires_at);

CREATE TABLE outbox (
    position    INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    realm       TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    channel     TEXT    NOT NULL,
    recipient   BLOB    NOT NULL,
    challenge   BLOB,
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    give_up_at  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    state       TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'dead')),
    lease_id    TEXT,
    lease_until INTEGER,
    CHECK ((lease_id IS NULL) = (lease_until IS NULL))
) STRICT;
CREATE INDEX outbox_by_due ON outbox (state, channel, due_at);
CREATE INDEX outbox_by_age ON outbox (state, created_at);

CREATE TABLE audit (
    position    INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    realm       TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    reason      TEXT,
    user_id     TEXT,
    blind_index BLOB,
    request_id  TEXT    NOT NULL
) STRICT;
