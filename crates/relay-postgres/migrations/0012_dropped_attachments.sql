-- Files that nothing opens any more: their bytes are gone, and are taken from nobody again.
CREATE TABLE attachment_dropped (
    company bytea  NOT NULL,
    scope   bigint NOT NULL,
    id      bytea  NOT NULL,
    at_ms   bigint NOT NULL,
    PRIMARY KEY (company, scope, id)
);

ALTER TABLE attachment_dropped ENABLE ROW LEVEL SECURITY;
ALTER TABLE attachment_dropped FORCE ROW LEVEL SECURITY;
CREATE POLICY own_company ON attachment_dropped
    USING (company = (SELECT decode(current_setting('zuc.company', true), 'hex')))
    WITH CHECK (company = (SELECT decode(current_setting('zuc.company', true), 'hex')));
