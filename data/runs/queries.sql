-- name: keep_job
-- A line of SCHEDULE as code declares it; a pause survives.
MERGE INTO job USING (SELECT $name AS name) AS planned ON job.name = planned.name
WHEN MATCHED THEN UPDATE SET place = $place, trigger = $trigger, sentence = $sentence
WHEN NOT MATCHED THEN INSERT (name, place, trigger, sentence) VALUES ($name, $place, $trigger, $sentence);

-- name: drop_jobs_but
-- A job that code no longer has.
DELETE FROM job WHERE NOT list_contains($names, name);

-- name: set_paused
-- A person paused or resumed it.
UPDATE job SET paused = $paused WHERE name = $name;

-- name: jobs
-- Every job with its last run and its usual duration.
SELECT j.name, j.trigger, j.sentence, j.paused,
       r.started_at AS last_started_at, r.ended_at AS last_ended_at, r.outcome AS last_outcome, r.did AS last_did,
       r.error AS last_error, u.usual_s, coalesce(u.runs_24h, 0) AS runs_24h, coalesce(u.failed_24h, 0) AS failed_24h
FROM job j
LEFT JOIN (
    SELECT * FROM job_run QUALIFY row_number() OVER (PARTITION BY job ORDER BY run_id DESC) = 1
) r ON r.job = j.name
LEFT JOIN (
    SELECT job, median(epoch(ended_at - started_at)) FILTER (outcome = 'ok') AS usual_s,
           count(*) FILTER (started_at > $now - INTERVAL 1 DAY) AS runs_24h,
           count(*) FILTER (started_at > $now - INTERVAL 1 DAY AND outcome = 'failed') AS failed_24h
    FROM job_run GROUP BY job
) u ON u.job = j.name
ORDER BY j.place;

-- name: paused_jobs
-- The names of paused jobs.
SELECT name FROM job WHERE paused;

-- name: runs
-- The latest runs, of one job or of all.
SELECT run_id, job, started_at, ended_at, epoch(ended_at - started_at) AS took_s, outcome, did, error
FROM job_run WHERE ($job IS NULL OR job = $job) AND ($failed_only = false OR outcome <> 'ok')
ORDER BY run_id DESC LIMIT $limit OFFSET $offset;

-- name: count_runs
-- How many runs there are to page through.
SELECT count(*) FROM job_run WHERE ($job IS NULL OR job = $job) AND ($failed_only = false OR outcome <> 'ok');

-- name: runs_by_hour
-- The last 24 hours as a strip: runs and failures per job and hour.
SELECT job, date_trunc('hour', started_at) AS hour, count(*) AS runs, count(*) FILTER (outcome = 'failed') AS failed
FROM job_run WHERE started_at > $now - INTERVAL 1 DAY GROUP BY ALL ORDER BY ALL;

-- name: add_ended_run
-- A run that did something, noted at its end.
INSERT INTO job_run (job, started_at, ended_at, outcome, did, error)
VALUES ($job, $started_at, $ended_at, $outcome, $did, $error);

-- name: interrupt_runs
-- Runs that a stop of the process cut off.
UPDATE job_run SET outcome = 'stopped', ended_at = $now WHERE outcome = 'running';

-- name: prune_runs
-- Runs older than 90 days.
DELETE FROM job_run WHERE started_at < $before;

-- name: ask
-- A person's wish.
INSERT INTO job_request (job, wish, person_id, asked_at) VALUES ($job, $wish, $person_id, $now);

-- name: open_requests
-- Wishes nobody has taken yet, oldest first.
SELECT request_id, job, wish FROM job_request WHERE taken_at IS NULL ORDER BY request_id;

-- name: take_requests
-- The schedule has them.
UPDATE job_request SET taken_at = $now WHERE taken_at IS NULL AND request_id <= $last;
