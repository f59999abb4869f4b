-- Materialised views: recomputed key by key in the transaction that made a key dirty, all at once on demand.

CREATE TABLE analytics_sales_summary (
    month          TEXT    NOT NULL,
    currency       TEXT    NOT NULL,
    invoices       INTEGER NOT NULL,
    invoiced_micro INTEGER NOT NULL,
    net_micro      INTEGER NOT NULL,
    won            INTEGER NOT NULL,
    won_micro      INTEGER NOT NULL,
    PRIMARY KEY (month, currency)
) WITHOUT ROWID;

CREATE TABLE analytics_funnel (
    object       TEXT    NOT NULL CHECK (object IN ('lead', 'opportunity', 'proposal')),
    stage        TEXT    NOT NULL,
    currency     TEXT    NOT NULL,
    rows         INTEGER NOT NULL,
    amount_micro INTEGER NOT NULL,
    PRIMARY KEY (object, stage, currency)
) WITHOUT ROWID;
