-- Probes of one transaction: tries `tries` times to see or touch rows of other companies, and counts what came of it.
-- `own` is the company the transaction is set to, or empty. A template is a row of a victim as JSON, and the columns
-- that may be written. A row that was seen, a row that was touched, and any error but "not allowed" is a leak: an
-- error of another kind (a duplicate, a division by zero) would tell that there is a row.
CREATE FUNCTION pg_temp.probe(seed float8, tries int, own text, victims text[], templates jsonb)
RETURNS TABLE (verb text, probes bigint, refused bigint, unseen bigint, leaked bigint, example text)
LANGUAGE plpgsql AS $probe$
DECLARE
    verbs constant text[] := ARRAY[
        'select', 'select all but own', 'select by error', 'select for update', 'insert', 'upsert', 'update',
        'give away', 'delete'];
    asked bigint[] := array_fill(0::bigint, ARRAY[9]);
    denied bigint[] := array_fill(0::bigint, ARRAY[9]);
    blind bigint[] := array_fill(0::bigint, ARRAY[9]);
    broken bigint[] := array_fill(0::bigint, ARRAY[9]);
    first_leak text[] := array_fill(NULL::text, ARRAY[9]);
    template jsonb;
    kept text;
    columns text;
    victim bytea;
    mine bytea := decode(own, 'hex');
    kind int;
    statement text;
    touched bigint;
BEGIN
    PERFORM setseed(seed);
    FOR try IN 1..tries LOOP
        kind := 1 + floor(random() * 9)::int;
        template := templates -> floor(random() * jsonb_array_length(templates))::int;
        kept := template ->> 'table';
        columns := template ->> 'columns';
        victim := decode(victims[1 + floor(random() * array_length(victims, 1))::int], 'hex');
        template := (template -> 'row') || jsonb_build_object('company', '\x' || encode(victim, 'hex'));
        statement := CASE kind
            WHEN 1 THEN format('SELECT company FROM %I WHERE company = $1', kept)
            WHEN 2 THEN format('SELECT company FROM %I WHERE company IS DISTINCT FROM $2', kept)
            WHEN 3 THEN format('SELECT company FROM %I WHERE 1 / (company = $2)::int = 0', kept)
            WHEN 4 THEN format('SELECT company FROM %I WHERE company = $1 FOR UPDATE', kept)
            WHEN 5 THEN format(
                'INSERT INTO %1$I (%2$s) SELECT %2$s FROM jsonb_populate_record(NULL::%1$I, $3)', kept, columns)
            WHEN 6 THEN format(
                'INSERT INTO %1$I (%2$s) SELECT %2$s FROM jsonb_populate_record(NULL::%1$I, $3)
                 ON CONFLICT DO NOTHING', kept, columns)
            WHEN 7 THEN format('UPDATE %I SET company = company WHERE company = $1', kept)
            WHEN 8 THEN format('UPDATE %I SET company = $1 WHERE company = $2', kept)
            ELSE format('DELETE FROM %I WHERE company = $1', kept)
        END;
        asked[kind] := asked[kind] + 1;
        BEGIN
            EXECUTE statement USING victim, mine, template;
            GET DIAGNOSTICS touched = ROW_COUNT;
            IF touched = 0 THEN
                blind[kind] := blind[kind] + 1;
            ELSE
                broken[kind] := broken[kind] + touched;
                first_leak[kind] := COALESCE(first_leak[kind], kept || ': ' || touched || ' rows');
            END IF;
        EXCEPTION
            WHEN insufficient_privilege THEN
                denied[kind] := denied[kind] + 1;
            WHEN OTHERS THEN
                broken[kind] := broken[kind] + 1;
                first_leak[kind] := COALESCE(first_leak[kind], kept || ': ' || SQLSTATE || ' ' || SQLERRM);
        END;
    END LOOP;
    RETURN QUERY SELECT unnest(verbs), unnest(asked), unnest(denied), unnest(blind), unnest(broken), unnest(first_leak);
END
$probe$
