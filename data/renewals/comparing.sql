-- name: last_moves
-- Where the last move that the journal speaks of left every attempt.
SELECT o.key, e.n, arg_max(e.to_state, e.seq) AS st, max(e.ts) AS ts
FROM event e JOIN obligation o ON o.id = e.obligation
WHERE NOT list_contains($not_in_journal::INTEGER[], e.arrow)
GROUP BY o.key, e.n;

-- name: attempts
-- What was sent under which number.
SELECT o.key, t.n, t.order_no, t.request_sha256, t.amount_fen, t.sent_at
FROM attempt t JOIN obligation o ON o.id = t.obligation ORDER BY t.obligation, t.n;

-- name: keys
-- What must be bought once, and what its key is made of.
SELECT id, digest, key, account, stem, kind, seq FROM obligation ORDER BY id;
