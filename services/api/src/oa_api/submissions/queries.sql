-- name: states
-- The latest attempts of jobs, and the array of each: the dispatcher, for the messages that it handles together.
SELECT state.*, array_child.array_id AS array
FROM unnest(%(jobs)s::bigint[]) AS asked (id)
CROSS JOIN LATERAL ({jobs.reads.attempt_state_of} WHERE job.id = asked.id) AS state
LEFT JOIN array_child ON array_child.job_id = state.id AND array_child.attempt = state.attempt

-- name: lock_submitted
-- Locks jobs in the order of their datasets, as a batch of results does.
{jobs.results.lockable_jobs}
WHERE job.id = ANY(%(jobs)s::bigint[])
ORDER BY job.source_name, job.layer, job.name, job.id
FOR UPDATE OF job

-- name: apply_submitted
-- Writes that Batch has accepted attempts, and the container of those that have moved on, with an event each.
WITH report AS (
    SELECT * FROM unnest(
        %(jobs)s::bigint[], %(runs)s::bigint[], %(attempts)s::integer[], %(tokens)s::text[], %(batch_jobs)s::text[],
        %(reasons)s::text[]
    ) WITH ORDINALITY AS report (job_id, run_id, attempt, token, batch_job, reason, number)
), changed AS (
    UPDATE job SET
        status = CASE WHEN report.reason IS NULL THEN 'Submitted' ELSE job.status END,
        rank = CASE WHEN report.reason IS NULL THEN 1 ELSE job.rank END,
        submitted_at = CASE WHEN report.reason IS NULL THEN now() ELSE job.submitted_at END,
        updated_at = CASE WHEN report.reason IS NULL THEN now() ELSE job.updated_at END,
        batch_job = report.batch_job
    FROM report
    WHERE job.id = report.job_id AND job.attempt = report.attempt AND job.token = report.token
      AND CASE WHEN report.reason IS NULL THEN job.rank < 1 ELSE job.batch_job IS NULL END
    RETURNING job.id
), changed_attempt AS (
    UPDATE job_attempt SET
        status = CASE WHEN report.reason IS NULL THEN 'Submitted' ELSE job_attempt.status END,
        batch_job = report.batch_job
    FROM report JOIN changed ON changed.id = report.job_id
    WHERE job_attempt.job_id = report.job_id AND job_attempt.attempt = report.attempt
)
INSERT INTO job_event (run_id, job_id, attempt, kind, accepted, reason, detail)
SELECT run_id, job_id, attempt, %(kind)s, reason IS NULL, reason,
       jsonb_build_object('status', 'Submitted', 'batch_job', batch_job)
FROM report ORDER BY number

-- name: insert_array
-- Creates an array whose turn the dispatcher that asks has.
INSERT INTO batch_array (token, size, turn_until)
VALUES (%(token)s, 0, now() + make_interval(secs => %(turn_s)s)) RETURNING id

-- name: write_size
-- Stores the number of places of a new array.
UPDATE batch_array SET size = %(size)s WHERE id = %(array)s
RETURNING id, token, size, batch_job

-- name: insert_children
-- Gives a place in an array to each attempt that waits and is in no array.
INSERT INTO array_child (array_id, place, job_id, attempt)
SELECT %(array)s, row_number() OVER (ORDER BY asked.number) - 1, job.id, job.attempt
FROM unnest(%(jobs)s::bigint[], %(attempts)s::integer[], %(tokens)s::text[])
     WITH ORDINALITY AS asked (job_id, attempt, token, number)
JOIN job ON job.id = asked.job_id AND job.attempt = asked.attempt AND job.token = asked.token
WHERE job.rank = 0
  AND NOT EXISTS (SELECT FROM array_child WHERE array_child.job_id = job.id AND array_child.attempt = job.attempt)
ON CONFLICT DO NOTHING
RETURNING job_id AS job, place

-- name: delete_array
-- Deletes an array that has no array job, so that its attempts are submitted individually.
DELETE FROM batch_array WHERE id = %(array)s AND batch_job IS NULL
RETURNING id, token, size, batch_job

-- name: take_turn
-- Takes the turn to submit an array that no other dispatcher submits now.
UPDATE batch_array SET turn_until = now() + make_interval(secs => %(turn_s)s)
WHERE id = %(array)s AND turn_until <= now()
RETURNING id, token, size, batch_job

-- name: record_array_job
-- Stores the array job of an array; the first one counts.
UPDATE batch_array SET batch_job = coalesce(batch_job, %(batch_job)s) WHERE id = %(array)s
RETURNING id, token, size, batch_job

-- name: children
-- The attempts of an array with their tokens: once Batch has accepted it.
SELECT job_attempt.job_id AS job, array_child.place, job_attempt.attempt, job_attempt.token
FROM array_child
JOIN job_attempt ON job_attempt.job_id = array_child.job_id AND job_attempt.attempt = array_child.attempt
WHERE array_child.array_id = %(array)s ORDER BY array_child.place

-- name: assignment
-- What the container at a place of an array works on.
SELECT batch_array.token AS array_token, job.run_id AS run, job.id AS job, job_attempt.attempt, job_attempt.token,
       job.kind, job.layer, job.name, job.source_name, run.sample, job.traceparent,
       job.attempt AS latest_attempt, job.token AS latest_token, job.status, job.error_code, job.batch_job
FROM batch_array
JOIN array_child ON array_child.array_id = batch_array.id AND array_child.place = %(place)s
JOIN job_attempt ON job_attempt.job_id = array_child.job_id AND job_attempt.attempt = array_child.attempt
JOIN job ON job.id = array_child.job_id
JOIN run ON run.id = job.run_id
WHERE batch_array.id = %(array)s

-- name: bind_container
-- Binds the session of a container to the first place that it requested, and returns that place.
INSERT INTO array_container (array_id, session, place) VALUES (%(array)s, %(session)s, %(place)s)
ON CONFLICT (array_id, session) DO UPDATE SET place = array_container.place
RETURNING place
