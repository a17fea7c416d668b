-- name: uses_of_job
-- Seconds of the attempts of a job by tier: its cost.
SELECT attempt.tier, sum(coalesce(extract(epoch FROM coalesce(attempt.ended_at, now()) - attempt.started_at), 0))::float
       AS seconds
FROM job_attempt attempt WHERE attempt.job_id = %(job)s GROUP BY attempt.tier

-- name: uses_of_run
-- Seconds of the attempts of a run by tier: its cost.
SELECT attempt.tier, sum(coalesce(extract(epoch FROM coalesce(attempt.ended_at, now()) - attempt.started_at), 0))::float
       AS seconds
FROM job JOIN job_attempt attempt ON attempt.job_id = job.id
WHERE job.run_id = %(run)s GROUP BY attempt.tier

-- name: output_bytes
-- Part: the size of all files of a job; none that it kept.
CASE WHEN job.kept_job IS NOT NULL THEN 0 ELSE coalesce((
    SELECT sum(CASE WHEN jsonb_typeof(output.value -> 'bytes') = 'number' THEN (output.value ->> 'bytes')::numeric END)
    FROM jsonb_each(CASE WHEN jsonb_typeof(job.result -> 'outputs') = 'object' THEN job.result -> 'outputs' END) output
), 0)::bigint END

-- name: moved_of_job
-- Bytes that a job fetched and wrote: its cost.
SELECT {output_bytes} AS written_bytes,
       CASE WHEN jsonb_typeof(job.progress -> 'bytes') = 'number' THEN (job.progress ->> 'bytes')::numeric::bigint
            ELSE 0 END AS fetched_bytes
FROM job WHERE id = %(job)s

-- name: moved_of_run
-- Bytes that the jobs of a run fetched and wrote: its cost.
SELECT coalesce(sum({output_bytes}), 0)::bigint AS written_bytes,
       coalesce(sum(CASE WHEN jsonb_typeof(job.progress -> 'bytes') = 'number'
                         THEN (job.progress ->> 'bytes')::numeric END), 0)::bigint AS fetched_bytes
FROM job WHERE run_id = %(run)s

-- name: measured_jobs
-- Part: the ended jobs of a run, or the latest ones; `limit` bounds the cost of measuring.
SELECT opened_at, submitted_at, started_at, ended_at, result, kept_job FROM job
WHERE (%(run)s::bigint IS NULL OR run_id = %(run)s) AND kind = 'source' AND rank = 9
ORDER BY id DESC LIMIT %(limit)s

-- name: phases
-- Seconds by phase: GET /api/statistics and the page of a run.
WITH measured AS ({measured_jobs}),
spent (phase, seconds) AS (
    SELECT 'queued', extract(epoch FROM submitted_at - opened_at)::float FROM measured WHERE submitted_at >= opened_at
    UNION ALL
    SELECT 'starting', extract(epoch FROM started_at - submitted_at)::float FROM measured WHERE started_at >= submitted_at
    UNION ALL
    SELECT 'working', extract(epoch FROM ended_at - started_at)::float FROM measured WHERE ended_at >= started_at
    UNION ALL
    SELECT 'working: ' || inner_phase.key, (inner_phase.value #>> '{}')::float
    FROM measured CROSS JOIN LATERAL jsonb_each(
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
-- Jobs and features of the measured time span: GET /api/statistics and the page of a run.
WITH measured AS ({measured_jobs})
SELECT count(*) AS jobs, count(*) FILTER (WHERE kept_job IS NOT NULL) AS unchanged, min(started_at) AS first_started_at, max(ended_at) AS last_ended_at,
       coalesce(extract(epoch FROM max(ended_at) - min(started_at)), 0)::float AS seconds,
       coalesce(sum(CASE WHEN jsonb_typeof(result -> 'count') = 'number' AND kept_job IS NULL
                         THEN (result ->> 'count')::numeric END), 0)::bigint AS features
FROM measured

-- name: backlog
-- Unended jobs by status, with the age of the oldest: GET /api/statistics and the page of a run.
SELECT status, count(*) AS jobs, max(extract(epoch FROM now() - opened_at))::float AS oldest_s
FROM job WHERE rank < 9 AND (%(run)s::bigint IS NULL OR run_id = %(run)s)
GROUP BY status ORDER BY array_position(ARRAY['Pending', 'Submitted', 'Running'], status)
