-- What vouches for a snapshot of a scope, what devices say of it, and the sealed packs that hold it.
CREATE TABLE manifest (
    scope  INTEGER NOT NULL,
    hash   BLOB    NOT NULL,
    log    BLOB    NOT NULL,
    cursor INTEGER NOT NULL,
    author BLOB    NOT NULL,
    bytes  BLOB    NOT NULL,
    PRIMARY KEY (scope, hash)
) WITHOUT ROWID;

CREATE TABLE manifest_word (
    scope    INTEGER NOT NULL,
    manifest BLOB    NOT NULL,
    device   BLOB    NOT NULL,
    bytes    BLOB    NOT NULL,
    PRIMARY KEY (scope, manifest, device)
) WITHOUT ROWID;

-- With a rowid: its rows are large.
CREATE TABLE pack (
    scope    INTEGER NOT NULL,
    manifest BLOB    NOT NULL,
    hash     BLOB    NOT NULL,
    bytes    BLOB    NOT NULL,
    PRIMARY KEY (scope, manifest, hash)
);
