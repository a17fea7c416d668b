-- name: runs
SELECT run.id, run.created_at, run.live, run.lane, run.closed_at, run.github
FROM run
WHERE (%(run)s::bigint IS NULL OR run.id = %(run)s)
  AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
  AND (%(before)s::timestamptz IS NULL OR run.created_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR run.created_at >= %(after)s)
  AND (%(cursor)s::bigint IS NULL OR run.id < %(cursor)s)
ORDER BY run.id DESC
LIMIT %(limit)s OFFSET %(offset)s

-- name: count_runs
SELECT count(*) AS total FROM run
WHERE (%(run)s::bigint IS NULL OR run.id = %(run)s)
  AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
  AND (%(before)s::timestamptz IS NULL OR run.created_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR run.created_at >= %(after)s)

-- name: counts_of_runs
SELECT run_id, status, count(*) AS jobs FROM job WHERE run_id = ANY(%(runs)s) GROUP BY run_id, status

-- name: jobs
SELECT job.id, job.run_id AS run, job.source_name, job.source_url, job.layer, job.name, job.tier, job.status,
       job.attempt, job.token, job.batch_job, job.created_at, job.updated_at, job.submitted_at, job.started_at,
       job.ended_at, job.error_code, job.error_message, job.progress, job.result, run.live, run.lane
FROM job JOIN run ON run.id = job.run_id
WHERE (%(run)s::bigint IS NULL OR job.run_id = %(run)s)
  AND (%(status)s::text[] IS NULL OR job.status = ANY(%(status)s))
  AND (%(source)s::text IS NULL OR job.source_name = %(source)s)
  AND (%(layer)s::text IS NULL OR job.layer = %(layer)s)
  AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
  AND (%(before)s::timestamptz IS NULL OR job.created_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR job.created_at >= %(after)s)
  AND (%(cursor)s::bigint IS NULL OR job.id < %(cursor)s)
ORDER BY job.id DESC
LIMIT %(limit)s OFFSET %(offset)s

-- name: count_jobs
SELECT count(*) AS total FROM job JOIN run ON run.id = job.run_id
WHERE (%(run)s::bigint IS NULL OR job.run_id = %(run)s)
  AND (%(status)s::text[] IS NULL OR job.status = ANY(%(status)s))
  AND (%(source)s::text IS NULL OR job.source_name = %(source)s)
  AND (%(layer)s::text IS NULL OR job.layer = %(layer)s)
  AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
  AND (%(before)s::timestamptz IS NULL OR job.created_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR job.created_at >= %(after)s)

-- name: job
SELECT job.id, job.run_id AS run, job.source_name, job.source_url, job.layer, job.name, job.tier, job.status,
       job.attempt, job.token, job.batch_job, job.created_at, job.updated_at, job.submitted_at, job.started_at,
       job.ended_at, job.error_code, job.error_message, job.progress, job.result, run.live, run.lane
FROM job JOIN run ON run.id = job.run_id
WHERE job.id = %(job)s

-- name: attempts
SELECT attempt, tier, status, batch_job, error_code, error_message, created_at, ended_at
FROM job_attempt WHERE job_id = %(job)s ORDER BY attempt

-- name: events
SELECT at, attempt, kind, accepted, reason, detail FROM job_event WHERE job_id = %(job)s ORDER BY id LIMIT 1000

-- name: held_back
SELECT code, message, state, created_at FROM job_error WHERE job_id = %(job)s ORDER BY id

-- name: definition
SELECT source.definition FROM job JOIN source ON source.sha256 = job.source_sha256 WHERE job.id = %(job)s

-- name: data
SELECT data.id, data.source_name, data.layer, data.name, data.job_id AS job, data.updated_at, data.result
FROM data
WHERE (%(source)s::text IS NULL OR data.source_name = %(source)s)
  AND (%(layer)s::text IS NULL OR data.layer = %(layer)s)
ORDER BY data.source_name, data.layer, data.name
LIMIT %(limit)s OFFSET %(offset)s

-- name: count_data
SELECT count(*) AS total FROM data
WHERE (%(source)s::text IS NULL OR data.source_name = %(source)s)
  AND (%(layer)s::text IS NULL OR data.layer = %(layer)s)
