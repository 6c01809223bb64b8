-- name: trading_again
-- Cards that were not to be renewed and whose terminal has signed in or traded since the day it was decided, with the
-- day it did. Where another card runs in the terminal, its trade proves nothing about this one.
SELECT s.sim_id, s.iccid, greatest(t.last_trade_on, timezone('Asia/Shanghai', t.last_seen_at)::DATE) AS day
FROM sim s SEMI JOIN wanted USING (sim_id) JOIN terminal t ON t.terminal_key = s.terminal_key
WHERE s.decision = 'decline' AND s.status NOT IN ('cancelled', 'replaced', 'lost')
    AND greatest(t.last_trade_on, timezone('Asia/Shanghai', t.last_seen_at)::DATE) > s.decided_on
    AND NOT EXISTS (
        SELECT 1 FROM sim o WHERE o.terminal_key = s.terminal_key AND o.sim_id <> s.sim_id AND o.status = 'active'
    )
ORDER BY s.sim_id;

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
SELECT 'trades_again', sim_id, iccid, json_object('day', day::VARCHAR)::VARCHAR, $who, $now FROM back
WHERE sim_id NOT IN (SELECT sim_id FROM finding WHERE kind = 'trades_again' AND closed_at IS NULL AND sim_id IS NOT NULL);
