-- name: back_again
-- Cards that are not to be renewed, although their terminal has signed in or traded since that was decided, with the day,
-- or although they are used again. Where another card runs in the terminal, its trade proves nothing about this one; nor
-- does any trade where only missing usage spoke against the card.
SELECT sim_id, iccid, works_again, last_sign_on AS day
FROM (
    SELECT *, coalesce(last_sign_on > decided_on, false)
            AND (decision_evidence IS NULL OR regexp_matches(decision_evidence, '"(terminal_\w+|merchant_closed|silent)"'))
            AND NOT EXISTS (
                SELECT 1 FROM sim o WHERE o.terminal_key = n.terminal_key AND o.sim_id <> n.sim_id AND o.status = 'active'
            ) AS works_again
    FROM sim_now n SEMI JOIN wanted USING (sim_id) WHERE n.decision = 'decline' AND n.live
)
WHERE works_again OR (contains(decision_evidence, '"idle"') AND used_bytes > 0)
ORDER BY sim_id;

-- name: open_again
-- They are open again, by nobody's word.
UPDATE sim SET decision = 'undecided', decision_reason = NULL, decision_evidence = b.evidence, decided_by = $person_id,
    decided_on = $today, decision_confirmed_on = NULL
FROM back b WHERE sim.sim_id = b.sim_id;

-- name: note_return
-- The history of it.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT sim_id, $now, 'decision', 'decline', 'undecided', $who FROM back;

-- name: note_why
-- And why.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT sim_id, $now, 'decision_evidence', NULL, evidence, $who FROM back;

-- name: find_return
-- Somebody has to look again.
INSERT INTO finding (kind, sim_id, object, detail, source, found_at)
SELECT 'came_back', sim_id, iccid, json_object('evidence', evidence)::VARCHAR, $who, $now FROM back
WHERE sim_id NOT IN (SELECT sim_id FROM finding WHERE kind = 'came_back' AND closed_at IS NULL AND sim_id IS NOT NULL);
