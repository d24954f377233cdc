-- Chain of a row, and its position in the chain; none before the row is sealed.
ALTER TABLE audit ADD COLUMN chain TEXT;
ALTER TABLE audit ADD COLUMN chain_position INTEGER;
CREATE UNIQUE INDEX audit_sealed ON audit (chain, chain_position) WHERE chain_position IS NOT NULL;
CREATE INDEX audit_unsealed ON audit (position) WHERE chain_position IS NULL;
-- One index for each filter of a query.
CREATE INDEX audit_by_id ON audit (id);
CREATE INDEX audit_by_realm_id ON audit (realm, id);
CREATE INDEX audit_by_user_id ON audit (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_by_event ON audit (event, id);
CREATE INDEX audit_by_actor ON audit (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_by_outcome ON audit (outcome, id);
CREATE INDEX audit_by_request ON audit (request_id, id);
CREATE INDEX audit_by_session ON audit (session_id, id) WHERE session_id IS NOT NULL;
CREATE INDEX audit_by_address ON audit (blind_index, id) WHERE blind_index IS NOT NULL;
-- Signed blocks. They are kept when retention removes their rows.
CREATE TABLE audit_blocks (
    chain          TEXT    NOT NULL,
    number         INTEGER NOT NULL,
    epoch          INTEGER NOT NULL,
    first_position INTEGER NOT NULL,
    last_position  INTEGER NOT NULL,
    count          INTEGER NOT NULL,
    from_at        INTEGER NOT NULL,
    to_at          INTEGER NOT NULL,
    rows_digest    BLOB    NOT NULL,
    prev           BLOB    NOT NULL,
    hash           BLOB    NOT NULL,
    kid            TEXT    NOT NULL,
    signature      BLOB    NOT NULL,
    marks          BLOB    NOT NULL,
    is_pruned      INTEGER NOT NULL CHECK (is_pruned IN (0, 1)),
    PRIMARY KEY (chain, number)
) STRICT;
CREATE INDEX audit_blocks_with_rows ON audit_blocks (chain, number) WHERE is_pruned = 0;
