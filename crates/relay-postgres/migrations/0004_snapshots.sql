-- What vouches for a snapshot of a scope, what devices say of it, and the sealed packs that hold it.
CREATE TABLE manifest (
    company bytea  NOT NULL,
    scope   bigint NOT NULL,
    hash    bytea  NOT NULL,
    log     bytea  NOT NULL,
    cursor  bigint NOT NULL,
    author  bytea  NOT NULL,
    bytes   bytea  NOT NULL,
    PRIMARY KEY (company, scope, hash)
);

CREATE TABLE manifest_word (
    company  bytea  NOT NULL,
    scope    bigint NOT NULL,
    manifest bytea  NOT NULL,
    device   bytea  NOT NULL,
    bytes    bytea  NOT NULL,
    PRIMARY KEY (company, scope, manifest, device)
);

CREATE TABLE pack (
    company  bytea  NOT NULL,
    scope    bigint NOT NULL,
    manifest bytea  NOT NULL,
    hash     bytea  NOT NULL,
    bytes    bytea  NOT NULL,
    PRIMARY KEY (company, scope, manifest, hash)
);

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['manifest', 'manifest_word', 'pack']
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
