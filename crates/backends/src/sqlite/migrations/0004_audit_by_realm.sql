-- The newest rows of a realm are found without reading those of others.
CREATE INDEX audit_by_realm ON audit (realm, at);
