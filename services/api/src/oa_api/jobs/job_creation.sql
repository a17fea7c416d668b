-- name: insert_run
INSERT INTO run (live, lane, sample, github) VALUES (%(live)s, %(lane)s, %(sample)s, %(github)s) RETURNING id

-- name: lock_run
SELECT id, live, lane, sample, closed_at FROM run WHERE id = %(run)s FOR UPDATE

-- name: run_state
SELECT id, live, closed_at FROM run WHERE id = %(run)s

-- name: update_run
UPDATE run SET
    live = coalesce(%(live)s, live),
    github = coalesce(%(github)s, github),
    closed_at = CASE WHEN %(closed)s THEN coalesce(closed_at, now()) WHEN %(closed)s = false THEN NULL ELSE closed_at END
WHERE id = %(run)s

-- name: insert_sources
INSERT INTO source (sha256, definition)
SELECT * FROM unnest(%(sha256)s::text[], %(definition)s::text[]) ON CONFLICT DO NOTHING

-- name: next_job_ids
SELECT nextval(pg_get_serial_sequence('job', 'id')) AS id FROM generate_series(1, %(count)s)

-- name: insert_jobs
INSERT INTO job (id, run_id, source_name, source_url, source_sha256, layer, name, tier, kind, host, token, traceparent)
OVERRIDING SYSTEM VALUE
SELECT id, %(run)s, source_name, source_url, source_sha256, layer, name, tier, kind, host, token, %(traceparent)s
FROM unnest(%(id)s::bigint[], %(source_name)s::text[], %(source_url)s::text[], %(source_sha256)s::text[],
            %(layer)s::text[], %(name)s::text[], %(tier)s::text[], %(kind)s::text[], %(host)s::text[],
            %(token)s::text[])
     AS new (id, source_name, source_url, source_sha256, layer, name, tier, kind, host, token)

-- name: insert_attempts
INSERT INTO job_attempt (job_id, attempt, token, tier)
SELECT id, 1, token, tier FROM unnest(%(id)s::bigint[], %(token)s::text[], %(tier)s::text[]) AS new (id, token, tier)

-- name: record_creation
INSERT INTO job_event (job_id, run_id, attempt, kind, accepted, detail)
SELECT id, %(run)s, 1, 'job.created', true, '{"status": "Pending"}' FROM unnest(%(id)s::bigint[]) AS new (id)

-- name: insert_messages
INSERT INTO outbox (job_id, attempt, body)
SELECT id, 1, body FROM unnest(%(id)s::bigint[], %(body)s::text[]) AS new (id, body)
