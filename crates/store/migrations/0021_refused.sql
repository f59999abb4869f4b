-- What nobody takes of what was written here, each with what it said: a change is in no document any more. `edits` is what it
-- wrote, as JSON, with what is sealed for a person sealed as it was; `at` in Unix milliseconds, 0 for what lay there before.
-- Its number is its own: a change that was sent long ago is here too where it builds upon one that nobody took.
CREATE TABLE refused_new (
    n        INTEGER PRIMARY KEY,
    scope    INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    item     BLOB    NOT NULL,
    doc_kind INTEGER NOT NULL,
    body     BLOB    NOT NULL,
    code     TEXT    NOT NULL,
    edits    TEXT    NOT NULL,
    at       INTEGER NOT NULL
);
INSERT INTO refused_new (scope, kind, item, doc_kind, body, code, edits, at)
SELECT scope, kind, item, ifnull((SELECT doc.kind FROM doc WHERE doc.scope = refused.scope AND doc.id = refused.item), 0),
       body, code, '[]', 0
FROM refused ORDER BY n;
DROP TABLE refused;
ALTER TABLE refused_new RENAME TO refused;
