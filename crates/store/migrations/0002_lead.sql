-- The lead domain's read tables. `owner` is x'' where nobody owns; `…_sort` is folded for sorting without accents.

CREATE TABLE lead_row (
    n             INTEGER PRIMARY KEY,
    id            BLOB    NOT NULL UNIQUE,
    scope         INTEGER NOT NULL,
    full_name     TEXT    NOT NULL,
    company       TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    phone         TEXT    NOT NULL,
    rfc           TEXT    NOT NULL,
    city          TEXT    NOT NULL,
    postal_code   TEXT    NOT NULL,
    industry      TEXT    NOT NULL,
    company_size  INTEGER,
    source        TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    open          INTEGER NOT NULL,
    needs_review  INTEGER NOT NULL DEFAULT 0,
    owner         BLOB    NOT NULL,
    owner_name    TEXT    NOT NULL,
    score         INTEGER NOT NULL,
    band          TEXT    NOT NULL,
    score_method  TEXT    NOT NULL,
    factors       TEXT    NOT NULL,
    amount        TEXT,
    currency      TEXT    NOT NULL,
    amount_micro  INTEGER,
    next_step     TEXT    NOT NULL,
    next_step_due TEXT,
    nurture_until TEXT,
    created_on    TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    import_batch  BLOB,
    customer      BLOB,
    opportunity   BLOB,
    touched       INTEGER NOT NULL DEFAULT 0,
    notes         TEXT    NOT NULL,
    company_sort  TEXT    NOT NULL,
    name_sort     TEXT    NOT NULL,
    city_sort     TEXT    NOT NULL,
    match_keys    BLOB    NOT NULL
);
-- Each order carries what filters ask, so that rows a filter drops are never fetched; `n` breaks ties.
CREATE INDEX lead_by_score ON lead_row (score, n, state, owner, band, source);
CREATE INDEX lead_by_company ON lead_row (company_sort, n, state, owner, band, source);
CREATE INDEX lead_by_name ON lead_row (name_sort, n, state, owner, band, source);
CREATE INDEX lead_by_created ON lead_row (created_on, n, state, owner, band, source);
CREATE INDEX lead_by_amount ON lead_row (amount_micro, n, state, owner, band, source);
CREATE INDEX lead_by_city ON lead_row (city_sort, n, state, owner, band, source);
CREATE INDEX lead_by_owner ON lead_row (owner_name, n, state, owner, band, source);
CREATE INDEX lead_by_due ON lead_row (next_step_due, n, state, owner, band, source);
CREATE INDEX lead_by_facet ON lead_row (state, owner, band, source);
CREATE INDEX lead_by_batch   ON lead_row (import_batch) WHERE import_batch IS NOT NULL;
CREATE INDEX lead_review     ON lead_row (n) WHERE needs_review = 1;

-- A phone is found with and without its country.
CREATE VIRTUAL TABLE lead_search USING fts5 (
    full_name, company, email, phone, rfc,
    content = 'lead_row', content_rowid = 'n',
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3', detail = none, columnsize = 0
);
CREATE TRIGGER lead_search_added AFTER INSERT ON lead_row BEGIN
    INSERT INTO lead_search (rowid, full_name, company, email, phone, rfc)
    VALUES (new.n, new.full_name, new.company, new.email, new.phone || ' ' || substr(new.phone, -10), new.rfc);
END;
CREATE TRIGGER lead_search_removed AFTER DELETE ON lead_row BEGIN
    INSERT INTO lead_search (lead_search, rowid, full_name, company, email, phone, rfc)
    VALUES ('delete', old.n, old.full_name, old.company, old.email, old.phone || ' ' || substr(old.phone, -10), old.rfc);
END;
CREATE TRIGGER lead_search_changed AFTER UPDATE ON lead_row
WHEN old.full_name IS NOT new.full_name OR old.company IS NOT new.company OR old.email IS NOT new.email
    OR old.phone IS NOT new.phone OR old.rfc IS NOT new.rfc
BEGIN
    INSERT INTO lead_search (lead_search, rowid, full_name, company, email, phone, rfc)
    VALUES ('delete', old.n, old.full_name, old.company, old.email, old.phone || ' ' || substr(old.phone, -10), old.rfc);
    INSERT INTO lead_search (rowid, full_name, company, email, phone, rfc)
    VALUES (new.n, new.full_name, new.company, new.email, new.phone || ' ' || substr(new.phone, -10), new.rfc);
