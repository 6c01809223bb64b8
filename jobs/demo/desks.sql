-- name: lately_bought
-- Renewals that went through within the last weeks, but not today, newest first.
SELECT s.obligation, o.sim_id, o.account, l.iccid, l.months, l.amount_fen, s.ended_at
FROM state s JOIN obligation o ON o.id = s.obligation JOIN placement p ON p.obligation = o.id
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
WHERE s.st = 'succeeded' AND s.ended_at BETWEEN $now::TIMESTAMPTZ - INTERVAL 30 DAY AND $now::TIMESTAMPTZ - INTERVAL 3 DAY
ORDER BY o.sim_id * 7919 % 10007, s.obligation LIMIT $count;

-- name: never_ordered
-- A card that nobody here has ordered anything for.
SELECT account, iccid, price_fen AS amount_fen, term_months AS months FROM sim_now
WHERE connector = 'practice' AND status = 'active' AND price_fen IS NOT NULL AND sim_id NOT IN (SELECT sim_id FROM batch_line)
ORDER BY sim_id * 7919 % 10007, sim_id LIMIT $count;

-- name: still_stopped
-- Cards that the carrier keeps stopped although they were paid.
UPDATE sim SET status = 'stopped_arrears', status_seen_at = $now WHERE sim_id IN (SELECT unnest($sims::BIGINT[]));

-- name: not_extended
-- Renewals whose cards do not run on.
SELECT obligation FROM verification WHERE outcome = 'not_extended' ORDER BY obligation LIMIT $count;

-- name: with_people
-- Renewals that only people can settle.
SELECT obligation FROM state WHERE st = 'needs_review' ORDER BY obligation LIMIT $count;
