-- name: tally_of_run
SELECT coalesce(jsonb_object_agg(status, jobs), '{}') AS counts
FROM (
    SELECT status, sum(jobs) AS jobs FROM job_tally WHERE run_id = run.id GROUP BY status HAVING sum(jobs) > 0
) summed

-- name: status_of_run
SELECT CASE
    WHEN tally.counts = '{}' THEN 'Pending'
    WHEN tally.counts ?| ARRAY['Pending', 'Submitted', 'Running'] THEN 'Running'
    ELSE 'Ended'
END AS status

-- name: runs_filtered
FROM run CROSS JOIN LATERAL ({tally_of_run}) tally CROSS JOIN LATERAL ({status_of_run}) summary
WHERE (%(run)s::bigint IS NULL OR run.id = %(run)s)
  AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
  AND (%(before)s::timestamptz IS NULL OR run.created_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR run.created_at >= %(after)s)
  AND (%(status)s::text[] IS NULL OR summary.status = ANY(%(status)s) OR tally.counts ?| %(status)s::text[])

-- name: runs_selected
SELECT run.id, run.created_at, run.live, run.lane, run.sample, run.closed_at, run.github, tally.counts, summary.status
{runs_filtered}

-- name: runs_by_id_desc
{runs_selected}
  AND (%(cursor)s::bigint IS NULL OR run.id < %(cursor)s)
ORDER BY run.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: runs_by_id_asc
{runs_selected}
  AND (%(cursor)s::bigint IS NULL OR run.id > %(cursor)s)
ORDER BY run.id LIMIT %(limit)s OFFSET %(offset)s

-- name: runs_by_created_at_desc
{runs_selected}
  AND (%(cursor)s::bigint IS NULL
       OR (run.created_at, run.id) < ((SELECT created_at FROM run WHERE id = %(cursor)s), %(cursor)s))
ORDER BY run.created_at DESC, run.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: runs_by_created_at_asc
{runs_selected}
  AND (%(cursor)s::bigint IS NULL
       OR (run.created_at, run.id) > ((SELECT created_at FROM run WHERE id = %(cursor)s), %(cursor)s))
ORDER BY run.created_at, run.id LIMIT %(limit)s OFFSET %(offset)s

-- name: count_runs
SELECT count(*) AS total FROM (SELECT 1 {runs_filtered} LIMIT %(count_limit)s) counted

-- name: count_runs_by_themselves
-- Without a status asked for, nobody has to look at the jobs of a run to count it.
SELECT count(*) AS total FROM (
    SELECT 1 FROM run
    WHERE (%(run)s::bigint IS NULL OR run.id = %(run)s)
      AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
      AND (%(before)s::timestamptz IS NULL OR run.created_at < %(before)s)
      AND (%(after)s::timestamptz IS NULL OR run.created_at >= %(after)s)
    LIMIT %(count_limit)s
) counted

-- name: run
SELECT run.id, run.created_at, run.live, run.lane, run.sample, run.closed_at, run.github, tally.counts, summary.status
FROM run CROSS JOIN LATERAL ({tally_of_run}) tally CROSS JOIN LATERAL ({status_of_run}) summary
WHERE run.id = %(run)s

-- name: runs_by_number
SELECT run.id, run.created_at, run.live, run.lane, run.sample, run.closed_at, run.github, tally.counts, summary.status
FROM run CROSS JOIN LATERAL ({tally_of_run}) tally CROSS JOIN LATERAL ({status_of_run}) summary
WHERE run.id = ANY(%(runs)s)

-- name: jobs_filtered
FROM job LEFT JOIN run ON run.id = job.run_id
WHERE (%(run)s::bigint IS NULL OR job.run_id = %(run)s)
  AND (%(status)s::text[] IS NULL OR job.status = ANY(%(status)s))
  AND (%(source)s::text IS NULL OR job.source_name = %(source)s)
  AND (%(source_like)s::text IS NULL OR job.source_name LIKE %(source_like)s)
  AND (%(host)s::text IS NULL OR job.host = %(host)s)
  AND (%(error)s::text[] IS NULL OR job.error_code = ANY(%(error)s))
  AND (%(layer)s::text IS NULL OR job.layer = %(layer)s)
  AND (%(kind)s::text IS NULL OR job.kind = %(kind)s)
  AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
  AND (%(before)s::timestamptz IS NULL OR job.created_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR job.created_at >= %(after)s)

-- name: job_selected
SELECT job.id, job.run_id AS run, job.kind, job.host, job.source_name, job.source_url, job.layer, job.name, job.tier, job.status,
       job.attempt, job.token, job.batch_job, job.created_at, job.updated_at, job.submitted_at, job.started_at,
       job.ended_at, job.error_code, job.error_message, job.progress, job.result, run.live, run.lane, (
           SELECT min(marked_at) FROM file_deletion WHERE file_deletion.job_id = job.id AND file_deletion.attempt = job.attempt
       ) AS files_deleted_at

-- name: jobs_by_id_desc
{job_selected} {jobs_filtered}
  AND (%(cursor)s::bigint IS NULL OR job.id < %(cursor)s)
ORDER BY job.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: jobs_by_id_asc
{job_selected} {jobs_filtered}
  AND (%(cursor)s::bigint IS NULL OR job.id > %(cursor)s)
ORDER BY job.id LIMIT %(limit)s OFFSET %(offset)s

-- name: jobs_by_created_at_desc
{job_selected} {jobs_filtered}
  AND (%(cursor)s::bigint IS NULL
       OR (job.created_at, job.id) < ((SELECT created_at FROM job WHERE id = %(cursor)s), %(cursor)s))
ORDER BY job.created_at DESC, job.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: jobs_by_created_at_asc
{job_selected} {jobs_filtered}
  AND (%(cursor)s::bigint IS NULL
       OR (job.created_at, job.id) > ((SELECT created_at FROM job WHERE id = %(cursor)s), %(cursor)s))
ORDER BY job.created_at, job.id LIMIT %(limit)s OFFSET %(offset)s

-- name: count_jobs
SELECT count(*) AS total FROM (SELECT 1 {jobs_filtered} LIMIT %(count_limit)s) counted

-- name: tallied_jobs
SELECT coalesce(sum(jobs), 0)::bigint AS total FROM job_tally
WHERE (%(run)s::bigint IS NULL OR run_id = %(run)s) AND (%(status)s::text[] IS NULL OR status = ANY(%(status)s))

-- name: jobs_by_status
SELECT status, sum(jobs)::bigint AS jobs FROM job_tally GROUP BY status

-- name: job
{job_selected}
FROM job JOIN run ON run.id = job.run_id
WHERE job.id = %(job)s

-- name: attempts
SELECT attempt, tier, status, batch_job, error_code, error_message, created_at, ended_at
FROM job_attempt WHERE job_id = %(job)s ORDER BY attempt

-- name: events
SELECT created_at, attempt, kind, accepted, reason, detail FROM job_event WHERE job_id = %(job)s ORDER BY id LIMIT 1000

-- name: review_reasons
SELECT code, message, state, created_at FROM review_reason WHERE job_id = %(job)s ORDER BY id

-- name: definition
SELECT source.definition FROM job JOIN source ON source.sha256 = job.source_sha256 WHERE job.id = %(job)s
