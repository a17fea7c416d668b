-- name: republish_stale
-- Queues the messages of pending jobs again that were sent before the queue was created, or too long ago where
-- `after_s` is given: the sweep. `created_at` has whole seconds of another clock.
INSERT INTO outbox (run_id, job_id, attempt, body)
SELECT job.run_id, job.id, job.attempt, sent.body
FROM job
JOIN LATERAL (
    SELECT body, sent_at, available_at FROM outbox
    WHERE outbox.job_id = job.id AND outbox.attempt = job.attempt ORDER BY id DESC LIMIT 1
) sent ON true
WHERE job.rank = 0 AND sent.sent_at < greatest(
    now() - make_interval(secs => %(after_s)s), %(created_at)s::timestamptz - interval '5 seconds'
)
RETURNING job_id

-- name: past_deadline
-- Jobs that have not ended in time; time under a pause does not count. For the sweep.
SELECT id AS job, attempt, token, status FROM job
WHERE rank < 9 AND opened_at + paused_for < now() - make_interval(secs => %(deadline_s)s)
  AND NOT EXISTS (SELECT FROM outbox WHERE outbox.job_id = job.id AND outbox.paused_by IS NOT NULL)
ORDER BY id LIMIT 500

-- name: delete_idempotency_keys
-- Deletes idempotency keys by the retention rule: the sweep.
DELETE FROM idempotency WHERE created_at < now() - make_interval(days => (
    SELECT keep_days FROM retention_rule WHERE name = 'idempotency' AND enabled
))

-- name: delete_sent
-- Deletes sent messages of ended jobs. A queue keeps a message for 14 days at most; the body of a
-- job that still waits is needed to send it again. For the sweep.
DELETE FROM outbox WHERE id IN (
    SELECT outbox.id FROM outbox JOIN job ON job.id = outbox.job_id
    WHERE outbox.sent_at < now() - interval '30 days' AND job.rank = 9
    ORDER BY outbox.sent_at LIMIT 5000
)

-- name: delete_received
-- Deletes the inbox of old reports, which no queue can deliver again: the sweep.
DELETE FROM inbox WHERE (job_id, attempt, token, seq) IN (
    SELECT job_id, attempt, token, seq FROM inbox
    WHERE received_at < now() - interval '30 days'
    ORDER BY received_at LIMIT 5000
)

-- name: delete_arrays
-- Deletes old arrays with their children: no message and no container refers to them anymore. For the sweep.
DELETE FROM batch_array WHERE id IN (
    SELECT id FROM batch_array WHERE created_at < now() - interval '30 days' ORDER BY created_at LIMIT 50
)

-- name: fold_tally
-- Merges the rows of the job tally of each run and status: the sweep (docs/decisions/0006-counting-jobs.md).
WITH tallied AS (
    DELETE FROM job_tally
    WHERE run_id IN (SELECT run_id FROM job_tally WHERE NOT folded GROUP BY run_id LIMIT 1000)
    RETURNING run_id, status, jobs
)
INSERT INTO job_tally (run_id, status, jobs, folded)
SELECT run_id, status, sum(jobs), true FROM tallied GROUP BY run_id, status HAVING sum(jobs) <> 0

-- name: count_failures
-- Counts the failed jobs of past days by code, host and place, as failures.queries groups them: the sweep. A report may
-- arrive some hours after the end that it states; the day of a later one is counted again.
WITH uncounted AS (
    SELECT past.day::date AS day
    FROM generate_series((now() AT TIME ZONE 'UTC')::date - %(days)s::integer,
                         ((now() - interval '6 hours') AT TIME ZONE 'UTC')::date - 1, '1 day') AS past (day)
    WHERE NOT EXISTS (SELECT FROM failure_day WHERE failure_day.day = past.day::date)
    ORDER BY past.day DESC LIMIT 10
),
counted AS (INSERT INTO failure_day (day) SELECT day FROM uncounted ON CONFLICT DO NOTHING RETURNING day),
failed AS MATERIALIZED (
    SELECT DISTINCT counted.day, attempt.error_code, attempt.job_id, coalesce(job.host, '') AS host,
           coalesce(substring(job.source_name FROM '^[^/]*/[^/]*/'), job.source_name) AS place
    FROM counted
    JOIN job_attempt attempt ON attempt.error_code IS NOT NULL
        AND attempt.ended_at >= counted.day::timestamp AT TIME ZONE 'UTC'
        AND attempt.ended_at < (counted.day + 1)::timestamp AT TIME ZONE 'UTC'
    JOIN job ON job.id = attempt.job_id
)
INSERT INTO failure_count (grouped_by, day, key, jobs)
SELECT 'code', day, error_code, count(DISTINCT job_id) FROM failed GROUP BY 2, 3
UNION ALL SELECT 'host', day, host, count(DISTINCT job_id) FROM failed GROUP BY 2, 3
UNION ALL SELECT 'place', day, place, count(DISTINCT job_id) FROM failed GROUP BY 2, 3

-- name: delete_counted_failures
-- Deletes the counts of days that no trend shows: the sweep.
DELETE FROM failure_day WHERE day < (now() AT TIME ZONE 'UTC')::date - 2 * %(days)s::integer

-- name: backlog
-- Ages in seconds, 0 where nothing waits: the log line of the sweep, which feeds the alarms of a deployed stack.
SELECT
    coalesce(({jobs.outbox_relay.oldest_due}), 0) AS outbox_age_s,
    coalesce(({jobs.outbox_relay.stalled_for}), 0) AS outbox_stalled_s,
    (SELECT count(*) FROM outbox WHERE {jobs.outbox_relay.is_waiting}) AS outbox_waiting,
    coalesce((SELECT extract(epoch FROM now() - min(updated_at)) FROM job
        WHERE rank < 9 AND status = 'Submitted'), 0)::float AS submitted_age_s,
    coalesce((SELECT extract(epoch FROM now() - min(opened_at)) FROM job
        WHERE rank < 9), 0)::float AS unended_age_s,
    ({jobs.weekly_run.age}) AS weekly_run_age_s

-- name: close_empty_runs
-- Closes the runs of the day before the deadline that have no job: the sweep.
UPDATE run SET closed_at = now()
WHERE closed_at IS NULL
  AND created_at < now() - %(deadline_s)s * interval '1 second'
  AND created_at > now() - %(deadline_s)s * interval '1 second' - interval '1 day'
  AND NOT EXISTS (SELECT 1 FROM job WHERE job.run_id = run.id)
