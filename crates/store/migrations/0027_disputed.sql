-- What a snapshot held that was begun at; x'' where it was begun at before this was noted. What the entries before it make is
-- compared with it, whether or not the relay still keeps the snapshot.
ALTER TABLE snapshot ADD COLUMN digest BLOB NOT NULL DEFAULT x'';

-- Snapshots that were found wrong: who had signed that they were right, as JSON, and whose laptop found it. `owed` is set while
-- the relay has yet to be told; `at` in Unix milliseconds.
CREATE TABLE disputed (
    manifest BLOB    NOT NULL PRIMARY KEY,
    scope    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    signers  TEXT    NOT NULL,
    found_by BLOB    NOT NULL,
    at       INTEGER NOT NULL,
    owed     INTEGER NOT NULL
) WITHOUT ROWID;
