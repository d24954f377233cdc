-- All columns of audit rows. Rows of earlier versions get an identifier (UUIDv7) derived from their time and position, which preserves
-- their order. Their client is unknown.
ALTER TABLE audit ADD COLUMN id BLOB;
ALTER TABLE audit ADD COLUMN outcome TEXT NOT NULL DEFAULT 'ok';
ALTER TABLE audit ADD COLUMN rule TEXT;
ALTER TABLE audit ADD COLUMN actor_kind TEXT NOT NULL DEFAULT 'anonymous';
ALTER TABLE audit ADD COLUMN actor_id TEXT;
ALTER TABLE audit ADD COLUMN session_id TEXT;
ALTER TABLE audit ADD COLUMN node TEXT;
ALTER TABLE audit ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
ALTER TABLE audit ADD COLUMN client BLOB;
ALTER TABLE audit ADD COLUMN note BLOB;
ALTER TABLE audit ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
UPDATE audit SET id = unhex(printf('%012x70008%015x', max(at, 0), position));
UPDATE audit SET outcome = 'refused'
    WHERE event IN ('login_refused', 'refresh_reused', 'password_refused', 'limit_reached', 'sms_stopped');
UPDATE audit SET actor_kind = 'user', actor_id = user_id
    WHERE user_id IS NOT NULL AND event IN ('email_verified', 'registration_claimed', 'logged_in', 'logged_out',
        'password_reset', 'password_refused', 'account_deleted', 'phone_verified');
CREATE INDEX audit_by_user ON audit (realm, user_id, id);
