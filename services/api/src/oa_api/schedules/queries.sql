-- name: trigger
INSERT INTO schedule_run (type, period, triggered_by, traceparent)
VALUES (%(type)s, %(period)s, %(by)s, %(traceparent)s)
ON CONFLICT (type, period) DO UPDATE SET
    state = CASE schedule_run.state WHEN 'Failed' THEN 'Waiting' ELSE schedule_run.state END,
    tries = CASE schedule_run.state WHEN 'Failed' THEN 0 ELSE schedule_run.tries END,
    due_at = CASE schedule_run.state WHEN 'Failed' THEN now() ELSE schedule_run.due_at END,
    ended_at = CASE schedule_run.state WHEN 'Failed' THEN NULL ELSE schedule_run.ended_at END,
    error = CASE schedule_run.state WHEN 'Failed' THEN NULL ELSE schedule_run.error END
RETURNING id, (xmax = 0) AS is_new

-- name: schedule_run_selected
SELECT id, type, period, state, triggered_at, triggered_by, started_at, ended_at, tries, run_id AS run, error, detail
FROM schedule_run

-- name: schedule_run
{schedule_run_selected} WHERE id = %(schedule_run)s

-- name: schedule_runs
{schedule_run_selected}
WHERE (%(type)s::text IS NULL OR type = %(type)s) AND (%(cursor)s::bigint IS NULL OR id < %(cursor)s)
ORDER BY id DESC LIMIT %(limit)s

-- name: latest_of_type
{schedule_run_selected} WHERE type = %(type)s AND state = 'Done' ORDER BY id DESC LIMIT 1

-- name: runs_of_periods
SELECT type, state, id FROM schedule_run
WHERE (type, period) IN (SELECT * FROM unnest(%(types)s::text[], %(periods)s::text[]))

-- name: claim
-- A worker that was killed leaves its lease to run out; then another one goes on.
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
-- Whoever works must hold the lease at every step: no row means that somebody else has taken over.
UPDATE schedule_run SET lease_until = now() + make_interval(secs => %(lease_s)s)
WHERE id = %(schedule_run)s AND lease = %(lease)s AND state = 'Working'
RETURNING run_id, detail

-- name: record
UPDATE schedule_run SET detail = detail || %(detail)s::jsonb, run_id = coalesce(%(run)s, run_id) WHERE id = %(schedule_run)s

-- name: complete
UPDATE schedule_run SET state = 'Done', ended_at = now(), lease = NULL, lease_until = NULL
WHERE id = %(schedule_run)s AND lease = %(lease)s

-- name: fail
UPDATE schedule_run SET
    state = CASE WHEN %(again)s THEN 'Waiting' ELSE 'Failed' END,
    due_at = now() + make_interval(secs => %(delay_s)s), lease = NULL, lease_until = NULL, error = %(error)s,
    ended_at = CASE WHEN %(again)s THEN NULL ELSE now() END
WHERE id = %(schedule_run)s AND lease = %(lease)s

-- name: insert_sources
INSERT INTO schedule_source (schedule_run_id, path, sha256, jobs, refusals)
SELECT %(schedule_run)s, path, sha256, CASE WHEN sha256 IS NULL THEN 0 END, refusals::jsonb
FROM unnest(%(path)s::text[], %(sha256)s::text[], %(refusals)s::text[]) AS new (path, sha256, refusals)

-- name: next_sources
SELECT taken.path, taken.sha256, source.definition
FROM schedule_source taken JOIN source ON source.sha256 = taken.sha256
WHERE taken.schedule_run_id = %(schedule_run)s AND taken.jobs IS NULL
ORDER BY taken.path LIMIT %(limit)s

-- name: record_sources
UPDATE schedule_source SET jobs = new.jobs, refusals = schedule_source.refusals || new.refusals::jsonb
FROM unnest(%(path)s::text[], %(jobs)s::integer[], %(refusals)s::text[]) AS new (path, jobs, refusals)
WHERE schedule_source.schedule_run_id = %(schedule_run)s AND schedule_source.path = new.path

-- name: count_sources
SELECT count(*) AS definitions, coalesce(sum(jobs), 0)::bigint AS jobs,
       count(*) FILTER (WHERE jobs IS NULL) AS waiting,
       count(*) FILTER (WHERE refusals <> '[]') AS refused
FROM schedule_source WHERE schedule_run_id = %(schedule_run)s

-- name: refused_sources
SELECT path, refusals FROM schedule_source
WHERE schedule_run_id = %(schedule_run)s AND refusals <> '[]' ORDER BY path LIMIT %(limit)s
