-- name: key
-- Part: the key of a group: the code, the host of the data, or the place, which is the first two parts of the source
-- name, or the source itself if it has no more parts.
CASE %(by)s
    WHEN 'code' THEN job.error_code
    WHEN 'host' THEN coalesce(job.host, '')
    ELSE coalesce(substring(job.source_name FROM '^[^/]*/[^/]*/'), job.source_name)
END

-- name: comparable_runs
-- A run and the earlier ones of its lane and kind, newest first, for group_failures().
SELECT earlier.id FROM run earlier JOIN run ON run.id = %(run)s
WHERE earlier.id <= run.id AND earlier.live = run.live AND earlier.lane = run.lane AND earlier.sample IS NULL
ORDER BY earlier.id DESC LIMIT %(runs)s

-- name: groups
-- Part: counted in steps, because a source fails in few ways, which leaves few rows to find keys for, to count and sort.
SELECT key, sum(jobs)::bigint AS jobs, count(DISTINCT failed.source_name) AS sources, array_agg(DISTINCT code) AS codes,
       (array_agg(latest ORDER BY latest DESC))[1:3] AS examples,
       coalesce(sum(jobs) FILTER (WHERE known.id IS NOT NULL), 0)::bigint AS acknowledged

-- name: acknowledged
-- Part: the acknowledgements of failed jobs.
LEFT JOIN {acknowledgements.queries.active} known
ON known.source_name = failed.source_name AND known.error_code = failed.code

-- name: of_a_source
-- Part: how often a source fails in each way.
SELECT {key} AS key, source_name, error_code AS code, sum(jobs) AS jobs, max(latest) AS latest

-- name: ways_to_fail
-- Part: how often a source fails in each way at each host.
SELECT job.source_name, job.error_code, job.host, count(*) AS jobs, max(job.id) AS latest

-- name: groups_of_days
-- Groups of the jobs that failed in the last days, for group_failures().
{groups}
FROM (
    {of_a_source}
    FROM (
        {ways_to_fail}
        FROM job
        WHERE job.status = 'Fail' AND job.ended_at >= now() - make_interval(days => %(days)s)
          AND (%(live)s::boolean IS NULL OR EXISTS (
              SELECT FROM run WHERE run.id = job.run_id AND run.live = %(live)s::boolean))
        GROUP BY 1, 2, 3
    ) job
    GROUP BY 1, 2, 3
) failed
{acknowledged}
GROUP BY key ORDER BY jobs DESC, key LIMIT %(limit)s

-- name: groups_of_run
-- Groups of the failed jobs of a run, for group_failures().
{groups}
FROM (
    {of_a_source}
    FROM ({ways_to_fail} FROM job WHERE job.status = 'Fail' AND job.run_id = %(run)s GROUP BY 1, 2, 3) job
    GROUP BY 1, 2, 3
) failed
{acknowledged}
GROUP BY key ORDER BY jobs DESC, key LIMIT %(limit)s

-- name: trend
-- Part: one row for each group: a row for each of its periods would take longer to read than to count.
SELECT key, array_agg(period) AS periods, array_agg(jobs) AS jobs

-- name: trend_of_runs
-- Failed jobs by group and run, without acknowledged failures, for group_failures().
{trend}
FROM (
    SELECT {key} AS key, job.run_id::text AS period, count(*) AS jobs
    FROM job
    LEFT JOIN {acknowledgements.queries.active} known
    ON known.source_name = job.source_name AND known.error_code = job.error_code
    WHERE job.status = 'Fail' AND job.run_id = ANY(%(runs)s) AND known.id IS NULL
    GROUP BY 1, 2
) counted
GROUP BY key

-- name: uncounted_days
-- The days of both periods that the sweep has not counted, today among them, for group_failures(). They are values of the
-- trends and no part of them: the planner estimates the failed attempts of each day.
SELECT past.day::date AS day
FROM generate_series((now() AT TIME ZONE 'UTC')::date - (2 * %(days)s - 1), (now() AT TIME ZONE 'UTC')::date, '1 day')
     AS past (day)
