-- name: set_mark
-- How far the journal is with what this transaction does.
INSERT INTO journal_mark (one, segment, line, hash) VALUES (1, $segment, $line, $hash)
ON CONFLICT (one) DO UPDATE SET segment = excluded.segment, line = excluded.line, hash = excluded.hash;

-- name: mark
-- How far the journal was when this database last wrote to it.
SELECT segment, line, hash FROM journal_mark;
