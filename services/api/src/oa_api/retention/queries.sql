-- name: rules
-- Every rule, for GET /api/cleanup, the page /schedules and cleanup.
SELECT name, keep_days, keep_last, enabled, description FROM retention_rule ORDER BY name

-- name: change_rule
-- Change the given values of a rule (rules.change_rules).
UPDATE retention_rule SET
    keep_days = coalesce(%(keep_days)s, keep_days), keep_last = coalesce(%(keep_last)s, keep_last),
    enabled = coalesce(%(enabled)s, enabled)
WHERE name = %(name)s

-- name: in_use
-- Jobs whose files a running product uses.
SELECT (input ->> 'job')::bigint
FROM job product JOIN source ON source.sha256 = product.source_sha256
CROSS JOIN LATERAL jsonb_array_elements(source.definition::jsonb -> 'inputs') input
WHERE product.kind <> 'source' AND product.rank < 9

-- name: is_imported
-- An attempt of another system: its files stay in the bucket of that system. A subquery with a value, as the next one,
-- because the planner makes joins of EXISTS, and reads full tables for tables that are empty in most systems.
coalesce((
    SELECT true FROM imported_row
    WHERE old.attempt = 1 AND imported_row.step = 'job' AND imported_row.id = old.job_id
), false)

-- name: is_backfilled
-- An attempt whose files were added to a result that is kept.
coalesce((
    SELECT true FROM backfill
    WHERE backfill.job_id = old.job_id AND backfill.attempt = old.attempt AND NOT EXISTS (
        SELECT FROM file_deletion deletion
        WHERE deletion.job_id = backfill.target_job AND deletion.attempt = backfill.target_attempt
    )
), false)

-- name: is_converted
-- An attempt with a conversion of a publication with files.
coalesce((
    SELECT true FROM conversion JOIN publication ON publication.id = conversion.publication_id
    WHERE conversion.job_id = old.job_id AND conversion.attempt = old.attempt AND NOT EXISTS (
        SELECT FROM file_deletion deletion
        WHERE deletion.job_id = publication.job_id AND deletion.attempt = publication.attempt
    )
), false)

-- name: is_unused
-- Files without a use: not those of a dataset, of a current product or of a running job or product, nor added to a kept
-- result, nor converted from one.
(job.rank = 9 OR old.attempt < job.attempt)
AND NOT EXISTS (
    SELECT FROM data
    WHERE data.job_id = old.job_id AND data.attempt = old.attempt AND data.state IN ('published', 'retired')
)
AND NOT EXISTS (SELECT FROM collection offered WHERE offered.job_id = old.job_id AND offered.attempt = old.attempt)
AND NOT EXISTS (SELECT FROM fabric offered WHERE offered.job_id = old.job_id AND offered.attempt = old.attempt)
AND NOT EXISTS (
    SELECT FROM export offered
    WHERE offered.job_id = old.job_id AND offered.attempt = old.attempt AND offered.expires_at > now()
)
AND old.job_id <> ALL (ARRAY({in_use}))
AND NOT {is_imported}
AND NOT {is_backfilled}
AND NOT {is_converted}

-- name: is_deletable
-- An attempt without uses whose end is old enough, and that of each job of an unchanged source that kept its files.
{is_unused}
AND coalesce(old.ended_at, old.created_at) < now() - make_interval(days => %(keep_days)s)
AND NOT EXISTS (
    SELECT FROM job keeper
    WHERE keeper.kept_job = old.job_id AND keeper.kept_attempt = old.attempt
      AND keeper.ended_at >= now() - make_interval(days => %(keep_days)s)
)

-- name: is_marked
-- An attempt with files that are deleted or marked for deletion.
EXISTS (SELECT FROM file_deletion deletion WHERE deletion.job_id = old.job_id AND deletion.attempt = old.attempt)

-- name: is_never_published
-- A deletable attempt without a publication whose files are not marked yet.
{is_deletable}
AND NOT EXISTS (SELECT FROM publication WHERE publication.job_id = old.job_id AND publication.attempt = old.attempt)
AND NOT {is_marked}

