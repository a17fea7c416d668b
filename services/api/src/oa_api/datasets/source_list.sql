-- name: known
-- Part: the entries of live runs, each with its published dataset if it has one, as the filters select them; not those
-- whose dataset is retired or deleted.
FROM dataset_health known
LEFT JOIN data ON data.source_name = known.source_name AND data.layer = known.layer AND data.name = known.name
WHERE (data.state IS NULL OR data.state = 'published')
  AND (%(source)s::text IS NULL OR known.source_name = %(source)s)
  AND (%(contains)s::text IS NULL OR lower(known.source_name) ~ %(contains)s)
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

-- name: grouped
-- Part: the columns of a source.
SELECT known.source_name, count(*) AS entries, count(data.id) AS published, count(known.failing_since) AS failing,
       coalesce(sum(data.features), 0)::bigint AS features, max(data.updated_at) AS updated_at

-- name: below
-- Part: the prefix of the filter, which the counts by region leave out.
AND (%(source_like)s::text IS NULL OR known.source_name LIKE %(source_like)s)

-- name: by_source
-- A page of sources by name, which reads no more of them than it returns: the pages /data and /sources.
{grouped}
{known} {below} AND (%(cursor)s::text IS NULL OR known.source_name > %(cursor)s)
GROUP BY known.source_name ORDER BY known.source_name LIMIT %(limit)s OFFSET %(offset)s

-- name: rank
-- Part: what sources are sorted by, ascending, in an order that no index has: datasets are few. Those without are last.
coalesce(-CASE %(sort)s WHEN 'count' THEN sum(data.features) ELSE extract(epoch FROM max(data.updated_at)) END, 1)

-- name: by_rank
-- The same, most features or latest publication first; only the first rows are sorted.
SELECT source_name, entries, published, failing, features, updated_at
FROM ({grouped}, {rank} AS rank {known} {below} GROUP BY known.source_name) sources
WHERE %(cursor)s::text IS NULL
   OR (rank, source_name) > (SELECT {rank}, %(cursor)s::text {known} AND known.source_name = %(cursor)s)
ORDER BY rank, source_name LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- The number of selected sources, for the same pages.
SELECT count(*) FROM (SELECT DISTINCT known.source_name {known} {below} LIMIT %(count_limit)s) counted

-- name: entries
-- The selected entries of some sources, for the same pages.
SELECT known.source_name, known.layer, known.name, known.job_id AS job,
       coalesce((SELECT status FROM job WHERE job.id = known.job_id), known.status) AS status, known.error_code,
       known.error_message, known.failing_since, known.ended_at, data.id AS data, data.job_id AS published_job,
       data.updated_at, greatest(data.updated_at, data.checked_at) AS checked_at, data.features, data.license
{known} AND known.source_name = ANY(%(sources)s)
ORDER BY known.source_name, known.layer, known.name

-- name: regions
-- The number of sources by country and region; the filter by prefix does not apply. A source whose name has one part
-- belongs to no country: no prefix selects it. For the same pages.
SELECT country, region, count(*) AS sources
FROM (SELECT DISTINCT known.source_name, known.country, known.region {known}
      AND position('/' IN known.source_name) > 0) sources
GROUP BY country, region ORDER BY country, region
