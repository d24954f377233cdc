-- Quota usage. The key does not reveal whose usage it is.
CREATE TABLE quotas (
    key        BLOB    PRIMARY KEY,
    tally      BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX quotas_by_end ON quotas (expires_at);

-- Wrong passwords by account and device, including unknown accounts.
CREATE TABLE failures (
    key        BLOB    PRIMARY KEY,
    count      INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX failures_by_end ON failures (expires_at);
