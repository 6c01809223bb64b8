-- name: add_export
-- Someone wants a file.
INSERT INTO export (what, format, filters, split_by, language, person_id, asked_at, state, scope)
VALUES ($what, $format, $filters, $split_by, $language, $person_id, $now, 'waiting', $scope) RETURNING export_id;

-- name: export_by_id
-- One export.
SELECT * FROM export WHERE export_id = $export_id;

-- name: waiting_exports
-- What nobody has written yet, oldest first.
SELECT * FROM export WHERE state = 'waiting' ORDER BY export_id LIMIT $limit;

-- name: exports_of
-- What one person asked for, newest first.
SELECT * FROM export WHERE person_id = $person_id ORDER BY export_id DESC LIMIT $limit OFFSET $offset;

-- name: exports_count
-- How many exports one person has asked for.
SELECT count(*) FROM export WHERE person_id = $person_id;

-- name: export_written
-- The file is there.
UPDATE export SET state = 'written', filename = $filename, rows_written = $rows_written, sha256 = $sha256, ended_at = $now
WHERE export_id = $export_id AND state = 'waiting' RETURNING 1;

-- name: export_failed
-- The file could not be written, and why.
UPDATE export SET state = 'failed', error = $error, ended_at = $now
WHERE export_id = $export_id AND state = 'waiting' RETURNING 1;
