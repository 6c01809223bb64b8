-- name: usual_plan
-- The plan most cards of an account in use are on, that ends for most of them within a year, with its price.
SELECT plan_id, plan, min(term_months) AS term_months, min(price_fen) AS price_fen FROM sim_now
WHERE account = $account AND live AND plan_id IS NOT NULL AND price_fen IS NOT NULL AND term_months = 12
GROUP BY plan_id, plan ORDER BY count(*) DESC, plan_id LIMIT 1;

-- name: rare_plan
-- The priced plan fewest cards of an account are on.
SELECT plan_id, plan FROM sim_now WHERE account = $account AND live AND plan_id IS NOT NULL AND price_fen IS NOT NULL
GROUP BY plan_id, plan ORDER BY count(*), plan_id LIMIT 1;
