-- A client session belongs to a client of OpenID Connect, and to the browser session in which its user gave the authority.
ALTER TABLE sessions ADD COLUMN client_id TEXT;
ALTER TABLE sessions ADD COLUMN parent TEXT;
ALTER TABLE sessions ADD COLUMN scope TEXT;
