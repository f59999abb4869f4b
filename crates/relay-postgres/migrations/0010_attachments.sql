-- Sealed files, by the hash of their bytes: how long each is, and how much of it is here.
CREATE TABLE attachment (
    company bytea  NOT NULL,
    scope   bigint NOT NULL,
    id      bytea  NOT NULL,
    size    bigint NOT NULL,
    have    bigint NOT NULL,
    at_ms   bigint NOT NULL,
    PRIMARY KEY (company, scope, id)
);

-- Their bytes as they came, one piece after the other.
CREATE TABLE attachment_piece (
    company bytea  NOT NULL,
    scope   bigint NOT NULL,
    id      bytea  NOT NULL,
    place   bigint NOT NULL,
    bytes   bytea  NOT NULL,
    PRIMARY KEY (company, scope, id, place)
);
-- What is sealed does not compress.
ALTER TABLE attachment_piece ALTER COLUMN bytes SET STORAGE EXTERNAL;

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['attachment', 'attachment_piece']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', kept);
        EXECUTE format(
            'CREATE POLICY own_company ON %I
             USING (company = (SELECT decode(current_setting(''zuc.company'', true), ''hex'')))
             WITH CHECK (company = (SELECT decode(current_setting(''zuc.company'', true), ''hex'')))',
            kept);
    END LOOP;
END
$$;
