-- The read tables of customer and proposal.

CREATE TABLE customer_row (
    n          INTEGER PRIMARY KEY,
    id         BLOB    NOT NULL UNIQUE,
    scope      INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    legal_name TEXT    NOT NULL,
    rfc        TEXT    NOT NULL,
    regimen    TEXT    NOT NULL,
    fiscal_cp  TEXT    NOT NULL,
    uso_cfdi   TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    owner      BLOB    NOT NULL,
    owner_name TEXT    NOT NULL,
    lead       BLOB,
    created_at INTEGER NOT NULL,
    name_sort  TEXT    NOT NULL
);
CREATE INDEX customer_by_name ON customer_row (name_sort);
CREATE TABLE customer_match_key (
    key      INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    PRIMARY KEY (key, customer)
) WITHOUT ROWID;
CREATE TABLE customer_contact (
    id         BLOB    NOT NULL,
    customer   BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    email      TEXT    NOT NULL,
    phone      TEXT    NOT NULL,
    is_primary INTEGER NOT NULL,
    PRIMARY KEY (customer, id)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE customer_search USING fts5 (
    name, legal_name, rfc, people,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE TABLE customer_contract (
    id        BLOB    NOT NULL PRIMARY KEY,
    scope     INTEGER NOT NULL,
    customer  BLOB    NOT NULL,
    proposal  BLOB,
    state     TEXT    NOT NULL,
    value     TEXT    NOT NULL,
    currency  TEXT    NOT NULL,
    value_micro INTEGER NOT NULL,
    arr       TEXT    NOT NULL,
    arr_micro INTEGER NOT NULL,
    starts_on TEXT    NOT NULL,
    ends_on   TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX customer_contract_customer ON customer_contract (customer, state);
CREATE INDEX customer_contract_state ON customer_contract (state, currency, arr_micro);

CREATE TABLE proposal_product (
    n               INTEGER PRIMARY KEY,
    id              BLOB    NOT NULL UNIQUE,
    scope           INTEGER NOT NULL,
    sku             TEXT    NOT NULL,
    description     TEXT    NOT NULL,
    unit            TEXT    NOT NULL,
    clave_prod_serv TEXT    NOT NULL,
    clave_unidad    TEXT    NOT NULL,
    price           TEXT    NOT NULL,
    currency        TEXT    NOT NULL,
    price_micro     INTEGER NOT NULL,
    tax             TEXT    NOT NULL,
    recurrence      TEXT    NOT NULL,
    active          INTEGER NOT NULL,
    description_sort TEXT   NOT NULL
);
CREATE UNIQUE INDEX proposal_product_sku ON proposal_product (sku, id);
CREATE INDEX proposal_product_name ON proposal_product (description_sort);
CREATE VIRTUAL TABLE proposal_product_search USING fts5 (
    sku, description, clave_prod_serv,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE TABLE proposal_row (
    n            INTEGER PRIMARY KEY,
    id           BLOB    NOT NULL UNIQUE,
    scope        INTEGER NOT NULL,
    number       TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    customer     BLOB    NOT NULL,
    opportunity  BLOB,
    lead         BLOB,
    state        TEXT    NOT NULL,
    open         INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    content_hash TEXT    NOT NULL,
    total        TEXT    NOT NULL,
    currency     TEXT    NOT NULL,
    total_micro  INTEGER NOT NULL,
    net_micro    INTEGER NOT NULL,
    arr_micro    INTEGER NOT NULL,
    valid_until  TEXT    NOT NULL,
    owner        BLOB    NOT NULL,
    owner_name   TEXT    NOT NULL,
    updated_at   INTEGER NOT NULL,
    accepted_on  TEXT
);
CREATE INDEX proposal_by_updated ON proposal_row (updated_at);
CREATE INDEX proposal_by_customer ON proposal_row (customer, updated_at);
CREATE INDEX proposal_by_state ON proposal_row (state, currency, total_micro);
CREATE INDEX proposal_accepted ON proposal_row (accepted_on, currency, net_micro) WHERE accepted_on IS NOT NULL;
CREATE VIRTUAL TABLE proposal_search USING fts5 (
    number, title,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
