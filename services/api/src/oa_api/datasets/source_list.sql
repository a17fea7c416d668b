-- name: known
-- Part: the entries of live runs, each with its published dataset if it has one, as the filters select them.
FROM dataset_health known
LEFT JOIN data ON data.source_name = known.source_name AND data.layer = known.layer AND data.name = known.name
WHERE (%(source)s::text IS NULL OR known.source_name = %(source)s)
  AND (%(contains)s::text IS NULL OR lower(known.source_name) LIKE %(contains)s)
  AND (%(layer)s::text IS NULL OR known.layer = %(layer)s)
  AND (%(name)s::text IS NULL OR known.name = %(name)s)
  AND (%(before)s::timestamptz IS NULL OR data.updated_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR data.updated_at >= %(after)s)
  AND (%(area)s::box IS NULL OR data.area && %(area)s::box OR data.area && %(other_area)s::box)
  AND (%(validated)s::boolean IS NULL OR data.is_validated = %(validated)s)
  AND (%(failing)s::boolean IS NULL OR data.id IS NOT NULL AND (known.failing_since IS NOT NULL) = %(failing)s)
  AND (%(state)s::text IS NULL
       OR CASE %(state)s WHEN 'never' THEN data.id IS NULL
                         WHEN 'failing' THEN known.failing_since IS NOT NULL
                         ELSE data.id IS NOT NULL END)

-- name: ranked
-- Part: the sources of the selected entries, each with its place in the order.
SELECT source_name, entries, published, failing, features, updated_at,
       row_number() OVER (ORDER BY CASE %(sort)s WHEN 'count' THEN features END DESC NULLS LAST,
                                   CASE %(sort)s WHEN 'updated_at' THEN updated_at END DESC NULLS LAST,
                                   source_name) AS place,
       count(*) OVER () AS total
FROM (
    SELECT known.source_name, count(*) AS entries, count(data.id) AS published, count(known.failing_since) AS failing,
           coalesce(sum(data.features), 0)::bigint AS features, max(data.updated_at) AS updated_at
    {known} AND (%(source_like)s::text IS NULL OR known.source_name LIKE %(source_like)s)
    GROUP BY known.source_name
) grouped

-- name: sources
-- A page of sources: the pages /data and /sources.
WITH ranked AS ({ranked})
SELECT source_name, entries, published, failing, features, updated_at, total FROM ranked
WHERE place > coalesce((SELECT place FROM ranked WHERE source_name = %(cursor)s), 0)
ORDER BY place LIMIT %(limit)s

-- name: entries
-- The selected entries of some sources, for the same pages.
SELECT known.source_name, known.layer, known.name, known.job_id AS job, known.status, known.error_code,
       known.error_message, known.failing_since, known.ended_at, data.id AS data, data.job_id AS published_job,
       data.updated_at, greatest(data.updated_at, data.checked_at) AS checked_at, data.features, data.license
{known} AND known.source_name = ANY(%(sources)s)
ORDER BY known.source_name, known.layer, known.name

-- name: regions
-- The number of sources and entries by country and region; the filter by prefix does not apply. For the same pages.
SELECT country, region, count(DISTINCT source_name) AS sources, count(*) AS entries, count(data) AS published,
       count(failing_since) AS failing
FROM (
    SELECT known.country, known.region, known.source_name, known.failing_since, data.id AS data {known}
) known
GROUP BY country, region ORDER BY country, region
