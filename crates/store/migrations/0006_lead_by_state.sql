-- The list in the order of its states: every order of the list has its index.
CREATE INDEX lead_by_state ON lead_row (state, n, owner, band, source);
