-- name: look_up
-- What carries these characters anywhere, exact numbers ahead, then ends of numbers; `matched` is the field that has them.
SELECT n.*, r.item_state, r.batch, chosen.matched FROM sim_now n
JOIN (
    SELECT rowid AS row,
        CASE
            WHEN contains(iccid, $text) THEN 'iccid'
            WHEN contains(msisdn, $text) THEN 'msisdn'
            WHEN contains(terminal_id, $text) THEN 'terminal_id'
            WHEN contains(upper(serial_no), $text) THEN 'serial_no'
            WHEN contains(merchant_no, $text) THEN 'merchant_no'
            WHEN contains(imei, $text) THEN 'imei'
            WHEN contains(imsi, $text) THEN 'imsi'
            WHEN contains(contact_phone, $text) THEN 'contact_phone'
            WHEN contains(upper(contact_name), $text) THEN 'contact_name'
            WHEN contains(upper(merchant), $text) THEN 'merchant'
            ELSE 'other'
        END AS matched,
        CASE
            WHEN $text IN (iccid, stem, msisdn, terminal_id, upper(serial_no), merchant_no, imei, imsi, contact_phone) THEN 0
            WHEN suffix(iccid, $text) OR suffix(msisdn, $text) OR suffix(terminal_id, $text)
                OR suffix(upper(serial_no), $text) THEN 1
            ELSE 2
        END AS rank
    FROM sim_now WHERE contains(search_text, $text)
    ORDER BY rank, NOT live, act_by NULLS LAST, sim_id LIMIT $limit
) chosen ON n.rowid = chosen.row
LEFT JOIN renewing r ON r.sim_id = n.sim_id
ORDER BY chosen.rank, NOT n.live, n.act_by NULLS LAST, n.sim_id;

-- name: exact
-- Which cards each line names by a whole number; `thing` is what the number identifies, two of them are a doubt.
WITH line AS (
    SELECT unnest($lines::VARCHAR[]) AS said, generate_subscripts($lines::VARCHAR[], 1) AS n
)
SELECT n, 0 AS kind, sim_id, sim_id AS thing, live
    FROM sim_now JOIN (SELECT n, left(said, 19) AS stem FROM line WHERE length(said) IN (19, 20)) USING (stem)
UNION ALL SELECT n, 1, sim_id, sim_id, live FROM sim_now JOIN line ON msisdn = said
UNION ALL SELECT n, 2, sim_id, sim_id, live FROM sim_now JOIN line ON imsi = said
UNION ALL SELECT n, 3, sim_id, terminal_key, live FROM sim_now JOIN line ON imei = said
UNION ALL SELECT n, 4, sim_id, terminal_key, live FROM sim_now JOIN line ON serial_no = said
UNION ALL SELECT n, 5, sim_id, terminal_key, live FROM sim_now JOIN line ON terminal_id = said
UNION ALL SELECT n, 6, sim_id, merchant_id, live FROM sim_now JOIN line ON merchant_no = said;

-- name: ends
-- How many live cards end in each line, and one of them.
WITH line AS (
    SELECT unnest($lines::VARCHAR[]) AS said, generate_subscripts($lines::VARCHAR[], 1) AS n
),
hit AS (
    SELECT n, sim_id FROM sim_now JOIN line ON right(iccid, $length::INTEGER) = said WHERE live
    UNION ALL SELECT n, sim_id FROM sim_now JOIN line ON right(msisdn, $length::INTEGER) = said WHERE live
    UNION ALL SELECT n, sim_id FROM sim_now JOIN line ON right(imsi, $length::INTEGER) = said WHERE live
    UNION ALL SELECT n, sim_id FROM sim_now JOIN line ON right(imei, $length::INTEGER) = said WHERE live
    UNION ALL SELECT n, sim_id FROM sim_now JOIN line ON right(serial_no, $length::INTEGER) = said WHERE live
    UNION ALL SELECT n, sim_id FROM sim_now JOIN line ON right(terminal_id, $length::INTEGER) = said WHERE live
)
SELECT n, min(sim_id) AS first, max(sim_id) AS last FROM hit GROUP BY n;
