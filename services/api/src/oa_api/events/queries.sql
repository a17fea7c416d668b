-- name: listen
LISTEN job_event

-- name: horizon
-- Everything of a transaction below xmin is there to be read; nothing at or above xmax has begun.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin, pg_snapshot_xmax(pg_current_snapshot())::text AS xmax

-- name: is_pending
SELECT EXISTS (SELECT FROM job_event WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())) AS is_pending

-- name: span
SELECT event.xid::text AS xid, event.id AS row_id, event.run_id AS run, event.job_id AS job, event.attempt, event.kind,
       event.created_at, event.detail, job.source_name, job.layer, job.name
FROM job_event event JOIN job ON job.id = event.job_id
WHERE event.accepted AND event.xid < pg_snapshot_xmin(pg_current_snapshot())
  AND (%(after_xid)s::xid8 IS NULL OR (event.xid, event.id) > (%(after_xid)s::xid8, %(after_id)s))
  AND (%(until_xid)s::xid8 IS NULL OR (event.xid, event.id) <= (%(until_xid)s::xid8, %(until_id)s))
  AND (%(run)s::bigint IS NULL OR event.run_id = %(run)s)
  AND (%(job)s::bigint IS NULL OR event.job_id = %(job)s)
  AND (%(kind)s::text[] IS NULL OR event.kind = ANY(%(kind)s))

-- name: events_asc
{span}
ORDER BY event.xid, event.id LIMIT %(limit)s

-- name: events_desc
{span}
ORDER BY event.xid DESC, event.id DESC LIMIT %(limit)s

-- name: resumable
-- Whether what followed an event can still be told: something as old is left, or even the first row of all, and not too
-- much has happened since.
SELECT (
    SELECT (xid, id) <= (%(after_xid)s::xid8, %(after_id)s) FROM job_event ORDER BY xid, id LIMIT 1
) OR EXISTS (SELECT FROM job_event WHERE id = 1) AS is_kept, (
    SELECT count(*) FROM (
        SELECT FROM job_event
        WHERE (xid, id) > (%(after_xid)s::xid8, %(after_id)s) AND (xid, id) <= (%(until_xid)s::xid8, %(until_id)s)
        LIMIT %(most)s + 1
    ) since
) <= %(most)s AS is_near

