-- name: jobs_at_work
SELECT job.id, job.run_id AS run, job.source_name, job.layer, job.name, job.status, job.attempt, job.started_at,
       job.submitted_at, job.progress
FROM job WHERE job.status = 'Running' ORDER BY job.id DESC LIMIT %(limit)s

-- name: causes
-- Of the latest failures only, so that it costs the same however many there have been.
SELECT coalesce(latest.error_code, '') AS code, count(*) AS jobs, count(DISTINCT latest.source_name) AS sources,
       max(latest.ended_at) AS last_at, (array_agg(latest.id ORDER BY latest.ended_at DESC))[1] AS job,
       (array_agg(latest.source_name ORDER BY latest.ended_at DESC))[1] AS source_name
FROM (
    SELECT id, error_code, source_name, ended_at FROM job
    WHERE status = 'Fail' AND ended_at > now() - make_interval(secs => %(within_s)s)
    ORDER BY ended_at DESC LIMIT %(latest)s
) latest
GROUP BY 1 ORDER BY jobs DESC, code

-- name: count_unsettled
SELECT status, count(*) AS jobs FROM job WHERE status IN ('Pending', 'Submitted', 'Running', 'Warn') GROUP BY status

-- name: ended_by_hour
-- Of the latest jobs only, likewise.
SELECT date_trunc('hour', latest.ended_at) AS hour, count(*) AS jobs
FROM (SELECT ended_at FROM job ORDER BY id DESC LIMIT %(latest)s) latest
WHERE latest.ended_at > now() - interval '24 hours'
GROUP BY 1 ORDER BY 1

-- name: covered
-- Where published data lies, as rectangles of whole degrees: longitude and latitude of their south-west corner, size.
SELECT DISTINCT floor((area[1])[0])::integer AS west, floor((area[1])[1])::integer AS south,
       greatest(1, ceil((area[0])[0] - (area[1])[0]))::integer AS width,
       greatest(1, ceil((area[0])[1] - (area[1])[1]))::integer AS height
FROM data WHERE area IS NOT NULL ORDER BY 3 DESC, 4 DESC, 1, 2 LIMIT %(limit)s
