-- name: urgent_by_form_key
-- The urgent batch a form has already made.
SELECT id AS batch, items, amount_fen, refused FROM batch WHERE form_key = $form_key AND urgent;

-- name: urgent_on
-- What all people's urgent batches set aside on one day, spent or not.
SELECT coalesce(sum(r.amount_fen), 0)::BIGINT FROM reservation r JOIN batch b ON b.id = r.batch
WHERE r.day = $day AND b.urgent AND r.state <> 'released';

-- name: not_stopped
-- Cards asked for that are not stopped, or not there.
SELECT count(*) FROM (SELECT unnest($sim_ids::BIGINT[]) AS sim_id) w LEFT JOIN sim s USING (sim_id)
WHERE s.sim_id IS NULL OR NOT list_contains($stopped, s.status);

-- name: approve_urgent
-- Approved by nobody, within the lane's limits.
UPDATE batch SET urgent = true, state = 'approved', approved_at = $now, approved_hash = content_hash
WHERE id = $batch AND state = 'proposed';

-- name: see_urgent
-- A checker has looked.
UPDATE batch SET seen_by = $person_id, seen_at = $now
WHERE id = $batch AND urgent AND seen_at IS NULL AND maker <> $person_id RETURNING id;

-- name: unseen
-- Urgent batches that no checker has looked at, oldest first, with their cards.
SELECT b.id, m.name AS maker, b.items, b.amount_fen, b.approved_at, b.state, b.note,
    (SELECT string_agg(l.iccid || coalesce(' · ' || n.merchant, ''), '; ' ORDER BY l.line)
     FROM batch_line l LEFT JOIN sim_now n ON n.sim_id = l.sim_id WHERE l.batch = b.id AND l.refusal IS NULL) AS cards
FROM batch b JOIN person m ON m.person_id = b.maker
WHERE b.urgent AND b.seen_at IS NULL ORDER BY b.id LIMIT $limit;
