-- name: rules
SELECT name, keep_days, keep_last, enabled, description FROM retention_rule ORDER BY name

-- name: change_rule
UPDATE retention_rule SET
    keep_days = coalesce(%(keep_days)s, keep_days), keep_last = coalesce(%(keep_last)s, keep_last),
    enabled = coalesce(%(enabled)s, enabled)
WHERE name = %(name)s

-- name: in_use
-- Jobs whose files are being built into products now.
SELECT (input ->> 'job')::bigint
FROM job product JOIN source ON source.sha256 = product.source_sha256
CROSS JOIN LATERAL jsonb_array_elements(source.definition::jsonb -> 'inputs') input
WHERE product.kind <> 'source' AND product.rank < 9

-- name: is_unused
-- Nobody looks at these files any more: they are not published, not a product that is offered, not being worked on.
(job.rank = 9 OR tried.attempt < job.attempt)
AND NOT EXISTS (SELECT FROM data WHERE data.job_id = tried.job_id AND data.attempt = tried.attempt)
AND NOT EXISTS (SELECT FROM collection offered WHERE offered.job_id = tried.job_id AND offered.attempt = tried.attempt)
AND NOT EXISTS (SELECT FROM fabric offered WHERE offered.job_id = tried.job_id AND offered.attempt = tried.attempt)
AND NOT EXISTS (
    SELECT FROM export offered
    WHERE offered.job_id = tried.job_id AND offered.attempt = tried.attempt AND offered.expires_at > now()
)
AND tried.job_id <> ALL (ARRAY({in_use}))

-- name: is_deletable
{is_unused}
AND coalesce(tried.ended_at, tried.created_at) < now() - make_interval(days => %(keep_days)s)

-- name: is_never_published
{is_deletable}
AND NOT EXISTS (SELECT FROM publication told WHERE told.job_id = tried.job_id AND told.attempt = tried.attempt)
AND NOT EXISTS (SELECT FROM file_deletion gone WHERE gone.job_id = tried.job_id AND gone.attempt = tried.attempt)

-- name: is_deletable_unpublished
{is_never_published}
AND NOT EXISTS (SELECT FROM run WHERE run.id = job.run_id AND run.lane = 'pull_request')

-- name: is_deletable_pull_request
{is_never_published}
AND EXISTS (SELECT FROM run WHERE run.id = job.run_id AND run.lane = 'pull_request')

-- name: is_deletable_exports
{is_unused}
AND EXISTS (
    SELECT FROM export offered
    WHERE offered.job_id = tried.job_id AND offered.attempt = tried.attempt
      AND offered.expires_at < now() - make_interval(days => %(keep_days)s)
)
AND NOT EXISTS (SELECT FROM file_deletion gone WHERE gone.job_id = tried.job_id AND gone.attempt = tried.attempt)

-- name: is_superseded_long_ago
told.published_at < now() - make_interval(days => %(keep_days)s)
AND (SELECT count(*) FROM publication newer WHERE newer.data_id = told.data_id AND newer.id > told.id) >= %(keep_last)s

-- name: is_deletable_superseded
{is_deletable}
AND EXISTS (
    SELECT FROM publication told WHERE told.job_id = tried.job_id AND told.attempt = tried.attempt AND {is_superseded_long_ago}
)
AND NOT EXISTS (SELECT FROM file_deletion gone WHERE gone.job_id = tried.job_id AND gone.attempt = tried.attempt)

-- name: is_deletable_logs
{is_deletable}
AND EXISTS (
    SELECT FROM file_deletion gone
    WHERE gone.job_id = tried.job_id AND gone.attempt = tried.attempt AND gone.part = 'files' AND gone.deleted_at IS NOT NULL
)
AND NOT EXISTS (
    SELECT FROM file_deletion gone WHERE gone.job_id = tried.job_id AND gone.attempt = tried.attempt AND gone.part = 'log'
)

-- name: attempts_after
FROM job_attempt tried JOIN job ON job.id = tried.job_id
WHERE (tried.job_id, tried.attempt) > (%(after_job)s, %(after_attempt)s)

-- name: known_bytes
CASE WHEN tried.attempt = job.attempt THEN coalesce((
    SELECT sum(CASE WHEN jsonb_typeof(output.value -> 'bytes') = 'number' THEN (output.value ->> 'bytes')::numeric END)
    FROM jsonb_each(CASE WHEN jsonb_typeof(job.result -> 'outputs') = 'object' THEN job.result -> 'outputs' END) output
), 0)::bigint ELSE 0 END

-- name: deletable_unpublished
SELECT tried.job_id, tried.attempt, {known_bytes} AS known_bytes {attempts_after} AND {is_deletable_unpublished}
ORDER BY tried.job_id, tried.attempt LIMIT %(limit)s

-- name: deletable_pull_request
SELECT tried.job_id, tried.attempt, {known_bytes} AS known_bytes {attempts_after} AND {is_deletable_pull_request}
ORDER BY tried.job_id, tried.attempt LIMIT %(limit)s

