-- Fiscal documents of a customer who was forgotten: they are kept, and shown to nobody in everyday work.
ALTER TABLE financial_invoice ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
UPDATE financial_invoice SET blocked = 1 WHERE document_state = 'issued' AND customer IN
    (SELECT s.subject FROM person_erased e JOIN person_subject s ON s.key_id = e.key_id);
