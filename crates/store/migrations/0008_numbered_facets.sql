-- What the list filters on lies once for each combination that occurs; rows and the indices of the orders hold its
-- number. An index is walked to where the list is scrolled, so its size is what a far page costs.

DROP TRIGGER lead_facet_added;
DROP TRIGGER lead_facet_removed;
DROP TRIGGER lead_facet_changed;
DROP TABLE lead_facet;
DROP INDEX lead_by_score;
DROP INDEX lead_by_company;
DROP INDEX lead_by_name;
DROP INDEX lead_by_created;
DROP INDEX lead_by_amount;
DROP INDEX lead_by_city;
DROP INDEX lead_by_owner;
DROP INDEX lead_by_due;
DROP INDEX lead_by_state;
DROP INDEX lead_by_facet;
DROP INDEX lead_by_batch;

-- `owner` is x'' where nobody owns.
CREATE TABLE lead_facet (
    n      INTEGER PRIMARY KEY,
    state  TEXT    NOT NULL,
    owner  BLOB    NOT NULL,
    band   TEXT    NOT NULL,
    source TEXT    NOT NULL,
    UNIQUE (state, owner, band, source)
);
INSERT INTO lead_facet (state, owner, band, source) SELECT DISTINCT state, owner, band, source FROM lead_row;

ALTER TABLE lead_row ADD COLUMN facet INTEGER NOT NULL DEFAULT 0;
UPDATE lead_row SET facet = (
    SELECT f.n FROM lead_facet f
    WHERE f.state = lead_row.state AND f.owner = lead_row.owner AND f.band = lead_row.band
        AND f.source = lead_row.source);

-- `n` breaks ties.
CREATE INDEX lead_by_score ON lead_row (score, n, facet);
CREATE INDEX lead_by_company ON lead_row (company_sort, n, facet);
CREATE INDEX lead_by_name ON lead_row (name_sort, n, facet);
CREATE INDEX lead_by_created ON lead_row (created_on, n, facet);
CREATE INDEX lead_by_amount ON lead_row (amount_micro, n, facet);
CREATE INDEX lead_by_city ON lead_row (city_sort, n, facet);
CREATE INDEX lead_by_owner ON lead_row (owner_name, n, facet);
CREATE INDEX lead_by_due ON lead_row (next_step_due, n, facet);
CREATE INDEX lead_by_state ON lead_row (state, n, facet);
CREATE INDEX lead_by_facet ON lead_row (facet);
CREATE INDEX lead_by_batch ON lead_row (import_batch, n) WHERE import_batch IS NOT NULL;
-- What the totals of a search or of an import read of each lead that was found.
CREATE INDEX lead_by_n ON lead_row (n, facet, currency, amount_micro);

-- Counts and sums by facet: totals of a page without touching its rows.
CREATE TABLE lead_total (
    facet        INTEGER NOT NULL,
    currency     TEXT    NOT NULL,
    rows         INTEGER NOT NULL,
    amount_micro INTEGER NOT NULL,
    PRIMARY KEY (facet, currency)
) WITHOUT ROWID;
INSERT INTO lead_total SELECT facet, currency, count(*), ifnull(sum(amount_micro), 0) FROM lead_row GROUP BY facet, currency;

CREATE TRIGGER lead_total_added AFTER INSERT ON lead_row BEGIN
    INSERT INTO lead_total VALUES (new.facet, new.currency, 1, ifnull(new.amount_micro, 0))
    ON CONFLICT DO UPDATE SET rows = rows + 1, amount_micro = amount_micro + excluded.amount_micro;
END;
CREATE TRIGGER lead_total_removed AFTER DELETE ON lead_row BEGIN
    UPDATE lead_total SET rows = rows - 1, amount_micro = amount_micro - ifnull(old.amount_micro, 0)
    WHERE facet = old.facet AND currency = old.currency;
    DELETE FROM lead_total WHERE rows = 0 AND facet = old.facet AND currency = old.currency;
END;
CREATE TRIGGER lead_total_changed AFTER UPDATE ON lead_row
WHEN old.facet IS NOT new.facet OR old.currency IS NOT new.currency OR old.amount_micro IS NOT new.amount_micro
BEGIN
    UPDATE lead_total SET rows = rows - 1, amount_micro = amount_micro - ifnull(old.amount_micro, 0)
    WHERE facet = old.facet AND currency = old.currency;
    DELETE FROM lead_total WHERE rows = 0 AND facet = old.facet AND currency = old.currency;
    INSERT INTO lead_total VALUES (new.facet, new.currency, 1, ifnull(new.amount_micro, 0))
    ON CONFLICT DO UPDATE SET rows = rows + 1, amount_micro = amount_micro + excluded.amount_micro;
END;

-- How many items each scope has to send: the status bar asks after every command.
CREATE TABLE outbox_count (
    scope INTEGER PRIMARY KEY,
    items INTEGER NOT NULL
);
INSERT INTO outbox_count SELECT scope, count(*) FROM outbox GROUP BY scope;
CREATE TRIGGER outbox_count_added AFTER INSERT ON outbox BEGIN
    INSERT INTO outbox_count VALUES (new.scope, 1) ON CONFLICT DO UPDATE SET items = items + 1;
END;
CREATE TRIGGER outbox_count_removed AFTER DELETE ON outbox BEGIN
    UPDATE outbox_count SET items = items - 1 WHERE scope = old.scope;
END;

-- Invoices by the clock of their stamp, and each state newest first.
CREATE INDEX financial_invoice_by_clock ON financial_invoice (stamp_deadline) WHERE stamp_deadline IS NOT NULL;
DROP INDEX financial_invoice_by_state;
CREATE INDEX financial_invoice_by_state ON financial_invoice (fiscal_state, on_date, created_at);
