-- Logs that follow a lost one, by name: nothing is stamped under the one that stands before it is thawed.
CREATE TABLE loss (
    log       BLOB PRIMARY KEY,
    since_ms  INTEGER NOT NULL,
    thawed_ms INTEGER
) WITHOUT ROWID;

-- Who holds nothing more that a log lacks, and whether they had read an earlier one.
CREATE TABLE offered (
    log     BLOB NOT NULL,
    device  BLOB NOT NULL,
    witness INTEGER NOT NULL,
    PRIMARY KEY (log, device)
) WITHOUT ROWID;

-- A fact has a hash too from now on: one that is given back is looked for by it.
CREATE INDEX entry_fact ON entry (scope, hash) WHERE author IS NULL AND hash IS NOT NULL;
