-- Scopes that were begun at a snapshot: where, and how far the entries before it have been read since. `manifest` names what was
-- begun at; the row stays until it was compared with what these entries make.
CREATE TABLE snapshot (
    scope      INTEGER NOT NULL PRIMARY KEY,
    seq        INTEGER NOT NULL,
    chain      BLOB    NOT NULL,
    read_seq   INTEGER NOT NULL,
    read_chain BLOB    NOT NULL,
    manifest   BLOB    NOT NULL
);
