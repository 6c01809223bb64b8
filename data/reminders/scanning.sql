-- name: rules_now
-- The stages that anybody hears of.
SELECT DISTINCT subject, stages FROM reminder_rule WHERE active ORDER BY ALL;

-- name: wanted
-- Every stage that has been reached, by recipient and thing, with its key; of each ladder the latest is the one to send.
WITH heard AS ({heard}),
step AS (
    SELECT unnest($subjects::VARCHAR[]) AS subject, unnest($stages_of::VARCHAR[]) AS stages, unnest($targets::DATE[]) AS target,
        unnest($shares::INTEGER[]) AS share, unnest($stages::VARCHAR[]) AS stage, unnest($progress::INTEGER[]) AS progress,
        unnest($due_on::DATE[]) AS due_on, unnest($urgent::BOOLEAN[]) AS urgent, unnest($last_call::BOOLEAN[]) AS last_call
),
-- What became of the earlier stages of the same thing.
past AS (
    SELECT recipient_id, subject, thing, on_date, max(acknowledged_by) FILTER (state = 'acknowledged') AS acknowledged_by,
        max(snoozed_until) FILTER (state = 'snoozed') AS snoozed_until, min(ended_at) FILTER (state = 'done') AS told_at
    FROM reminder WHERE state IN ('acknowledged', 'snoozed', 'done') GROUP BY ALL
),
reached AS (
    SELECT h.recipient_id, h.subject, h.thing, h.sim_id, h.on_date, s.stage, s.progress, s.due_on, s.urgent, s.last_call, h.told
    FROM heard h JOIN step s ON s.subject = h.subject AND s.stages = h.stages AND s.target IS NOT DISTINCT FROM h.target
        AND s.share IS NOT DISTINCT FROM h.share
    WHERE NOT h.running
),
unanswered AS (
    SELECT DISTINCT h.subject, h.thing, h.sim_id, h.on_date, h.target, h.told, p.told_at, h.deputy_id, h.lead_id
    FROM heard h LEFT JOIN past p USING (recipient_id, subject, thing, on_date)
    WHERE NOT h.running AND list_contains($escalating, h.subject) AND p.acknowledged_by IS NULL
        AND (h.lead_id IS NOT NULL OR h.deputy_id IS NOT NULL)
),
-- Nobody answered: the lead hears of it a day later or three days ahead, lead and deputy on the last.
escalated AS (
    SELECT u.*, s.stage, s.progress, s.due_on, s.urgent FROM unanswered u
    JOIN step s ON s.subject = u.subject AND s.stages = '' AND s.target = u.target
    UNION ALL
    SELECT u.*, 'esc-lead', 0, $today, false FROM unanswered u WHERE u.told_at <= $unanswered_since
),
everything AS (
    SELECT * FROM reached
    UNION ALL BY NAME SELECT * EXCLUDE (lead_id, deputy_id, target, told_at), lead_id AS recipient_id, true AS last_call FROM escalated
    UNION ALL BY NAME
    SELECT * EXCLUDE (lead_id, deputy_id, target, told_at), deputy_id AS recipient_id, true AS last_call FROM escalated
    WHERE stage = 'esc-deputy'
),
keyed AS (
    SELECT recipient_id, subject, thing, on_date, stage, any_value(sim_id) AS sim_id, any_value(told) AS told, any_value(progress) AS progress,
        min(due_on) AS due_on, bool_or(urgent) AS urgent, bool_or(last_call) AS last_call
    FROM everything WHERE recipient_id IS NOT NULL GROUP BY recipient_id, subject, thing, on_date, stage
)
SELECT sha256(concat_ws('|', k.recipient_id, k.subject, k.thing, k.on_date, k.stage))[1:32]::UUID AS digest,
    k.recipient_id, k.subject, k.thing, k.sim_id, k.on_date, k.stage, k.due_on, k.urgent, k.told AS said,
    k.progress = max(k.progress) OVER (PARTITION BY k.recipient_id, k.subject, k.thing, k.on_date, k.stage LIKE 'esc-%') AS latest,
    CASE WHEN NOT k.last_call THEN p.acknowledged_by END AS acknowledged_by,
    CASE WHEN NOT k.last_call AND p.snoozed_until > $today THEN p.snoozed_until END AS snoozed_until
FROM keyed k LEFT JOIN past p USING (recipient_id, subject, thing, on_date);

-- name: keep_wanted
-- What is to be so after this look.
CREATE TEMP TABLE to_remind AS {wanted};

-- name: to_say
-- Things that are no cards, and what there is to say of each.
SELECT DISTINCT subject, thing, on_date, said AS told FROM to_remind WHERE said IS NOT NULL;

-- name: say
-- Said as a sentence that waits for its reader's language.
UPDATE to_remind SET said = s.said
FROM (SELECT unnest($subjects::VARCHAR[]) AS subject, unnest($things::VARCHAR[]) AS thing, unnest($dates::DATE[]) AS on_date,
    unnest($said::VARCHAR[]) AS said) s
