-- name: carrier
-- A field of SimFilter that is set stands as its condition; data/sims/listing.py joins them.
carrier = $carrier;

-- name: account
-- Our login at the carrier.
account = $account;

-- name: payee
-- Who is paid; '' stands for nobody known.
coalesce(payee, '') = $payee;

-- name: agent_id
-- The agent's cards.
agent_id = $agent_id;

-- name: merchant_id
-- The merchant's cards.
merchant_id = $merchant_id;

-- name: city
-- Where the merchant is.
city = $city;

-- name: region
-- Where the merchant is, larger.
region = $region;

-- name: branch
-- Whose terminal it is inside the company.
branch = $branch;

-- name: plan_id
-- One plan.
plan_id = $plan_id;

-- name: network
-- One network.
network = $network;

-- name: brand
-- The maker of the terminal.
brand = $brand;

-- name: statuses
-- Any of these.
list_contains($statuses::VARCHAR[], status);

-- name: expires_from
-- This day or later.
expires_on >= $expires_from;

-- name: expires_to
-- This day or earlier.
expires_on <= $expires_to;

-- name: text
-- Folded as search_text is.
contains(search_text, $text);

-- name: sim_ids
-- Exactly these.
sim_id IN (SELECT unnest($sim_ids::BIGINT[]));

-- name: decision
-- What was decided; nothing counts as not decided yet. Money to come leaves out what is not renewed.
CASE $decision WHEN 'to_come' THEN decision IS DISTINCT FROM 'decline' ELSE coalesce(decision, 'undecided') = $decision END;

-- name: evidence
-- What rules name against another term.
contains(evidence, $evidence);

-- name: notice_id
-- Concerned by a plan-change notice.
sim_id IN (SELECT c.sim_id FROM notice_sim c WHERE c.notice_id = $notice_id);

-- name: live
-- Cards that are gone are in no list that does not ask for them.
live;

-- name: this_week
-- Act-by dates up to Sunday, those missed too, with no renewal under way.
due AND act_by <= $week_end AND sim_id NOT IN (SELECT sim_id FROM renewing);

-- name: due_30
-- Ends within thirty days, has not ended yet.
live AND expires_on >= $today AND expires_on <= $today + 30;

-- name: stopped
-- The carrier does not carry it.
live AND status LIKE 'stopped_%';

-- name: cancel_countdown
-- The number goes soon, or is overdue to go.
live AND (status = 'pre_cancel' OR (expires_on < $today AND cancel_by < $today + $last_call_days::INTEGER));

-- name: low_data
-- Nearly used up, or forecast to be before the month ends.
live AND (used_share >= $low_share OR exhausts_on IS NOT NULL);

-- name: terminals_joined
-- In a terminal and with an expiry.
live AND terminal_key IS NOT NULL AND expires_on IS NOT NULL;

-- name: cards_without_terminal
-- In no terminal we know.
live AND terminal_key IS NULL;

-- name: terminals_without_card
-- A line about terminals: no card belongs to it (data/terminals/store.py lists them).
false;

-- name: terminals_with_two_cards
-- Shares its terminal with another live card.
live AND terminal_key IN (SELECT terminal_key FROM sim_now WHERE live GROUP BY terminal_key HAVING count(*) > 1);

-- name: card_in_two_rows
-- A file had it twice, with different words.
sim_id IN (SELECT sim_id FROM finding WHERE kind = 'card_in_two_rows' AND closed_at IS NULL);

-- name: expired
-- Ended and not gone.
live AND expires_on < $today;

-- name: cancel_soon
-- Fewer than thirty days to the cancellation.
live AND expires_on < $today AND cancel_by < $today + $last_call_days::INTEGER;

-- name: plans_without_price
-- Cannot be renewed: no offer of the plan is valid today.
live AND plan_id IS NOT NULL AND price_fen IS NULL;

-- name: merchants_without_contact
-- Nobody to call.
live AND merchant_id IS NOT NULL AND contact_phone IS NULL;

-- name: unfit
-- The plan cannot run in the terminal.
live AND unfit IS NOT NULL;

-- name: to_place
-- To be ordered today at the latest, with no renewal under way.
due AND act_by <= $today AND sim_id NOT IN (SELECT sim_id FROM renewing);

-- name: dark
-- In a terminal that is in use, and the carrier does not carry it, though nobody decided so.
live AND terminal_status = 'in_use' AND decision IS DISTINCT FROM 'decline'
    AND (status LIKE 'stopped_%' OR status IN ('number_kept', 'pre_cancel'));

-- name: went_dark
-- Dark, and became so since the last working day.
live AND terminal_status = 'in_use' AND decision IS DISTINCT FROM 'decline'
    AND (status LIKE 'stopped_%' OR status IN ('number_kept', 'pre_cancel')) AND (
    sim_id IN (
        SELECT sim_id FROM sim_change
        WHERE field = 'status' AND ts >= $since_ts
            AND (after LIKE 'stopped_%' OR after IN ('number_kept', 'pre_cancel'))
    )
    OR (status = 'stopped_expired' AND expires_on >= $since AND expires_on < $today)
);

-- name: at_risk
-- Due, in a terminal in use, and nothing under way.
due AND terminal_status = 'in_use' AND sim_id NOT IN (SELECT sim_id FROM renewing);

-- name: over_quota
-- More used than the plan gives.
live AND used_share > 1;

-- name: idle
-- Whole months without a byte, as many as the setting says, from cards that should be working.
live AND status NOT IN ('stock', 'silent', 'test')
    AND idle_months >= coalesce((SELECT idle_months FROM yardstick), $idle_months);

-- name: not_worth
-- Rules propose not to renew it, nobody has decided, and no renewal is approved.
live AND evidence IS NOT NULL AND coalesce(decision, 'undecided') = 'undecided'
    AND sim_id NOT IN (SELECT sim_id FROM renewing WHERE item_state <> 'proposed');

-- name: ask_again
-- Not renewed, soon gone for good, and nobody has looked once more.
live AND decision = 'decline' AND decision_confirmed_on IS NULL
    AND cancel_by >= $today AND cancel_by <= $today + $ask_again_days::INTEGER;
