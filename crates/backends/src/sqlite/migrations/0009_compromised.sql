-- Whether the password may be compromised, so that it can no longer be used to sign in.
ALTER TABLE users ADD COLUMN compromised INTEGER NOT NULL DEFAULT 0 CHECK (compromised IN (0, 1));
