-- name: listen
-- Subscribes to notifications of new events: the reader of the feed.
LISTEN job_event

-- name: horizon
-- All events of transactions below xmin can be read; no transaction at or above xmax has started. For each reader.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin, pg_snapshot_xmax(pg_current_snapshot())::text AS xmax

-- name: is_pending
-- Whether a transaction that is not finished has written events: the reader of the feed.
SELECT EXISTS (SELECT FROM job_event WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())) AS is_pending

-- name: event_range
-- Part: the events of a range and a filter. Events of unfinished transactions, and later ones, are not read yet.
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
-- Events in order: GET /api/events, streams, and the reader of the feed.
{event_range}
ORDER BY event.xid, event.id LIMIT %(limit)s

-- name: events_desc
-- Events, newest first: GET /api/events.
{event_range}
ORDER BY event.xid DESC, event.id DESC LIMIT %(limit)s

-- name: resumable
-- Whether a stream can resume at an event: an older row, or the very first one, is still kept, and not too many follow.
SELECT (
    SELECT (xid, id) <= (%(after_xid)s::xid8, %(after_id)s) FROM job_event ORDER BY xid, id LIMIT 1
) OR EXISTS (SELECT FROM job_event WHERE id = 1) AS is_kept, (
    SELECT count(*) FROM (
        SELECT FROM job_event
        WHERE (xid, id) > (%(after_xid)s::xid8, %(after_id)s) AND (xid, id) <= (%(until_xid)s::xid8, %(until_id)s)
        LIMIT %(max_behind)s + 1
    ) since
) <= %(max_behind)s AS is_near