-- name: is_deletable_unpublished
-- The rule `unpublished`.
{is_never_published}
AND NOT EXISTS (SELECT FROM run WHERE run.id = job.run_id AND run.lane = 'pull_request')

-- name: is_deletable_pull_request
-- The rule `pull_request`.
{is_never_published}
AND EXISTS (SELECT FROM run WHERE run.id = job.run_id AND run.lane = 'pull_request')

-- name: is_deletable_exports
-- The rule `exports`.
{is_unused}
AND EXISTS (
    SELECT FROM export offered
    WHERE offered.job_id = old.job_id AND offered.attempt = old.attempt
      AND offered.expires_at < now() - make_interval(days => %(keep_days)s)
)
AND NOT {is_marked}

-- name: is_deletable_conversions
-- The rule `conversions`: after the files of the publication.
{is_unused}
AND coalesce((
    SELECT min(gone.marked_at) < now() - make_interval(days => %(keep_days)s)
    FROM conversion JOIN publication ON publication.id = conversion.publication_id
    JOIN file_deletion gone ON gone.job_id = publication.job_id AND gone.attempt = publication.attempt
    WHERE conversion.job_id = old.job_id
), false)
AND NOT {is_marked}

-- name: is_superseded_long_ago
-- A publication that is old and no longer among the last versions of its dataset.
publication.published_at < now() - make_interval(days => %(keep_days)s)
AND (
    SELECT count(*) FROM publication newer WHERE newer.data_id = publication.data_id AND newer.id > publication.id
) >= %(keep_last)s

-- name: is_deletable_superseded
-- The rule `superseded`.
{is_deletable}
AND EXISTS (
    SELECT FROM publication
    WHERE publication.job_id = old.job_id AND publication.attempt = old.attempt AND {is_superseded_long_ago}
)
AND NOT {is_marked}

-- name: is_deletable_logs
-- The rule `logs`: only after the other files of the attempt are deleted.
{is_deletable}
AND EXISTS (
    SELECT FROM file_deletion deletion
    WHERE deletion.job_id = old.job_id AND deletion.attempt = old.attempt
      AND deletion.part = 'files' AND deletion.deleted_at IS NOT NULL
)
AND NOT EXISTS (
    SELECT FROM file_deletion deletion
    WHERE deletion.job_id = old.job_id AND deletion.attempt = old.attempt AND deletion.part = 'log'
)

-- name: attempts_after
-- The attempts after the last one of a batch.
FROM job_attempt old JOIN job ON job.id = old.job_id
WHERE (old.job_id, old.attempt) > (%(after_job)s, %(after_attempt)s)

-- name: known_bytes
-- The size of the files of the latest attempt, from its result.
CASE WHEN old.attempt = job.attempt AND job.kept_job IS NULL THEN coalesce((
    SELECT sum(CASE WHEN jsonb_typeof(output.value -> 'bytes') = 'number' THEN (output.value ->> 'bytes')::numeric END)
    FROM jsonb_each(CASE WHEN jsonb_typeof(job.result -> 'outputs') = 'object' THEN job.result -> 'outputs' END) output
), 0)::bigint ELSE 0 END

-- name: deletable_unpublished
-- A batch of attempts for the rule `unpublished` (attempts.preview, attempts.mark).
SELECT old.job_id, old.attempt, {known_bytes} AS known_bytes {attempts_after} AND {is_deletable_unpublished}
ORDER BY old.job_id, old.attempt LIMIT %(limit)s

-- name: deletable_pull_request
-- A batch of attempts for the rule `pull_request` (attempts.preview, attempts.mark).
SELECT old.job_id, old.attempt, {known_bytes} AS known_bytes {attempts_after} AND {is_deletable_pull_request}
ORDER BY old.job_id, old.attempt LIMIT %(limit)s

