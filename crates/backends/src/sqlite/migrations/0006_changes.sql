-- The change log: which cached data is outdated. Positions are never reused, even after the newest entries have been
-- swept. The table `revocations` is kept for the previous version of the program.
CREATE TABLE changes (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL,
    realm      TEXT,
    subject    TEXT,
    -- The next sweep sets it where it is missing.
    expires_at INTEGER
) STRICT;
CREATE INDEX changes_by_end ON changes (expires_at);
INSERT INTO changes (position, kind, realm, subject, expires_at)
    SELECT position, 'session', realm, session, expires_at FROM revocations ORDER BY position;
