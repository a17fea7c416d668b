-- name: insert_everything
WITH new AS (
    SELECT nextval(pg_get_serial_sequence('job', 'id')) AS id, given.*
    FROM unnest(%(definition)s::text[], %(sha256)s::text[], %(source_name)s::text[], %(token)s::text[], %(body)s::text[])
         AS given (definition, sha256, source_name, token, body)
),
run_row AS (INSERT INTO run (live) VALUES (false) RETURNING id),
sources AS (INSERT INTO source (sha256, definition) SELECT sha256, definition FROM new),
jobs AS (
    INSERT INTO job (id, run_id, source_name, source_sha256, layer, name, tier, token) OVERRIDING SYSTEM VALUE
    SELECT new.id, run_row.id, source_name, sha256, 'addresses', 'county', 'standard', token FROM new, run_row
),
attempts AS (INSERT INTO job_attempt (job_id, attempt, token, tier) SELECT id, 1, token, 'standard' FROM new)
INSERT INTO outbox (job_id, attempt, body, sent_at) SELECT id, 1, body, now() FROM new

-- name: outbox_state
SELECT count(*) FILTER (WHERE sent_at IS NOT NULL AND body NOT LIKE 'xxx%') AS sent,
       count(*) FILTER (WHERE body NOT LIKE 'xxx%') AS written
FROM outbox

