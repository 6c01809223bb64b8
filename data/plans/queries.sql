-- name: offers
-- Plans of one kind at the carriers of some cards, each with the lowest price listed today for its own term.
SELECT p.plan_id, p.plan, p.carrier, p.network, p.quota_bytes, p.term_months, min(o.price_fen) AS price_fen
FROM plan p
LEFT JOIN price o ON o.plan_id = p.plan_id AND o.term_months IS NOT DISTINCT FROM p.term_months
    AND o.valid_from <= $today AND coalesce(o.valid_to, $today) >= $today
WHERE p.kind = $plan_kind AND NOT p.provisional
  AND (p.carrier = '' OR p.carrier IN (SELECT DISTINCT carrier FROM sim_now WHERE sim_id IN (SELECT unnest($sim_ids))))
GROUP BY ALL ORDER BY p.carrier, p.quota_bytes, p.term_months, p.plan;
