-- name: tally_of_run
-- Part: the number of jobs of a run by status.
SELECT coalesce(jsonb_object_agg(status, jobs), '{}') AS counts
FROM (
    SELECT status, sum(jobs) AS jobs FROM job_tally WHERE run_id = run.id GROUP BY status HAVING sum(jobs) > 0
) summed

-- name: status_of_run
-- Part: the status of a run, from its tally; a closed run without jobs has ended.
SELECT CASE
    WHEN tally.counts = '{}' AND run.closed_at IS NULL THEN 'Pending'
    WHEN tally.counts ?| ARRAY['Pending', 'Submitted', 'Running'] THEN 'Running'
    ELSE 'Ended'
END AS status

-- name: acknowledged_of_run
-- Part: how many failed jobs of a run are acknowledged: one step in job_failed_by_cause for each acknowledgement.
CASE WHEN tally.counts ? 'Fail' THEN (
    SELECT coalesce(sum((
        SELECT count(*) FROM job
        WHERE job.source_name = known.source_name AND job.error_code = known.error_code AND job.run_id = run.id
          AND job.status = 'Fail'
    )), 0)::bigint FROM {acknowledgements.queries.active} known
) ELSE 0 END

-- name: runs_filtered
-- Part: the runs of a filter.
FROM run CROSS JOIN LATERAL ({tally_of_run}) tally CROSS JOIN LATERAL ({status_of_run}) summary
WHERE (%(run)s::bigint IS NULL OR run.id = %(run)s)
  AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
  AND (%(before)s::timestamptz IS NULL OR run.created_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR run.created_at >= %(after)s)
  AND (%(status)s::text[] IS NULL OR summary.status = ANY(%(status)s) OR tally.counts ?| %(status)s::text[])

-- name: run_columns
-- Part: the columns of a run.
run.id, run.name, run.created_at, run.live, run.lane, run.sample, run.force, run.closed_at, run.github, tally.counts,
       summary.status, CASE WHEN summary.status = 'Ended' THEN coalesce((
           SELECT max(job.ended_at) FROM job WHERE job.run_id = run.id AND job.rank = 9
       ), run.closed_at) END AS ended_at, run.owner,
       CASE WHEN run.owner ~ '^[0-9]{1,18}$' THEN (
           SELECT account.login FROM account WHERE account.id = run.owner::bigint
       ) END AS owner_login, {acknowledged_of_run} AS acknowledged, {jobs.refusals.refused} AS refused

-- name: runs_selected
-- Part: the columns of a run, for the runs of a filter.
SELECT {run_columns}
{runs_filtered}

-- name: runs_by_id_desc
-- A page of runs: GET /api/run and the page of runs.
{runs_selected}
  AND (%(cursor)s::bigint IS NULL OR run.id < %(cursor)s)
ORDER BY run.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: runs_by_id_asc
-- The same, oldest first.
{runs_selected}
  AND (%(cursor)s::bigint IS NULL OR run.id > %(cursor)s)
ORDER BY run.id LIMIT %(limit)s OFFSET %(offset)s

-- name: runs_by_created_at_desc
-- The same by time, newest first.
{runs_selected}
  AND (%(cursor)s::bigint IS NULL
       OR (run.created_at, run.id) < ((SELECT created_at FROM run WHERE id = %(cursor)s), %(cursor)s))
ORDER BY run.created_at DESC, run.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: runs_by_created_at_asc
-- The same by time, oldest first.
{runs_selected}
  AND (%(cursor)s::bigint IS NULL
       OR (run.created_at, run.id) > ((SELECT created_at FROM run WHERE id = %(cursor)s), %(cursor)s))
ORDER BY run.created_at, run.id LIMIT %(limit)s OFFSET %(offset)s

-- name: count_runs
-- Counts the runs of a filter, up to a limit: lists of runs.
SELECT count(*) AS total FROM (SELECT 1 {runs_filtered} LIMIT %(count_limit)s) counted

