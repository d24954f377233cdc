-- Roles of users, as a JSON list of words, and the administrator who opened a session in the name of its user.
ALTER TABLE users ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE sessions ADD COLUMN impersonator TEXT;
