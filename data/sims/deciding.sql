-- name: note_decisions
-- The history of a decision.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT sim_id, $now, 'decision', decision, $decision, $who FROM sim
WHERE sim_id IN (SELECT unnest($sim_ids::BIGINT[])) AND decision IS DISTINCT FROM $decision;

-- name: note_reasons
-- And why it was taken, in the person's own words.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT unnest($sim_ids::BIGINT[]), $now, 'decision_reason', NULL, $reason, $who;

-- name: note_evidence
-- And what rules had named for it.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT sim_id, $now, 'decision_evidence', NULL, evidence, $who FROM judged;

-- name: decide
-- What a person decided about cards.
UPDATE sim SET decision = $decision, decision_reason = $reason, decision_evidence = NULL, decided_by = $person_id,
    decided_on = $today, decision_confirmed_on = NULL
WHERE sim_id IN (SELECT unnest($sim_ids::BIGINT[]));

-- name: keep_evidence
-- The evidence a proposal was judged by stays with the decision.
UPDATE sim SET decision_evidence = j.evidence FROM judged j WHERE sim.sim_id = j.sim_id;

-- name: close_returns
-- Somebody has looked at what had come back by itself.
UPDATE finding SET closed_at = $now
WHERE kind = 'came_back' AND closed_at IS NULL AND sim_id IN (SELECT unnest($sim_ids::BIGINT[]));

-- name: judge
-- Proposals not to renew that still stand, with what speaks for them.
SELECT sim_id, evidence, last_sign_on, idle_months, successor FROM sim_now
WHERE sim_id IN (SELECT unnest($sim_ids::BIGINT[])) AND {where} ORDER BY sim_id;

-- name: confirm
-- Asked once more, and it stays with the decision.
UPDATE sim SET decision_confirmed_on = $today
WHERE sim_id IN (SELECT unnest($sim_ids::BIGINT[])) AND decision = 'decline' AND decision_confirmed_on IS NULL
RETURNING sim_id;

-- name: note_confirmed
-- The history of it.
INSERT INTO sim_change (sim_id, ts, field, before, after, source)
SELECT unnest($sim_ids::BIGINT[]), $now, 'decision_confirmed', NULL, $today::VARCHAR, $who;

-- name: savings
-- What not renewing the cards of a list saves: with their next term, and a year; how many renew by themselves at the
-- carrier, and for how many a renewal is under way.
SELECT count(*) AS sims, coalesce(sum(price_fen), 0)::BIGINT AS term_fen,
    coalesce(sum(price_fen * 12 // term_months), 0)::BIGINT AS year_fen,
    count(*) FILTER (price_fen IS NULL) AS unpriced, count(*) FILTER (auto_renew) AS auto_renewing,
    count(*) FILTER (sim_id IN (SELECT sim_id FROM renewing)) AS under_way
FROM sim_now WHERE {where};

-- name: by_evidence
-- How many cards of a list each kind of evidence speaks against.
SELECT code, count(*) AS sims FROM (SELECT unnest(string_split(evidence, ' ')) AS code FROM sim_now WHERE {where})
GROUP BY code ORDER BY sims DESC, code;

-- name: page
-- One page of a list about decisions: as every list of cards, and what speaks for the decision.
SELECT {shown}, n.evidence, n.last_sign_on, n.successor, n.auto_renew, n.term_months,
    n.price_fen * 12 // n.term_months AS year_fen, n.decision_confirmed_on
FROM sim_now n
SEMI JOIN (SELECT sim_id FROM sim_now WHERE {where} ORDER BY {order} LIMIT $limit OFFSET $offset) USING (sim_id)
LEFT JOIN renewing r ON r.sim_id = n.sim_id
ORDER BY {order};
