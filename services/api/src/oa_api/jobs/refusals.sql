-- name: insert
-- Keeps what a run refused: refusals.keep_refusals.
INSERT INTO run_refusal (run_id, digest, source, pointer, code, message)
SELECT %(run)s, new.digest, new.source, new.pointer, new.code, new.message
FROM unnest(%(digest)s::text[], %(source)s::text[], %(pointer)s::text[], %(code)s::text[], %(message)s::text[])
     AS new (digest, source, pointer, code, message)
ON CONFLICT (run_id, digest) DO NOTHING

-- name: first
-- The first refusals of a run: GET /api/run/RUN and its page.
SELECT source, pointer, code, message FROM run_refusal
WHERE run_id = %(run)s ORDER BY source, pointer, message LIMIT %(limit)s

-- name: refused
-- Part: how many refusals a run has; a scalar subquery, one step for most runs.
(SELECT count(*) FROM run_refusal refusal WHERE refusal.run_id = run.id)
