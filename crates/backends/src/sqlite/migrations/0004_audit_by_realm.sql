-- Finds the newest rows of a realm without reading those of others.
CREATE INDEX audit_by_realm ON audit (realm, at);
