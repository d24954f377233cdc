-- Pages of the outbox of a realm, newest first.
CREATE INDEX outbox_by_realm ON outbox (realm, state, created_at, id);
