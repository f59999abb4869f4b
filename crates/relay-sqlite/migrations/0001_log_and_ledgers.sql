-- One file per company: the control log, the logs of its scopes, wrapped keys, enrolments and ledgers.
-- Migrations are only added. Times are milliseconds of the Unix epoch on this database's clock.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE control (
    seq   INTEGER PRIMARY KEY,
    hash  BLOB NOT NULL UNIQUE,
    bytes BLOB NOT NULL,
    at_ms INTEGER NOT NULL
);

-- A scope is written as its number on the wire.
CREATE TABLE scope_head (
    scope INTEGER PRIMARY KEY,
    seq   INTEGER NOT NULL,
    chain BLOB NOT NULL
);

CREATE TABLE entry (
    scope  INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    kind   INTEGER NOT NULL,
    chain  BLOB NOT NULL,
    bytes  BLOB NOT NULL,
    at_ms  INTEGER NOT NULL,
    -- A device's batch has these three, a fact of the relay has none.
    author BLOB,
    number INTEGER,
    hash   BLOB,
    PRIMARY KEY (scope, seq)
);
CREATE UNIQUE INDEX entry_by_author ON entry (author, scope, number) WHERE author IS NOT NULL;

-- The newest control record each author has named; it never goes back.
CREATE TABLE author (
    device      BLOB PRIMARY KEY,
    control_seq INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE bag (
    scope      INTEGER PRIMARY KEY,
    generation BLOB NOT NULL
);

CREATE TABLE bag_wrap (
    scope INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (scope, bytes)
) WITHOUT ROWID;

CREATE TABLE bag_row (
    scope INTEGER NOT NULL,
    key   BLOB NOT NULL,
    wrap  BLOB NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;

CREATE TABLE bag_erased (
    scope INTEGER NOT NULL,
    key   BLOB NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;

CREATE TABLE invite (
    id       BLOB PRIMARY KEY,
    until_ms INTEGER NOT NULL,
    bytes    BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE enrolment (
    invite BLOB PRIMARY KEY REFERENCES invite (id),
    device BLOB NOT NULL,
    bytes  BLOB NOT NULL,
    state  TEXT NOT NULL CHECK (state IN ('waiting', 'approved')),
    at_ms  INTEGER NOT NULL
) WITHOUT ROWID;

-- A claim's receipt, by the id under which it was asked.
CREATE TABLE request (
    id      BLOB PRIMARY KEY,
    digest  BLOB NOT NULL,
    receipt BLOB NOT NULL,
    at_ms   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE folio (
    serie   TEXT NOT NULL,
    number  INTEGER NOT NULL CHECK (number > 0),
    invoice BLOB UNIQUE,
    state   TEXT NOT NULL CHECK (state IN ('reserved', 'free', 'stamped', 'inutilizado')),
    PRIMARY KEY (serie, number)
) WITHOUT ROWID;

CREATE TABLE rfc_claim (
    token   BLOB PRIMARY KEY,
    account BLOB NOT NULL,
    device  BLOB NOT NULL,
    at_ms   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE lead_claim (
    number INTEGER PRIMARY KEY,
    lead   BLOB NOT NULL UNIQUE,
    device BLOB NOT NULL,
    at_ms  INTEGER NOT NULL
);

CREATE TABLE lease (
    job      TEXT NOT NULL,
    period   TEXT NOT NULL,
    device   BLOB NOT NULL,
    fence    INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (job, period)
) WITHOUT ROWID;

CREATE TABLE stamp_intent (
    invoice BLOB PRIMARY KEY,
    intent  TEXT NOT NULL CHECK (intent IN ('issue', 'void')),
    serie   TEXT,
    folio   INTEGER,
    UNIQUE (serie, folio)
) WITHOUT ROWID;

CREATE TABLE stamp_attempt (
    stamp_key   TEXT PRIMARY KEY,
    invoice     BLOB NOT NULL REFERENCES stamp_intent (invoice),
    serie       TEXT NOT NULL,
    folio       INTEGER NOT NULL,
    scope       INTEGER NOT NULL,
    made_by     BLOB NOT NULL,
    state       TEXT NOT NULL CHECK (state IN (
        'RECEIVED', 'CLAIMED', 'SENT', 'STAMPED', 'REJECTED', 'REFUSED', 'UNKNOWN', 'ABSENT', 'WITHDRAWN', 'HUMAN')),
    fence       INTEGER NOT NULL DEFAULT 0,
    lease_ms    INTEGER NOT NULL DEFAULT 0,
    deadline_ms INTEGER NOT NULL DEFAULT 0,
    due_ms      INTEGER NOT NULL,
    absences    INTEGER NOT NULL DEFAULT 0,
    ever_sent   INTEGER NOT NULL DEFAULT 0,
    code        TEXT,
    detail      TEXT,
    uuid        TEXT UNIQUE COLLATE NOCASE,
    xml         BLOB,
    stamped_xml BLOB,
    receipt     BLOB,
    received_ms INTEGER NOT NULL,
    settled_ms  INTEGER
) WITHOUT ROWID;
-- At most one attempt of an invoice is alive, and a stamped one is alive for ever.
CREATE UNIQUE INDEX stamp_attempt_alive ON stamp_attempt (invoice) WHERE state <> 'WITHDRAWN';
CREATE INDEX stamp_attempt_due ON stamp_attempt (due_ms)
    WHERE state IN ('RECEIVED', 'CLAIMED', 'SENT', 'UNKNOWN', 'ABSENT');

CREATE TABLE idempotency (
    who          TEXT NOT NULL,
    key          TEXT NOT NULL,
    request      BLOB NOT NULL,
    at_ms        INTEGER NOT NULL,
    status       INTEGER,
    content_type TEXT,
    body         BLOB,
    PRIMARY KEY (who, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (at_ms);
