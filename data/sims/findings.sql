-- name: close_some
-- Somebody settled them.
UPDATE finding SET closed_at = $now WHERE closed_at IS NULL AND list_contains($finding_ids::BIGINT[], finding_id)
RETURNING finding_id, object;

-- name: open_ones
-- What does not add up and is open, newest first.
SELECT f.finding_id, f.kind, s.iccid, f.object, f.detail, f.source, f.found_at
FROM (
    SELECT * FROM finding WHERE closed_at IS NULL AND kind = $kind
    ORDER BY finding_id DESC LIMIT $limit OFFSET $offset
) f LEFT JOIN sim s USING (sim_id)
ORDER BY f.finding_id DESC;

-- name: counted
-- Open findings per kind.
SELECT kind, count(*) AS findings FROM finding WHERE closed_at IS NULL GROUP BY kind ORDER BY findings DESC, kind;
