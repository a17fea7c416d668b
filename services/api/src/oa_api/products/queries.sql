-- name: input_files
-- The files of a result that products are built from.
result #>> '{outputs,source.parquet,key}' AS key, result #>> '{outputs,source.parquet,sha256}' AS sha256,
(result #>> '{outputs,source.parquet,bytes}')::bigint AS size_bytes,
result #>> '{outputs,source.geojson.gz,key}' AS geojson_key,
result #>> '{outputs,source.geojson.gz,sha256}' AS geojson_sha256, (result ->> 'count')::bigint AS count

-- name: inputs
-- The published results of a selection (selection.select_inputs). A bbox with west > east crosses the antimeridian: two boxes.
SELECT source_name, layer, name, job_id AS job, license, {input_files}
FROM data
WHERE state = 'published' AND source_name ~ ANY(%(patterns)s::text[])
  AND (%(layer)s::text IS NULL OR layer = %(layer)s)
  AND (%(west)s::float IS NULL
       OR area && box(point(%(west)s, %(south)s), point(
           CASE WHEN %(west)s::float < %(east)s THEN %(east)s ELSE 180 END, %(north)s))
       OR (%(west)s::float > %(east)s AND area && box(point(-180, %(south)s), point(%(east)s, %(north)s))))
ORDER BY source_name, layer, name

-- name: input_of_job
-- The result of a job (selection.select_job). The job whose files it has is locked until the export is written, and named:
-- cleanup skips it.
WITH holder AS (
    SELECT id FROM job WHERE id = (SELECT coalesce(kept_job, id) FROM job WHERE id = %(job)s) FOR SHARE
)
SELECT source_name, layer, name, coalesce(kept_job, id) AS job, kind, status, {input_files},
       EXISTS (
           SELECT FROM file_deletion
           WHERE file_deletion.job_id = coalesce(job.kept_job, job.id) AND file_deletion.part = 'files'
             AND file_deletion.attempt = coalesce(job.kept_attempt, job.attempt)
       ) AS has_deleted_files
FROM job WHERE id = %(job)s AND EXISTS (SELECT FROM holder) FOR SHARE

-- name: collection_built
-- Replace the files of a collection unless a newer build did (jobs.product_delivery).
UPDATE collection SET job_id = job.id, attempt = job.attempt, result = job.result, built_at = now()
FROM job JOIN collection_build build ON build.job_id = job.id
WHERE job.id = %(job)s AND job.kind = 'collection' AND collection.id = build.collection_id
  AND (collection.job_id IS NULL OR (collection.job_id, collection.attempt) < (job.id, job.attempt))

-- name: export_built
-- Replace the file of an export unless a newer attempt did (jobs.product_delivery).
UPDATE export SET attempt = job.attempt, result = job.result, ready_at = now(),
    expires_at = now() + make_interval(days => keep_days)
FROM job
WHERE job.id = %(job)s AND job.kind = 'export' AND export.job_id = job.id
  AND (export.attempt IS NULL OR export.attempt < job.attempt)

-- name: conversion_built
-- Offer the file of a conversion unless a newer attempt did (jobs.product_delivery).
UPDATE conversion SET attempt = job.attempt, result = job.result, ready_at = now()
FROM job
WHERE job.id = %(job)s AND job.kind = 'export' AND conversion.job_id = job.id
  AND (conversion.attempt IS NULL OR conversion.attempt < job.attempt)

-- name: fabric_built
-- Replace the tiles of a layer unless a newer build did (jobs.product_delivery).
INSERT INTO fabric (layer, job_id, attempt, result)
SELECT layer, id, attempt, coalesce(result, '{}') FROM job WHERE id = %(job)s AND kind = 'fabric'
ON CONFLICT (layer) DO UPDATE SET
    job_id = excluded.job_id, attempt = excluded.attempt, result = excluded.result, built_at = now()
WHERE (fabric.job_id, fabric.attempt) < (excluded.job_id, excluded.attempt)

-- name: insert_collection
-- Create a collection unless its name is in use (collections.create_collection).
INSERT INTO collection (name, display_name, sources, layer, formats, deduplicate)
VALUES (%(name)s, %(display_name)s, %(sources)s, %(layer)s, %(formats)s, %(deduplicate)s)
ON CONFLICT (name) DO NOTHING
RETURNING id

-- name: update_collection
-- Change the given fields of a collection (collections.change_collection).
UPDATE collection SET
    display_name = coalesce(%(display_name)s, display_name),
    sources = coalesce(%(sources)s, sources),
    layer = CASE WHEN 'layer' = ANY(%(given)s::text[]) THEN %(layer)s ELSE layer END,
    formats = coalesce(%(formats)s, formats),
    deduplicate = coalesce(%(deduplicate)s, deduplicate),
    updated_at = now()
WHERE id = %(collection)s

-- name: delete_collection
-- Delete a collection; its builds go with it (collections.delete_collection).
DELETE FROM collection WHERE id = %(collection)s

-- name: lock_collection
-- A collection with the plan of its last build, locked while it is built or deleted (collections).
SELECT collection.id, collection.name, display_name, sources, collection.layer, formats, deduplicate,
       collection.job_id, job.source_sha256 AS built_sha256
FROM collection LEFT JOIN job ON job.id = collection.job_id
WHERE collection.id = %(collection)s
FOR UPDATE OF collection

-- name: collection_ids
-- Every collection, for the schedule `collections`.
SELECT id FROM collection ORDER BY id

-- name: running_job
-- A job that builds the same plan and has not ended (builds.skip_reason).
SELECT id FROM job
WHERE source_name = %(source_name)s AND kind = %(kind)s AND source_sha256 = %(sha256)s AND rank < 9
ORDER BY id DESC LIMIT 1

-- name: insert_build
-- Record a build, or why it was skipped (collections.build_collection).
INSERT INTO collection_build (collection_id, job_id, skipped, inputs, features)
VALUES (%(collection)s, %(job)s, %(skipped)s, %(inputs)s, %(features)s)
RETURNING id

-- name: next_export
-- The ID of the next export, which its plan needs before the row is written (exports.create_export).
SELECT nextval(pg_get_serial_sequence('export', 'id')) AS id

-- name: insert_export
-- Create an export (exports.create_export).
INSERT INTO export (id, job_id, format, asked, inputs, features, keep_days)
OVERRIDING SYSTEM VALUE
VALUES (%(export)s, %(job)s, %(format)s, %(asked)s, %(inputs)s, %(features)s, %(keep_days)s)

-- name: lock_fabric
-- One build of a layer at a time, built or not (fabric.build_fabric).
SELECT pg_advisory_xact_lock(hashtextextended('fabric/' || %(layer)s, 0))

-- name: last_fabric_build
-- The last successful build of a layer (fabric.build_fabric).
SELECT fabric.job_id, job.source_sha256 AS built_sha256 FROM fabric JOIN job ON job.id = fabric.job_id
WHERE fabric.layer = %(layer)s

-- name: build_columns
-- The columns of a build.
build.id, build.collection_id AS collection, build.job_id AS job, build.skipped, build.inputs, build.features,
build.created_at, job.status, job.ended_at, job.error_code, job.error_message

-- name: builds
-- A page of the builds of a collection, for its endpoint and its page.
SELECT {build_columns}, coalesce(collection.job_id = build.job_id, false) AS is_newest
FROM collection_build build JOIN collection ON collection.id = build.collection_id
LEFT JOIN job ON job.id = build.job_id
WHERE build.collection_id = %(collection)s AND (%(cursor)s::bigint IS NULL OR build.id < %(cursor)s)
ORDER BY build.id DESC LIMIT %(limit)s

-- name: count_builds
-- The number of builds of a collection, for the same lists.
SELECT count(*) FROM (
    SELECT 1 FROM collection_build WHERE collection_id = %(collection)s LIMIT %(count_limit)s
) counted

-- name: collection_selected
-- The columns of a collection, with its latest build as JSON.
SELECT collection.id, collection.name, display_name, sources, layer, formats, deduplicate, created_at, updated_at,
       collection.job_id AS job, result, built_at, latest.build
FROM collection
LEFT JOIN LATERAL (
    SELECT to_jsonb(newest) AS build FROM (
        SELECT {build_columns}, coalesce(collection.job_id = build.job_id, false) AS is_newest
        FROM collection_build build LEFT JOIN job ON job.id = build.job_id
        WHERE build.collection_id = collection.id ORDER BY build.id DESC LIMIT 1
    ) newest
) latest ON true

-- name: collections
-- A page of collections, for GET /api/collections and the page /collections.
{collection_selected}
WHERE (%(cursor)s::bigint IS NULL OR collection.id > %(cursor)s)
ORDER BY collection.id LIMIT %(limit)s

-- name: count_collections
-- The number of collections, for the same lists.
SELECT count(*) FROM (SELECT 1 FROM collection LIMIT %(count_limit)s) counted

-- name: collection
-- A collection, for its endpoints and its page.
{collection_selected}
WHERE collection.id = %(collection)s

-- name: export_selected
-- The columns of an export with those of its job.
SELECT export.id, export.job_id AS job, export.format, export.asked, export.inputs, export.features,
       export.created_at, export.ready_at, export.expires_at, export.result,
       coalesce(export.expires_at < now(), false) AS is_expired,
       job.run_id AS run, job.status, job.progress, job.error_code, job.error_message
FROM export JOIN job ON job.id = export.job_id

-- name: exports
-- A page of exports, for GET /api/export and the page /exports.
{export_selected}
WHERE (%(cursor)s::bigint IS NULL OR export.id < %(cursor)s)
  AND (%(status)s::text[] IS NULL OR job.status = ANY(%(status)s))
  AND (%(format)s::text IS NULL OR export.format = %(format)s)
ORDER BY export.id DESC LIMIT %(limit)s

-- name: count_exports
-- The number of exports of a filter, for the same lists.
SELECT count(*) FROM (
    SELECT 1 FROM export
    WHERE (%(status)s::text[] IS NULL
           OR EXISTS (SELECT FROM job WHERE job.id = export.job_id AND job.status = ANY(%(status)s)))
      AND (%(format)s::text IS NULL OR export.format = %(format)s)
    LIMIT %(count_limit)s
) counted

-- name: export
-- An export, for its endpoints.
{export_selected}
WHERE export.id = %(export)s

-- name: fabric_layers
-- Layers of the fabric, built or not, for GET /api/fabric, the page /collections and the map.
SELECT requested.layer, fabric.job_id AS job, fabric.result, fabric.built_at, latest.build
FROM unnest(%(layers)s::text[]) WITH ORDINALITY AS requested (layer, position)
LEFT JOIN fabric ON fabric.layer = requested.layer
LEFT JOIN LATERAL (
    SELECT to_jsonb(newest) AS build FROM (
        SELECT job.id AS job, job.status, job.created_at, job.ended_at, job.error_code, job.error_message
        FROM job WHERE job.source_name = 'fabric/' || requested.layer AND job.kind = 'fabric' ORDER BY job.id DESC LIMIT 1
    ) newest
) latest ON true
ORDER BY requested.position
