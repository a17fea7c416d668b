-- name: source_names
-- The sources of all jobs whose name contains a text: the index job_by_source, one step for each source.
WITH RECURSIVE source AS (
    (SELECT source_name FROM job ORDER BY source_name LIMIT 1)
    UNION ALL
    SELECT (
        SELECT job.source_name FROM job WHERE job.source_name > source.source_name ORDER BY job.source_name LIMIT 1
    )
    FROM source WHERE source.source_name IS NOT NULL
)
SELECT source_name FROM source WHERE source_name ILIKE %(pattern)s

-- name: jobs_filtered
-- Part: the jobs of a filter; products have no place in version 1.
FROM job JOIN run ON run.id = job.run_id
WHERE job.kind = 'source'
  AND (%(run)s::bigint IS NULL OR job.run_id = %(run)s)
  AND (%(status)s::text[] IS NULL OR job.status = ANY(%(status)s))
  AND (%(sources)s::text[] IS NULL OR job.source_name = ANY(%(sources)s))
  AND (%(layers)s::text[] IS NULL OR job.layer = ANY(%(layers)s))
  AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
  AND (%(before)s::timestamptz IS NULL OR job.created_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR job.created_at > %(after)s)

-- name: job_selected
-- Part: a job with those parts of its result that version 1 shows.
SELECT {jobs.reads.job_columns}, CASE WHEN job.result IS NOT NULL THEN jsonb_build_object(
    'count', job.result -> 'count', 'valid', job.result -> 'valid', 'fields', job.result -> 'fields',
    'bounds', job.result -> 'bounds', 'outputs', job.result -> 'outputs') END AS result

-- name: jobs_asc
-- A page of jobs, oldest first: GET /api/job and GET /api/run/RUN/jobs.
{job_selected} {jobs_filtered} AND (%(cursor)s::bigint IS NULL OR job.id > %(cursor)s)
ORDER BY job.id LIMIT %(limit)s OFFSET %(offset)s

-- name: jobs_desc
-- A page of jobs, newest first: GET /api/job.
{job_selected} {jobs_filtered} AND (%(cursor)s::bigint IS NULL OR job.id > %(cursor)s)
ORDER BY job.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count_jobs
-- The number of jobs of a filter, up to a limit: GET /api/job.
SELECT count(*) FROM (SELECT 1 {jobs_filtered} LIMIT %(count_limit)s) counted

-- name: orphans_filtered
-- Part: the jobs of sources without a dataset.
FROM job JOIN run ON run.id = job.run_id
WHERE job.kind = 'source' AND job.created_at < %(before)s AND NOT EXISTS (
    SELECT FROM data
    WHERE data.source_name = job.source_name AND data.layer = job.layer AND data.name = job.name
)

-- name: orphans
-- A page of jobs of sources without a dataset: GET /api/job/orphaned.
{job_selected} {orphans_filtered} AND (%(cursor)s::bigint IS NULL OR job.id > %(cursor)s)
ORDER BY job.id LIMIT %(limit)s OFFSET %(offset)s

-- name: count_orphans
-- The number of such jobs, up to a limit: GET /api/job/orphaned.
SELECT count(*) FROM (SELECT 1 {orphans_filtered} LIMIT %(count_limit)s) counted

-- name: runs_filtered
-- Part: the runs of a filter.
FROM run CROSS JOIN LATERAL ({jobs.reads.tally_of_run}) tally
CROSS JOIN LATERAL ({jobs.reads.status_of_run}) summary
WHERE (%(run)s::bigint IS NULL OR run.id = %(run)s)
  AND (%(live)s::boolean IS NULL OR run.live = %(live)s)
  AND (%(before)s::timestamptz IS NULL OR run.created_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR run.created_at > %(after)s)
  AND (%(status)s::text[] IS NULL OR tally.counts ?| %(status)s::text[])

-- name: runs_asc
-- A page of runs, oldest first: GET /api/run.
SELECT {jobs.reads.run_columns} {runs_filtered} AND (%(cursor)s::bigint IS NULL OR run.id > %(cursor)s)
ORDER BY run.id LIMIT %(limit)s OFFSET %(offset)s

