-- Conversions: published results in formats that are written on request.

-- name: lock_conversions
-- One conversion is started at a time: none is started twice, and the limit of running ones holds (conversions).
SELECT pg_advisory_xact_lock(hashtextextended('conversion', 0))

-- name: convertible
-- The published result of a dataset that a conversion reads. The lock keeps the dataset from being deleted before the
-- job is written, which keeps its files from then on.
SELECT current.id AS publication, data.state, data.source_name, data.layer, data.name, data.job_id AS job, data.license,
       {products.queries.input_files}
FROM data CROSS JOIN LATERAL (
    SELECT publication.id FROM publication WHERE publication.job_id = data.job_id AND publication.attempt = data.attempt
) current
WHERE data.id = %(data)s
FOR SHARE OF data

-- name: conversion_columns
-- Part: a conversion with the state of its job.
SELECT conversion.publication_id AS publication, conversion.format, conversion.job_id AS job, conversion.attempt,
       conversion.result, conversion.started_at, conversion.ready_at, job.status, job.error_code, job.error_message,
       job.ended_at, EXISTS (
           SELECT FROM file_deletion
           WHERE file_deletion.job_id = conversion.job_id AND file_deletion.attempt = conversion.attempt
       ) AS is_deleted
FROM conversion JOIN job ON job.id = conversion.job_id

-- name: of_publications
-- The conversions of some publications, for pages and endpoints of datasets.
{conversion_columns}
WHERE conversion.publication_id = ANY(%(publications)s::bigint[])
ORDER BY conversion.publication_id, conversion.format

-- name: publication_of_dataset
-- The publication that a dataset shows now.
SELECT publication.id FROM data
JOIN publication ON publication.job_id = data.job_id AND publication.attempt = data.attempt
WHERE data.id = %(data)s

-- name: unended
-- How many conversions are being written (conversions.start_conversion).
SELECT count(*) FROM conversion JOIN job ON job.id = conversion.job_id
WHERE conversion.ready_at IS NULL AND job.rank < 9

-- name: insert_conversion
-- Record the job of a conversion; it replaces a job that failed (conversions.start_conversion).
INSERT INTO conversion (publication_id, format, job_id) VALUES (%(publication)s, %(format)s, %(job)s)
ON CONFLICT (publication_id, format) DO UPDATE SET
    job_id = excluded.job_id, started_at = now(), attempt = NULL, result = NULL, ready_at = NULL

-- name: usual_seconds
-- How long the latest conversions took, as a median (conversions.list_conversions).
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ready_at - started_at))::float AS seconds
FROM (
    SELECT started_at, ready_at FROM conversion WHERE ready_at IS NOT NULL ORDER BY ready_at DESC LIMIT 20
) latest
