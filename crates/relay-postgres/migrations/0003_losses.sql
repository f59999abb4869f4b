-- Logs that follow a lost one, by name: nothing is stamped under the one that stands before it is thawed.
CREATE TABLE loss (
    company   bytea  NOT NULL,
    log       bytea  NOT NULL,
    since_ms  bigint NOT NULL,
    thawed_ms bigint,
    PRIMARY KEY (company, log)
);

-- Who holds nothing more that a log lacks, and whether they had read an earlier one.
CREATE TABLE offered (
    company bytea  NOT NULL,
    log     bytea  NOT NULL,
    device  bytea  NOT NULL,
    witness bigint NOT NULL,
    PRIMARY KEY (company, log, device)
);

-- A fact has a hash too from now on: one that is given back is looked for by it.
CREATE INDEX entry_fact ON entry (company, scope, hash) WHERE author IS NULL AND hash IS NOT NULL;

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['loss', 'offered']
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
