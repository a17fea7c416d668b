-- name: insert_sources
-- Stores the definitions of new jobs, each text once; also for the definitions of the weekly run.
INSERT INTO source (sha256, definition)
SELECT * FROM unnest(%(sha256)s::text[], %(definition)s::text[]) ON CONFLICT DO NOTHING

-- name: next_job_ids
-- Reserves the IDs of new jobs, which their messages name; the name of the sequence is looked up once, not per row.
SELECT nextval(sequence.id) AS id
FROM (SELECT pg_get_serial_sequence('job', 'id')::regclass AS id OFFSET 0) AS sequence, generate_series(1, %(count)s)

-- name: has_jobs
-- Whether a locked run has any job; a new one has none, which saves the search for each of its entries.
SELECT EXISTS (SELECT FROM job WHERE run_id = %(run)s) AS has_jobs

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
-- Creates jobs of a request with their first attempts, their events and their messages to the dispatcher.
WITH new AS (
    SELECT *
    FROM unnest(%(id)s::bigint[], %(source_name)s::text[], %(source_url)s::text[], %(source_sha256)s::text[],
                %(layer)s::text[], %(name)s::text[], %(tier)s::text[], %(kind)s::text[], %(host)s::text[],
                %(token)s::text[], %(body)s::text[])
         AS given (id, source_name, source_url, source_sha256, layer, name, tier, kind, host, token, body)
),
jobs AS (
    INSERT INTO job (
        id, run_id, source_name, source_url, source_sha256, layer, name, tier, kind, host, token, traceparent, force,
        once_in_run
    )
    OVERRIDING SYSTEM VALUE
    SELECT id, %(run)s, source_name, source_url, source_sha256, layer, name, tier, kind, host, token, %(traceparent)s,
           %(force)s, true
    FROM new
),
attempts AS (INSERT INTO job_attempt (job_id, attempt, token, tier) SELECT id, 1, token, tier FROM new),
events AS (
    INSERT INTO job_event (job_id, run_id, attempt, kind, accepted, detail)
    SELECT id, %(run)s, 1, 'job.created', true, '{"status": "Pending"}' FROM new
)
INSERT INTO outbox (run_id, job_id, attempt, body) SELECT %(run)s, id, 1, body FROM new