-- name: runs_desc
-- A page of runs, newest first: GET /api/run.
SELECT {jobs.reads.run_columns} {runs_filtered} AND (%(cursor)s::bigint IS NULL OR run.id > %(cursor)s)
ORDER BY run.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count_runs
-- The number of runs of a filter, up to a limit: GET /api/run.
SELECT count(*) FROM (SELECT 1 {runs_filtered} LIMIT %(count_limit)s) counted

-- name: file_names
-- Part: the names of the files of a result.
ARRAY(SELECT jsonb_object_keys(
    CASE WHEN jsonb_typeof(result -> 'outputs') = 'object' THEN result -> 'outputs' ELSE '{}' END
))

-- name: datasets
-- All selected datasets: GET /api/data.
SELECT data.id, place.id AS map, data.source_name, data.layer, data.name, data.job_id AS job, data.updated_at,
       latest.id AS latest_job,
       (data.result #>> '{outputs,source.geojson.gz,bytes}')::bigint AS size_bytes, {file_names} AS files
FROM data
JOIN (SELECT source_name, min(id) AS id FROM data GROUP BY source_name) place ON place.source_name = data.source_name
LEFT JOIN LATERAL (
    SELECT job.id FROM job JOIN run ON run.id = job.run_id
    WHERE job.source_name = data.source_name AND job.layer = data.layer AND job.name = data.name AND run.live
    ORDER BY job.id DESC LIMIT 1
) latest ON true
WHERE data.state = 'published' AND (%(source)s::text IS NULL OR data.source_name ILIKE %(source)s)
  AND (%(layers)s::text[] IS NULL OR data.layer = ANY(%(layers)s))
  AND (%(name)s::text IS NULL OR data.name ILIKE %(name)s)
  AND (%(before)s::timestamptz IS NULL OR data.updated_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR data.updated_at > %(after)s)
  AND (%(area)s::box IS NULL OR data.area && %(area)s::box)
  AND (%(validated)s::boolean IS NULL OR data.is_validated = %(validated)s)
  AND (%(map)s::bigint IS NULL OR place.id = %(map)s)
ORDER BY data.source_name, data.layer, data.name
LIMIT %(limit)s

-- name: unpublished_datasets
-- The latest failed job of each dataset that was never published: GET /api/data?failing=true.
SELECT DISTINCT ON (job.source_name, job.layer, job.name)
       -job.id AS id, NULL::bigint AS map, job.source_name, job.layer, job.name, job.id AS job,
       NULL::timestamptz AS updated_at, job.id AS latest_job, NULL::bigint AS size_bytes, '{}'::text[] AS files
FROM job JOIN run ON run.id = job.run_id
WHERE job.rank = 9 AND job.status = 'Fail' AND job.kind = 'source' AND run.live
  AND (%(source)s::text IS NULL OR job.source_name ILIKE %(source)s)
  AND (%(layers)s::text[] IS NULL OR job.layer = ANY(%(layers)s))
  AND (%(name)s::text IS NULL OR job.name ILIKE %(name)s)
  AND NOT EXISTS (
      SELECT FROM data
      WHERE data.source_name = job.source_name AND data.layer = job.layer AND data.name = job.name
  )
ORDER BY job.source_name, job.layer, job.name, job.id DESC
LIMIT %(limit)s

-- name: history
-- The jobs of live runs for a dataset, newest first: GET /api/data/DATA/history.
{job_selected}
FROM data
JOIN job ON job.source_name = data.source_name AND job.layer = data.layer AND job.name = data.name
JOIN run ON run.id = job.run_id
WHERE data.id = %(data)s AND run.live AND job.kind = 'source'
  AND (%(status)s::text[] IS NULL OR job.status = ANY(%(status)s))
ORDER BY job.id DESC LIMIT %(limit)s

-- name: place_of_source
-- The place of a source, if it has data: GET /api/job/JOB.
SELECT min(id) FROM data WHERE source_name = %(source_name)s

-- name: places
-- The extent of the data of each source: GET /api/map/features.
SELECT min(id) AS id, source_name AS name, bool_or(layer = 'addresses') AS has_addresses,
       bool_or(layer = 'parcels') AS has_parcels, bool_or(layer = 'buildings') AS has_buildings,
       min((area[1])[0]) AS west, min((area[1])[1]) AS south, max((area[0])[0]) AS east, max((area[0])[1]) AS north
FROM data WHERE area IS NOT NULL AND state = 'published'
GROUP BY source_name ORDER BY source_name LIMIT %(limit)s

-- name: place
-- The place with an ID: GET /api/map/MAP.
SELECT min(id) AS id, source_name AS name, bool_or(layer = 'addresses') AS has_addresses,
       bool_or(layer = 'parcels') AS has_parcels, bool_or(layer = 'buildings') AS has_buildings,
       min((area[1])[0]) AS west, min((area[1])[1]) AS south, max((area[0])[0]) AS east, max((area[0])[1]) AS north
FROM data WHERE area IS NOT NULL AND state = 'published' AND source_name = (SELECT source_name FROM data WHERE id = %(map)s)
GROUP BY source_name

-- name: export_details
-- The requesters of exports, and the jobs that they are of: GET /api/export.
SELECT export.id AS export, run.owner, exported.id AS job, exported.source_name, exported.layer, exported.name
FROM export JOIN job ON job.id = export.job_id JOIN run ON run.id = job.run_id
LEFT JOIN job exported ON exported.id = (export.asked ->> 'job')::bigint
WHERE export.id = ANY(%(exports)s)

-- name: exports_filtered
-- Part: the exports of a filter.
WHERE (%(status)s::text[] IS NULL OR job.status = ANY(%(status)s))
  AND (%(before)s::timestamptz IS NULL OR export.created_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR export.created_at > %(after)s)

-- name: exports
-- A page of exports, newest first: GET /api/export.
{products.queries.export_selected} {exports_filtered} ORDER BY export.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count_exports
-- The number of exports of a filter, up to a limit: GET /api/export.
SELECT count(*) FROM (
    SELECT 1 FROM export JOIN job ON job.id = export.job_id {exports_filtered} LIMIT %(count_limit)s
) counted

-- name: errors_filtered
-- Part: the jobs that need review and match a filter.
FROM job JOIN LATERAL (
    SELECT array_agg(message ORDER BY id) AS messages FROM review_reason WHERE job_id = job.id AND state = 'open'
) reason ON reason.messages IS NOT NULL
WHERE job.id IN (SELECT job_id FROM review_reason WHERE state = 'open') AND job.status = 'Warn'
  AND (%(job)s::bigint IS NULL OR job.id = %(job)s)
  AND (%(status)s::text[] IS NULL OR job.status = ANY(%(status)s))
  AND (%(source)s::text IS NULL OR job.source_name ILIKE %(source)s)
  AND (%(layers)s::text[] IS NULL OR job.layer = ANY(%(layers)s))

-- name: errors_asc
-- A page of jobs that need review, oldest first: GET /api/job/error, and one of them: GET /api/job/error/JOB.
SELECT job.id AS job, job.status, reason.messages, job.source_name, job.layer, job.name {errors_filtered}
ORDER BY job.id LIMIT %(limit)s OFFSET %(offset)s

-- name: errors_desc
-- The same, newest first: GET /api/job/error.
SELECT job.id AS job, job.status, reason.messages, job.source_name, job.layer, job.name {errors_filtered}
ORDER BY job.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count_errors
-- The number of jobs that need review, up to a limit: GET /api/job/error.
SELECT count(*) FROM (SELECT 1 {errors_filtered} LIMIT %(count_limit)s) counted

-- name: users_filtered
-- Part: the accounts of a filter.
FROM account
WHERE (login ILIKE %(filter)s OR email ILIKE %(filter)s)
  AND (%(access)s::text IS NULL OR %(access)s = CASE
      WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN role = 'admin' THEN 'admin' ELSE 'user' END)
  AND (%(user)s::bigint IS NULL OR id = %(user)s)

-- name: users
-- A page of accounts, oldest first: GET /api/user, and one of them: GET /api/user/USER.
SELECT id, login, email, role, disabled_at IS NOT NULL AS is_disabled {users_filtered}
ORDER BY id LIMIT %(limit)s OFFSET %(offset)s

-- name: count_users
-- The number of accounts of a filter, up to a limit: GET /api/user.
SELECT count(*) FROM (SELECT 1 {users_filtered} LIMIT %(count_limit)s) counted

-- name: licensed_sources
-- The license of each source's published data: GET /api/licenses.
SELECT DISTINCT source_name, license FROM data WHERE license IS NOT NULL ORDER BY source_name
