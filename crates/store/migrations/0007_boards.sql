-- What Inicio and the list ask for without reading every row.

CREATE INDEX lead_untouched ON lead_row (owner, score, n) WHERE touched = 0;

-- What is owed, by currency and due day.

CREATE TABLE financial_receivable (
    currency          TEXT    NOT NULL,
    due_date          TEXT    NOT NULL,
    invoices          INTEGER NOT NULL,
    outstanding_micro INTEGER NOT NULL,
    PRIMARY KEY (currency, due_date)
) WITHOUT ROWID;
INSERT INTO financial_receivable
SELECT currency, due_date, count(*), sum(outstanding_micro) FROM financial_invoice
WHERE outstanding_micro > 0 AND fiscal_state = 'stamped' GROUP BY currency, due_date;
DROP INDEX financial_invoice_unpaid;

CREATE TRIGGER financial_receivable_added AFTER INSERT ON financial_invoice
WHEN new.fiscal_state = 'stamped' AND new.outstanding_micro > 0
BEGIN
    INSERT INTO financial_receivable VALUES (new.currency, new.due_date, 1, new.outstanding_micro)
    ON CONFLICT DO UPDATE SET invoices = invoices + 1, outstanding_micro = outstanding_micro + excluded.outstanding_micro;
END;
CREATE TRIGGER financial_receivable_removed AFTER DELETE ON financial_invoice
WHEN old.fiscal_state = 'stamped' AND old.outstanding_micro > 0
BEGIN
    UPDATE financial_receivable SET invoices = invoices - 1, outstanding_micro = outstanding_micro - old.outstanding_micro
    WHERE currency = old.currency AND due_date = old.due_date;
    DELETE FROM financial_receivable WHERE invoices = 0 AND currency = old.currency AND due_date = old.due_date;
END;
CREATE TRIGGER financial_receivable_changed AFTER UPDATE ON financial_invoice
WHEN old.fiscal_state IS NOT new.fiscal_state OR old.outstanding_micro IS NOT new.outstanding_micro
    OR old.currency IS NOT new.currency OR old.due_date IS NOT new.due_date
BEGIN
    UPDATE financial_receivable SET invoices = invoices - 1, outstanding_micro = outstanding_micro - old.outstanding_micro
    WHERE currency = old.currency AND due_date = old.due_date
        AND old.fiscal_state = 'stamped' AND old.outstanding_micro > 0;
    INSERT INTO financial_receivable
    SELECT new.currency, new.due_date, 1, new.outstanding_micro
    WHERE new.fiscal_state = 'stamped' AND new.outstanding_micro > 0
    ON CONFLICT DO UPDATE SET invoices = invoices + 1, outstanding_micro = outstanding_micro + excluded.outstanding_micro;
    DELETE FROM financial_receivable WHERE invoices = 0 AND currency = old.currency AND due_date = old.due_date;
END;
