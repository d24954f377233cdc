-- When the password was chosen: devices that are known from before are not known any more.
ALTER TABLE users ADD COLUMN password_set_at INTEGER NOT NULL DEFAULT 0;
UPDATE users SET password_set_at = created_at;
