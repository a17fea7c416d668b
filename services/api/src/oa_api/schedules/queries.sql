-- name: fire
INSERT INTO schedule_fire (type, period, fired_by, traceparent)
VALUES (%(type)s, %(period)s, %(by)s, %(traceparent)s)
ON CONFLICT (type, period) DO UPDATE SET
    state = CASE schedule_fire.state WHEN 'Failed' THEN 'Waiting' ELSE schedule_fire.state END,
    tries = CASE schedule_fire.state WHEN 'Failed' THEN 0 ELSE schedule_fire.tries END,
    due_at = CASE schedule_fire.state WHEN 'Failed' THEN now() ELSE schedule_fire.due_at END,
    ended_at = CASE schedule_fire.state WHEN 'Failed' THEN NULL ELSE schedule_fire.ended_at END,
    error = CASE schedule_fire.state WHEN 'Failed' THEN NULL ELSE schedule_fire.error END
RETURNING id, (xmax = 0) AS is_new

-- name: fire_selected
SELECT fire.id, fire.type, fire.period, fire.state, fire.fired_at, fire.fired_by, fire.begun_at, fire.ended_at, fire.tries,
       fire.run_id AS run, fire.error, fire.detail
FROM schedule_fire fire

-- name: fire_by_id
{fire_selected} WHERE fire.id = %(fire)s

-- name: fires
{fire_selected}
WHERE (%(type)s::text IS NULL OR fire.type = %(type)s) AND (%(cursor)s::bigint IS NULL OR fire.id < %(cursor)s)
ORDER BY fire.id DESC LIMIT %(limit)s

-- name: latest_of_type
{fire_selected} WHERE fire.type = %(type)s AND fire.state = 'Done' ORDER BY fire.id DESC LIMIT 1

-- name: has_fired
SELECT type, state, id FROM schedule_fire WHERE (type, period) IN (SELECT * FROM unnest(%(types)s::text[], %(periods)s::text[]))

-- name: take
-- A worker that was killed leaves its lease to run out; then another one goes on.
UPDATE schedule_fire SET
    state = 'Working', lease = %(lease)s, lease_until = now() + make_interval(secs => %(lease_s)s), tries = tries + 1,
    begun_at = coalesce(begun_at, now()), error = NULL
WHERE id = (
    SELECT id FROM schedule_fire
    WHERE state IN ('Waiting', 'Working') AND due_at <= now() AND (lease_until IS NULL OR lease_until < now())
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, type, period, tries, detail, traceparent

-- name: hold
-- Whoever works must hold the lease at every step: no row means that somebody else has taken over.
UPDATE schedule_fire SET lease_until = now() + make_interval(secs => %(lease_s)s)
WHERE id = %(fire)s AND lease = %(lease)s AND state = 'Working'
RETURNING run_id, detail

-- name: note
UPDATE schedule_fire SET detail = detail || %(detail)s::jsonb, run_id = coalesce(%(run)s, run_id) WHERE id = %(fire)s

-- name: done
UPDATE schedule_fire SET state = 'Done', ended_at = now(), lease = NULL, lease_until = NULL
WHERE id = %(fire)s AND lease = %(lease)s

-- name: failed
UPDATE schedule_fire SET
    state = CASE WHEN %(again)s THEN 'Waiting' ELSE 'Failed' END,
    due_at = now() + make_interval(secs => %(delay_s)s), lease = NULL, lease_until = NULL, error = %(error)s,
    ended_at = CASE WHEN %(again)s THEN NULL ELSE now() END
WHERE id = %(fire)s AND lease = %(lease)s

-- name: remember_sources
INSERT INTO schedule_source (fire_id, path, sha256, jobs, refusals)
SELECT %(fire)s, path, sha256, CASE WHEN sha256 IS NULL THEN 0 END, refusals::jsonb
FROM unnest(%(path)s::text[], %(sha256)s::text[], %(refusals)s::text[]) AS new (path, sha256, refusals)

-- name: next_sources
SELECT taken.path, taken.sha256, source.definition
FROM schedule_source taken JOIN source ON source.sha256 = taken.sha256
WHERE taken.fire_id = %(fire)s AND taken.jobs IS NULL
ORDER BY taken.path LIMIT %(limit)s

-- name: settle_sources
UPDATE schedule_source SET jobs = new.jobs, refusals = schedule_source.refusals || new.refusals::jsonb
FROM unnest(%(path)s::text[], %(jobs)s::integer[], %(refusals)s::text[]) AS new (path, jobs, refusals)
WHERE schedule_source.fire_id = %(fire)s AND schedule_source.path = new.path

-- name: count_sources
SELECT count(*) AS definitions, coalesce(sum(jobs), 0)::bigint AS jobs,
       count(*) FILTER (WHERE jobs IS NULL) AS waiting,
       count(*) FILTER (WHERE refusals <> '[]') AS refused
FROM schedule_source WHERE fire_id = %(fire)s

-- name: refused_sources
SELECT path, refusals FROM schedule_source WHERE fire_id = %(fire)s AND refusals <> '[]' ORDER BY path LIMIT %(limit)s
