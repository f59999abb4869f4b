-- Whether a company is here, left for another store, or is expected from one; and the ticket of that move.
ALTER TABLE company
    ADD COLUMN state text NOT NULL DEFAULT 'here' CHECK (state IN ('here', 'left', 'coming')),
    ADD COLUMN ticket bytea;

-- Only those that are here have work for this store's relays.
CREATE OR REPLACE FUNCTION companies() RETURNS SETOF bytea
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = zuclubit, pg_temp
    AS $$SELECT company FROM company WHERE state = 'here'$$;