-- name: count_runs_without_jobs
-- The same for filters without a status, which need no tally of jobs.
SELECT count(*) AS total FROM (
    SELECT 1 FROM run
    WHERE (%(run)s::bigint IS NULL OR run.id = %(run)s)
      AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
      AND (%(before)s::timestamptz IS NULL OR run.created_at < %(before)s)
      AND (%(after)s::timestamptz IS NULL OR run.created_at >= %(after)s)
    LIMIT %(count_limit)s
) counted

-- name: count_runs_by_jobs
-- The same for a filter by statuses that only jobs have: the tally alone, without the status of each run.
SELECT count(*) AS total FROM (
    SELECT 1
    FROM (SELECT run_id, status FROM job_tally WHERE status = ANY(%(status)s)
          GROUP BY run_id, status HAVING sum(jobs) > 0) tally
    JOIN run ON run.id = tally.run_id
    WHERE (%(run)s::bigint IS NULL OR run.id = %(run)s)
      AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
      AND (%(before)s::timestamptz IS NULL OR run.created_at < %(before)s)
      AND (%(after)s::timestamptz IS NULL OR run.created_at >= %(after)s)
    GROUP BY tally.run_id LIMIT %(count_limit)s
) counted

-- name: run
-- One run: GET /api/run/RUN and its page.
SELECT {run_columns}
FROM run CROSS JOIN LATERAL ({tally_of_run}) tally CROSS JOIN LATERAL ({status_of_run}) summary
WHERE run.id = %(run)s

-- name: runs_of_ids
-- Runs by ID: the counts in streams of events.
SELECT {run_columns}
FROM run CROSS JOIN LATERAL ({tally_of_run}) tally CROSS JOIN LATERAL ({status_of_run}) summary
WHERE run.id = ANY(%(runs)s)

-- name: is_acknowledged
-- Part: whether the failure of a job is acknowledged; the few acknowledgements in force are read once.
(job.status = 'Fail' AND coalesce(
    (job.source_name, job.error_code) IN (SELECT source_name, error_code FROM {acknowledgements.queries.active} known),
    false))

-- name: jobs_filtered
-- Part: the jobs of a filter.
FROM job LEFT JOIN run ON run.id = job.run_id
WHERE (%(run)s::bigint IS NULL OR job.run_id = %(run)s)
  AND (%(status)s::text[] IS NULL OR job.status = ANY(%(status)s))
  AND (%(source)s::text IS NULL OR job.source_name = %(source)s)
  AND (%(source_like)s::text IS NULL OR job.source_name LIKE %(source_like)s)
  AND (%(host)s::text IS NULL OR job.host = %(host)s)
  AND (%(error)s::text[] IS NULL OR job.error_code = ANY(%(error)s))
  AND (%(bulk)s::bigint IS NULL OR job.id = ANY(ARRAY(
      SELECT job_id FROM bulk_action_job WHERE bulk_action_id = %(bulk)s)))
  AND (%(layer)s::text IS NULL OR job.layer = %(layer)s)
  AND (%(kind)s::text IS NULL OR job.kind = %(kind)s)
  AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
  AND (%(before)s::timestamptz IS NULL OR job.created_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR job.created_at >= %(after)s)
  AND (%(ended_after)s::timestamptz IS NULL OR job.ended_at >= %(ended_after)s)
  AND (%(rerun)s::boolean IS NULL OR (job.opened_at > job.created_at) = %(rerun)s)
  AND (%(acknowledged)s::boolean IS NULL OR {is_acknowledged} = %(acknowledged)s)
  AND (%(change)s::text IS NULL OR {jobs.run_changes.is_changed})

