-- name: uses_of_job
SELECT attempt.tier, sum(coalesce(extract(epoch FROM coalesce(attempt.ended_at, now()) - attempt.started_at), 0))::float
       AS seconds
FROM job_attempt attempt WHERE attempt.job_id = %(job)s GROUP BY attempt.tier

-- name: uses_of_run
SELECT attempt.tier, sum(coalesce(extract(epoch FROM coalesce(attempt.ended_at, now()) - attempt.started_at), 0))::float
       AS seconds
FROM job JOIN job_attempt attempt ON attempt.job_id = job.id
WHERE job.run_id = %(run)s GROUP BY attempt.tier

-- name: output_bytes
coalesce((
    SELECT sum(CASE WHEN jsonb_typeof(output.value -> 'bytes') = 'number' THEN (output.value ->> 'bytes')::numeric END)
    FROM jsonb_each(CASE WHEN jsonb_typeof(job.result -> 'outputs') = 'object' THEN job.result -> 'outputs' END) output
), 0)::bigint

-- name: moved_of_job
SELECT {output_bytes} AS written_bytes,
       CASE WHEN jsonb_typeof(job.progress -> 'bytes') = 'number' THEN (job.progress ->> 'bytes')::numeric::bigint
            ELSE 0 END AS fetched_bytes
FROM job WHERE id = %(job)s

-- name: moved_of_run
SELECT coalesce(sum({output_bytes}), 0)::bigint AS written_bytes,
       coalesce(sum(CASE WHEN jsonb_typeof(job.progress -> 'bytes') = 'number'
                         THEN (job.progress ->> 'bytes')::numeric END), 0)::bigint AS fetched_bytes
FROM job WHERE run_id = %(run)s

-- name: chosen
-- The jobs of a run, or the latest ones there are: never more than are worth measuring.
SELECT opened_at, submitted_at, started_at, ended_at, result FROM job
WHERE (%(run)s::bigint IS NULL OR run_id = %(run)s) AND kind = 'source' AND rank = 9
ORDER BY id DESC LIMIT %(limit)s

-- name: phases
WITH chosen AS ({chosen}),
spent (phase, seconds) AS (
    SELECT 'queued', extract(epoch FROM submitted_at - opened_at)::float FROM chosen WHERE submitted_at >= opened_at
    UNION ALL
    SELECT 'starting', extract(epoch FROM started_at - submitted_at)::float FROM chosen WHERE started_at >= submitted_at
    UNION ALL
    SELECT 'working', extract(epoch FROM ended_at - started_at)::float FROM chosen WHERE ended_at >= started_at
    UNION ALL
    SELECT 'working: ' || inner_phase.key, (inner_phase.value #>> '{}')::float
    FROM chosen CROSS JOIN LATERAL jsonb_each(
        CASE WHEN jsonb_typeof(result -> 'seconds') = 'object' THEN result -> 'seconds' END
    ) inner_phase
    WHERE jsonb_typeof(inner_phase.value) = 'number'
)
SELECT phase, count(*) AS jobs, sum(seconds) AS total_s,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_s,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS p90_s, max(seconds) AS longest_s
FROM spent GROUP BY phase
ORDER BY array_position(ARRAY['queued', 'starting', 'working'], phase), phase

-- name: throughput
WITH chosen AS ({chosen})
SELECT count(*) AS jobs, min(started_at) AS first_started_at, max(ended_at) AS last_ended_at,
       coalesce(extract(epoch FROM max(ended_at) - min(started_at)), 0)::float AS seconds,
       coalesce(sum(CASE WHEN jsonb_typeof(result -> 'count') = 'number' THEN (result ->> 'count')::numeric END), 0)::bigint
       AS features
FROM chosen

-- name: backlog
SELECT status, count(*) AS jobs, max(extract(epoch FROM now() - opened_at))::float AS oldest_s
FROM job WHERE rank < 9 AND (%(run)s::bigint IS NULL OR run_id = %(run)s)
GROUP BY status ORDER BY array_position(ARRAY['Pending', 'Submitted', 'Running'], status)
