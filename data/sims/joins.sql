-- name: sims_counted
-- The lines of the report that are about cards, in one pass.
SELECT
    count(DISTINCT terminal_key) FILTER (live AND expires_on IS NOT NULL) AS terminals_joined,
    count(DISTINCT terminal_key) FILTER (live) AS terminals_with_card,
    count(*) FILTER (live AND terminal_key IS NULL) AS cards_without_terminal,
    coalesce(sum(price_fen * 12 // term_months) FILTER (live AND terminal_key IS NULL), 0)::BIGINT AS yearly_fen,
    count(*) FILTER (live AND expires_on < $today) AS expired,
    count(*) FILTER (live AND expires_on < $today AND cancel_by < $today + $last_call_days::INTEGER) AS cancel_soon,
    count(*) FILTER (live AND unfit IS NOT NULL) AS unfit
FROM sim_now;

-- name: two_cards
-- Terminals with more than one live card.
SELECT count(*) FROM (SELECT terminal_key FROM sim_now WHERE live AND terminal_key IS NOT NULL GROUP BY 1 HAVING count(*) > 1);

-- name: without_card
-- Terminals in use that no live card sits in.
SELECT count(*) FROM terminal t ANTI JOIN (SELECT terminal_key FROM sim_now WHERE live) n USING (terminal_key)
WHERE t.status = 'in_use';

-- name: in_two_rows
-- Cards a file had twice, with different words.
SELECT count(DISTINCT coalesce(sim_id::VARCHAR, object)) FROM finding WHERE kind = 'card_in_two_rows' AND closed_at IS NULL;

-- name: without_price
-- Plans with live cards and no offer that is valid today.
SELECT count(*) FROM plan p
SEMI JOIN (SELECT DISTINCT plan_id FROM sim_now WHERE live AND price_fen IS NULL) n USING (plan_id);

-- name: without_contact
-- Merchants with a terminal and nobody to call.
SELECT count(*) FROM merchant m WHERE m.contact_phone IS NULL AND m.contact_email IS NULL
    AND m.merchant_id IN (SELECT merchant_id FROM terminal WHERE status = 'in_use');
