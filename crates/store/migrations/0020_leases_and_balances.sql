-- Which lease a process was moved under last: of two that were given one after the other, the later counts.
ALTER TABLE saga ADD COLUMN fence INTEGER NOT NULL DEFAULT 0;

-- What finance tells a team of its customers' invoices. A laptop without a key to finance has these rows and no others.
CREATE TABLE customer_invoice (
    scope             INTEGER NOT NULL,
    customer          BLOB    NOT NULL,
    invoice           BLOB    NOT NULL,
    total             TEXT    NOT NULL,
    outstanding       TEXT    NOT NULL,
    currency          TEXT    NOT NULL,
    total_micro       INTEGER NOT NULL,
    outstanding_micro INTEGER NOT NULL,
    due_date          TEXT    NOT NULL,
    PRIMARY KEY (customer, scope, invoice)
) WITHOUT ROWID;
