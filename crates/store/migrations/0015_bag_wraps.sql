-- An author seals the key of one bag more than once: to the first members, and to each who comes later. All of them are
-- kept, for a relay that lost its data gets them from here.
CREATE TABLE bag_wraps_all (
    scope  INTEGER NOT NULL,
    bag    BLOB    NOT NULL,
    author BLOB    NOT NULL,
    bytes  BLOB    NOT NULL,
    PRIMARY KEY (scope, bag, bytes)
) WITHOUT ROWID;
INSERT INTO bag_wraps_all (scope, bag, author, bytes) SELECT scope, bag, author, bytes FROM bag_wraps;
DROP TABLE bag_wraps;
ALTER TABLE bag_wraps_all RENAME TO bag_wraps;
