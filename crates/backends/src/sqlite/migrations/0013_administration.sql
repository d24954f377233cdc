-- Lock of an account by an administrator, the day on which it was last used, and whether an administrator made it.
ALTER TABLE users ADD COLUMN locked_at INTEGER;
ALTER TABLE users ADD COLUMN locked_until INTEGER;
ALTER TABLE users ADD COLUMN lock_reason BLOB;
ALTER TABLE users ADD COLUMN seen_on INTEGER;
ALTER TABLE users ADD COLUMN is_invited INTEGER NOT NULL DEFAULT 0 CHECK (is_invited IN (0, 1));
-- Lists of users, newest first.
CREATE INDEX users_by_age ON users (realm, created_at, id);
