-- name: unpublished
-- Jobs of live runs that are newer than the published result and ended without being published.
SELECT job.id, job.run_id, job.attempt, job.status, job.error_code, job.error_message, job.ended_at
FROM job JOIN run ON run.id = job.run_id
WHERE job.source_name = data.source_name AND job.layer = data.layer AND job.name = data.name
  AND job.id >= greatest(data.job_id, data.checked_job) AND (job.id > data.job_id OR job.attempt > data.attempt)
  AND job.rank = 9 AND job.status <> 'Success' AND run.live

-- name: selected
-- The selected datasets: published ones.
FROM data
WHERE data.state = 'published'
  AND (%(source)s::text IS NULL OR data.source_name = %(source)s)
  AND (%(source_like)s::text IS NULL OR data.source_name LIKE %(source_like)s)
  AND (%(contains)s::text IS NULL OR lower(data.source_name) ~ %(contains)s)
  AND (%(layer)s::text IS NULL OR data.layer = %(layer)s)
  AND (%(name)s::text IS NULL OR data.name = %(name)s)
  AND (%(before)s::timestamptz IS NULL OR data.updated_at < %(before)s)
  AND (%(after)s::timestamptz IS NULL OR data.updated_at >= %(after)s)
  AND (%(area)s::box IS NULL OR data.area && %(area)s::box OR data.area && %(other_area)s::box)
  AND (%(validated)s::boolean IS NULL OR data.is_validated = %(validated)s)
  AND (%(failing)s::boolean IS NULL OR EXISTS ({unpublished}) = %(failing)s)

-- name: count
-- The number of selected datasets, for GET /api/data and the pages /data and /map.
SELECT count(*) FROM (SELECT 1 {selected} LIMIT %(count_limit)s) counted

-- name: columns
-- The columns of a dataset; a summary has only a part of its result.
SELECT data.id, data.source_name, data.layer, data.name, data.job_id AS job, data.attempt, data.updated_at, data.state,
       greatest(data.updated_at, data.checked_at) AS checked_at, greatest(data.job_id, data.checked_job) AS checked_job, CASE
           WHEN %(fields)s = 'all' THEN data.result
           ELSE jsonb_build_object('count', data.result -> 'count', 'valid', data.result -> 'valid',
                                   'bounds', data.result -> 'bounds')
       END AS result, data.license, publication.run_id AS run, publication.source_sha256, publication.source_url, publication.github,
       latest.id AS latest_id, latest.run_id AS latest_run, latest.attempt AS latest_attempt,
       latest.status AS latest_status, latest.error_code, latest.error_message, latest.ended_at,
       review.reasons AS review_reasons

-- name: joins
-- What a dataset is shown with: its publication, its latest job that was not published, the reasons for review.
LEFT JOIN publication ON publication.job_id = data.job_id AND publication.attempt = data.attempt
LEFT JOIN LATERAL ({unpublished} ORDER BY job.id DESC LIMIT 1) latest ON true
LEFT JOIN LATERAL (
    SELECT string_agg(message, '; ' ORDER BY review_reason.id) AS reasons FROM review_reason
    WHERE review_reason.job_id = latest.id AND review_reason.state = 'open' AND latest.status = 'Warn'
) review ON true

-- name: by_source
-- A page of datasets by source, for GET /api/data and the page /data.
{columns}
FROM (
    SELECT data.* {selected}
      AND (%(cursor)s::bigint IS NULL OR (data.source_name, data.layer, data.name) > (
          (SELECT source_name FROM data WHERE id = %(cursor)s), (SELECT layer FROM data WHERE id = %(cursor)s),
          (SELECT name FROM data WHERE id = %(cursor)s)))
    ORDER BY data.source_name, data.layer, data.name LIMIT %(limit)s OFFSET %(offset)s
) data
{joins}
ORDER BY data.source_name, data.layer, data.name

-- name: by_updated_at
-- A page of datasets, most recent first, for the same lists, the map and the overview.
{columns}
FROM (
    SELECT data.* {selected}
      AND (%(cursor)s::bigint IS NULL
           OR (data.updated_at, data.id) < ((SELECT updated_at FROM data WHERE id = %(cursor)s), %(cursor)s))
    ORDER BY data.updated_at DESC, data.id DESC LIMIT %(limit)s OFFSET %(offset)s
) data
{joins}
ORDER BY data.updated_at DESC, data.id DESC

