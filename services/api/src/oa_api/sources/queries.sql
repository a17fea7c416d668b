-- name: exists
-- Whether any job or dataset has this source, or a source below it, for its page.
SELECT EXISTS (SELECT FROM job WHERE source_name = %(source)s AND kind IN ('source', 'backfill'))
       OR EXISTS (SELECT FROM data WHERE source_name = %(source)s) AS is_source,
       EXISTS (SELECT FROM job WHERE source_name LIKE %(below)s AND kind IN ('source', 'backfill'))
       OR EXISTS (SELECT FROM data WHERE source_name LIKE %(below)s) AS is_prefix

-- name: steps
-- What follows a prefix in the names of sources, each step with its counts, for the tree of sources. The entries and
-- the datasets are summed without a join.
SELECT step, bool_or(source_name = %(prefix)s || step) AS is_source,
       count(*) FILTER (WHERE source_name <> %(prefix)s || step) AS below, sum(entries)::bigint AS entries,
       sum(published)::bigint AS published, sum(failing)::bigint AS failing, sum(features)::bigint AS features
FROM (
    SELECT source_name, split_part(substr(source_name, length(%(prefix)s) + 1), '/', 1) AS step,
           sum(entry) AS entries, sum(dataset) AS published, sum(failing) AS failing, sum(features) AS features
    FROM (
        SELECT source_name, 1 AS entry, 0 AS dataset, (failing_since IS NOT NULL)::int AS failing, 0 AS features
        FROM dataset_health
        WHERE (%(below)s::text IS NULL OR source_name LIKE %(below)s) AND (source_name, layer, name) NOT IN (
            SELECT source_name, layer, name FROM data WHERE state <> 'published'
        )
        UNION ALL
        SELECT source_name, 0, 1, 0, coalesce(features, 0) FROM data
        WHERE state = 'published' AND (%(below)s::text IS NULL OR source_name LIKE %(below)s)
    ) known
    GROUP BY source_name
) counted
WHERE step <> ''
GROUP BY step ORDER BY step LIMIT %(limit)s

-- name: definition
-- The definition of a source: that of its newest job of a live run, else of its newest job.
SELECT newest.id AS job, newest.run_id AS run, newest.source_url, newest.created_at, newest.github, source.definition
FROM (
    SELECT job.id, job.run_id, job.source_url, job.source_sha256, job.created_at, run.github
    FROM job JOIN run ON run.id = job.run_id
    WHERE job.source_name = %(source)s AND job.kind = 'source'
    ORDER BY run.live DESC, job.id DESC LIMIT 1
) newest JOIN source ON source.sha256 = newest.source_sha256

-- name: newest_job
-- The newest job of a source, of a live run if it has one, for its endpoint.
SELECT job.id FROM job JOIN run ON run.id = job.run_id
WHERE job.source_name = %(source)s AND job.kind = 'source'
ORDER BY run.live DESC, job.id DESC LIMIT 1

-- name: origins
-- Where the definitions of some jobs came from, for GET /api/sources.
SELECT job.id AS job, job.source_url, run.github FROM job JOIN run ON run.id = job.run_id
WHERE job.id = ANY(%(jobs)s::bigint[])

-- name: withdrawn
-- The retired, deleted and reopened datasets of a source, for its page and its endpoint.
SELECT id, layer, name, state FROM data WHERE source_name = %(source)s AND state <> 'published' ORDER BY layer, name

-- name: publications
-- The newest publications of a source, for its page.
SELECT publication.id, publication.data_id AS data, publication.job_id AS job, publication.run_id AS run,
       publication.published_at, publication.github, data.layer, data.name, publication.result -> 'count' AS count,
       publication.result -> 'changes' AS changes
FROM publication JOIN data ON data.id = publication.data_id
WHERE publication.data_id = ANY(ARRAY(SELECT id FROM data WHERE source_name = %(source)s))
ORDER BY publication.id DESC LIMIT %(limit)s

-- name: tiled
-- The published datasets of a source that have vector tiles, for its map.
SELECT layer, name FROM data
WHERE source_name = %(source)s AND state = 'published' AND result -> 'outputs' ? 'source.pmtiles'
ORDER BY layer, name LIMIT %(limit)s

-- name: numbered
-- The job, the run and the dataset that have this ID, for the search.
SELECT (SELECT source_name || ' ' || layer || ' ' || name FROM job WHERE id = %(id)s) AS job,
       (SELECT CASE WHEN live THEN 'live' ELSE 'trial' END FROM run WHERE id = %(id)s) AS run,
       (SELECT source_name || ' ' || layer || ' ' || name FROM data WHERE id = %(id)s) AS data

-- name: dataset
-- A dataset by its source, layer and, if stated, name; the first of several, for the search.
SELECT id, name, count(*) OVER () AS datasets FROM data
WHERE source_name = %(source)s AND layer = %(layer)s AND (%(name)s::text IS NULL OR name = %(name)s)
ORDER BY name LIMIT 1

-- name: matching
-- Sources whose names contain all words, the best matches first, for the search.
SELECT source_name, count(*) AS entries, count(data) AS published, count(failing_since) AS failing, count(*) OVER () AS total
FROM (
    SELECT known.source_name, known.failing_since, data.id AS data
    FROM dataset_health known
    LEFT JOIN data ON data.source_name = known.source_name AND data.layer = known.layer AND data.name = known.name
    WHERE (data.state IS NULL OR data.state = 'published') AND lower(known.source_name) ~ ALL(%(words)s)
) known
GROUP BY source_name
ORDER BY lower(source_name) ~ %(ending)s DESC, length(source_name), source_name LIMIT %(limit)s

-- name: datasets_in_boxes
-- The number of datasets in each of some boxes, for the counties of the search.
SELECT box.place, (SELECT count(*) FROM data WHERE data.area && box.area::box AND data.state = 'published') AS datasets
FROM unnest(%(boxes)s::text[]) WITH ORDINALITY AS box (area, place)
ORDER BY box.place