-- name: deletable_superseded
SELECT tried.job_id, tried.attempt, {known_bytes} AS known_bytes
FROM publication told
JOIN job_attempt tried ON tried.job_id = told.job_id AND tried.attempt = told.attempt
JOIN job ON job.id = tried.job_id
WHERE (told.job_id, told.attempt) > (%(after_job)s, %(after_attempt)s)
  AND {is_superseded_long_ago} AND {is_deletable}
  AND NOT EXISTS (SELECT FROM file_deletion gone WHERE gone.job_id = tried.job_id AND gone.attempt = tried.attempt)
ORDER BY told.job_id, told.attempt LIMIT %(limit)s

-- name: deletable_logs
SELECT tried.job_id, tried.attempt, 0::bigint AS known_bytes {attempts_after} AND {is_deletable_logs}
ORDER BY tried.job_id, tried.attempt LIMIT %(limit)s

-- name: deletable_exports
SELECT tried.job_id, tried.attempt, {known_bytes} AS known_bytes {attempts_after} AND {is_deletable_exports}
ORDER BY tried.job_id, tried.attempt LIMIT %(limit)s

-- name: lock_jobs
-- Publishing locks the job first: what is published while this waits is seen by the statement after it.
SELECT id FROM job WHERE id = ANY(%(jobs)s) ORDER BY id FOR UPDATE SKIP LOCKED

-- name: chosen
FROM unnest(%(jobs)s::bigint[], %(attempts)s::integer[]) AS chosen (job_id, attempt)
JOIN job_attempt tried ON tried.job_id = chosen.job_id AND tried.attempt = chosen.attempt
JOIN job ON job.id = tried.job_id
WHERE job.id = ANY(%(locked)s)

-- name: mark_unpublished
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT tried.job_id, tried.attempt, 'files', 'unpublished' {chosen} AND {is_deletable_unpublished} ON CONFLICT DO NOTHING

-- name: mark_pull_request
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT tried.job_id, tried.attempt, 'files', 'pull_request' {chosen} AND {is_deletable_pull_request} ON CONFLICT DO NOTHING

-- name: mark_superseded
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT tried.job_id, tried.attempt, 'files', 'superseded' {chosen} AND {is_deletable_superseded} ON CONFLICT DO NOTHING

-- name: mark_exports
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT tried.job_id, tried.attempt, 'files', 'exports' {chosen} AND {is_deletable_exports} ON CONFLICT DO NOTHING

-- name: mark_logs
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT tried.job_id, tried.attempt, 'log', 'logs' {chosen} AND {is_deletable_logs} ON CONFLICT DO NOTHING

-- name: unfinished
SELECT job_id, attempt, part, rule FROM file_deletion WHERE deleted_at IS NULL ORDER BY marked_at LIMIT %(limit)s

-- name: finish
UPDATE file_deletion SET deleted_at = now(), objects = %(objects)s, size_bytes = %(size_bytes)s
WHERE job_id = %(job)s AND attempt = %(attempt)s AND part = %(part)s AND deleted_at IS NULL

-- name: old_events
WITH looked AS (
    SELECT id, created_at, kind, (SELECT rank FROM job WHERE job.id = job_event.job_id) AS rank
    FROM job_event WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
)
SELECT max(looked.id) AS last, count(*) AS looked,
       coalesce(array_agg(looked.id) FILTER (WHERE kind <> 'data.published' AND rank = 9
           AND looked.created_at < now() - make_interval(days => %(keep_days)s)), '{}') AS old,
       bool_or(looked.created_at < now() - make_interval(days => %(keep_days)s)) AS goes_on
FROM looked

-- name: delete_events
DELETE FROM job_event WHERE id = ANY(%(ids)s)

-- name: old_answers
SELECT count(*) AS answers FROM idempotency WHERE created_at < now() - make_interval(days => %(keep_days)s)

-- name: delete_answers
DELETE FROM idempotency WHERE created_at < now() - make_interval(days => %(keep_days)s)

-- name: known_attempts
SELECT tried.job_id, tried.attempt, coalesce(array_agg(gone.part) FILTER (WHERE gone.deleted_at IS NOT NULL), '{}') AS gone
FROM unnest(%(jobs)s::bigint[], %(attempts)s::integer[]) AS asked (job_id, attempt)
JOIN job_attempt tried ON tried.job_id = asked.job_id AND tried.attempt = asked.attempt
LEFT JOIN file_deletion gone ON gone.job_id = tried.job_id AND gone.attempt = tried.attempt
GROUP BY tried.job_id, tried.attempt

-- name: known_uploads
SELECT key FROM upload WHERE key = ANY(%(keys)s) AND (state <> 'Deleted' OR deleted_at IS NULL)

-- name: deletable_uploads
SELECT id, size_bytes FROM upload
WHERE state IN ('Waiting', 'Refused') AND created_at < now() - make_interval(days => %(keep_days)s)
ORDER BY created_at, id LIMIT %(limit)s

-- name: mark_uploads
UPDATE upload SET state = 'Deleted', reason = coalesce(reason, 'it was never done')
WHERE id = ANY(%(ids)s) AND state IN ('Waiting', 'Refused')

-- name: unfinished_uploads
SELECT id, key FROM upload WHERE state = 'Deleted' AND deleted_at IS NULL ORDER BY created_at LIMIT %(limit)s

-- name: finish_uploads
UPDATE upload SET deleted_at = now() WHERE id = ANY(%(ids)s)
