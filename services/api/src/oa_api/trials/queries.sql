-- name: lock_trials
-- Let one request at a time count and create trials (trials.create_trial).
SELECT pg_advisory_xact_lock(hashtextextended('trial', 0))

-- name: use
-- What the limits count, of an account and of all (trials.create_trial). A job has a deadline of days, so older trials do
-- not matter.
SELECT
  (SELECT count(*) FROM trial WHERE account = %(account)s AND created_at > now() - interval '1 hour') AS within_hour,
  (SELECT count(*) FROM trial JOIN job ON job.id = trial.job_id
   WHERE trial.account = %(account)s AND trial.created_at > now() - interval '3 days' AND job.rank < %(ended)s) AS running,
  (SELECT count(*) FROM trial JOIN job ON job.id = trial.job_id
   WHERE trial.created_at > now() - interval '3 days' AND job.rank < %(ended)s) AS running_of_all

-- name: insert
-- Create a trial (trials.create_trial).
INSERT INTO trial (id, account, definition, source_name, url, remarks, entries, job_id)
VALUES (%(id)s, %(account)s, %(definition)s, %(source_name)s, %(url)s, %(remarks)s, %(entries)s, %(job)s)

-- name: one
-- A trial, for its page; it ends when retention deletes it.
SELECT id, account, definition, source_name, url, remarks, entries, job_id, created_at,
  (SELECT trial.created_at + make_interval(days => keep_days) FROM retention_rule
   WHERE retention_rule.name = 'trials' AND enabled) AS ends_at
FROM trial WHERE id = %(trial)s

-- name: newest
-- The newest trials of an account, for the page /try.
SELECT id, source_name, url,
  (SELECT count(*) FROM jsonb_array_elements(remarks) remark WHERE remark ->> 'severity' = 'error') AS errors,
  (SELECT job.status FROM job WHERE job.id = trial.job_id) AS status, created_at
FROM trial WHERE account = %(account)s ORDER BY created_at DESC, id DESC LIMIT %(limit)s

-- name: is_known
-- Whether a live run had a job of a source, or its data is published: its file exists in the repository (trials.outcome).
SELECT EXISTS (SELECT FROM dataset_health WHERE source_name = %(source)s)
       OR EXISTS (SELECT FROM data WHERE source_name = %(source)s) AS is_known
