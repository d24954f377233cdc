-- A browser session has a cookie instead of tokens. Sessions of earlier versions are those of applications.
ALTER TABLE sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'api';
