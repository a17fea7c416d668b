-- name: is_active
(pause.ended_at IS NULL AND (pause.until IS NULL OR pause.until > now()))

-- name: active_pause
-- The pause that holds a job back, if any.
SELECT pause.id FROM pause
WHERE {is_active} AND CASE pause.scope
    WHEN 'all' THEN true
    WHEN 'lane' THEN pause.value = run.lane
    WHEN 'host' THEN pause.value = job.host
    WHEN 'source' THEN pause.value = job.source_name
        OR (right(pause.value, 1) = '/' AND starts_with(job.source_name, pause.value))
END
ORDER BY pause.id LIMIT 1

-- name: hold_messages
UPDATE outbox SET paused_by = held.pause, paused_at = now()
FROM unnest(%(id)s::bigint[], %(pause)s::bigint[]) AS held (id, pause) WHERE outbox.id = held.id

-- name: release_messages
-- What ended pauses held goes on to be sent; the time that it was held does not count against its deadline.
WITH due AS (
    SELECT outbox.id, outbox.job_id, now() - outbox.paused_at AS held_for
    FROM pause JOIN outbox ON outbox.paused_by = pause.id
    WHERE NOT {is_active} ORDER BY outbox.id LIMIT %(limit)s
    FOR UPDATE OF outbox SKIP LOCKED
), freed AS (
    UPDATE outbox SET paused_by = NULL, paused_at = NULL FROM due WHERE outbox.id = due.id
)
UPDATE job SET paused_for = paused_for + due.held_for FROM due WHERE job.id = due.job_id

-- name: end_expired
UPDATE pause SET ended_at = until, ended_by = '' WHERE ended_at IS NULL AND until <= now()

-- name: insert_pause
INSERT INTO pause (scope, value, reason, actor, until)
VALUES (%(scope)s, %(value)s, %(reason)s, %(actor)s, %(until)s)
ON CONFLICT (scope, value) WHERE ended_at IS NULL DO NOTHING RETURNING id

-- name: end_pause
UPDATE pause SET ended_at = now(), ended_by = %(actor)s WHERE id = %(pause)s AND {is_active}

-- name: selected
SELECT pause.id, pause.scope, pause.value, pause.reason, pause.actor, pause.created_at, pause.until, pause.ended_by,
       CASE WHEN {is_active} THEN NULL ELSE coalesce(pause.ended_at, pause.until) END AS ended_at,
       (SELECT count(*) FROM (SELECT FROM outbox WHERE outbox.paused_by = pause.id LIMIT 10000) held) AS waiting
FROM pause

-- name: notices
-- Without the jobs that wait, which take long to count: every page shows these.
SELECT id, scope, value, reason, actor, created_at, until FROM pause WHERE {is_active} ORDER BY id DESC LIMIT %(limit)s

-- name: pause_of_job
-- The pause that keeps the message of a job back.
SELECT pause.id, pause.scope, pause.value, pause.reason, pause.actor, pause.created_at, pause.until
FROM outbox JOIN pause ON pause.id = outbox.paused_by
WHERE outbox.job_id = %(job)s AND outbox.sent_at IS NULL ORDER BY outbox.id DESC LIMIT 1

-- name: pause
{selected} WHERE pause.id = %(pause)s

-- name: pauses
{selected}
WHERE (%(ended)s OR {is_active}) AND (%(cursor)s::bigint IS NULL OR pause.id < %(cursor)s)
ORDER BY pause.id DESC LIMIT %(limit)s
