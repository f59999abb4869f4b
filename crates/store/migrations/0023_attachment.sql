-- Files that hang on records, by the hash of their sealed bytes, which lie in the home's folder `attachments`. Facts say
-- what they are; here is what is to be here, how long it is sealed, under which person's key its name and its own key
-- lie, and in which log of the relay's it was last seen whole.
CREATE TABLE attachment (
    scope     INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    size      INTEGER NOT NULL,
    key_id    BLOB,
    relay_log BLOB,
    PRIMARY KEY (scope, hash)
) WITHOUT ROWID;