-- name: job_columns
-- Part: the columns of a job, except its result.
job.id, job.run_id AS run, job.kind, job.host, job.source_name, job.source_url, job.layer, job.name, job.tier, job.status,
       job.attempt, job.token, job.batch_job, job.created_at, job.updated_at, job.submitted_at, job.started_at,
       job.ended_at, job.error_code, job.error_message, job.progress, job.force, job.kept_job, job.kept_attempt,
       run.live, run.lane, run.owner, run.name AS run_name, (
           SELECT min(marked_at) FROM file_deletion
           WHERE file_deletion.job_id = coalesce(job.kept_job, job.id)
             AND file_deletion.attempt = coalesce(job.kept_attempt, job.attempt)
       ) AS files_deleted_at

-- name: job_listed
-- Part: a job in a list; a summary has only the number of features of its result.
SELECT {job_columns}, CASE
    WHEN %(fields)s = 'all' THEN job.result
    WHEN job.result IS NOT NULL THEN jsonb_build_object('count', job.result -> 'count')
END AS result

-- name: jobs_by_id_desc
-- A page of jobs: GET /api/job and the pages of jobs and runs.
{job_listed} {jobs_filtered}
  AND (%(cursor)s::bigint IS NULL OR job.id < %(cursor)s)
ORDER BY job.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: jobs_by_id_asc
-- The same, oldest first.
{job_listed} {jobs_filtered}
  AND (%(cursor)s::bigint IS NULL OR job.id > %(cursor)s)
ORDER BY job.id LIMIT %(limit)s OFFSET %(offset)s

-- name: jobs_by_created_at_desc
-- The same by time, newest first.
{job_listed} {jobs_filtered}
  AND (%(cursor)s::bigint IS NULL
       OR (job.created_at, job.id) < ((SELECT created_at FROM job WHERE id = %(cursor)s), %(cursor)s))
ORDER BY job.created_at DESC, job.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: jobs_by_created_at_asc
-- The same by time, oldest first.
{job_listed} {jobs_filtered}
  AND (%(cursor)s::bigint IS NULL
       OR (job.created_at, job.id) > ((SELECT created_at FROM job WHERE id = %(cursor)s), %(cursor)s))
ORDER BY job.created_at, job.id LIMIT %(limit)s OFFSET %(offset)s

-- name: count_jobs
-- Counts the jobs of a filter, up to a limit: lists of jobs.
SELECT count(*) AS total FROM (SELECT 1 {jobs_filtered} LIMIT %(count_limit)s) counted

-- name: tallied_jobs
-- Counts the jobs of a run and of statuses from the tally: lists of jobs without other filters.
SELECT coalesce(sum(jobs), 0)::bigint AS total FROM job_tally
WHERE (%(run)s::bigint IS NULL OR run_id = %(run)s) AND (%(status)s::text[] IS NULL OR status = ANY(%(status)s))

-- name: jobs_by_status
-- The number of jobs by status: GET /metrics.
SELECT status, sum(jobs)::bigint AS jobs FROM job_tally GROUP BY status

-- name: job
-- One job: GET /api/job/JOB and its pages.
SELECT {job_columns}, job.result
FROM job JOIN run ON run.id = job.run_id
WHERE job.id = %(job)s

-- name: attempt_state_of
-- The owner of a run of the system is the author of its pull request, if it has one.
SELECT job.id, job.run_id AS run, job.attempt, job.token, job.status, coalesce(pull.author, run.owner) AS owner
FROM job
JOIN run ON run.id = job.run_id
LEFT JOIN LATERAL (
    SELECT nullif(github_check.author, '') AS author FROM github_check
    WHERE run.owner = 'system' AND github_check.head_sha = run.github ->> 'sha'
      AND github_check.repository = run.github ->> 'repository' AND github_check.pull::text = run.github ->> 'pull'
    LIMIT 1
) AS pull ON true

-- name: attempt_state
-- The latest attempt of a job: GET /api/job/JOB/state.
{attempt_state_of}
WHERE job.id = %(job)s

-- name: attempts
-- The attempts of a job: GET /api/job/JOB and its page.
SELECT attempt, tier, status, batch_job, error_code, error_message, created_at, started_at, ended_at
FROM job_attempt WHERE job_id = %(job)s ORDER BY attempt

