-- name: add_upload
-- A file someone dropped, to be read.
INSERT INTO upload (sha256, filename, bytes, source, person_id, kind, layout, state, uploaded_at)
VALUES ($sha256, $filename, $bytes, $source, $person_id, $kind, $layout, $state, $now) RETURNING upload_id;

-- name: upload_by_id
-- One upload with the name of who dropped it.
SELECT u.*, p.name AS person FROM upload u LEFT JOIN person p USING (person_id) WHERE upload_id = $upload_id;

-- name: uploads
-- What was dropped lately, newest first.
SELECT u.* REPLACE (NULL::VARCHAR AS preview), p.name AS person FROM upload u LEFT JOIN person p USING (person_id)
WHERE state <> 'discarded' ORDER BY upload_id DESC LIMIT $limit;

-- name: open_uploads
-- What wants reading or importing, oldest first.
SELECT u.*, p.name AS person FROM upload u LEFT JOIN person p USING (person_id)
WHERE state IN ('waiting', 'accepted') ORDER BY upload_id LIMIT $limit;

-- name: known_since
-- When these very bytes were taken whole, under the same kind and mapping.
SELECT min(ended_at) FROM upload
WHERE sha256 = $sha256 AND state = 'imported' AND rows_refused = 0 AND kind = $kind AND mapping = $mapping;

-- name: choose
-- What a person corrected; the file is read again.
UPDATE upload SET kind = coalesce($kind, kind), mapping = $mapping, layout = NULL, state = 'waiting', error = NULL,
    ended_at = NULL
WHERE upload_id = $upload_id AND state IN ('previewed', 'refused') RETURNING upload_id;

-- name: accept
-- The person saw the preview and wants the good rows.
UPDATE upload SET state = 'accepted' WHERE upload_id = $upload_id AND state = 'previewed' RETURNING upload_id;

-- name: discard
-- The person does not want it.
UPDATE upload SET state = 'discarded', ended_at = $now
WHERE upload_id = $upload_id AND state IN ('waiting', 'previewed', 'refused') RETURNING upload_id;

-- name: previewed
-- What the file would do.
UPDATE upload SET state = 'previewed', kind = $kind, layout = $layout, mapping = $mapping, preview = $preview,
    rows_new = $new, rows_changed = $changed, rows_same = $same, rows_refused = $refused
WHERE upload_id = $upload_id AND state = 'waiting' RETURNING upload_id;

-- name: imported
-- What the file did.
UPDATE upload SET state = 'imported', kind = $kind, layout = $layout, mapping = $mapping, rows_new = $new,
    rows_changed = $changed, rows_same = $same, rows_refused = $refused, ended_at = $now
WHERE upload_id = $upload_id AND state IN ('waiting', 'accepted') RETURNING upload_id;

-- name: refused
-- The file as a whole was not taken.
UPDATE upload SET state = 'refused', error = $error, preview = coalesce($preview, preview), rows_refused = $refused, ended_at = $now
WHERE upload_id = $upload_id AND state IN ('waiting', 'accepted') RETURNING upload_id;

-- name: forget_refusals
-- A file that is read again is judged again.
DELETE FROM upload_refusal WHERE upload_id = $upload_id;

-- name: add_refusals
-- The rows of a file that were not taken.
INSERT INTO upload_refusal (upload_id, sheet, line, "column", value, reason)
SELECT $upload_id, sheet, line, "column", value, reason FROM refused_rows;

-- name: refusals
-- Refused rows in the file's order.
SELECT sheet, line, "column", value, reason FROM upload_refusal WHERE upload_id = $upload_id
ORDER BY sheet, line, "column" LIMIT $limit OFFSET $offset;

-- name: count_refusals
-- How many refused cells and rows there are to look at.
SELECT count(*) FROM upload_refusal WHERE upload_id = $upload_id;

-- name: layouts
-- Named mappings.
SELECT name, kind, headers, mapping FROM layout ORDER BY name;

-- name: save_layout
-- A mapping under a name; the same name again is a better mapping.
INSERT OR REPLACE INTO layout (name, kind, headers, mapping, person_id, saved_at)
VALUES ($name, $kind, $headers, $mapping, $person_id, $now);
