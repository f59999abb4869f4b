-- What a device whose person left could not send, of each scope one, sealed. Without bytes once it was dealt with or its time is
-- over; `digest` names it still: another is not taken.
CREATE TABLE left_behind (
    company bytea  NOT NULL,
    scope   bigint NOT NULL,
    device  bytea  NOT NULL,
    digest  bytea  NOT NULL,
    bytes   bytea,
    at_ms   bigint NOT NULL,
    PRIMARY KEY (company, scope, device)
);
-- What is sealed does not compress.
ALTER TABLE left_behind ALTER COLUMN bytes SET STORAGE EXTERNAL;

ALTER TABLE left_behind ENABLE ROW LEVEL SECURITY;
ALTER TABLE left_behind FORCE ROW LEVEL SECURITY;
CREATE POLICY own_company ON left_behind
    USING (company = (SELECT decode(current_setting('zuc.company', true), 'hex')))
    WITH CHECK (company = (SELECT decode(current_setting('zuc.company', true), 'hex')));
