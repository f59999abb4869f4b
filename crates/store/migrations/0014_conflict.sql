-- Which device wrote under which Automerge actor: the first one that was seen to.
CREATE TABLE doc_actor (
    actor  BLOB NOT NULL PRIMARY KEY,
    device BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO doc_actor (actor, device) SELECT actor, device FROM device_state;

-- Fields that were changed apart and wait for a person. What their sides say stands in the document alone; `at` is the
-- newest of them in Unix seconds by its author's clock, `actors` who wrote them: the same on every device.
CREATE TABLE conflict (
    scope  INTEGER NOT NULL,
    id     BLOB    NOT NULL,
    kind   INTEGER NOT NULL,
    field  TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    actors TEXT    NOT NULL,
    PRIMARY KEY (scope, id, field)
) WITHOUT ROWID;
CREATE INDEX conflict_at ON conflict (at);
