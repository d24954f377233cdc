-- Blind index of the recipient, by which the messages of a user are found.
ALTER TABLE outbox ADD COLUMN blind_index BLOB;
