-- From where on a scope's log is here: of an entry at `seq` or before it everything stays but its bytes, which are empty. `manifest`
-- is the snapshot for which they were dropped, `waits` the one for which more is to be, since `since_ms`; both stay.
CREATE TABLE log_begin (
    scope    INTEGER PRIMARY KEY,
    seq      INTEGER NOT NULL,
    manifest BLOB,
    waits    BLOB,
    since_ms INTEGER
);

-- What a device says last that it holds of a scope's log.
CREATE TABLE held (
    scope  INTEGER NOT NULL,
    device BLOB    NOT NULL,
    bytes  BLOB    NOT NULL,
    PRIMARY KEY (scope, device)
) WITHOUT ROWID;

-- The day on which a device was last there.
CREATE TABLE seen (
    device BLOB PRIMARY KEY,
    at_ms  INTEGER NOT NULL
) WITHOUT ROWID;
