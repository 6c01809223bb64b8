-- name: notice_other_accounts
-- Cards that belong to another account of ours: one of the two is wrong, and orders would go astray.
INSERT INTO noticed
SELECT 'other_account', s.sim_id, s.iccid, json_object('ours', s.account, 'told', $account)::VARCHAR
FROM sim s SEMI JOIN incoming USING (stem) JOIN account a ON a.account = s.account AND a.listed
WHERE s.account <> $account;

-- name: drop_other_accounts
-- Nothing else of them is taken.
DELETE FROM incoming WHERE stem IN (SELECT stem FROM sim
    WHERE account <> $account AND account IN (SELECT account FROM account WHERE listed));

-- name: notice_changes
-- What the carrier told otherwise last time: the card's plan, unless we ordered another since, or the device it is in.
INSERT INTO noticed
SELECT 'told_plan', t.sim_id, s.iccid, json_object('after', i.plan, 'before', t.plan)::VARCHAR
FROM card_told t JOIN sim s USING (sim_id) JOIN incoming i USING (stem) WHERE i.plan <> t.plan
    AND NOT EXISTS (
        FROM obligation o JOIN state st ON st.obligation = o.id
        WHERE o.sim_id = t.sim_id AND o.kind = 'plan-change' AND st.st NOT IN ('pending', 'failed', 'cancelled') AND st.changed_at >= t.told_at)
UNION ALL SELECT 'told_device', t.sim_id, s.iccid, json_object('after', i.imei, 'before', t.imei)::VARCHAR
FROM card_told t JOIN sim s USING (sim_id) JOIN incoming i USING (stem) WHERE i.imei <> t.imei;

-- name: keep_our_plans
-- A card's plan is what we buy for it; the carrier's word for it is only compared with its own word before.
UPDATE incoming SET plan = NULL WHERE stem IN (SELECT stem FROM sim WHERE plan_id IS NOT NULL);

-- name: keep_told
-- What it tells now.
MERGE INTO card_told t USING (
    SELECT s.sim_id, arg_max(i.plan, rn) AS plan, arg_max(i.imei, rn) AS imei
    FROM told_rows i JOIN sim s ON s.stem = left(i.iccid, 19)
    WHERE s.account = $account AND (i.plan IS NOT NULL OR i.imei IS NOT NULL) GROUP BY s.sim_id) n ON t.sim_id = n.sim_id
WHEN MATCHED AND (coalesce(n.plan, t.plan), coalesce(n.imei, t.imei)) IS DISTINCT FROM (t.plan, t.imei)
    THEN UPDATE SET plan = coalesce(n.plan, t.plan), imei = coalesce(n.imei, t.imei), told_at = $now
WHEN NOT MATCHED THEN INSERT (sim_id, plan, imei, told_at) VALUES (n.sim_id, n.plan, n.imei, $now);

-- name: confirm_expiries
-- The carrier names the same expiry: from here on that is its word, which no older file moves.
UPDATE sim SET expiry_source = 'carrier', expiry_seen_at = n.told_as_of FROM sim_in n
WHERE sim.sim_id = n.sim_id AND n.told_expiry = sim.expires_on AND sim.expiry_source IS DISTINCT FROM 'renewal'
    AND (sim.expiry_source IS DISTINCT FROM 'carrier' OR sim.expiry_seen_at < n.told_as_of);

-- name: close_listed
-- The carrier names them again.
UPDATE finding SET closed_at = $now WHERE closed_at IS NULL AND kind = 'not_listed'
    AND sim_id IN (SELECT sim_id FROM sim_in);

-- name: notice_not_listed
-- Cards of the account that a whole reading did not name.
INSERT INTO noticed
SELECT 'not_listed', sim_id, iccid, json_object('account', $account)::VARCHAR FROM sim
WHERE account = $account AND observed_at < $since AND status NOT IN ('cancelled', 'replaced', 'lost');