END;

-- Counts and sums of the list by everything it filters on: totals of a page without touching its rows.
CREATE TABLE lead_facet (
    state        TEXT    NOT NULL,
    owner        BLOB    NOT NULL,
    band         TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    currency     TEXT    NOT NULL,
    rows         INTEGER NOT NULL,
    amount_micro INTEGER NOT NULL,
    PRIMARY KEY (state, owner, band, source, currency)
) WITHOUT ROWID;
CREATE TRIGGER lead_facet_added AFTER INSERT ON lead_row BEGIN
    INSERT INTO lead_facet VALUES (new.state, new.owner, new.band, new.source, new.currency, 1, ifnull(new.amount_micro, 0))
    ON CONFLICT DO UPDATE SET rows = rows + 1, amount_micro = amount_micro + excluded.amount_micro;
END;
CREATE TRIGGER lead_facet_removed AFTER DELETE ON lead_row BEGIN
    UPDATE lead_facet SET rows = rows - 1, amount_micro = amount_micro - ifnull(old.amount_micro, 0)
    WHERE state = old.state AND owner = old.owner AND band = old.band AND source = old.source AND currency = old.currency;
    DELETE FROM lead_facet WHERE rows = 0 AND state = old.state AND owner = old.owner AND band = old.band
        AND source = old.source AND currency = old.currency;
END;
CREATE TRIGGER lead_facet_changed AFTER UPDATE ON lead_row
WHEN old.state IS NOT new.state OR old.owner IS NOT new.owner OR old.band IS NOT new.band OR old.source IS NOT new.source
    OR old.currency IS NOT new.currency OR old.amount_micro IS NOT new.amount_micro
BEGIN
    UPDATE lead_facet SET rows = rows - 1, amount_micro = amount_micro - ifnull(old.amount_micro, 0)
    WHERE state = old.state AND owner = old.owner AND band = old.band AND source = old.source AND currency = old.currency;
    DELETE FROM lead_facet WHERE rows = 0 AND state = old.state AND owner = old.owner AND band = old.band
        AND source = old.source AND currency = old.currency;
    INSERT INTO lead_facet VALUES (new.state, new.owner, new.band, new.source, new.currency, 1, ifnull(new.amount_micro, 0))
    ON CONFLICT DO UPDATE SET rows = rows + 1, amount_micro = amount_micro + excluded.amount_micro;
END;

-- Candidates for duplicates: 64 bits of BLAKE3 over (criterion, normalised value) → lead.
CREATE TABLE lead_match_key (
    key  INTEGER NOT NULL,
    lead INTEGER NOT NULL,
    PRIMARY KEY (key, lead)
) WITHOUT ROWID;

-- Rows of an import that a person must look at.
CREATE TABLE lead_held (
    batch  BLOB    NOT NULL,
    row    INTEGER NOT NULL,
    body   TEXT    NOT NULL,
    of_id  BLOB,
    reasons TEXT   NOT NULL,
    PRIMARY KEY (batch, row)
) WITHOUT ROWID;

CREATE TABLE lead_activity (
    id        BLOB    NOT NULL PRIMARY KEY,
    scope     INTEGER NOT NULL,
    subject   BLOB    NOT NULL,
    at        INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    direction TEXT    NOT NULL,
    actor     BLOB    NOT NULL,
    text      TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX lead_activity_subject ON lead_activity (subject, at DESC);

CREATE TABLE lead_opportunity (
    id           BLOB    NOT NULL PRIMARY KEY,
    scope        INTEGER NOT NULL,
    customer     BLOB    NOT NULL,
    lead         BLOB,
    name         TEXT    NOT NULL,
    stage        TEXT    NOT NULL,
    open         INTEGER NOT NULL,
    probability  INTEGER NOT NULL,
    amount       TEXT    NOT NULL,
    currency     TEXT    NOT NULL,
    amount_micro INTEGER NOT NULL,
    owner        BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    closes_on    TEXT,
    closed_on    TEXT
) WITHOUT ROWID;
CREATE INDEX lead_opportunity_customer ON lead_opportunity (customer, open);
CREATE INDEX lead_opportunity_owner ON lead_opportunity (owner, open, amount_micro);
CREATE INDEX lead_opportunity_stage ON lead_opportunity (stage, currency, probability, amount_micro);