WHERE NOT EXISTS (SELECT FROM failure_day WHERE failure_day.day = past.day::date)

-- name: counted_days
-- Part: the other days, as the sweep counted them.
SELECT key, day::text AS period, jobs::bigint
FROM failure_count
WHERE grouped_by = %(by)s AND day >= (now() AT TIME ZONE 'UTC')::date - (2 * %(days)s - 1)
  AND day <> ALL(%(uncounted)s::date[]) AND key = ANY(%(keys)s)

-- name: uncounted_attempts
-- Part: the failed attempts of the uncounted days; each day is a range of an index.
unnest(%(uncounted)s::date[]) AS uncounted (day)
JOIN job_attempt attempt ON attempt.error_code IS NOT NULL
    AND attempt.ended_at >= uncounted.day::timestamp AT TIME ZONE 'UTC'
    AND attempt.ended_at < (uncounted.day + 1)::timestamp AT TIME ZONE 'UTC'

-- name: trend_of_codes
-- Failed jobs by code and day, from attempts, so that jobs that succeeded later count. For group_failures().
{trend}
FROM (
    {counted_days}
    UNION ALL
    SELECT key, day::text AS period, count(*) AS jobs
    FROM (
        SELECT DISTINCT attempt.error_code AS key, uncounted.day, attempt.job_id FROM {uncounted_attempts}
    ) failed
    WHERE key = ANY(%(keys)s)
    GROUP BY key, day
) counted
GROUP BY key

-- name: trend_of_days
-- The same by host or place, for group_failures().
{trend}
FROM (
    {counted_days}
    UNION ALL
    SELECT key, day::text AS period, count(*) AS jobs
    FROM (
        SELECT DISTINCT {key} AS key, uncounted.day, job.id
        FROM {uncounted_attempts} JOIN job ON job.id = attempt.job_id
    ) failed
    WHERE key = ANY(%(keys)s)
    GROUP BY key, day
) counted
GROUP BY key

-- name: key_of_attempt
-- Part: the key of the group of an attempt.
CASE %(by)s WHEN 'code' THEN attempt.error_code ELSE {key} END

-- name: acknowledged_trend
-- Part: of the jobs in a trend by day, those whose failed attempts of that day are all acknowledged. The counts of the
-- sweep include them: an acknowledgement begins and ends later than the day that it hides.
SELECT key, day::text AS period, count(*) AS jobs
FROM (
    SELECT {key_of_attempt} AS key, (attempt.ended_at AT TIME ZONE 'UTC')::date AS day, job.id
    FROM (SELECT DISTINCT source_name FROM {acknowledgements.queries.active} active) quiet
    JOIN job ON job.source_name = quiet.source_name
    JOIN job_attempt attempt ON attempt.job_id = job.id AND attempt.error_code IS NOT NULL
        AND attempt.ended_at >= ((now() AT TIME ZONE 'UTC')::date - (2 * %(days)s - 1))::timestamp AT TIME ZONE 'UTC'
    LEFT JOIN {acknowledgements.queries.active} known
    ON known.source_name = job.source_name AND known.error_code = attempt.error_code
    GROUP BY 1, 2, 3 HAVING bool_and(known.id IS NOT NULL)
) failed
WHERE key = ANY(%(keys)s)
GROUP BY key, day

-- name: acknowledged_by_day
-- Acknowledged failures by group and day, for group_failures().
{trend}
FROM ({acknowledged_trend}) counted
GROUP BY key

-- name: failing_datasets
-- How many entries of live runs fail in each way now, published before or not, and since when, for group_failures().
SELECT {key} AS key, min(known.failing_since) AS failing_since, count(*) AS failing
FROM dataset_health known JOIN job ON job.id = known.job_id
WHERE known.failing_since IS NOT NULL AND job.status = 'Fail'
GROUP BY 1

-- name: examples
-- Failed jobs as examples of their group, for group_failures().
SELECT id AS job, run_id AS run, kind, source_name, layer, name, error_code AS code, error_message AS message, ended_at
FROM job WHERE id = ANY(%(jobs)s)
