-- name: open_one
-- A finding, unless the same one is open already.
INSERT INTO finding (kind, sim_id, object, detail, source, found_at)
SELECT $kind, $sim_id, $object, $detail, $source, $now
WHERE NOT EXISTS (
    FROM finding WHERE kind = $kind AND object = $object AND detail = $detail AND sim_id IS NOT DISTINCT FROM $sim_id
        AND closed_at IS NULL
);

-- name: close_one
-- Somebody settled it.
UPDATE finding SET closed_at = $now WHERE finding_id = $finding_id AND closed_at IS NULL RETURNING object;

-- name: open_ones
-- What does not add up and is open, newest first.
SELECT f.finding_id, f.kind, f.sim_id, s.iccid, f.object, f.detail, f.source, f.found_at
FROM (
    SELECT * FROM finding
    WHERE closed_at IS NULL
        AND ($sim_id::BIGINT IS NULL OR sim_id = $sim_id) AND ($kind::VARCHAR IS NULL OR kind = $kind)
    ORDER BY finding_id DESC LIMIT $limit OFFSET $offset
) f LEFT JOIN sim s USING (sim_id)
ORDER BY f.finding_id DESC;

-- name: counted
-- Open findings per kind.
SELECT kind, count(*) AS findings FROM finding WHERE closed_at IS NULL GROUP BY kind ORDER BY findings DESC, kind;
