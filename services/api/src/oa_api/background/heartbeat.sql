-- name: upsert
-- Stores the parts of a process: each process, every few seconds.
INSERT INTO process_heartbeat (process, part, version, progress_at, problem)
SELECT %(process)s, part, %(version)s, now() - age_s * interval '1 second', problem
FROM unnest(%(part)s::text[], %(age_s)s::float[], %(problem)s::text[]) AS report (part, age_s, problem)
ON CONFLICT (process, part) DO UPDATE SET
    version = excluded.version, progress_at = excluded.progress_at, problem = excluded.problem, reported_at = now()

-- name: delete_other_parts
-- Forgets the parts that a process no longer has, and those of silent processes that another one runs: the same.
DELETE FROM process_heartbeat
WHERE (process = %(process)s AND part <> ALL(%(part)s::text[]))
   OR (reported_at < now() - %(forget_s)s * interval '1 second'
       AND (reported_at < now() - %(forget_unreplaced_s)s * interval '1 second' OR part IN (
           SELECT part FROM process_heartbeat WHERE reported_at >= now() - %(forget_s)s * interval '1 second')))

-- name: heartbeats
-- The parts of all processes: GET / and GET /metrics.
SELECT
    process, part, reported_at, problem, progress_at,
    extract(epoch FROM now() - reported_at)::float AS silent_s,
    extract(epoch FROM now() - progress_at)::float AS age_s
FROM process_heartbeat ORDER BY process, part
