-- All nouns of a realm that are looked up by key or owner. The body is sealed and bound to realm, kind and key.
CREATE TABLE records (
    realm      TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    owner      TEXT,
    expires_at INTEGER,
    revision   INTEGER NOT NULL,
    body       BLOB    NOT NULL,
    PRIMARY KEY (realm, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX records_by_owner ON records (realm, owner, kind, key) WHERE owner IS NOT NULL;
CREATE INDEX records_by_end ON records (expires_at) WHERE expires_at IS NOT NULL;
