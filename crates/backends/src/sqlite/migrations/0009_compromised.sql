-- Whether the password may be known to another person, so that it opens no session any more.
ALTER TABLE users ADD COLUMN compromised INTEGER NOT NULL DEFAULT 0 CHECK (compromised IN (0, 1));
