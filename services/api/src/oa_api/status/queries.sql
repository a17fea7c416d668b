-- Reads of the overview page. Those that count jobs look at the latest ones only, so that they cost the same however
-- many jobs there have been.

-- name: running_jobs
-- For list_running_jobs.
SELECT id, source_name, layer, name, progress FROM job WHERE status = 'Running' ORDER BY id DESC LIMIT %(limit)s

-- name: failures_by_code
-- Recent failures by failure code, most frequent first, each with its latest job. For list_failures.
SELECT coalesce(latest.error_code, '') AS code, count(*) AS jobs, max(latest.ended_at) AS last_at,
       (array_agg(latest.id ORDER BY latest.ended_at DESC))[1] AS job,
       (array_agg(latest.source_name ORDER BY latest.ended_at DESC))[1] AS source_name
FROM (
    SELECT id, error_code, source_name, ended_at FROM job
    WHERE status = 'Fail' AND ended_at > now() - make_interval(secs => %(within_s)s)
    ORDER BY ended_at DESC LIMIT %(latest)s
) latest
GROUP BY 1 ORDER BY jobs DESC, code

-- name: open_jobs_by_status
-- Jobs that run, wait or need review. For count_open_jobs.
SELECT status, count(*) AS jobs FROM job WHERE status IN ('Pending', 'Submitted', 'Running', 'Warn') GROUP BY status

-- name: ended_jobs_by_hour
-- For count_ended_jobs.
SELECT date_trunc('hour', latest.ended_at) AS hour, count(*) AS jobs
FROM (SELECT ended_at FROM job ORDER BY id DESC LIMIT %(latest)s) latest
WHERE latest.ended_at > now() - interval '24 hours'
GROUP BY 1 ORDER BY 1

-- name: covered_areas
-- Areas of published data, as rectangles of whole degrees. For list_covered_areas.
SELECT DISTINCT floor((area[1])[0])::integer AS west, floor((area[1])[1])::integer AS south,
       greatest(1, ceil((area[0])[0] - (area[1])[0]))::integer AS width,
       greatest(1, ceil((area[0])[1] - (area[1])[1]))::integer AS height
FROM data WHERE area IS NOT NULL AND state = 'published' ORDER BY 3 DESC, 4 DESC, 1, 2 LIMIT %(limit)s

-- name: ping
-- Whether the database responds: GET /ready.
SELECT 1 AS one
