-- name: lockable_jobs
-- Jobs with what their runs say about them.
SELECT job.id, job.run_id, job.kind, job.source_name, job.layer, job.name, job.tier, job.status, job.rank, job.attempt,
       job.token, job.error_code, job.result, job.traceparent, run.live, run.lane, run.sample, run.owner
FROM job JOIN run ON run.id = job.run_id

-- name: lock_job
-- Locks a job before it changes.
{lockable_jobs}
WHERE job.id = %(job)s
FOR UPDATE OF job

-- name: lock_jobs
-- Locks the jobs of a batch of messages that no other transaction holds, in the order of their datasets.
{lockable_jobs}
WHERE job.id = ANY(%(jobs)s::bigint[])
ORDER BY job.source_name, job.layer, job.name, job.id
FOR UPDATE OF job SKIP LOCKED

-- name: apply_reports
-- Applies reports that start or continue attempts, one for each job, and returns which are new: a batch of messages.
-- The guards are those of update_status and record_progress.
WITH report AS (
    SELECT * FROM unnest(
        %(jobs)s::bigint[], %(runs)s::bigint[], %(attempts)s::integer[], %(tokens)s::text[], %(seqs)s::integer[],
        %(statuses)s::text[], %(ranks)s::smallint[], %(moves)s::boolean[], %(progress)s::jsonb[]
    ) WITH ORDINALITY AS report (job_id, run_id, attempt, token, seq, status, rank, moves, progress, place)
), received AS (
    INSERT INTO inbox (job_id, attempt, token, seq) SELECT job_id, attempt, token, seq FROM report
    ON CONFLICT DO NOTHING RETURNING job_id
), changed AS (
    UPDATE job SET
        status = report.status, rank = report.rank, updated_at = now(),
        progress = coalesce(report.progress, job.progress),
        submitted_at = CASE WHEN report.moves AND report.status = 'Submitted' THEN now() ELSE job.submitted_at END,
        started_at = CASE WHEN report.moves AND report.status = 'Running' THEN now() ELSE job.started_at END
    FROM report JOIN received ON received.job_id = report.job_id
    WHERE job.id = report.job_id AND job.attempt = report.attempt AND job.token = report.token
      AND job.rank < 9 AND (job.rank < report.rank OR NOT report.moves)
    RETURNING job.id
), changed_attempt AS (
    UPDATE job_attempt SET
        status = report.status,
        started_at = CASE WHEN report.status = 'Running' THEN now() ELSE job_attempt.started_at END
    FROM report JOIN changed ON changed.id = report.job_id
    WHERE job_attempt.job_id = report.job_id AND job_attempt.attempt = report.attempt AND report.moves
), recorded AS (
    INSERT INTO job_event (run_id, job_id, attempt, kind, accepted, reason, detail)
    SELECT report.run_id, report.job_id, report.attempt, %(kind)s, received.job_id IS NOT NULL,
           CASE WHEN received.job_id IS NULL THEN %(duplicate)s END, jsonb_build_object('status', report.status)
    FROM report LEFT JOIN received ON received.job_id = report.job_id
    WHERE report.moves OR received.job_id IS NULL ORDER BY report.place
)
SELECT report.job_id AS job, received.job_id IS NOT NULL AS is_new
FROM report LEFT JOIN received ON received.job_id = report.job_id

-- name: token_of_attempt
-- The token of an earlier attempt: its container may report late.
SELECT token FROM job_attempt WHERE job_id = %(job)s AND attempt = %(attempt)s

-- name: record_message
-- Records a report in the inbox; a duplicate inserts nothing. For each message of a task.
INSERT INTO inbox (job_id, attempt, token, seq) VALUES (%(job)s, %(attempt)s, %(token)s, %(seq)s)
ON CONFLICT DO NOTHING

-- name: update_status
-- Writes the status of a job and of its attempt; the guard repeats oa_shared.transitions. For each accepted change.
WITH changed AS (
    UPDATE job SET
        status = %(status)s, rank = %(rank)s, updated_at = now(),
        batch_job = coalesce(%(batch_job)s, batch_job),
        submitted_at = CASE WHEN %(status)s = 'Submitted' THEN now() ELSE submitted_at END,
        started_at = CASE WHEN %(status)s = 'Running' THEN now() ELSE started_at END,
        ended_at = CASE WHEN %(rank)s = 9 THEN now() END,
        error_code = %(error_code)s, error_message = %(error_message)s,
        result = coalesce(%(result)s, result), kept_job = %(kept_job)s, kept_attempt = %(kept_attempt)s
    WHERE id = %(job)s AND attempt = %(attempt)s AND token = %(token)s
      AND (rank < %(rank)s OR (%(status)s = 'Success' AND status = 'Fail' AND error_code = 'infra.lost'))
    RETURNING id, attempt
)
UPDATE job_attempt SET
    status = %(status)s, batch_job = coalesce(%(batch_job)s, job_attempt.batch_job),
    error_code = %(error_code)s, error_message = %(error_message)s,
    started_at = CASE WHEN %(status)s = 'Running' THEN now() ELSE job_attempt.started_at END,
    ended_at = CASE WHEN %(rank)s = 9 THEN now() END