-- name: by_count
-- A page of datasets, those with most features first, for GET /api/data.
{columns}
FROM (
    SELECT data.* {selected}
      AND (%(cursor)s::bigint IS NULL
           OR coalesce(data.features, 0) <= (SELECT coalesce(features, 0) FROM data WHERE id = %(cursor)s)
           AND (coalesce(data.features, 0) < (SELECT coalesce(features, 0) FROM data WHERE id = %(cursor)s)
                OR data.id > %(cursor)s))
    ORDER BY coalesce(data.features, 0) DESC, data.id LIMIT %(limit)s OFFSET %(offset)s
) data
{joins}
ORDER BY coalesce(data.features, 0) DESC, data.id

-- name: one
-- A dataset, for its endpoint and its page.
{columns}
FROM data
{joins}
WHERE data.id = %(data)s

-- name: is_kept
-- The files of a publication are not marked for deletion.
NOT EXISTS (
    SELECT FROM file_deletion
    WHERE file_deletion.job_id = publication.job_id AND file_deletion.attempt = publication.attempt AND file_deletion.part = 'files'
)

-- name: publication_columns
-- The columns of a publication.
SELECT publication.id, publication.job_id AS job, publication.attempt, publication.run_id AS run,
       publication.published_at, publication.source_sha256, publication.source_url, publication.github,
       publication.license, publication.result, EXISTS (SELECT 1 FROM job WHERE job.id = publication.job_id) AND NOT EXISTS (
           SELECT 1 FROM file_deletion WHERE file_deletion.job_id = publication.job_id AND file_deletion.attempt = publication.attempt
       ) AS is_kept, (
           SELECT min(marked_at) FROM file_deletion
           WHERE file_deletion.job_id = publication.job_id AND file_deletion.attempt = publication.attempt
       ) AS files_deleted_at
FROM publication

-- name: history
-- A page of the publications of a dataset, for the history endpoint and the page of the dataset.
{publication_columns}
WHERE publication.data_id = %(data)s AND (%(cursor)s::bigint IS NULL OR publication.id < %(cursor)s)
ORDER BY publication.id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count_history
-- The number of publications of a dataset, for the same lists.
SELECT count(*) FROM (SELECT 1 FROM publication WHERE data_id = %(data)s LIMIT %(count_limit)s) counted

-- name: between
-- The publications of a dataset after one and up to another, newest first: what changed between two versions.
{publication_columns}
WHERE publication.data_id = %(data)s AND publication.id > %(after)s AND publication.id <= %(last)s
ORDER BY publication.id DESC LIMIT %(limit)s

-- name: publication
-- A publication of a dataset.
{publication_columns}
WHERE publication.data_id = %(data)s AND publication.id = %(publication)s

-- name: version_before
-- The version of a dataset that was current some days ago; its first one if it is younger.
SELECT coalesce(
    (SELECT id FROM publication
     WHERE data_id = %(data)s AND published_at <= now() - make_interval(days => %(days)s) ORDER BY id DESC LIMIT 1),
    (SELECT id FROM publication WHERE data_id = %(data)s ORDER BY id LIMIT 1)
) AS publication

-- name: latest_file
-- The published attempt with one of its files, for /latest.
SELECT id, state, job_id AS job, attempt, result -> 'outputs' -> %(file)s AS output FROM data
WHERE source_name = %(source)s AND layer = %(layer)s AND name = %(name)s

-- name: version
-- What the published data and the state of its jobs are as of: the last event before all transactions that still run, on a
-- day (an old event may be deleted), and the last publication (an imported one has no event). For the ETag of extents and
-- credits.
SELECT (now() AT TIME ZONE 'UTC')::date || ' ' || coalesce((SELECT max(id) FROM publication), 0) || ' ' || coalesce((
    SELECT xid || '-' || id FROM job_event
    WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid DESC, id DESC LIMIT 1), '') AS version

-- name: bounds
-- The extent of the selected datasets, for GET /api/data/places.
SELECT min(((data.area)[1])[0]) AS west, min(((data.area)[1])[1]) AS south, max(((data.area)[0])[0]) AS east,
       max(((data.area)[0])[1]) AS north
{selected} AND data.area IS NOT NULL

