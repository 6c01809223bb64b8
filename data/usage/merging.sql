-- name: compare_days
-- Each day's figure of the file, and whether that is news.
CREATE OR REPLACE TEMP TABLE day_in AS
SELECT b.*, u.used_bytes AS old_bytes FROM (
    SELECT s.sim_id, i.day, arg_max(i.used_bytes, rn) AS used_bytes
    FROM incoming i JOIN sim s ON s.stem = i.stem
    WHERE i.day IS NOT NULL AND i.used_bytes IS NOT NULL AND i.refusal IS NULL GROUP BY ALL) b
LEFT JOIN usage_day u ON u.sim_id = b.sim_id AND u.day = b.day;

-- name: drop_days
-- The days that are replaced, of the cards the file brings.
DELETE FROM usage_day USING day_in n
WHERE usage_day.sim_id = n.sim_id AND usage_day.day = n.day AND n.old_bytes IS DISTINCT FROM n.used_bytes;

-- name: add_days
-- The new figures, sorted by card.
INSERT INTO usage_day (sim_id, day, used_bytes)
SELECT sim_id, day, used_bytes FROM day_in WHERE old_bytes IS DISTINCT FROM used_bytes ORDER BY sim_id, day;

-- name: sum_days
-- Months follow from the sums of their days; a sum never lowers a figure that was given.
MERGE INTO usage_month u USING (
    SELECT d.sim_id, date_trunc('month', d.day)::DATE AS of_month, sum(d.used_bytes)::BIGINT AS used_bytes,
        -- What is known of a day is known at its end.
        timezone('Asia/Shanghai', (max(d.day) + INTERVAL 1 DAY)::TIMESTAMP) AS as_of
    FROM usage_day d SEMI JOIN (
        SELECT DISTINCT sim_id, date_trunc('month', day)::DATE AS of_month FROM day_in
        WHERE old_bytes IS DISTINCT FROM used_bytes) n
        ON n.sim_id = d.sim_id AND n.of_month = date_trunc('month', d.day)::DATE
    GROUP BY ALL ORDER BY ALL) n
    ON u.sim_id = n.sim_id AND u.month = n.of_month
WHEN MATCHED AND (u.source = 'days' OR n.used_bytes > u.used_bytes)
    THEN UPDATE SET used_bytes = n.used_bytes, as_of = n.as_of, source = 'days'
WHEN NOT MATCHED THEN INSERT (sim_id, month, used_bytes, as_of, source)
    VALUES (n.sim_id, n.of_month, n.used_bytes, n.as_of, 'days');

-- name: compare_months
-- Each month's figure of the file: named, or the month in which the cycle's figure was true.
CREATE OR REPLACE TEMP TABLE month_in AS
WITH told AS (
    SELECT s.sim_id, i.rn, i.used_bytes, i.as_of,
        coalesce(i.month, date_trunc('month', timezone('Asia/Shanghai', coalesce(i.as_of, $now)))::DATE) AS of_month
    FROM incoming i JOIN sim s ON s.stem = i.stem
    WHERE i.day IS NULL AND i.used_bytes IS NOT NULL AND i.refusal IS NULL),
brought AS (
    SELECT sim_id, of_month, arg_max(used_bytes, rn) AS used_bytes,
        -- A whole past month was true at its end, the running one is true now.
        coalesce(max(as_of), least($now, timezone('Asia/Shanghai', (of_month + INTERVAL 1 MONTH)::TIMESTAMP))) AS as_of
    FROM told GROUP BY sim_id, of_month)
SELECT b.*, u.used_bytes AS old_bytes, coalesce(u.as_of > b.as_of, false) AS older
FROM brought b LEFT JOIN usage_month u ON u.sim_id = b.sim_id AND u.month = b.of_month;

-- name: notice_falls
-- A counter that fell within its month: new cycle, swap or correction.
INSERT INTO noticed
SELECT 'falling_usage', n.sim_id, s.iccid,
    json_object('after', n.used_bytes::VARCHAR, 'before', n.old_bytes::VARCHAR)::VARCHAR
FROM month_in n JOIN sim s USING (sim_id) WHERE n.used_bytes < n.old_bytes AND NOT n.older;

-- name: merge_months
-- What is news goes in; an older figure never replaces a later one.
MERGE INTO usage_month u USING (
    SELECT * FROM month_in WHERE NOT older AND old_bytes IS DISTINCT FROM used_bytes ORDER BY sim_id, of_month) n
    ON u.sim_id = n.sim_id AND u.month = n.of_month
WHEN MATCHED THEN UPDATE SET used_bytes = n.used_bytes, as_of = n.as_of, source = 'file'
WHEN NOT MATCHED THEN INSERT (sim_id, month, used_bytes, as_of, source)
    VALUES (n.sim_id, n.of_month, n.used_bytes, n.as_of, 'file');

-- name: merge_cycle
-- The card's own figure of the running month follows, with its time.
MERGE INTO sim s USING (
    SELECT sim_id, used_bytes, as_of FROM month_in
    WHERE of_month = date_trunc('month', timezone('Asia/Shanghai', $now))::DATE AND NOT older) n
    ON s.sim_id = n.sim_id
WHEN MATCHED AND (s.as_of IS NULL OR n.as_of >= s.as_of) AND s.used_bytes IS DISTINCT FROM n.used_bytes
    THEN UPDATE SET used_bytes = n.used_bytes, left_bytes = s.quota_bytes - n.used_bytes, as_of = n.as_of;

-- name: count
-- New, changed and same figures, of days and months together.
SELECT count(*) FILTER (old_bytes IS NULL) AS new,
    count(*) FILTER (old_bytes IS NOT NULL AND NOT older AND old_bytes <> used_bytes) AS changed,
    count(*) FILTER (old_bytes IS NOT NULL AND (older OR old_bytes = used_bytes)) AS same
FROM (SELECT old_bytes, used_bytes, false AS older FROM day_in
      UNION ALL SELECT old_bytes, used_bytes, older FROM month_in);

-- name: changed_ids
-- The cards with a new figure.
SELECT sim_id FROM day_in WHERE old_bytes IS DISTINCT FROM used_bytes
UNION SELECT sim_id FROM month_in WHERE NOT older AND old_bytes IS DISTINCT FROM used_bytes ORDER BY sim_id;

-- name: notice_gaps
-- Cards with a day that lacks a figure while an earlier and a later one have theirs: nothing told is not nothing used.
INSERT INTO noticed
SELECT 'usage_gap', g.sim_id, s.iccid,
    json_object('days', g.missing, 'first', g.first::VARCHAR, 'last', g.last::VARCHAR)::VARCHAR
FROM (SELECT sim_id, min(day) AS first, max(day) AS last, max(day) - min(day) + 1 - count(*) AS missing
      FROM usage_day SEMI JOIN day_in USING (sim_id) WHERE day >= $since GROUP BY sim_id) g
JOIN sim s USING (sim_id) WHERE g.missing > 0;

-- name: close_gaps
-- The missing days were told after all, or are too long ago to matter.
UPDATE finding SET closed_at = $now WHERE closed_at IS NULL AND kind = 'usage_gap' AND sim_id IN (
    SELECT sim_id FROM usage_day SEMI JOIN day_in USING (sim_id) WHERE day >= $since
    GROUP BY sim_id HAVING max(day) - min(day) + 1 = count(*));