-- name: deletable_superseded
-- A batch of attempts for the rule `superseded` (attempts.preview, attempts.mark).
SELECT old.job_id, old.attempt, {known_bytes} AS known_bytes
FROM publication
JOIN job_attempt old ON old.job_id = publication.job_id AND old.attempt = publication.attempt
JOIN job ON job.id = old.job_id
WHERE (publication.job_id, publication.attempt) > (%(after_job)s, %(after_attempt)s)
  AND {is_superseded_long_ago} AND {is_deletable}
  AND NOT {is_marked}
ORDER BY publication.job_id, publication.attempt LIMIT %(limit)s

-- name: deletable_logs
-- A batch of attempts for the rule `logs` (attempts.preview, attempts.mark).
SELECT old.job_id, old.attempt, 0::bigint AS known_bytes {attempts_after} AND {is_deletable_logs}
ORDER BY old.job_id, old.attempt LIMIT %(limit)s

-- name: deletable_exports
-- A batch of attempts for the rule `exports` (attempts.preview, attempts.mark).
SELECT old.job_id, old.attempt, {known_bytes} AS known_bytes {attempts_after} AND {is_deletable_exports}
ORDER BY old.job_id, old.attempt LIMIT %(limit)s

-- name: deletable_conversions
-- A batch of attempts for the rule `conversions` (attempts.preview, attempts.mark).
SELECT old.job_id, old.attempt, {known_bytes} AS known_bytes
FROM conversion JOIN job_attempt old ON old.job_id = conversion.job_id JOIN job ON job.id = old.job_id
WHERE (old.job_id, old.attempt) > (%(after_job)s, %(after_attempt)s) AND {is_deletable_conversions}
ORDER BY old.job_id, old.attempt LIMIT %(limit)s

-- name: lock_jobs
-- Lock the jobs of a batch. Publishing locks the job first, so the statement after this one sees its publication.
SELECT id FROM job WHERE id = ANY(%(jobs)s) ORDER BY id FOR UPDATE SKIP LOCKED

-- name: chosen
-- The attempts of a batch whose jobs are locked.
FROM unnest(%(jobs)s::bigint[], %(attempts)s::integer[]) AS chosen (job_id, attempt)
JOIN job_attempt old ON old.job_id = chosen.job_id AND old.attempt = chosen.attempt
JOIN job ON job.id = old.job_id
WHERE job.id = ANY(%(locked)s)

-- name: mark_unpublished
-- Mark the files that the rule `unpublished` still applies to under the lock (attempts.mark).
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT old.job_id, old.attempt, 'files', 'unpublished' {chosen} AND {is_deletable_unpublished} ON CONFLICT DO NOTHING

-- name: mark_pull_request
-- Mark the files that the rule `pull_request` still applies to under the lock (attempts.mark).
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT old.job_id, old.attempt, 'files', 'pull_request' {chosen} AND {is_deletable_pull_request} ON CONFLICT DO NOTHING

-- name: mark_superseded
-- Mark the files that the rule `superseded` still applies to under the lock (attempts.mark).
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT old.job_id, old.attempt, 'files', 'superseded' {chosen} AND {is_deletable_superseded} ON CONFLICT DO NOTHING

-- name: mark_exports
-- Mark the files that the rule `exports` still applies to under the lock (attempts.mark).
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT old.job_id, old.attempt, 'files', 'exports' {chosen} AND {is_deletable_exports} ON CONFLICT DO NOTHING

-- name: mark_conversions
-- Mark the files that the rule `conversions` still applies to under the lock (attempts.mark).
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT old.job_id, old.attempt, 'files', 'conversions' {chosen} AND {is_deletable_conversions} ON CONFLICT DO NOTHING

-- name: mark_logs
-- Mark the files that the rule `logs` still applies to under the lock (attempts.mark).
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT old.job_id, old.attempt, 'log', 'logs' {chosen} AND {is_deletable_logs} ON CONFLICT DO NOTHING