-- name: events
-- The first 1,000 events of a job: GET /api/job/JOB and its page.
SELECT created_at, attempt, kind, accepted, reason, detail FROM job_event WHERE job_id = %(job)s ORDER BY id LIMIT 1000

-- name: review_reasons
-- Why the quality gate holds a job for review: GET /api/job/JOB and its page.
SELECT code, message, state, created_at FROM review_reason WHERE job_id = %(job)s ORDER BY id

-- name: definition
-- The definition that a job was created from: GET /api/job/JOB/raw, its page, and its license.
SELECT source.definition FROM job JOIN source ON source.sha256 = job.source_sha256 WHERE job.id = %(job)s

-- name: previous_publication
-- The publication that a job is compared with: the latest of its dataset by an earlier job. For the page of the job.
SELECT publication.job_id AS job, publication.published_at, publication.result
FROM publication JOIN data ON data.id = publication.data_id
WHERE data.source_name = %(source_name)s AND data.layer = %(layer)s AND data.name = %(name)s
  AND publication.job_id < %(job)s
ORDER BY publication.id DESC LIMIT 1

-- name: origin_of_run
-- Part: the schedule run that created a run.
(SELECT jsonb_build_object('id', schedule_run.id, 'label', schedule_run.type || ' ' || schedule_run.period)
 FROM schedule_run WHERE schedule_run.run_id = run.id ORDER BY schedule_run.id LIMIT 1) AS schedule_run

-- name: related_to_job
-- What a job belongs to besides its run: the page of the job.
SELECT coalesce(
           (SELECT id FROM data WHERE job.kind IN ('source', 'backfill') AND source_name = job.source_name
                AND layer = job.layer AND name = job.name),
           (SELECT publication.data_id FROM conversion JOIN publication ON publication.id = conversion.publication_id
            WHERE conversion.job_id = job.id)
       ) AS data, run.github, {origin_of_run}, (SELECT id FROM export WHERE job_id = job.id) AS export,
       (SELECT collection_id FROM collection_build WHERE job_id = job.id) AS collection, ARRAY(
           SELECT bulk_action_id FROM bulk_action_job WHERE job_id = job.id ORDER BY bulk_action_id DESC LIMIT 10
       ) AS bulk_actions
FROM job JOIN run ON run.id = job.run_id WHERE job.id = %(job)s

-- name: related_to_run
-- What a run belongs to: the page of the run.
SELECT NULL::bigint AS data, run.github, {origin_of_run}, NULL::bigint AS export, NULL::bigint AS collection,
       ARRAY[]::bigint[] AS bulk_actions
FROM run WHERE run.id = %(run)s

-- name: published_job
-- The dataset of a job and the job whose result is published: the page of the job.
SELECT id AS data, job_id AS job, updated_at AS published_at FROM data
WHERE source_name = %(source_name)s AND layer = %(layer)s AND name = %(name)s

-- name: waiting_attempt
-- When the next attempt of a job that waits is sent to the dispatcher: the page of the job.
SELECT outbox.attempt, outbox.available_at AS starts_at, outbox.paused_by IS NOT NULL AS is_paused
FROM outbox JOIN job ON job.id = outbox.job_id AND job.attempt = outbox.attempt
WHERE outbox.job_id = %(job)s AND outbox.sent_at IS NULL AND job.rank = 0
ORDER BY outbox.id DESC LIMIT 1

-- name: failing_since
-- Since when the dataset of a job fails: the page of the job.
SELECT failing_since FROM dataset_health
WHERE source_name = %(source_name)s AND layer = %(layer)s AND name = %(name)s AND failing_since IS NOT NULL

-- name: same_failure
-- How many other sources fail with a code at a host now, among the datasets of live runs: the page of the job.
SELECT count(DISTINCT known.source_name) FROM dataset_health known JOIN job ON job.id = known.job_id
WHERE known.failing_since IS NOT NULL AND known.error_code = %(code)s AND job.host = %(host)s
  AND known.source_name <> %(source_name)s
