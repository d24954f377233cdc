-- Number of attempts after which a message may have been accepted: each further attempt may deliver another copy.
ALTER TABLE outbox ADD COLUMN unknowns INTEGER NOT NULL DEFAULT 0;
