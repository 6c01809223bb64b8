-- name: guard_of_batch
-- What must still hold before anything of a batch is claimed: its content, and who answers for it.
SELECT b.state, b.urgent, b.acting_for, b.content_hash = b.approved_hash AS content_holds, p.active, p.role, p.person_id, p.name,
    m.active AS maker_active, m.role AS maker_role, a.active AS for_active, a.role AS for_role,
    EXISTS (
        FROM deputy d WHERE d.approver = b.acting_for AND d.person_id = b.checker AND d.ended_at IS NULL
          AND (b.approved_at AT TIME ZONE 'Asia/Shanghai')::DATE BETWEEN d.from_day AND d.to_day
    ) AS deputy_holds
FROM batch b
JOIN person m ON m.person_id = b.maker
LEFT JOIN person p ON p.person_id = b.checker
LEFT JOIN person a ON a.person_id = b.acting_for
WHERE b.id = $batch;

-- name: move_states
-- The guarded move of every registered result.
UPDATE state SET st = r.after, reason = r.reason,
    detail = CASE WHEN r.arrow = 12 THEN coalesce(r.detail, state.detail) ELSE r.detail END,
    carrier_ref = coalesce(r.carrier_ref, state.carrier_ref), new_expiry = coalesce(r.new_expiry, state.new_expiry),
    proof = r.proof, not_found = r.not_found, asked = r.asked,
    trips = state.trips + (r.arrow IN (3, 10) AND r.reason IS NOT NULL AND r.reason NOT IN ('not_reached', 'credential_refused'))::INTEGER, next_at = r.next_at,
    changed_at = CASE WHEN r.arrow = 12 OR (r.arrow = 6 AND r.asked > 0) THEN state.changed_at ELSE $now END,
    ended_at = CASE WHEN r.after IN ('succeeded', 'failed', 'cancelled', 'needs_review') THEN $now END
FROM made r
WHERE state.obligation = r.obligation AND state.n = r.n AND state.st = r.before AND state.asked = r.asked_before
RETURNING state.obligation;

-- name: result_events
-- One event per move made.
INSERT INTO event (ts, actor, obligation, n, arrow, from_state, to_state, evidence)
SELECT $now, $actor, obligation, n, arrow, before, after, evidence FROM made;

-- name: settle_reservations
-- Spent when bought, free again when surely not bought; doubt keeps the money set aside.
UPDATE reservation SET state = CASE WHEN r.after = 'succeeded' THEN 'spent' ELSE 'released' END
FROM made r WHERE reservation.obligation = r.obligation AND r.after IN ('succeeded', 'failed', 'cancelled');

-- name: bought_changes
-- The card's own history.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT s.sim_id, $now, 'expires_on', s.expires_on::VARCHAR, r.new_expiry::VARCHAR, 'renewal'
FROM made r JOIN sim s ON s.sim_id = r.sim_id
WHERE r.after = 'succeeded' AND s.expires_on IS DISTINCT FROM r.new_expiry AND r.new_expiry IS NOT NULL;

-- name: about_obligations
-- The cards of purchases.
SELECT id AS obligation, sim_id, kind, old_expiry FROM obligation WHERE id IN (SELECT unnest($obligations::BIGINT[]));

-- name: bought_sims
-- The card runs on; months keep counting from the day they always counted from.
UPDATE sim SET expires_on = r.new_expiry, anchor_day = coalesce(sim.anchor_day, day(r.old_expiry)),
    expiry_source = 'renewal', expiry_seen_at = $now, observed_at = $now
FROM made r WHERE sim.sim_id = r.sim_id AND r.after = 'succeeded' AND r.new_expiry IS NOT NULL;

-- name: expiry_findings
-- The carrier's date wins; where it is not the one the approver saw, that is a finding, once.
INSERT INTO finding (kind, sim_id, object, detail, source, found_at)
SELECT 'expiry_differs', o.sim_id, l.iccid,
    json_object('expected', l.new_expiry::VARCHAR, 'told', r.new_expiry::VARCHAR)::VARCHAR AS said, 'account ' || o.account, $now
