-- After how many attempts a message may have been accepted without a word: each further attempt may be a further copy.
ALTER TABLE outbox ADD COLUMN unknowns INTEGER NOT NULL DEFAULT 0;
