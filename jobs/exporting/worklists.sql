-- name: laid_out
-- The same rows in a payee's own columns.
SELECT {columns}, split_agent, split_branch, split_region FROM ({worklist});

-- name: worklist
-- What a payee gets: who and what each row is, what is to be done by when, and the columns he fills in.
SELECT w.batch AS batch_no, t.order_no AS row_key,
    coalesce(map($carrier_codes::VARCHAR[], $carrier_words::VARCHAR[])[n.carrier], n.carrier) AS carrier,
    w.account, l.iccid, n.msisdn, n.serial_no, n.terminal_id, n.merchant AS merchant_name, l.plan, l.old_expiry AS expires_on,
    t.months, l.new_expiry AS expected_new_expiry, (t.amount_fen::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2) AS expected_yuan,
    w.answer_by, coalesce(map($pay_codes::VARCHAR[], $pay_words::VARCHAR[])[a.way_to_pay], a.way_to_pay) AS way_to_pay,
    NULL::VARCHAR AS result, NULL::DATE AS new_expiry, NULL::DECIMAL(18, 2) AS amount_yuan, NULL::VARCHAR AS portal_order_no,
    NULL::VARCHAR AS fail_reason, n.agent AS split_agent, n.branch AS split_branch, n.region AS split_region
FROM worklist_item i
JOIN worklist w ON w.id = i.worklist
JOIN attempt t ON t.obligation = i.obligation AND t.n = i.n
JOIN obligation o ON o.id = i.obligation
JOIN batch_line l ON l.batch = w.batch AND l.digest = o.digest
LEFT JOIN account a ON a.account = w.account
LEFT JOIN sim_now n ON n.sim_id = o.sim_id
WHERE i.worklist = $worklist ORDER BY l.line;
