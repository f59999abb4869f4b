-- Scopes whose log is not trusted, and why; `author` is x'' where nobody's batch showed it. `at` in Unix milliseconds.
CREATE TABLE alarm (
    scope  INTEGER NOT NULL PRIMARY KEY,
    code   TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    author BLOB    NOT NULL,
    at     INTEGER NOT NULL
);

-- Records of membership of which another stands, or stood, at their place: together they prove it, whoever is asked later.
CREATE TABLE control_fork (
    hash  BLOB    NOT NULL PRIMARY KEY,
    seq   INTEGER NOT NULL,
    bytes BLOB    NOT NULL,
    at    INTEGER NOT NULL
) WITHOUT ROWID;

-- Each scope's chain at the last places that were read: what others say they have seen is compared with it.
CREATE TABLE chain (
    scope INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    chain BLOB    NOT NULL,
    PRIMARY KEY (scope, seq)
) WITHOUT ROWID;
INSERT INTO chain (scope, seq, chain) SELECT scope, seq, chain FROM cursor;
