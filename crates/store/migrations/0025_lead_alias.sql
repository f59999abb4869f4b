-- Leads that live on in another one: merged away, or gone to another team. Made from their documents alone.
CREATE TABLE lead_alias (
    alias    BLOB    NOT NULL PRIMARY KEY,
    survivor BLOB    NOT NULL,
    scope    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX lead_alias_survivor ON lead_alias (survivor);

-- Leads that came from another team, and what they were there. Made from their documents alone.
CREATE TABLE lead_moved (
    lead   BLOB    NOT NULL PRIMARY KEY,
    origin BLOB    NOT NULL,
    scope  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX lead_moved_origin ON lead_moved (origin);

-- Up to which heads this device has read such a lead for what came late.
CREATE TABLE lead_late (
    alias BLOB NOT NULL PRIMARY KEY,
    heads BLOB NOT NULL
) WITHOUT ROWID;

-- Parts of commands that wrote several scopes, as far as they are here; `at` in Unix milliseconds, when the part came.
CREATE TABLE part (
    command BLOB    NOT NULL,
    part    INTEGER NOT NULL,
    parts   INTEGER NOT NULL,
    scope   INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (command, part)
) WITHOUT ROWID;