FROM made r JOIN obligation o ON o.id = r.obligation
JOIN placement p ON p.obligation = o.id JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
WHERE r.after = 'succeeded' AND r.new_expiry <> l.new_expiry
  AND NOT EXISTS (
      FROM finding f WHERE f.kind = 'expiry_differs' AND f.sim_id = o.sim_id AND f.detail = said AND f.closed_at IS NULL
  );

-- name: finished_batches
-- Batches with nothing left to send and nothing left to learn.
SELECT id FROM batch
WHERE state IN ('approved', 'running') AND NOT EXISTS (
    FROM placement p JOIN state s ON s.obligation = p.obligation
    WHERE p.batch = batch.id AND s.st IN ('pending', 'submitted', 'unknown'))
ORDER BY id;

-- name: due_unknowns
-- Orders without a clear answer whose next slot has come. What a restored database has lost sight of may have been sent
-- until the restore, and perhaps without an attempt of ours.
SELECT s.obligation, s.n, s.reason, s.asked, s.not_found, s.trips, s.changed_at AS doubted_at, s.carrier_ref,
    o.sim_id, o.key, o.kind, o.old_expiry, l.batch, l.account, l.iccid, m.msisdn, l.plan, l.months, l.amount_fen, l.new_expiry,
    coalesce(t.expires_before, o.old_expiry) AS expires_before, t.request_sha256, t.sent_at,
    CASE WHEN t.deadline_at IS NULL OR s.reason IN ('restored', 'restored_rest') THEN greatest(t.deadline_at, s.changed_at)
        ELSE t.deadline_at END AS deadline_at
FROM state s
JOIN obligation o ON o.id = s.obligation
JOIN placement p ON p.obligation = s.obligation
JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
LEFT JOIN sim m ON m.sim_id = o.sim_id
LEFT JOIN attempt t ON t.obligation = s.obligation AND t.n = s.n
WHERE s.st = 'unknown' AND s.next_at <= $now
  AND o.account NOT IN (SELECT unnest($but::VARCHAR[]))
ORDER BY s.next_at LIMIT $limit;

-- name: others_for_card
-- Other orders of ours for this card since the reading before this one.
SELECT count(*) FROM obligation o JOIN state s ON s.obligation = o.id
WHERE o.sim_id = $sim_id AND o.id <> $obligation AND s.submitted_at >= $since AND s.st IN ('submitted', 'unknown', 'succeeded', 'needs_review');

-- name: submitted_items
-- What was out when the process ended.
SELECT s.obligation, s.n, o.key, s.asked, t.order_no, t.amount_fen, p.batch
FROM state s JOIN obligation o ON o.id = s.obligation JOIN placement p ON p.obligation = s.obligation
LEFT JOIN attempt t ON t.obligation = s.obligation AND t.n = s.n
WHERE s.st = 'submitted';

-- name: intents_without_attempt
-- Journal intents whose transaction never made it into the database.
SELECT i.digest, i.n, o.id AS obligation, s.st, s.n AS n_now, s.asked
FROM intents i
LEFT JOIN obligation o ON o.digest = i.digest::UUID
LEFT JOIN attempt t ON t.obligation = o.id AND t.n = i.n
LEFT JOIN state s ON s.obligation = o.id
WHERE t.n IS NULL;

-- name: keep_lost_attempts
-- Their attempts, as the journal has them.
INSERT INTO attempt
    (obligation, n, batch, plan, months, amount_fen, currency, order_no, request_sha256, expires_before, sent_at, deadline_at)
SELECT obligation, n, batch, plan, months, amount_fen, 'CNY', order_no, request_sha256, expires_before::DATE,
    sent_at::TIMESTAMPTZ, deadline_at::TIMESTAMPTZ
FROM lost;

-- name: stale_sims
-- Cards whose joined row is older than the card itself.
SELECT s.sim_id FROM sim s JOIN sim_now n ON n.sim_id = s.sim_id
WHERE s.expires_on IS DISTINCT FROM n.expires_on OR s.status <> n.status OR s.plan_id IS DISTINCT FROM n.plan_id;