-- name: extents
-- A part of the extents as GeoJSON text, which takes less time to join here than to build as JSON. The largest first: maps
-- draw the others on top.
SELECT string_agg(
           '{"type":"Feature","id":' || id || ',"properties":{"id":' || id || ',"source_name":' || to_json(source_name)
           || ',"layer":' || to_json(layer) || ',"name":' || to_json(name) || ',"count":' || count || ',"failing":' || failing
           || '},"geometry":{"type":"GeometryCollection","geometries":[{"type":"Polygon","coordinates":[[['
           || concat_ws('],[', west || ',' || south, east || ',' || south, east || ',' || north, west || ',' || north,
                        west || ',' || south)
           || ']]]},{"type":"Point","coordinates":[' || trim_scale(round(middle[0]::numeric, 5)) || ','
           || trim_scale(round(middle[1]::numeric, 5)) || ']}]}}',
           ',' ORDER BY size DESC, id) AS features,
       count(*) AS datasets, min(size) AS last_size, (array_agg(id ORDER BY size, id DESC))[1] AS last_id
FROM (
    SELECT data.id, data.source_name, data.layer, data.name, area(data.area) AS size, center(data.area) AS middle,
           ((data.area)[1])[0] AS west, ((data.area)[1])[1] AS south, ((data.area)[0])[0] AS east,
           ((data.area)[0])[1] AS north, coalesce(data.result -> 'count', 'null') AS count,
           EXISTS ({unpublished}) AS failing
    {selected} AND data.area IS NOT NULL
      AND (%(after_size)s::float8 IS NULL OR area(data.area) <= %(after_size)s::float8
           AND (area(data.area) < %(after_size)s::float8 OR data.id > %(after_id)s))
    ORDER BY area(data.area) DESC, data.id LIMIT %(limit)s
) placed

-- name: licenses
-- Stated licenses with the number of datasets and features, for GET /api/licenses.
SELECT license, count(*) AS datasets, coalesce(sum((result ->> 'count')::numeric), 0)::bigint AS features
{selected}
GROUP BY license

-- name: attributions
-- The selected datasets with their licenses, for GET /api/attribution.
SELECT source_name, layer, name, license::text AS license {selected} ORDER BY source_name, layer, name

-- name: in_feed
-- Part: the datasets of a filter of the feed.
(%(source)s::text IS NULL OR data.source_name = %(source)s)
  AND (%(source_like)s::text IS NULL OR data.source_name LIKE %(source_like)s)
  AND (%(contains)s::text IS NULL OR lower(data.source_name) ~ %(contains)s)
  AND (%(layer)s::text IS NULL OR data.layer = %(layer)s)
  AND (%(name)s::text IS NULL OR data.name = %(name)s)
  AND (%(area)s::box IS NULL OR data.area && %(area)s::box OR data.area && %(other_area)s::box)

-- name: recent_publications
-- A page of publications, newest first, for GET /data/feed.atom.
SELECT publication.id, publication.data_id, publication.job_id AS job, publication.attempt, publication.published_at,
       publication.license, publication.result, data.source_name, data.layer, data.name, {is_kept} AS is_kept
FROM publication JOIN data ON data.id = publication.data_id
WHERE {in_feed}
  AND (%(cursor)s::bigint IS NULL OR publication.id < %(cursor)s)
ORDER BY publication.id DESC LIMIT %(limit)s

-- name: newest
-- The datasets that were published last, for the sitemap.
SELECT id, updated_at FROM data WHERE state = 'published' ORDER BY updated_at DESC, id DESC LIMIT %(limit)s

-- name: recent_withdrawals
-- The changes of the state of datasets that the feed lists between two publications, newest first, for GET /data/feed.atom.
SELECT withdrawal.id, withdrawal.data_id, withdrawal.state, withdrawal.reason, withdrawal.created_at,
       withdrawal.publication_id AS publication, data.source_name, data.layer, data.name
FROM withdrawal JOIN data ON data.id = withdrawal.data_id
WHERE {in_feed}
  AND withdrawal.publication_id >= %(first)s
  AND (%(cursor)s::bigint IS NULL OR withdrawal.publication_id < %(cursor)s)
ORDER BY withdrawal.publication_id DESC, withdrawal.id DESC LIMIT %(limit)s

-- name: withdrawal
-- The latest change of the state of a dataset, for its page and its endpoint.
SELECT state, reason, created_at FROM withdrawal WHERE data_id = %(data)s ORDER BY id DESC LIMIT 1