WHERE to_remind.subject = s.subject AND to_remind.thing = s.thing AND to_remind.on_date = s.on_date;

-- name: forget_ahead
-- What a clock that ran ahead has made and nobody was sent: its day will come.
DELETE FROM reminder WHERE made_at > $now AND state NOT IN ('in_mail', 'done', 'acknowledged');

-- name: forget_looks_ahead
-- A look on a day that has not come yet would say that somebody looks.
DELETE FROM reminder_scan WHERE ended_at > $now;

-- name: looked_on
-- Whether the look of a day has ended.
SELECT count(*) > 0 FROM reminder_scan WHERE day = $day AND ended_at IS NOT NULL;

-- name: end_moot
-- Renewed, cancelled, decided, handed to somebody else: nobody needs to hear of it.
UPDATE reminder SET state = 'moot', ended_at = $now
WHERE state IN ('due', 'snoozed') AND digest NOT IN (SELECT digest FROM to_remind);

-- name: end_late
-- A later stage has come before this one left.
UPDATE reminder SET state = 'skipped_late', ended_at = $now
WHERE state IN ('due', 'snoozed') AND digest IN (SELECT digest FROM to_remind WHERE NOT latest);

-- name: revive
-- Put off until today, or moot no more: a renewal was taken back, a list that had lost its cards is whole again.
UPDATE reminder SET state = 'due', ended_at = NULL
WHERE (state = 'moot' OR state = 'snoozed' AND snoozed_until <= $today) AND digest IN (SELECT digest FROM to_remind WHERE latest);

-- name: forget_known
-- What has its row keeps it.
DELETE FROM to_remind WHERE digest IN (SELECT digest FROM reminder);

-- name: weigh
-- How much is new, and what was the most of a day.
SELECT count(*) FILTER (latest AND acknowledged_by IS NULL AND snoozed_until IS NULL) AS made, count(*) FILTER (NOT latest) AS late,
    count(DISTINCT sim_id) FILTER (latest) AS cards,
    (SELECT max(made) FROM reminder_scan WHERE day >= $today - 30 AND day < $today) AS most
FROM to_remind;

-- name: make
-- One row per recipient, thing, date and stage.
INSERT INTO reminder (digest, recipient_id, subject, thing, sim_id, on_date, stage, due_on, urgent, said, state, snoozed_until,
    acknowledged_by, made_at, ended_at)
SELECT digest, recipient_id, subject, thing, sim_id, on_date, stage, due_on, urgent, said,
    CASE WHEN NOT latest THEN 'skipped_late' WHEN acknowledged_by IS NOT NULL THEN 'acknowledged'
        WHEN snoozed_until IS NOT NULL THEN 'snoozed' ELSE 'due' END AS became,
    snoozed_until, acknowledged_by, $now, CASE WHEN became IN ('skipped_late', 'acknowledged') THEN $now END
FROM to_remind ORDER BY recipient_id, subject, on_date, sim_id;

-- name: forget_wanted
-- The next look finds its own.
DROP TABLE to_remind;

-- name: looked_at
-- Cards there are to look at.
SELECT count(*) FROM sim_now WHERE live;

-- name: looked_before
-- Whether an earlier look saw any.
SELECT count(*) > 0 FROM reminder_scan WHERE looked_at > 0;

-- name: is_first
-- Whether nobody has looked yet and nobody has said who hears of what.
SELECT (SELECT count(*) FROM reminder_scan) + (SELECT count(*) FROM reminder_rule) = 0;

-- name: add_rule
-- One of the rules a home begins with.
INSERT INTO reminder_rule (subject, stages, role, made_at) VALUES ($subject, $stages, $role, $now);

-- name: keep_scan
-- The look of this day, or one more of it.
INSERT INTO reminder_scan (day, started_at, ended_at, looked_at, made, late, moot, held_since)
VALUES ($today, $now, $now, $looked_at, $made, $late, $moot, CASE WHEN $storm THEN $now::TIMESTAMPTZ END)
ON CONFLICT (day) DO UPDATE SET ended_at = excluded.ended_at, looked_at = excluded.looked_at, made = reminder_scan.made + excluded.made,
    late = reminder_scan.late + excluded.late, moot = reminder_scan.moot + excluded.moot,
    held_since = coalesce(excluded.held_since, reminder_scan.held_since),
    released_at = CASE WHEN excluded.held_since IS NULL THEN reminder_scan.released_at END,
    released_by = CASE WHEN excluded.held_since IS NULL THEN reminder_scan.released_by END;

-- name: held
-- Whether all but urgent mail waits for a person.
SELECT count(*) > 0 FROM reminder_scan WHERE held_since IS NOT NULL AND released_at IS NULL;

-- name: release
-- A person lets it leave.
UPDATE reminder_scan SET released_at = $now, released_by = $person_id WHERE held_since IS NOT NULL AND released_at IS NULL
RETURNING day;
