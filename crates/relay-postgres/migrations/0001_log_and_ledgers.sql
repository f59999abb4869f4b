-- What the relay keeps of every company, the company first in each key: the control log, the logs of its scopes,
-- wrapped keys, enrolments and ledgers. Migrations are only added. Times are milliseconds of the Unix epoch on this
-- server's clock. Run by the owner with the schema `zuclubit` on its search path; the relay's own role owns nothing.
-- Text in keys is ordered by its bytes: an index by the rules of a language breaks when the system's rules change.

-- No foreign key leads here: each would lock this row, and write it, in every transaction that appends.
CREATE TABLE company (
    company    bytea  PRIMARY KEY CHECK (octet_length(company) = 16),
    log_id     bytea  NOT NULL,
    created_ms bigint NOT NULL
);

CREATE TABLE control (
    company bytea  NOT NULL,
    seq     bigint NOT NULL,
    hash    bytea  NOT NULL,
    bytes   bytea  NOT NULL,
    at_ms   bigint NOT NULL,
    PRIMARY KEY (company, seq),
    UNIQUE (company, hash)
);

-- A scope is written as its number on the wire. The row is written at every append: room for its versions in the page.
CREATE TABLE scope_head (
    company bytea  NOT NULL,
    scope   bigint NOT NULL,
    seq     bigint NOT NULL,
    chain   bytea  NOT NULL,
    PRIMARY KEY (company, scope)
) WITH (fillfactor = 60);

CREATE TABLE entry (
    company bytea    NOT NULL,
    scope   bigint   NOT NULL,
    seq     bigint   NOT NULL,
    kind    smallint NOT NULL,
    chain   bytea    NOT NULL,
    bytes   bytea    NOT NULL,
    at_ms   bigint   NOT NULL,
    -- A device's batch has these three, a fact of the relay has none.
    author  bytea,
    number  bigint,
    hash    bytea,
    PRIMARY KEY (company, scope, seq)
);
CREATE UNIQUE INDEX entry_by_author ON entry (company, author, scope, number) WHERE author IS NOT NULL;
-- What is sealed does not compress.
ALTER TABLE entry ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- The newest control record each author has named; it never goes back.
CREATE TABLE author (
    company     bytea  NOT NULL,
    device      bytea  NOT NULL,
    control_seq bigint NOT NULL,
    PRIMARY KEY (company, device)
);

CREATE TABLE bag (
    company    bytea  NOT NULL,
    scope      bigint NOT NULL,
    generation bytea  NOT NULL,
    PRIMARY KEY (company, scope)
);

-- Wraps are longer than a key of an index may be: their digest stands for them.
CREATE TABLE bag_wrap (
    company bytea  NOT NULL,
    scope   bigint NOT NULL,
    digest  bytea  NOT NULL GENERATED ALWAYS AS (sha256(bytes)) STORED,
    bytes   bytea  NOT NULL,
    PRIMARY KEY (company, scope, digest)
);

CREATE TABLE bag_row (
    company bytea  NOT NULL,
    scope   bigint NOT NULL,
    key     bytea  NOT NULL,
    wrap    bytea  NOT NULL,
    PRIMARY KEY (company, scope, key)
);

CREATE TABLE bag_erased (
    company bytea  NOT NULL,
    scope   bigint NOT NULL,
    key     bytea  NOT NULL,
    PRIMARY KEY (company, scope, key)
);

CREATE TABLE invite (
    company  bytea  NOT NULL,
    id       bytea  NOT NULL,
    until_ms bigint NOT NULL,
    bytes    bytea  NOT NULL,
    PRIMARY KEY (company, id)
);

CREATE TABLE enrolment (
    company bytea  NOT NULL,
    invite  bytea  NOT NULL,
    device  bytea  NOT NULL,
    bytes   bytea  NOT NULL,
    state   text   NOT NULL CHECK (state IN ('waiting', 'approved')),
    at_ms   bigint NOT NULL,
    PRIMARY KEY (company, invite),
    FOREIGN KEY (company, invite) REFERENCES invite (company, id)
);
CREATE INDEX enrolment_waiting ON enrolment (company, at_ms) WHERE state = 'waiting';

-- A claim's receipt, by the id under which it was asked.
CREATE TABLE request (
    company bytea  NOT NULL,
    id      bytea  NOT NULL,
    digest  bytea  NOT NULL,
    receipt bytea  NOT NULL,
    at_ms   bigint NOT NULL,
    PRIMARY KEY (company, id)
);

CREATE TABLE folio (
    company bytea  NOT NULL,
    serie   text   COLLATE "C" NOT NULL,
    number  bigint NOT NULL CHECK (number > 0),
    invoice bytea,
    state   text   NOT NULL CHECK (state IN ('reserved', 'free', 'stamped', 'inutilizado')),
    PRIMARY KEY (company, serie, number),
    UNIQUE (company, invoice)
);

CREATE TABLE rfc_claim (
    company bytea  NOT NULL,
    token   bytea  NOT NULL,
    account bytea  NOT NULL,
    device  bytea  NOT NULL,
    at_ms   bigint NOT NULL,
    PRIMARY KEY (company, token)
);

