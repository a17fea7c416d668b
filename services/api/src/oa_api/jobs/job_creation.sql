-- name: insert_sources
-- Stores the definitions of new jobs, each text once; also for the definitions of the weekly run.
INSERT INTO source (sha256, definition)
SELECT * FROM unnest(%(sha256)s::text[], %(definition)s::text[]) ON CONFLICT DO NOTHING

-- name: next_job_ids
-- Reserves the IDs of new jobs, which their messages name.
SELECT nextval(pg_get_serial_sequence('job', 'id')) AS id FROM generate_series(1, %(count)s)

-- name: existing_jobs
-- The jobs that a locked run has for entries, by the place of each entry; of several jobs, which older runs may have, the
-- first.
SELECT DISTINCT ON (entry.place) entry.place::integer AS place, job.id AS job, job.source_sha256 AS sha256
FROM unnest(%(source_name)s::text[], %(layer)s::text[], %(name)s::text[]) WITH ORDINALITY
     AS entry (source_name, layer, name, place)
JOIN job USING (source_name, layer, name)
WHERE job.run_id = %(run)s
ORDER BY entry.place, job.id

-- name: insert_jobs
-- Creates the jobs of a request.
INSERT INTO job (
    id, run_id, source_name, source_url, source_sha256, layer, name, tier, kind, host, token, traceparent, force, once_in_run
)
OVERRIDING SYSTEM VALUE
SELECT id, %(run)s, source_name, source_url, source_sha256, layer, name, tier, kind, host, token, %(traceparent)s, %(force)s,
       true
FROM unnest(%(id)s::bigint[], %(source_name)s::text[], %(source_url)s::text[], %(source_sha256)s::text[],
            %(layer)s::text[], %(name)s::text[], %(tier)s::text[], %(kind)s::text[], %(host)s::text[],
            %(token)s::text[])
     AS new (id, source_name, source_url, source_sha256, layer, name, tier, kind, host, token)

-- name: insert_attempts
-- Creates the first attempt of each new job.
INSERT INTO job_attempt (job_id, attempt, token, tier)
SELECT id, 1, token, tier FROM unnest(%(id)s::bigint[], %(token)s::text[], %(tier)s::text[]) AS new (id, token, tier)

-- name: record_creation
-- Records the creation of each new job in its events.
INSERT INTO job_event (job_id, run_id, attempt, kind, accepted, detail)
SELECT id, %(run)s, 1, 'job.created', true, '{"status": "Pending"}' FROM unnest(%(id)s::bigint[]) AS new (id)
