-- Files that nothing is to open any more. When this laptop first saw that every fact that names a file was taken away (Unix
-- milliseconds; nothing while one stands): a peer's clock is no reason to destroy one.
ALTER TABLE attachment ADD COLUMN away_at INTEGER;
-- Its time in the bin is over.
ALTER TABLE attachment ADD COLUMN let_go INTEGER NOT NULL DEFAULT 0;
-- The relay has said that it dropped it for good.
ALTER TABLE attachment ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
-- Files that lie on some laptops only. When a person of this one last wanted a file (Unix milliseconds): what was wanted longest
-- ago makes room first.
ALTER TABLE attachment ADD COLUMN opened_at INTEGER;

-- Words of laptops on the files that they hold whole; `at` orders those of one laptop.
CREATE TABLE attachment_held (
    scope  INTEGER NOT NULL,
    hash   BLOB    NOT NULL,
    device BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (scope, hash, device)
) WITHOUT ROWID;

-- When a laptop last said that it keeps all files of a scope, and when that it keeps some: what it said it held before the
-- second does not count.
CREATE TABLE attachment_keeper (
    scope   INTEGER NOT NULL,
    device  BLOB    NOT NULL,
    all_at  INTEGER NOT NULL,
    some_at INTEGER NOT NULL,
    PRIMARY KEY (scope, device)
) WITHOUT ROWID;
