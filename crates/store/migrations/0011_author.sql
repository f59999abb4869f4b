-- What a document holds and does not count: the hashes of those changes, 32 bytes each, sorted.
ALTER TABLE doc ADD COLUMN ignored BLOB NOT NULL DEFAULT x'';

-- Another document of its id lies in a scope before this one: that one is loaded and shown.
ALTER TABLE doc ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
UPDATE doc SET hidden = 1
WHERE EXISTS (SELECT 1 FROM doc AS o WHERE o.id = doc.id AND o.kind = doc.kind AND o.scope < doc.scope);

-- An own change that was read from the log before it was acknowledged here was judged then.
ALTER TABLE outbox ADD COLUMN judged INTEGER NOT NULL DEFAULT 0;

-- When it was set aside, in Unix milliseconds; 0 for what lay there before.
ALTER TABLE quarantine ADD COLUMN at INTEGER NOT NULL DEFAULT 0;

-- What does not count, one by one: `hash` names the change, the fact or the event. `merged` is set where a document holds it
-- all the same. `author` and `person` are x'' where the relay wrote it.
CREATE TABLE ignored (
    scope  INTEGER NOT NULL,
    item   BLOB    NOT NULL,
    hash   BLOB    NOT NULL,
    kind   TEXT    NOT NULL,
    code   TEXT    NOT NULL,
    author BLOB    NOT NULL,
    person BLOB    NOT NULL,
    merged INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (scope, item, hash)
) WITHOUT ROWID;
