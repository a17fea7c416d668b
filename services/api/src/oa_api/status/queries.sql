-- Reads of the overview page. Those that count jobs look at the latest ones only, so that they cost the same however
-- many jobs there have been.

-- name: running_jobs
-- For list_running_jobs.
SELECT id, source_name, layer, name, progress FROM job WHERE status = 'Running' ORDER BY id DESC LIMIT %(limit)s

-- name: failing_datasets
-- Datasets that fail while an earlier version is published, as on the page of their health. For count_failing_datasets.
SELECT count(*) FROM dataset_health known
JOIN data ON data.source_name = known.source_name AND data.layer = known.layer AND data.name = known.name
WHERE known.failing_since IS NOT NULL AND data.state = 'published'

-- name: data_totals
-- What is published, for total_data, which the front page caches.
SELECT count(*) AS datasets, count(DISTINCT source_name) AS sources,
       count(DISTINCT split_part(source_name, '/', 1)) FILTER (WHERE position('/' IN source_name) > 0) AS countries,
       coalesce(sum(CASE WHEN jsonb_typeof(result -> 'count') = 'number' THEN (result ->> 'count')::numeric END), 0)::bigint
           AS features,
       max(updated_at) AS updated_at
FROM data WHERE state = 'published'

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
