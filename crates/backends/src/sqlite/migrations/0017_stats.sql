-- Counters of a day and realm, and indexes by which users are counted.
CREATE TABLE stats (
    realm TEXT    NOT NULL,
    day   INTEGER NOT NULL,
    name  TEXT    NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (realm, day, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX users_by_use ON users (realm, seen_on);
CREATE INDEX users_with_two_step ON users (realm) WHERE two_step = 1;
