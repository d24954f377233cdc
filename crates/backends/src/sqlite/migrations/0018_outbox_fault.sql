-- Why the latest attempt of a message failed.
ALTER TABLE outbox ADD COLUMN fault TEXT;
