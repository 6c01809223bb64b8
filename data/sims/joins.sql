-- name: sims_counted
-- The lines of the report that are about cards, in one pass.
SELECT
    count(*) FILTER (terminal_key IS NULL) AS cards_without_terminal,
    coalesce(sum(price_fen * 12 // term_months) FILTER (terminal_key IS NULL AND decision IS DISTINCT FROM 'decline'), 0)::BIGINT
        AS yearly_fen,
    count(*) FILTER (expires_on < $today) AS expired,
    count(*) FILTER (expires_on < $today AND cancel_by < $today + $last_call_days::INTEGER) AS cancel_soon,
    count(*) FILTER (unfit IS NOT NULL) AS unfit
FROM sim_now WHERE live;

-- name: terminals_counted
-- The lines that are about terminals, in one pass over the cards that sit in one.
SELECT
    count(*) FILTER (expires) AS terminals_joined,
    count(*) FILTER (sims > 1) AS terminals_with_two_cards,
    (SELECT count(*) FROM terminal WHERE status = 'in_use') - count(*) FILTER (working) AS terminals_without_card
FROM (
    SELECT count(*) AS sims, bool_or(expires_on IS NOT NULL) AS expires, any_value(terminal_status) = 'in_use' AS working
    FROM sim_now WHERE live AND terminal_key IS NOT NULL GROUP BY terminal_key
);

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
