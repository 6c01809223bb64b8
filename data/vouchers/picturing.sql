-- name: undrawn
-- Papers that can be drawn and are not, oldest first.
SELECT v.*, p.name AS filer FROM voucher v LEFT JOIN person p ON p.person_id = v.filed_by
WHERE v.format IN ('pdf', 'png', 'jpg') AND v.voucher_id NOT IN (SELECT voucher_id FROM voucher_picture)
ORDER BY v.voucher_id LIMIT $limit;

-- name: drawn
-- So many pages of a paper were drawn.
INSERT INTO voucher_picture VALUES ($voucher_id, $pages, $now)
ON CONFLICT DO UPDATE SET pages = excluded.pages, drawn_at = excluded.drawn_at;

-- name: pages
-- How many pages of a paper were drawn.
SELECT pages FROM voucher_picture WHERE voucher_id = $voucher_id;

-- name: shows_account
-- A payee's bank data that this paper proves.
SELECT change_id FROM payee_change WHERE proof = $voucher_id LIMIT 1;