FROM changed WHERE job_attempt.job_id = changed.id AND job_attempt.attempt = changed.attempt

-- name: record_container
-- Stores the Batch job of a report that came too late to change the status.
WITH recorded AS (
    UPDATE job SET batch_job = %(batch_job)s
    WHERE id = %(job)s AND attempt = %(attempt)s AND token = %(token)s AND batch_job IS NULL
    RETURNING id, attempt
)
UPDATE job_attempt SET batch_job = %(batch_job)s FROM recorded
WHERE job_attempt.job_id = recorded.id AND job_attempt.attempt = recorded.attempt

-- name: record_claimant
-- Makes the sweep watch the container that claimed the attempt.
UPDATE job SET batch_job = %(batch_job)s WHERE id = %(job)s AND attempt = %(attempt)s AND rank < 9

-- name: record_progress
-- Stores the progress that a task reports.
UPDATE job SET progress = %(progress)s, updated_at = now()
WHERE id = %(job)s AND attempt = %(attempt)s AND token = %(token)s AND rank < 9

-- name: record_event
-- Records a report, accepted or ignored, in the events of its job.
INSERT INTO job_event (job_id, attempt, kind, accepted, reason, detail)
VALUES (%(job)s, %(attempt)s, %(kind)s, %(accepted)s, %(reason)s, %(detail)s)

-- name: earlier_codes
-- The failures of earlier attempts since the last rerun: they limit the retries.
SELECT job_attempt.error_code FROM job_attempt JOIN job ON job.id = job_attempt.job_id
WHERE job.id = %(job)s AND job_attempt.attempt < %(attempt)s AND job_attempt.error_code IS NOT NULL
  AND job_attempt.created_at >= job.opened_at
ORDER BY job_attempt.attempt

-- name: next_attempt
-- Resets a job to its next attempt: retries and reruns.
UPDATE job SET
    status = 'Pending', rank = 0, attempt = attempt + 1, token = %(new_token)s, tier = %(tier)s, updated_at = now(),
    batch_job = NULL, submitted_at = NULL, started_at = NULL, ended_at = NULL, progress = NULL, result = NULL,
    error_code = NULL, error_message = NULL, kept_job = NULL, kept_attempt = NULL
WHERE id = %(job)s AND attempt = %(attempt)s
RETURNING attempt

-- name: reopen
-- Restarts the clock of a job's deadline and of its retries, and makes the job write new files: reruns.
UPDATE job SET opened_at = now(), paused_for = '0', force = true WHERE id = %(job)s

-- name: insert_attempt
-- Creates the attempt of a retry or rerun.
INSERT INTO job_attempt (job_id, attempt, token, tier) VALUES (%(job)s, %(attempt)s, %(token)s, %(tier)s)

-- name: record_batch_exit
-- Stores how Batch ended a container, to apply unless the task's own result arrives in time.
INSERT INTO batch_exit (job_id, attempt, batch_job, code, message, due_at)
VALUES (%(job)s, %(attempt)s, %(batch_job)s, %(code)s, %(message)s, now() + make_interval(secs => %(grace_s)s))
ON CONFLICT DO NOTHING

-- name: due_batch_exits
-- The ends of containers whose grace period is over: the sweep.
SELECT batch_exit.job_id AS job, batch_exit.attempt, batch_exit.batch_job, batch_exit.code, batch_exit.message, job.token, job.rank,
       job.attempt AS latest_attempt
FROM batch_exit JOIN job ON job.id = batch_exit.job_id
WHERE batch_exit.due_at <= now() ORDER BY batch_exit.due_at LIMIT 100

-- name: postpone_batch_exit
-- Comes back in an hour to the end of a container that the database rejects, so that it holds no other: the sweep.
UPDATE batch_exit SET due_at = now() + interval '1 hour'
WHERE job_id = %(job)s AND attempt = %(attempt)s AND batch_job = %(batch_job)s

-- name: delete_batch_exit
-- Removes the end of a container that the sweep has applied or dismissed.
DELETE FROM batch_exit WHERE job_id = %(job)s AND attempt = %(attempt)s AND batch_job = %(batch_job)s

-- name: attempts_at_places
-- The attempts at places of arrays: the consumer, for the ends of children of array jobs.
SELECT asked.array_id AS array, asked.place, job_attempt.job_id AS job, job_attempt.attempt, job_attempt.token
FROM unnest(%(arrays)s::bigint[], %(places)s::integer[], %(tokens)s::text[]) AS asked (array_id, place, token)
JOIN batch_array ON batch_array.id = asked.array_id AND starts_with(batch_array.token, asked.token)
JOIN array_child ON array_child.array_id = asked.array_id AND array_child.place = asked.place
JOIN job_attempt ON job_attempt.job_id = array_child.job_id AND job_attempt.attempt = array_child.attempt
