-- name: set_mark
-- How far the journal is with what this transaction does.
INSERT INTO journal_mark (one, segment, line, hash) VALUES (1, $segment, $line, $hash);

-- name: move_mark
-- The same, where there is a mark already: every chunk of orders comes by here twice.
UPDATE journal_mark SET segment = $segment, line = $line, hash = $hash;

-- name: mark
-- How far the journal was when this database last wrote to it.
SELECT segment, line, hash FROM journal_mark;