-- name: paid_and_stopped
-- Cards that were stopped because they had expired, have been paid since, and have not been read again.
SELECT sim_id, iccid, account FROM sim
WHERE status = 'stopped_expired' AND expiry_source = 'renewal' AND expires_on >= $today
  AND (status_seen_at IS NULL OR status_seen_at < expiry_seen_at)
LIMIT $limit;

-- name: status_changes
-- What the readings change, for the card's own history.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT s.sim_id, $now, 'status', s.status, r.status, 'account ' || r.account
FROM readings r JOIN sim s ON s.sim_id = r.sim_id WHERE s.status <> r.status;

-- name: keep_statuses
-- The cards as the carrier says they are now.
UPDATE sim SET status = r.status, status_seen_at = $now, observed_at = $now FROM readings r WHERE sim.sim_id = r.sim_id;

-- name: counted_by_scan
-- Rows of the money tables as a scan of a plain column sees them.
SELECT (SELECT count(st) FROM state) AS state, (SELECT count(key) FROM obligation) AS obligation, (SELECT count(order_no) FROM attempt) AS attempt;

-- name: counted_by_keys
-- The same, counting states that have an obligation, and each key once.
SELECT
    (SELECT count(*) FROM state a WHERE EXISTS (FROM obligation b WHERE b.id = a.obligation)) AS state,
    (SELECT count(DISTINCT id) FROM obligation) AS obligation,
    (SELECT count(DISTINCT (obligation, n)) FROM attempt) AS attempt;

-- name: alarms
-- What a person has to look at: a reply that is not ours, a schedule used up. Once per order.
INSERT INTO finding (kind, sim_id, object, detail, source, found_at)
SELECT CASE r.reason WHEN 'schedule_used' THEN 'money_no_answer' ELSE 'money_reply' END, o.sim_id, l.iccid,
    json_object('order_no', r.order_no, 'ours_fen', r.amount_fen, 'told', coalesce(r.detail, ''))::VARCHAR, 'account ' || o.account, $now
FROM made r JOIN obligation o ON o.id = r.obligation
JOIN placement p ON p.obligation = o.id JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
WHERE r.after = 'needs_review' AND r.reason IN ('schedule_used', 'reply_differs');

-- name: changed_plans
-- The card's own history: another plan.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT s.sim_id, $now, 'plan', b.plan, l.plan, 'renewal'
FROM made r JOIN obligation o ON o.id = r.obligation
JOIN placement p ON p.obligation = o.id JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
JOIN sim s ON s.sim_id = o.sim_id LEFT JOIN plan b ON b.plan_id = s.plan_id
WHERE r.after = 'succeeded' AND o.kind = 'plan-change' AND s.plan_id IS DISTINCT FROM l.plan_id;

-- name: change_plans
-- The card has the plan that was ordered.
UPDATE sim SET plan_id = l.plan_id, observed_at = $now
FROM made r JOIN obligation o ON o.id = r.obligation
JOIN placement p ON p.obligation = o.id JOIN batch_line l ON l.batch = p.batch AND l.digest = o.digest
WHERE sim.sim_id = o.sim_id AND r.after = 'succeeded' AND o.kind = 'plan-change' AND l.plan_id IS NOT NULL;

-- name: changed_statuses
-- The card's own history: stopped or running.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT s.sim_id, $now, 'status', s.status, CASE o.kind WHEN 'suspend' THEN 'stopped_manual' ELSE 'active' END, 'renewal'
FROM made r JOIN obligation o ON o.id = r.obligation JOIN sim s ON s.sim_id = o.sim_id
WHERE r.after = 'succeeded' AND o.kind IN ('suspend', 'resume')
  AND s.status <> CASE o.kind WHEN 'suspend' THEN 'stopped_manual' ELSE 'active' END;

-- name: change_statuses
-- The card is stopped, or runs again.
UPDATE sim SET status = CASE o.kind WHEN 'suspend' THEN 'stopped_manual' ELSE 'active' END, status_seen_at = $now, observed_at = $now
FROM made r JOIN obligation o ON o.id = r.obligation
WHERE sim.sim_id = o.sim_id AND r.after = 'succeeded' AND o.kind IN ('suspend', 'resume');
