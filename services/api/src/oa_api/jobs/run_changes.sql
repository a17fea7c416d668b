-- name: previous_run
-- The previous run of the same schedule, or none: run_changes.find_previous_run.
SELECT max(before.run_id) FROM schedule_run this
JOIN schedule_run before ON before.type = this.type AND before.run_id < this.run_id
WHERE this.type = 'sources' AND this.run_id = %(run)s

-- name: other_status
-- Part: the status of the job of the same dataset in the other run, null without one. A scalar subquery, so that each
-- row takes one step in job_once_in_run.
(SELECT other.status FROM job other
 WHERE other.run_id = %(other_run)s AND other.source_name = job.source_name AND other.layer = job.layer
   AND other.name = job.name AND other.once_in_run)

-- name: failed_there
-- Part: whether the job of the same dataset in the other run failed. The few failed jobs there are read once.
(job.source_name, job.layer, job.name) IN (
    SELECT other.source_name, other.layer, other.name FROM job other
    WHERE other.run_id = %(other_run)s AND other.status = 'Fail' AND other.once_in_run
)

-- name: is_missing
-- Part: whether the other run has no job of the same dataset: both runs in job_once_in_run.
job.once_in_run AND NOT EXISTS (
    SELECT FROM job other
    WHERE other.run_id = %(other_run)s AND other.source_name = job.source_name AND other.layer = job.layer
      AND other.name = job.name AND other.once_in_run
)

-- name: is_changed
-- Part: whether a job differs from that of the other run as `change` says. For `gone` the other run is the later one.
CASE %(change)s
    WHEN 'newly_failed' THEN job.status = 'Fail' AND {other_status} IS DISTINCT FROM 'Fail'
    WHEN 'still_failed' THEN job.status = 'Fail' AND {other_status} = 'Fail'
    WHEN 'fixed' THEN job.status = 'Success' AND {failed_there}
    WHEN 'gone' THEN {is_missing}
END

-- name: count_failed
-- How many jobs of a run failed, and of how many of them the job in the other run has a status: run_changes.count_changes.
SELECT count(*) AS failed,
       count(*) FILTER (WHERE counted.other_status = 'Fail') AS failed_there,
       count(*) FILTER (WHERE counted.other_status = 'Success') AS succeeded_there
FROM (SELECT {other_status} AS other_status FROM job WHERE job.run_id = %(run)s AND job.status = 'Fail') counted

-- name: count_missing
-- How many jobs of a run have none of the same dataset in the other run: run_changes.count_changes.
SELECT count(*) FROM job WHERE job.run_id = %(run)s AND {is_missing}

-- name: weekly_runs
-- The latest runs of the weekly schedule, newest first: run_changes.list_weekly_runs.
SELECT run_id, period FROM schedule_run
WHERE type = 'sources' AND run_id IS NOT NULL ORDER BY run_id DESC LIMIT %(limit)s

-- name: causes
-- The failed jobs of a run by failure code, acknowledged causes last: run_changes.list_causes.
SELECT coalesce(job.error_code, '') AS code, count(*) AS jobs, count(known.id) AS acknowledged
FROM job LEFT JOIN {acknowledgements.queries.active} known
ON known.source_name = job.source_name AND known.error_code = job.error_code
WHERE job.run_id = %(run)s AND job.status = 'Fail'
GROUP BY 1 ORDER BY count(*) = count(known.id), jobs DESC, code

-- name: reruns
-- The jobs of a run that were rerun, by their status now: run_changes.count_reruns.
SELECT status, count(*) AS jobs FROM job WHERE run_id = %(run)s AND opened_at > created_at GROUP BY status

-- name: before_reruns
-- The same jobs by their status before the rerun, that of the attempt before it: run_changes.count_before_reruns.
SELECT status, count(*) AS jobs
FROM (
    SELECT (SELECT attempt.status FROM job_attempt attempt
            WHERE attempt.job_id = job.id AND attempt.created_at < job.opened_at
            ORDER BY attempt.attempt DESC LIMIT 1) AS status
    FROM job WHERE job.run_id = %(run)s AND job.opened_at > job.created_at
) rerun
WHERE status IS NOT NULL GROUP BY status
