-- When the password was chosen. Devices known before that time are no longer known.
ALTER TABLE users ADD COLUMN password_set_at INTEGER NOT NULL DEFAULT 0;
UPDATE users SET password_set_at = created_at;
