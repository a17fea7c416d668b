-- name: open_filtered
-- Part: the jobs that need review and match a filter.
FROM job
WHERE job.id IN (SELECT job_id FROM review_reason WHERE state = 'open' AND (%(code)s::text IS NULL OR code = %(code)s))
  AND job.status = 'Warn'
  AND (%(run)s::bigint IS NULL OR job.run_id = %(run)s)
  AND (%(layer)s::text IS NULL OR job.layer = %(layer)s)
  AND (%(source)s::text IS NULL OR job.source_name = %(source)s)
  AND (%(source_like)s::text IS NULL OR job.source_name LIKE %(source_like)s)

-- name: open_jobs
-- A page of the jobs that need review, newest first, for list_for_review().
SELECT job.id, job.run_id AS run, job.source_name, job.layer, job.name, job.ended_at, job.result, held.errors,
       held.created_at, data.job_id AS published_job, data.updated_at AS published_at, data.result AS published_result
FROM (
    SELECT job.* {open_filtered} AND (%(cursor)s::bigint IS NULL OR job.id < %(cursor)s)
    ORDER BY job.id DESC LIMIT %(limit)s
) job
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('code', code, 'message', message) ORDER BY id) AS errors,
           min(created_at) AS created_at
    FROM review_reason WHERE job_id = job.id AND state = 'open'
) held
LEFT JOIN data ON data.source_name = job.source_name AND data.layer = job.layer AND data.name = job.name
ORDER BY job.id DESC

-- name: adjacent
-- The jobs before and after one in the queue, and how many come before it, at most 10,000. For find_adjacent_jobs().
SELECT (SELECT min(job.id) {open_filtered} AND job.id > %(job)s) AS previous,
       (SELECT max(job.id) {open_filtered} AND job.id < %(job)s) AS next,
       (SELECT count(*) FROM (SELECT 1 {open_filtered} AND job.id > %(job)s LIMIT 10000) newer) AS before

-- name: count_open
-- How many jobs need review; counting stops at the limit. For count_for_review().
SELECT count(*) AS total FROM (SELECT 1 {open_filtered} LIMIT %(count_limit)s) counted
