-- name: look_up
-- What carries these characters anywhere, exact numbers ahead, then ends of numbers; `matched` is the field that has them.
-- Of more hits than anyone reads only the first are put in order.
WITH hit AS (
    SELECT sim_id FROM sim_now WHERE contains(search_text, $text) LIMIT 1000
),
ranked AS (
    SELECT sim_id,
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
    FROM sim_now SEMI JOIN hit USING (sim_id)
    ORDER BY rank, NOT live, act_by NULLS LAST, sim_id LIMIT $limit
)
SELECT {shown}, chosen.matched FROM sim_now n
JOIN ranked chosen ON chosen.sim_id = n.sim_id
LEFT JOIN renewing r ON r.sim_id = n.sim_id
ORDER BY chosen.rank, NOT n.live, n.act_by NULLS LAST, n.sim_id;

-- name: exact
-- Which cards each line names by one kind of number; `thing` is what that number identifies, two of them are a doubt.
SELECT line.n, now.sim_id, now.{thing} AS thing, now.live
FROM sim_now now
JOIN (SELECT unnest($lines::VARCHAR[]) AS said, unnest($numbers::INTEGER[]) AS n) line ON now.{column} = line.said;

-- name: ends
-- The first and the last of the live cards with a number that ends in each line.
WITH line AS (
    SELECT unnest($lines::VARCHAR[]) AS said, unnest($numbers::INTEGER[]) AS n
),
hit AS (
    SELECT n, sim_id FROM sim_now JOIN line ON substr(iccid, -$length::INTEGER) = said WHERE live
    UNION ALL SELECT n, sim_id FROM sim_now JOIN line ON substr(msisdn, -$length::INTEGER) = said WHERE live
    UNION ALL SELECT n, sim_id FROM sim_now JOIN line ON substr(serial_no, -$length::INTEGER) = said WHERE live
    UNION ALL SELECT n, sim_id FROM sim_now JOIN line ON substr(terminal_id, -$length::INTEGER) = said WHERE live
)
SELECT n, min(sim_id) AS first, max(sim_id) AS last FROM hit GROUP BY n;
