-- name: keep_job
-- A line of SCHEDULE as code declares it; a pause survives, and since when this home knows it.
MERGE INTO job USING (SELECT $name AS name) AS planned ON job.name = planned.name
WHEN MATCHED THEN UPDATE SET place = $place, trigger = $trigger, sentence = $sentence, every_s = $every_s,
    budget_s = $budget_s, since = coalesce(since, $now), seen_at = $now
WHEN NOT MATCHED THEN INSERT (name, place, trigger, sentence, every_s, budget_s, since, seen_at)
    VALUES ($name, $place, $trigger, $sentence, $every_s, $budget_s, $now, $now);

-- name: drop_jobs_but
-- A job that code no longer has.
DELETE FROM job WHERE NOT list_contains($names, name);

-- name: set_paused
-- A person paused or resumed it.
UPDATE job SET paused = $paused WHERE name = $name;

-- name: jobs
-- Every job with its last run, how long it took and how long it took usually in the last two weeks.
SELECT j.name, j.trigger, j.sentence, j.paused, j.every_s, j.budget_s, j.since, j.seen_at,
       r.started_at AS last_started_at, r.ended_at AS last_ended_at, r.outcome AS last_outcome, r.did AS last_did,
       r.error AS last_error, epoch(r.ended_at - r.started_at) AS last_s, u.usual_s,
       coalesce(u.runs_24h, 0) AS runs_24h, coalesce(u.failed_24h, 0) AS failed_24h
FROM job j
LEFT JOIN (
    -- A run that did not happen beside one that did says nothing about that one.
    FROM job_run WHERE run_id IN (SELECT max(run_id) FROM job_run WHERE outcome <> 'overlapped' GROUP BY job)
) r ON r.job = j.name
LEFT JOIN (
    SELECT job, median(epoch(ended_at - started_at)) FILTER (outcome = 'ok') AS usual_s,
           count(*) FILTER (started_at > $now - INTERVAL 1 DAY) AS runs_24h,
           count(*) FILTER (started_at > $now - INTERVAL 1 DAY AND outcome IN ('failed', 'missed')) AS failed_24h
    FROM job_run WHERE started_at > $now - INTERVAL 14 DAY GROUP BY job
) u ON u.job = j.name
ORDER BY j.place;

-- name: slot_open
-- Whether a daily job has yet to do what was due at `slot`: no run since then has done it or is at it, the last that
-- failed was long ago, and it was not cut off time and again. A clock that was set back hides no run behind the future.
SELECT j.since < $slot AND NOT EXISTS (
    FROM job_run r
    WHERE r.job = j.name AND r.started_at BETWEEN $slot AND $now
      AND (r.outcome IN ('ok', 'running') OR r.outcome = 'failed' AND r.ended_at > $tried_after)
) AND (
    SELECT count(*) FROM job_run r WHERE r.job = j.name AND r.outcome = 'stopped' AND r.ended_at BETWEEN $tried_after AND $now
) < $most_stops
FROM job j WHERE j.name = $job;

-- name: paused_jobs
-- The names of paused jobs.
SELECT name FROM job WHERE paused;

-- name: runs
-- The latest runs, of one job or of all.
SELECT run_id, job, started_at, ended_at, epoch(ended_at - started_at) AS took_s, outcome, did, error,
       log IS NOT NULL AS has_log
FROM job_run WHERE ($job IS NULL OR job = $job) AND ($failed_only = false OR outcome <> 'ok')
ORDER BY run_id DESC LIMIT $limit OFFSET $offset;

-- name: log_of
-- What one run wrote to the log.
SELECT log FROM job_run WHERE run_id = $run_id;

-- name: count_runs
-- How many runs there are to page through.
SELECT count(*) FROM job_run WHERE ($job IS NULL OR job = $job) AND ($failed_only = false OR outcome <> 'ok');

-- name: runs_by_hour
-- The last 24 hours as a strip: runs and failures per job and hour.
SELECT job, date_trunc('hour', started_at) AS hour, count(*) AS runs,
       count(*) FILTER (outcome IN ('failed', 'missed')) AS failed
FROM job_run WHERE started_at > $now - INTERVAL 1 DAY GROUP BY ALL ORDER BY ALL;

-- name: queues
-- What waits for a job or a person, how much and since when.
SELECT 'batches' AS queue, count(*) AS count, min(proposed_at) AS oldest_at FROM batch WHERE state IN ('approved', 'running')
UNION ALL SELECT 'to_send', count(*), min(changed_at) FROM state WHERE st = 'pending'
UNION ALL SELECT 'unknown', count(*), min(changed_at) FROM state WHERE st = 'unknown'
UNION ALL SELECT 'needs_review', count(*), min(changed_at) FROM state WHERE st = 'needs_review'
UNION ALL SELECT 'uploads', count(*), min(uploaded_at) FROM upload WHERE state IN ('waiting', 'accepted')
UNION ALL SELECT 'exports', count(*), min(asked_at) FROM export WHERE state = 'waiting'
UNION ALL SELECT 'mails', count(*), min(made_at) FROM mail WHERE state IN ('queued', 'sending')
UNION ALL SELECT 'mails_held', count(*), min(made_at) FROM mail WHERE state = 'held'
UNION ALL SELECT 'mails_unknown', count(*), min(made_at) FROM mail WHERE state = 'unknown';

-- name: add_ended_run
-- A run that did something, noted at its end.
INSERT INTO job_run (job, started_at, ended_at, outcome, did, error, log)
VALUES ($job, $started_at, $ended_at, $outcome, $did, $error, $log);

-- name: begin_run
-- A run that is noted before its end: a kill leaves it here.
INSERT INTO job_run (job, started_at, outcome) VALUES ($job, $started_at, 'running') RETURNING run_id;

-- name: end_run
-- How a noted run ended.
UPDATE job_run SET ended_at = $ended_at, outcome = $outcome, did = $did, error = $error, log = $log
WHERE run_id = $run_id;

-- name: seen
-- When jobs last came round.
UPDATE job SET seen_at = seen.moment
FROM (SELECT unnest($names) AS name, unnest($moments) AS moment) seen WHERE job.name = seen.name;

-- name: interrupt_runs
-- Runs that a stop of the process cut off.
UPDATE job_run SET outcome = 'stopped', ended_at = $now WHERE outcome = 'running';

-- name: prune_runs
-- Runs older than 90 days.
DELETE FROM job_run WHERE started_at < $before;

-- name: prune_requests
-- Wishes that were taken as long ago; the audit log keeps who asked what.
DELETE FROM job_request WHERE taken_at < $before;

-- name: ask
-- A person's wish.
INSERT INTO job_request (job, wish, person_id, asked_at) VALUES ($job, $wish, $person_id, $now);

-- name: open_requests
-- Wishes nobody has taken yet, oldest first.
SELECT request_id, job, wish FROM job_request WHERE taken_at IS NULL ORDER BY request_id;

-- name: take_requests
-- The schedule has them.
UPDATE job_request SET taken_at = $now WHERE taken_at IS NULL AND request_id <= $last;