-- name: unfinished
-- Marked files whose objects may still be stored, for attempts.finish.
SELECT job_id, attempt, part, rule FROM file_deletion WHERE deleted_at IS NULL ORDER BY marked_at LIMIT %(limit)s

-- name: finish
-- Record that the objects of marked files are deleted (attempts.finish).
UPDATE file_deletion SET deleted_at = now(), objects = %(objects)s, size_bytes = %(size_bytes)s
WHERE job_id = %(job)s AND attempt = %(attempt)s AND part = %(part)s AND deleted_at IS NULL

-- name: old_events
-- The next events of all jobs, with those that the rule `events` deletes (records.delete_events).
WITH chunk AS (
    SELECT id, created_at, kind, (SELECT rank FROM job WHERE job.id = job_event.job_id) AS rank
    FROM job_event WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
)
SELECT max(chunk.id) AS last,
       coalesce(array_agg(chunk.id) FILTER (WHERE kind <> 'data.published' AND rank = 9
           AND chunk.created_at < now() - make_interval(days => %(keep_days)s)), '{}') AS deletable,
       bool_or(chunk.created_at < now() - make_interval(days => %(keep_days)s)) AS has_old
FROM chunk

-- name: delete_events
-- Delete events (records.delete_events).
DELETE FROM job_event WHERE id = ANY(%(ids)s)

-- name: count_old_responses
-- How many responses delete_responses would delete, for a preview.
SELECT count(*) FROM idempotency WHERE created_at < now() - make_interval(days => %(keep_days)s)

-- name: delete_responses
-- Delete stored responses to idempotent requests (records.delete_responses).
DELETE FROM idempotency WHERE created_at < now() - make_interval(days => %(keep_days)s)

-- name: count_old_trials
-- How many trials delete_trials would delete, for a preview.
SELECT count(*) FROM trial WHERE created_at < now() - make_interval(days => %(keep_days)s)

-- name: delete_trials
-- Delete trials (records.delete_trials).
DELETE FROM trial WHERE created_at < now() - make_interval(days => %(keep_days)s)

-- name: known_attempts
-- Which of these attempts exist, with the parts of their files that are deleted, for orphans.
SELECT old.job_id, old.attempt,
       coalesce(array_agg(deletion.part) FILTER (WHERE deletion.deleted_at IS NOT NULL), '{}') AS deleted_parts
FROM unnest(%(jobs)s::bigint[], %(attempts)s::integer[]) AS requested (job_id, attempt)
JOIN job_attempt old ON old.job_id = requested.job_id AND old.attempt = requested.attempt
LEFT JOIN file_deletion deletion ON deletion.job_id = old.job_id AND deletion.attempt = old.attempt
GROUP BY old.job_id, old.attempt

-- name: known_uploads
-- Which of these keys belong to an upload whose object is not deleted, for orphans.
SELECT key FROM upload WHERE key = ANY(%(keys)s) AND (state <> 'Deleted' OR deleted_at IS NULL)

-- name: expired_uploads
-- Uploads that the rule `uploads` deletes (records.delete_uploads).
SELECT id, size_bytes FROM upload
WHERE state IN ('Waiting', 'Refused') AND created_at < now() - make_interval(days => %(keep_days)s)
ORDER BY created_at, id LIMIT %(limit)s

-- name: mark_uploads
-- Mark expired uploads as deleted (records.delete_uploads).
UPDATE upload SET state = 'Deleted', reason = coalesce(reason, 'never completed')
WHERE id = ANY(%(ids)s) AND state IN ('Waiting', 'Refused')

-- name: unfinished_uploads
-- Deleted uploads whose objects may still be stored (records.delete_uploads).
SELECT id, key FROM upload WHERE state = 'Deleted' AND deleted_at IS NULL ORDER BY created_at LIMIT %(limit)s

-- name: finish_uploads
-- Record that the objects of uploads are deleted (records.delete_uploads).
UPDATE upload SET deleted_at = now() WHERE id = ANY(%(ids)s)
