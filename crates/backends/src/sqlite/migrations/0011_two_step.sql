-- Whether a password alone opens no session.
ALTER TABLE users ADD COLUMN two_step INTEGER NOT NULL DEFAULT 0 CHECK (two_step IN (0, 1));
-- What else a challenge is about, sealed.
ALTER TABLE challenges ADD COLUMN note BLOB;
