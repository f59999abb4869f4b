-- Rows of the company that the transaction is set to, in every table. Keys are the same in each company: a wall that
-- rested on keys being different would be seen.
INSERT INTO company (company, log_id, created_ms) SELECT own, '\x01', 1 FROM own;
INSERT INTO control SELECT own, n, sha256(int8send(n)), 'record', 1 FROM own, generate_series(0, 4) AS n;
INSERT INTO scope_head SELECT own, scope, 20, 'chain' FROM own, generate_series(1, 3) AS scope;
INSERT INTO entry SELECT own, scope, n, 1, 'chain', 'sealed', 1, 'author', n, int8send(n)
    FROM own, generate_series(1, 3) AS scope, generate_series(1, 20) AS n;
INSERT INTO author SELECT own, 'author', 1 FROM own;
INSERT INTO bag SELECT own, scope, 'generation' FROM own, generate_series(1, 3) AS scope;
INSERT INTO bag_wrap (company, scope, bytes) SELECT own, scope, 'wraps' FROM own, generate_series(1, 3) AS scope;
INSERT INTO bag_row SELECT own, scope, 'key', 'wrap' FROM own, generate_series(1, 3) AS scope;
INSERT INTO bag_erased SELECT own, scope, 'gone' FROM own, generate_series(1, 3) AS scope;
INSERT INTO invite SELECT own, int8send(n), 1, 'offer' FROM own, generate_series(1, 3) AS n;
INSERT INTO enrolment SELECT own, int8send(n), 'device', 'request', 'waiting', 1 FROM own, generate_series(1, 3) AS n;
INSERT INTO request SELECT own, int8send(n), 'digest', 'receipt', 1 FROM own, generate_series(1, 3) AS n;
INSERT INTO folio SELECT own, 'A', n, int8send(n), 'reserved' FROM own, generate_series(1, 5) AS n;
INSERT INTO rfc_claim SELECT own, int8send(n), 'account', 'device', 1 FROM own, generate_series(1, 3) AS n;
INSERT INTO lead_claim SELECT own, n, int8send(n), 'device', 1 FROM own, generate_series(1, 3) AS n;
INSERT INTO lease SELECT own, 'saga', n::text, 'device', 1, 1 FROM own, generate_series(1, 3) AS n;
INSERT INTO stamp_intent SELECT own, int8send(n), 'issue', 'A', n FROM own, generate_series(1, 5) AS n;
INSERT INTO stamp_attempt (company, stamp_key, invoice, serie, folio, scope, made_by, state, due_ms, xml, received_ms)
    SELECT own, 'key' || n, int8send(n), 'A', n, 3, 'device', 'RECEIVED', 1, 'xml', 1
    FROM own, generate_series(1, 5) AS n;
INSERT INTO idempotency (company, who, key, request, at_ms)
    SELECT own, 'who', n::text, 'request', 1 FROM own, generate_series(1, 3) AS n;
INSERT INTO loss SELECT own, int8send(n), 1, NULL FROM own, generate_series(1, 3) AS n;
INSERT INTO offered SELECT own, int8send(n), 'device', 1 FROM own, generate_series(1, 3) AS n;
INSERT INTO attachment SELECT own, scope, 'file', 10, 10, 1 FROM own, generate_series(1, 3) AS scope;
INSERT INTO attachment_piece SELECT own, scope, 'file', 0, 'ten sealed' FROM own, generate_series(1, 3) AS scope;
INSERT INTO attachment_dropped SELECT own, scope, 'gone', 1 FROM own, generate_series(1, 3) AS scope;
INSERT INTO manifest SELECT own, scope, 'manifest', 'log', 1, 'device', 'bytes' FROM own, generate_series(1, 3) AS scope;
INSERT INTO manifest_word SELECT own, scope, 'manifest', 'device', 'word' FROM own, generate_series(1, 3) AS scope;
INSERT INTO pack SELECT own, scope, 'manifest', 'pack', 'sealed' FROM own, generate_series(1, 3) AS scope;
INSERT INTO log_begin SELECT own, scope, 5, 'manifest', 'later', 1 FROM own, generate_series(1, 3) AS scope;
INSERT INTO held SELECT own, scope, 'device', 'word' FROM own, generate_series(1, 3) AS scope;
INSERT INTO seen SELECT own, int8send(n), 1 FROM own, generate_series(1, 3) AS n;
INSERT INTO left_behind SELECT own, scope, 'device', 'digest', 'sealed', 1 FROM own, generate_series(1, 3) AS scope;
