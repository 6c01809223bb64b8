-- name: stage
-- The rows of one file, with room for what each subject finds out about them. Gone when the transaction ends badly.
CREATE OR REPLACE TEMP TABLE incoming AS
SELECT brought.*, left(iccid, 19) AS stem,
    NULL::BIGINT AS agent_id, NULL::BIGINT AS merchant_id, NULL::BIGINT AS terminal_key, NULL::BIGINT AS plan_id,
    NULL::VARCHAR AS refusal, NULL::VARCHAR AS refused_column, NULL::VARCHAR AS refused_value,
    NULL::VARCHAR AS candidates
FROM incoming_rows brought;

-- name: stage_findings
-- What the subjects notice on the way.
CREATE OR REPLACE TEMP TABLE noticed (kind VARCHAR, sim_id BIGINT, object VARCHAR, detail VARCHAR);

-- name: refused
-- Rows a subject would not take, in the file's order; a wide row is one row, however many months it brings.
SELECT sheet, line, refused_column, refused_value, refusal, candidates FROM incoming WHERE refusal IS NOT NULL
GROUP BY ALL ORDER BY min(rn);

-- name: keep_findings
-- What is new among the noticed: an open finding about the same thing is not opened twice.
INSERT INTO finding (kind, sim_id, object, detail, source, found_at)
SELECT kind, min(sim_id), object, min(detail), $source, $now FROM noticed n
WHERE NOT EXISTS (SELECT 1 FROM finding f WHERE f.kind = n.kind AND f.object = n.object AND f.closed_at IS NULL)
GROUP BY kind, object;

-- name: findings_noticed
-- How many things were noticed, by kind; known ones count too.
SELECT kind, count(DISTINCT object) AS n FROM noticed GROUP BY kind ORDER BY kind;

-- name: close_described
-- What was once unknown is described now.
UPDATE finding SET closed_at = $now WHERE closed_at IS NULL AND (
    (kind = 'unknown_agent' AND object IN (SELECT agent_no FROM agent WHERE NOT provisional))
    OR (kind = 'unknown_merchant' AND object IN (SELECT merchant_no FROM merchant WHERE NOT provisional))
    OR (kind = 'unknown_plan' AND object IN (SELECT plan FROM plan WHERE NOT provisional))
    OR (kind = 'unknown_plan' AND object NOT IN (SELECT plan FROM plan))
    OR (kind = 'unknown_account' AND object IN (SELECT account FROM account WHERE listed)));

-- name: clear
-- Leave nothing behind for the next file.
DROP TABLE IF EXISTS incoming;

-- name: clear_findings
-- Leave nothing behind for the next file.
DROP TABLE IF EXISTS noticed;
