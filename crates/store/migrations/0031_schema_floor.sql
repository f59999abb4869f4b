-- Which older programs a migration still lets in: the oldest that may read a database that has had it, and the oldest that may
-- write one, each by the newest migration that it knows. A migration that says nothing here lets no older program in.
CREATE TABLE schema_floor (
    schema INTEGER NOT NULL PRIMARY KEY,
    reads  INTEGER NOT NULL,
    writes INTEGER NOT NULL CHECK (writes >= reads)
);
-- no program before this one asks
INSERT INTO schema_floor (schema, reads, writes) VALUES (31, 31, 31);
