-- Sealed files, by the hash of their bytes: how long each is, and how much of it is here.
CREATE TABLE attachment (
    scope INTEGER NOT NULL,
    id    BLOB NOT NULL,
    size  INTEGER NOT NULL,
    have  INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (scope, id)
) WITHOUT ROWID;

-- Their bytes as they came, one piece after the other. With row ids: rows are long.
CREATE TABLE attachment_piece (
    scope INTEGER NOT NULL,
    id    BLOB NOT NULL,
    place INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (scope, id, place)
);
