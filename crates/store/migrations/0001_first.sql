-- The first schema. Ids are 16-byte blobs, scopes the protocol's numbers, instants Unix milliseconds (UTC), days text
-- YYYY-MM-DD, decimals canonical text with an exact count of micro-units beside them (`…_micro`).

-- Documents, facts and the log --------------------------------------------------------------------------------------

CREATE TABLE doc (
    scope    INTEGER NOT NULL,
    id       BLOB    NOT NULL,
    kind     INTEGER NOT NULL,
    snapshot BLOB    NOT NULL DEFAULT x'',
    tail     BLOB    NOT NULL DEFAULT x'',
    heads    BLOB    NOT NULL,
    schema   INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    PRIMARY KEY (scope, id)
);
CREATE INDEX doc_id ON doc (id, kind);
CREATE INDEX doc_kind ON doc (kind, scope);
CREATE INDEX doc_unfolded ON doc (length(tail)) WHERE length(tail) > 4096;

-- Sealed batches, own and received, verbatim; an own one has no seq until the relay acknowledged it.
CREATE TABLE entry (
    scope  INTEGER NOT NULL,
    seq    INTEGER,
    kind   INTEGER NOT NULL,
    author BLOB    NOT NULL,
    number INTEGER NOT NULL,
    hash   BLOB    NOT NULL PRIMARY KEY,
    bytes  BLOB    NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX entry_seq ON entry (scope, seq) WHERE seq IS NOT NULL;
CREATE INDEX entry_author ON entry (scope, author, number);

-- Immutable records; of two with one id the loser is kept and marked.
CREATE TABLE fact (
    scope  INTEGER NOT NULL,
    id     BLOB    NOT NULL,
    hash   BLOB    NOT NULL,
    kind   TEXT    NOT NULL,
    subject BLOB   NOT NULL,
    fence  INTEGER NOT NULL,
    body   TEXT    NOT NULL,
    author BLOB    NOT NULL,
    lost   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (scope, id, hash)
);
CREATE INDEX fact_subject ON fact (subject, kind);
CREATE INDEX fact_kind ON fact (kind, scope);

-- Plain items not yet acknowledged; `batch` is set when they were sealed. A change lies once, in its document's tail,
-- which is not folded while one of its parts waits here; a fact lies in `body`.
CREATE TABLE outbox (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    scope    INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    item     BLOB    NOT NULL,
    doc_kind INTEGER NOT NULL DEFAULT 0,
    tail_at  INTEGER NOT NULL DEFAULT 0,
    tail_len INTEGER NOT NULL DEFAULT 0,
    body     BLOB    NOT NULL,
    extras   TEXT,
    incarnation BLOB NOT NULL,
    batch    BLOB
);
CREATE INDEX outbox_waiting ON outbox (scope, n) WHERE batch IS NULL;
CREATE INDEX outbox_batch ON outbox (batch) WHERE batch IS NOT NULL;
CREATE INDEX outbox_item ON outbox (item);

CREATE TABLE cursor (
    scope INTEGER NOT NULL PRIMARY KEY,
    seq   INTEGER NOT NULL,
    chain BLOB    NOT NULL
);

-- How far each author's own chain was read, in each scope.
CREATE TABLE author_cursor (
    scope       INTEGER NOT NULL,
    author      BLOB    NOT NULL,
    number      INTEGER NOT NULL,
    hash        BLOB    NOT NULL,
    control_seq INTEGER NOT NULL,
    blocked     INTEGER NOT NULL,
    PRIMARY KEY (scope, author)
) WITHOUT ROWID;

-- Own items that the relay will never take: the conflict inbox.
CREATE TABLE refused (
    n     INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL,
    kind  INTEGER NOT NULL,
    item  BLOB    NOT NULL,
    body  BLOB    NOT NULL,
    code  TEXT    NOT NULL
);

-- Documents that were projected without a person key they name; again when the key comes.
CREATE TABLE unopened (
    scope  INTEGER NOT NULL,
    id     BLOB    NOT NULL,
    key_id BLOB    NOT NULL,
    PRIMARY KEY (key_id, scope, id)
) WITHOUT ROWID;

CREATE TABLE control (
    seq   INTEGER NOT NULL PRIMARY KEY,
    hash  BLOB    NOT NULL UNIQUE,
    bytes BLOB    NOT NULL
);

CREATE TABLE quarantine (
    n      INTEGER PRIMARY KEY AUTOINCREMENT,
    scope  INTEGER NOT NULL,
    hash   BLOB    NOT NULL UNIQUE,
    reason TEXT    NOT NULL,
    bytes  BLOB    NOT NULL
);

-- Keys of persons: each wrapped by its scope's bag key; the row is all there is to destroy.
CREATE TABLE person_key (
    scope  INTEGER NOT NULL,
    key_id BLOB    NOT NULL,
    bag    BLOB    NOT NULL,
    wrap   BLOB    NOT NULL,
    sent   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (scope, key_id)
) WITHOUT ROWID;
-- The bag key to those who may read a scope, as members wrapped it.
CREATE TABLE bag_wraps (
    scope  INTEGER NOT NULL,
    bag    BLOB    NOT NULL,
    author BLOB    NOT NULL,
    bytes  BLOB    NOT NULL,
    PRIMARY KEY (scope, bag, author)
) WITHOUT ROWID;
CREATE TABLE person_subject (
    subject BLOB NOT NULL PRIMARY KEY,
    key_id  BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX person_subject_key ON person_subject (key_id);
CREATE TABLE person_erased (
    key_id BLOB    NOT NULL PRIMARY KEY,
    at     INTEGER NOT NULL
) WITHOUT ROWID;

-- The device ---------------------------------------------------------------------------------------------------------

CREATE TABLE vault (
    name   TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE device_state (
    only        INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    company     BLOB    NOT NULL,
    device      BLOB    NOT NULL,
    actor       BLOB    NOT NULL,
    incarnation BLOB    NOT NULL,
    hlc_millis  INTEGER NOT NULL DEFAULT 0,
    hlc_counter INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Events, audit, processes --------------------------------------------------------------------------------------------

-- `body` is the envelope without what the other columns and the company say.
CREATE TABLE outbox_events (
    n         INTEGER PRIMARY KEY AUTOINCREMENT,
    id        BLOB    NOT NULL UNIQUE,
    type      TEXT    NOT NULL,
    subject   BLOB    NOT NULL,
    at        INTEGER NOT NULL,
    body      TEXT    NOT NULL,
    published INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX outbox_events_waiting ON outbox_events (n) WHERE published = 0;
CREATE INDEX outbox_events_subject ON outbox_events (subject, n);

CREATE TABLE inbox (
    handler  TEXT    NOT NULL,
    event_id TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0,
    state    TEXT    NOT NULL CHECK (state IN ('done', 'retry', 'dead')),
    error    TEXT,
    next_at  INTEGER,
    PRIMARY KEY (handler, event_id, source)
) WITHOUT ROWID;

CREATE TABLE audit (
    seq    INTEGER NOT NULL PRIMARY KEY,
    prev   BLOB    NOT NULL,
    hash   BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    actor  BLOB    NOT NULL,
    action TEXT    NOT NULL,
    object BLOB    NOT NULL,
    before BLOB    NOT NULL,
    after  BLOB    NOT NULL
);

CREATE TABLE saga (
    id         BLOB    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL,
    subject    BLOB    NOT NULL,
    step       INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX saga_open ON saga (kind) WHERE state NOT IN ('done', 'compensated');

CREATE TABLE import_batch (
    id        BLOB    NOT NULL PRIMARY KEY,
    what      TEXT    NOT NULL,
    file      TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    actor     BLOB    NOT NULL,
    report    TEXT    NOT NULL,
    undone_at INTEGER
) WITHOUT ROWID;
-- What one undo takes back: the records a batch created, and what it wrote over in those that were there.
CREATE TABLE undo (
    batch  BLOB    NOT NULL,
    n      INTEGER NOT NULL,
    scope  INTEGER NOT NULL,
    object BLOB    NOT NULL,
    kind   INTEGER NOT NULL,
    heads  BLOB    NOT NULL,
    inverse TEXT,
    PRIMARY KEY (batch, n)
) WITHOUT ROWID;

-- Who is who in the company, for names beside ids; filled from the control log and the company document.
CREATE TABLE member (
    person BLOB    NOT NULL PRIMARY KEY,
    name   TEXT    NOT NULL,
    roles  TEXT    NOT NULL,
    teams  TEXT    NOT NULL,
    active INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
