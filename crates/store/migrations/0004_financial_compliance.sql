-- The read tables of invoicing.

CREATE TABLE financial_invoice (
    n              INTEGER PRIMARY KEY,
    id             BLOB    NOT NULL UNIQUE,
    scope          INTEGER NOT NULL,
    customer       BLOB    NOT NULL,
    customer_name  TEXT    NOT NULL,
    rfc            TEXT    NOT NULL,
    label          TEXT    NOT NULL,
    serie          TEXT    NOT NULL,
    folio          INTEGER,
    document_state TEXT    NOT NULL,
    fiscal_state   TEXT    NOT NULL,
    payment_state  TEXT    NOT NULL,
    total          TEXT    NOT NULL,
    net            TEXT    NOT NULL,
    outstanding    TEXT    NOT NULL,
    currency       TEXT    NOT NULL,
    total_micro       INTEGER NOT NULL,
    net_micro         INTEGER NOT NULL,
    outstanding_micro INTEGER NOT NULL,
    on_date        TEXT    NOT NULL,
    due_date       TEXT    NOT NULL,
    month          TEXT    NOT NULL,
    uuid           TEXT    NOT NULL,
    stamp_deadline INTEGER,
    proposal       BLOB,
    contract       BLOB,
    created_at     INTEGER NOT NULL
);
CREATE INDEX financial_invoice_by_date ON financial_invoice (on_date, created_at);
CREATE INDEX financial_invoice_by_state ON financial_invoice (fiscal_state, on_date);
CREATE INDEX financial_invoice_by_customer ON financial_invoice (customer, on_date);
CREATE INDEX financial_invoice_stamped ON financial_invoice (month, currency, total_micro, net_micro)
    WHERE fiscal_state = 'stamped';
CREATE INDEX financial_invoice_unpaid ON financial_invoice (currency, due_date, outstanding_micro)
    WHERE outstanding_micro > 0 AND fiscal_state = 'stamped';
CREATE VIRTUAL TABLE financial_invoice_search USING fts5 (
    customer_name, rfc, label, uuid,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
