-- Files that nothing opens any more: their bytes are gone, and are taken from nobody again.
CREATE TABLE attachment_dropped (
    scope INTEGER NOT NULL,
    id    BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (scope, id)
) WITHOUT ROWID;
