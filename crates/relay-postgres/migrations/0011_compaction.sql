-- From where on a scope's log is here: of an entry at `seq` or before it everything stays but its bytes, which are empty. `manifest`
-- is the snapshot for which they were dropped, `waits` the one for which more is to be, since `since_ms`; both stay.
CREATE TABLE log_begin (
    company  bytea  NOT NULL,
    scope    bigint NOT NULL,
    seq      bigint NOT NULL,
    manifest bytea,
    waits    bytea,
    since_ms bigint,
    PRIMARY KEY (company, scope)
);

-- What a device says last that it holds of a scope's log.
CREATE TABLE held (
    company bytea  NOT NULL,
    scope   bigint NOT NULL,
    device  bytea  NOT NULL,
    bytes   bytea  NOT NULL,
    PRIMARY KEY (company, scope, device)
);

-- The day on which a device was last there.
CREATE TABLE seen (
    company bytea  NOT NULL,
    device  bytea  NOT NULL,
    at_ms   bigint NOT NULL,
    PRIMARY KEY (company, device)
);

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['log_begin', 'held', 'seen']
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

-- The relay's role may not change an entry. What it may is in these two: to drop the bytes of entries before the begin of a log
-- that is not fiscal, and to give back bytes that were dropped. The row security of the company holds in them too.
CREATE FUNCTION clear_bodies(of_scope bigint, most bigint) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = zuclubit, pg_temp
    AS $$
        WITH cleared AS (
            UPDATE entry SET bytes = ''
            WHERE company = (SELECT decode(current_setting('zuc.company', true), 'hex')) AND scope = of_scope AND of_scope <> 3
                AND seq IN (
                    SELECT seq FROM entry
                    WHERE company = (SELECT decode(current_setting('zuc.company', true), 'hex')) AND scope = of_scope
                        AND bytes <> '' AND seq <= (
                            SELECT seq FROM log_begin
                            WHERE company = (SELECT decode(current_setting('zuc.company', true), 'hex'))
                                AND scope = of_scope)
                    ORDER BY seq LIMIT most)
            RETURNING 1)
        SELECT count(*) FROM cleared
    $$;
REVOKE ALL ON FUNCTION clear_bodies(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION give_body(of_scope bigint, at bigint, body bytea) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = zuclubit, pg_temp
    AS $$
        WITH given AS (
            UPDATE entry SET bytes = body
            WHERE company = (SELECT decode(current_setting('zuc.company', true), 'hex')) AND scope = of_scope AND seq = at
                AND bytes = ''
            RETURNING 1)
        SELECT count(*) FROM given
    $$;
REVOKE ALL ON FUNCTION give_body(bigint, bigint, bytea) FROM PUBLIC;
