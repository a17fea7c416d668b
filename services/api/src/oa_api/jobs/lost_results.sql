-- Results whose files are missing in the store.

-- name: kept_results
-- The results whose files have to exist, published ones and those that need review, each with its largest file: the
-- audit of the store, page by page.
SELECT kept.job_id, kept.attempt, (
    SELECT file.value ->> 'key'
    FROM jsonb_each(CASE jsonb_typeof(kept.result -> 'outputs') WHEN 'object' THEN kept.result -> 'outputs' END) file
    WHERE file.value ->> 'key' IS NOT NULL
    ORDER BY file.value -> 'bytes' DESC NULLS LAST, file.key LIMIT 1
) AS key, NOT EXISTS (
    SELECT FROM file_deletion WHERE file_deletion.job_id = kept.job_id AND file_deletion.attempt = kept.attempt
) AND NOT EXISTS (
    SELECT FROM lost_result WHERE lost_result.job_id = kept.job_id AND lost_result.attempt = kept.attempt
) AS is_expected
FROM (
    (SELECT job_id, attempt, result FROM data WHERE job_id > %(after)s ORDER BY job_id LIMIT %(limit)s)
    UNION ALL
    (SELECT id, attempt, result FROM job WHERE status = 'Warn' AND id > %(after)s ORDER BY id LIMIT %(limit)s)
    UNION ALL
    (SELECT job_id, attempt, result FROM collection WHERE job_id > %(after)s ORDER BY job_id LIMIT %(limit)s)
    UNION ALL
    (SELECT job_id, attempt, result FROM fabric WHERE job_id > %(after)s ORDER BY job_id LIMIT %(limit)s)
    UNION ALL
    (SELECT job_id, attempt, result FROM export
     WHERE expires_at > now() AND attempt IS NOT NULL AND job_id > %(after)s ORDER BY job_id LIMIT %(limit)s)
) kept
ORDER BY kept.job_id FETCH FIRST %(limit)s ROWS WITH TIES

-- name: is_kept
-- Whether a lost result is still published or needs review.
EXISTS (SELECT FROM data WHERE data.job_id = lost_result.job_id AND data.attempt = lost_result.attempt)
OR EXISTS (
    SELECT FROM job WHERE job.id = lost_result.job_id AND job.attempt = lost_result.attempt AND job.status = 'Warn'
)
OR EXISTS (
    SELECT FROM collection WHERE collection.job_id = lost_result.job_id AND collection.attempt = lost_result.attempt
)
OR EXISTS (SELECT FROM fabric WHERE fabric.job_id = lost_result.job_id AND fabric.attempt = lost_result.attempt)
OR EXISTS (
    SELECT FROM export
    WHERE export.job_id = lost_result.job_id AND export.attempt = lost_result.attempt AND export.expires_at > now()
)

-- name: record
-- Records lost results: the audit of the store.
INSERT INTO lost_result (job_id, attempt, key)
SELECT * FROM unnest(%(jobs)s::bigint[], %(attempts)s::integer[], %(keys)s::text[]) ON CONFLICT DO NOTHING

-- name: forget
-- Deletes lost results whose files are back: the audit of the store.
DELETE FROM lost_result USING unnest(%(jobs)s::bigint[], %(attempts)s::integer[]) AS back (job_id, attempt)
WHERE lost_result.job_id = back.job_id AND lost_result.attempt = back.attempt

-- name: forget_replaced
-- Deletes lost results that another one has replaced: the audit of the store.
DELETE FROM lost_result WHERE NOT ({is_kept})

-- name: recheckable
-- Lost results, whose files may be back: the audit of the store, page by page.
SELECT job_id, attempt, key, true AS is_expected FROM lost_result WHERE job_id > %(after)s
ORDER BY job_id FETCH FIRST %(limit)s ROWS WITH TIES

-- name: count
-- How many results are lost, since when, and the first jobs: the status of the system and the metrics.
SELECT
    count(*) AS results, min(noticed_at) AS since,
    array_to_string((array_agg(job_id ORDER BY job_id))[1:%(named)s], ', ') AS jobs
FROM lost_result

-- name: find
-- When the loss of a result was noticed: before a file is served.
SELECT noticed_at FROM lost_result WHERE job_id = %(job)s AND attempt = %(attempt)s
