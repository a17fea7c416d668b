-- name: grid
-- The datasets of live runs with their state, but not the retired and deleted ones, for the queries below.
SELECT known.source_name, known.layer, known.name, known.country, known.region, known.job_id AS job, known.status,
       known.error_code, known.error_message, known.ended_at, known.failing_since,
       data.id AS data, data.job_id AS published_job, data.updated_at AS published_at,
       greatest(data.updated_at, data.checked_at) AS checked_at,
       CASE WHEN data.id IS NULL THEN 'never'
            WHEN known.failing_since IS NOT NULL THEN 'failing'
            WHEN greatest(data.updated_at, data.checked_at) < now() - make_interval(days => %(stale_days)s) THEN 'stale'
            ELSE 'healthy' END AS state
FROM dataset_health known
LEFT JOIN data ON data.source_name = known.source_name AND data.layer = known.layer AND data.name = known.name
WHERE (data.state IS NULL OR data.state = 'published')
  AND (%(layer)s::text IS NULL OR known.layer = %(layer)s)
  AND (%(prefix)s::text IS NULL OR known.source_name LIKE %(prefix)s)

-- name: states
-- A page of the datasets of the grid (source_health.list_states).
SELECT grid.* FROM ({grid}) grid
WHERE (%(state)s::text[] IS NULL OR state = ANY(%(state)s))
  AND (%(cursor)s::text[] IS NULL
       OR (source_name, layer, name) > ((%(cursor)s::text[])[1], (%(cursor)s::text[])[2], (%(cursor)s::text[])[3]))
ORDER BY source_name, layer, name LIMIT %(limit)s

-- name: groups
-- The number of datasets in each state by country and region (source_health.count_groups).
SELECT country, region, count(*) AS total,
       count(*) FILTER (WHERE state = 'healthy') AS healthy, count(*) FILTER (WHERE state = 'stale') AS stale,
       count(*) FILTER (WHERE state = 'failing') AS failing, count(*) FILTER (WHERE state = 'never') AS never
FROM ({grid}) grid GROUP BY country, region ORDER BY country, region
