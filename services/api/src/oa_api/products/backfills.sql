-- name: lock_backfills
-- One program at a time chooses results, so that none gets two jobs (backfills.start_backfills).
SELECT pg_advisory_xact_lock(hashtextextended('backfill', 0))

-- name: incomplete_results
-- Results with a file of all features whose files are kept, and where one is missing or has no digest.
FROM publication JOIN data ON data.id = publication.data_id
WHERE starts_with(data.source_name, %(prefix)s) AND (%(below)s::bigint IS NULL OR publication.job_id < %(below)s)
  AND (%(with_history)s OR (data.job_id, data.attempt) = (publication.job_id, publication.attempt))
  AND publication.result #>> '{outputs,source.geojson.gz,key}' IS NOT NULL
  AND NOT (
      publication.result -> 'outputs' ?& ARRAY['source.parquet', 'stats.json', 'manifest.json']
      AND publication.result #> '{outputs,source.geojson.gz}' ? 'sha256'
  )
  AND NOT EXISTS (
      SELECT FROM file_deletion
      WHERE file_deletion.job_id = publication.job_id AND file_deletion.attempt = publication.attempt
  )
  AND NOT EXISTS (
      SELECT FROM backfill JOIN job ON job.id = backfill.job_id
      WHERE backfill.target_job = publication.job_id AND backfill.target_attempt = publication.attempt AND job.rank < 9
  )

-- name: incomplete
-- The first results that lack files (backfills.start_backfills).
SELECT publication.job_id AS job, publication.attempt, data.source_name, data.layer, data.name,
       publication.result #>> '{outputs,source.geojson.gz,key}' AS key,
       publication.result #>> '{outputs,source.geojson.gz,sha256}' AS sha256,
       (publication.result #>> '{outputs,source.geojson.gz,bytes}')::bigint AS size_bytes,
       (publication.result ->> 'count')::bigint AS count, publication.license
{incomplete_results}
ORDER BY publication.job_id DESC, publication.attempt DESC LIMIT %(limit)s

-- name: count_incomplete
-- How many results lack files (backfills.count_incomplete).
SELECT count(*) {incomplete_results}

-- name: insert_backfills
-- Records what jobs are made for (backfills.start_backfills).
INSERT INTO backfill (job_id, target_job, target_attempt)
SELECT * FROM unnest(%(jobs)s::bigint[], %(targets)s::bigint[], %(attempts)s::integer[])