CREATE TABLE lead_claim (
    company bytea  NOT NULL,
    number  bigint NOT NULL,
    lead    bytea  NOT NULL,
    device  bytea  NOT NULL,
    at_ms   bigint NOT NULL,
    PRIMARY KEY (company, number),
    UNIQUE (company, lead)
);

CREATE TABLE lease (
    company  bytea  NOT NULL,
    job      text   COLLATE "C" NOT NULL,
    period   text   COLLATE "C" NOT NULL,
    device   bytea  NOT NULL,
    fence    bigint NOT NULL,
    until_ms bigint NOT NULL,
    PRIMARY KEY (company, job, period)
);

CREATE TABLE stamp_intent (
    company bytea  NOT NULL,
    invoice bytea  NOT NULL,
    intent  text   NOT NULL CHECK (intent IN ('issue', 'void')),
    serie   text   COLLATE "C",
    folio   bigint,
    PRIMARY KEY (company, invoice),
    UNIQUE (company, serie, folio)
);

CREATE TABLE stamp_attempt (
    company     bytea   NOT NULL,
    stamp_key   text    COLLATE "C" NOT NULL,
    invoice     bytea   NOT NULL,
    serie       text    NOT NULL,
    folio       bigint  NOT NULL,
    scope       bigint  NOT NULL,
    made_by     bytea   NOT NULL,
    state       text    NOT NULL CHECK (state IN (
        'RECEIVED', 'CLAIMED', 'SENT', 'STAMPED', 'REJECTED', 'REFUSED', 'UNKNOWN', 'ABSENT', 'WITHDRAWN', 'HUMAN')),
    fence       bigint  NOT NULL DEFAULT 0,
    lease_ms    bigint  NOT NULL DEFAULT 0,
    deadline_ms bigint  NOT NULL DEFAULT 0,
    due_ms      bigint  NOT NULL,
    absences    bigint  NOT NULL DEFAULT 0,
    recoveries  bigint  NOT NULL DEFAULT 0,
    ever_sent   boolean NOT NULL DEFAULT false,
    code        text,
    detail      text,
    uuid        text    COLLATE "C",
    xml         bytea,
    stamped_xml bytea,
    receipt     bytea,
    received_ms bigint  NOT NULL,
    settled_ms  bigint,
    PRIMARY KEY (company, stamp_key),
    FOREIGN KEY (company, invoice) REFERENCES stamp_intent (company, invoice)
);
-- At most one attempt of an invoice is alive, and a stamped one is alive for ever.
CREATE UNIQUE INDEX stamp_attempt_alive ON stamp_attempt (company, invoice) WHERE state <> 'WITHDRAWN';
CREATE UNIQUE INDEX stamp_attempt_uuid ON stamp_attempt (company, lower(uuid));
CREATE INDEX stamp_attempt_of_invoice ON stamp_attempt (company, invoice);
CREATE INDEX stamp_attempt_due ON stamp_attempt (company, due_ms)
    WHERE state IN ('RECEIVED', 'CLAIMED', 'SENT', 'UNKNOWN', 'ABSENT');

CREATE TABLE idempotency (
    company      bytea  NOT NULL,
    who          text   COLLATE "C" NOT NULL,
    key          text   COLLATE "C" NOT NULL,
    request      bytea  NOT NULL,
    at_ms        bigint NOT NULL,
    status       bigint,
    content_type text,
    body         bytea,
    PRIMARY KEY (company, who, key)
);
CREATE INDEX idempotency_by_age ON idempotency (company, at_ms);

-- A row is seen and written in a transaction that names its company, and in no other. Without a name the setting is
-- null, or empty where the session had one before: neither is a company's id. The subquery is evaluated once for a
-- statement, so that the keys' indexes are used.
DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'company', 'control', 'scope_head', 'entry', 'author', 'bag', 'bag_wrap', 'bag_row', 'bag_erased', 'invite',
        'enrolment', 'request', 'folio', 'rfc_claim', 'lead_claim', 'lease', 'stamp_intent', 'stamp_attempt',
        'idempotency']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', kept);
        EXECUTE format(
            'CREATE POLICY own_company ON %I
             USING (company = (SELECT decode(current_setting(''zuc.company'', true), ''hex'')))
             WITH CHECK (company = (SELECT decode(current_setting(''zuc.company'', true), ''hex'')))',
            kept);
    END LOOP;
END
$$;

-- The relay must know at its start whose work a crash left half done, before it can name anybody. A function of the
-- owner gives it the ids and nothing else; a table of ids without row security, or a wider policy for the relay's
-- role, would be one more thing that every statement of that role could read. The owner itself is held by the
-- policies too (FORCE): this one lets it see ids.
CREATE POLICY listing ON company FOR SELECT TO CURRENT_USER USING (true);

CREATE FUNCTION companies() RETURNS SETOF bytea
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = zuclubit, pg_temp
    AS 'SELECT company FROM company';
REVOKE ALL ON FUNCTION companies() FROM PUBLIC;

-- The time now, also in a transaction that waited for its turn.
CREATE FUNCTION now_ms() RETURNS bigint
    LANGUAGE sql VOLATILE
    AS 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
REVOKE ALL ON FUNCTION now_ms() FROM PUBLIC;
