-- name: trigger
-- Creates the schedule run of a type and period, or restarts it if it failed (schedule_runs.trigger).
INSERT INTO schedule_run (type, period, triggered_by, traceparent)
VALUES (%(type)s, %(period)s, %(by)s, %(traceparent)s)
ON CONFLICT (type, period) DO UPDATE SET
    state = CASE schedule_run.state WHEN 'Failed' THEN 'Waiting' ELSE schedule_run.state END,
    tries = CASE schedule_run.state WHEN 'Failed' THEN 0 ELSE schedule_run.tries END,
    due_at = CASE schedule_run.state WHEN 'Failed' THEN now() ELSE schedule_run.due_at END,
    ended_at = CASE schedule_run.state WHEN 'Failed' THEN NULL ELSE schedule_run.ended_at END,
    error = CASE schedule_run.state WHEN 'Failed' THEN NULL ELSE schedule_run.error END
RETURNING id

-- name: schedule_run_selected
-- The columns of ScheduleRunRow, for the queries below.
SELECT id, type, period, state, triggered_at, triggered_by, started_at, ended_at, tries, run_id AS run, error, detail
FROM schedule_run

-- name: schedule_run
-- A schedule run (schedule_runs.get_schedule_run).
{schedule_run_selected} WHERE id = %(schedule_run)s

-- name: schedule_runs
-- A page of schedule runs, newest first (schedule_runs.list_schedule_runs).
{schedule_run_selected}
WHERE (%(type)s::text IS NULL OR type = %(type)s) AND (%(cursor)s::bigint IS NULL OR id < %(cursor)s)
ORDER BY id DESC LIMIT %(limit)s

-- name: latest_of_type
-- The last successful schedule run of a type (schedule_runs.latest_done).
{schedule_run_selected} WHERE type = %(type)s AND state = 'Done' ORDER BY id DESC LIMIT 1

-- name: runs_of_periods
-- The schedule runs of the current periods (schedule_runs.list_upcoming).
SELECT type, state, id FROM schedule_run
WHERE (type, period) IN (SELECT * FROM unnest(%(types)s::text[], %(periods)s::text[]))

-- name: claim
-- Claims the schedule run that has been due longest (schedule_runs.claim). When a worker dies, its lease expires, and
-- another worker claims the schedule run.
UPDATE schedule_run SET
    state = 'Working', lease = %(lease)s, lease_until = now() + make_interval(secs => %(lease_s)s), tries = tries + 1,
    started_at = coalesce(started_at, now()), error = NULL
WHERE id = (
    SELECT id FROM schedule_run
    WHERE state IN ('Waiting', 'Working') AND due_at <= now() AND (lease_until IS NULL OR lease_until < now())
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, type, period, tries, detail, traceparent

-- name: renew
-- Renews a lease at every step (schedule_runs.renew); no row: another worker has taken over.
UPDATE schedule_run SET lease_until = now() + make_interval(secs => %(lease_s)s)
WHERE id = %(schedule_run)s AND lease = %(lease)s AND state = 'Working'
RETURNING run_id, detail

-- name: record
-- Adds to the detail of a schedule run (schedule_runs.record).
UPDATE schedule_run SET detail = detail || %(detail)s::jsonb, run_id = coalesce(%(run)s, run_id) WHERE id = %(schedule_run)s

-- name: complete
-- Ends a schedule run successfully (schedule_runs.complete).
UPDATE schedule_run SET state = 'Done', ended_at = now(), lease = NULL, lease_until = NULL
WHERE id = %(schedule_run)s AND lease = %(lease)s

-- name: fail
-- Records an error, for a retry or as the end (schedule_runs.fail).
UPDATE schedule_run SET
    state = CASE WHEN %(is_retried)s THEN 'Waiting' ELSE 'Failed' END,
    due_at = now() + make_interval(secs => %(delay_s)s), lease = NULL, lease_until = NULL, error = %(error)s,
    ended_at = CASE WHEN %(is_retried)s THEN NULL ELSE now() END
WHERE id = %(schedule_run)s AND lease = %(lease)s

-- name: insert_sources
-- Records the definitions of a snapshot; those without a digest get no jobs (sources_task).
INSERT INTO schedule_source (schedule_run_id, path, sha256, jobs, refusals)
SELECT %(schedule_run)s, path, sha256, CASE WHEN sha256 IS NULL THEN 0 END, refusals::jsonb
FROM unnest(%(path)s::text[], %(sha256)s::text[], %(refusals)s::text[]) AS new (path, sha256, refusals)

-- name: next_sources
-- The next definitions whose jobs are not created yet (sources_task).
SELECT schedule_source.path, source.definition
FROM schedule_source JOIN source ON source.sha256 = schedule_source.sha256
WHERE schedule_source.schedule_run_id = %(schedule_run)s AND schedule_source.jobs IS NULL
ORDER BY schedule_source.path LIMIT %(limit)s

-- name: record_sources
-- Records the number of jobs of definitions, and their rejections (sources_task).
UPDATE schedule_source SET jobs = new.jobs, refusals = schedule_source.refusals || new.refusals::jsonb
FROM unnest(%(path)s::text[], %(jobs)s::integer[], %(refusals)s::text[]) AS new (path, jobs, refusals)
WHERE schedule_source.schedule_run_id = %(schedule_run)s AND schedule_source.path = new.path

-- name: count_sources
-- The result of a weekly run (sources_task).
SELECT count(*) AS definitions, coalesce(sum(jobs), 0)::bigint AS jobs,
       count(*) FILTER (WHERE refusals <> '[]') AS refused
FROM schedule_source WHERE schedule_run_id = %(schedule_run)s

-- name: rejected_sources
-- The first definitions with rejections (schedule_runs.get_schedule_run).
SELECT path, refusals FROM schedule_source
WHERE schedule_run_id = %(schedule_run)s AND refusals <> '[]' ORDER BY path LIMIT %(limit)s
