-- name: is_unsent
outbox.sent_at IS NULL AND outbox.paused_by IS NULL

-- name: is_waiting
-- A refused message waits too, although it is tried again later only.
{is_unsent} AND (outbox.available_at <= now() OR outbox.refused_at IS NOT NULL)

-- name: claim_unsent
-- Locks messages that are due, the same number of each run, with the pause that applies to their job, if any: the relay.
-- The recursion finds the runs with unsent messages by one index probe each, however many messages a run has. Of more
-- runs than the limit, it takes one message each of a random choice, so that no run waits for all others.
WITH RECURSIVE unsent_run (id) AS (
    (SELECT outbox.run_id FROM outbox WHERE {is_unsent} ORDER BY outbox.run_id LIMIT 1)
    UNION ALL
    SELECT (SELECT outbox.run_id FROM outbox WHERE {is_unsent} AND outbox.run_id > unsent_run.id
            ORDER BY outbox.run_id LIMIT 1)
    FROM unsent_run WHERE unsent_run.id IS NOT NULL
), due_run AS (
    SELECT id FROM unsent_run
    WHERE EXISTS (
        SELECT FROM outbox WHERE {is_unsent} AND outbox.run_id = unsent_run.id AND outbox.available_at <= now()
    )
), chosen AS (
    SELECT id, ceil(%(limit)s::numeric / count(*) OVER ())::integer AS share FROM due_run
    ORDER BY random() LIMIT %(limit)s
), due AS (
    -- The shares add up to twice the limit at most: the last line cuts nothing, but bounds the estimate of the planner.
    SELECT message.* FROM chosen
    CROSS JOIN LATERAL (
        SELECT outbox.id, outbox.job_id, outbox.attempt, outbox.body, outbox.tries FROM outbox
        WHERE {is_unsent} AND outbox.run_id = chosen.id AND outbox.available_at <= now()
        ORDER BY outbox.available_at, outbox.id LIMIT chosen.share
        FOR UPDATE SKIP LOCKED
    ) message LIMIT 2 * %(limit)s
)
SELECT due.id, due.job_id AS job, due.attempt, due.body, due.tries, held.id AS paused_by,
       job.rank = 9 OR job.attempt <> due.attempt AS is_obsolete, EXISTS (
    SELECT 1 FROM outbox earlier
    WHERE earlier.job_id = due.job_id AND earlier.attempt = due.attempt AND earlier.id < due.id
) AS sent_before
FROM due
JOIN job ON job.id = due.job_id JOIN run ON run.id = job.run_id
LEFT JOIN LATERAL ({pauses.queries.active_pause}) held ON true
ORDER BY due.id

-- name: ahead
-- How many of the latest sent messages belong to jobs that the dispatcher has not submitted: the relay.
-- Twice as many as may be ahead, because the messages of a batch have one time, and the limit chooses any of them.
SELECT count(*) FROM (
    SELECT outbox.job_id, outbox.attempt FROM outbox
    WHERE outbox.sent_at > now() - make_interval(secs => %(within_s)s)
    ORDER BY outbox.sent_at DESC LIMIT 2 * %(most)s
) sent JOIN job ON job.id = sent.job_id AND job.attempt = sent.attempt
WHERE job.rank = 0

-- name: mark_sent
-- Marks the messages that the queue accepted: the relay.
UPDATE outbox SET sent_at = now() WHERE id = ANY(%(ids)s)

-- name: postpone_refused
-- Counts a try of messages that the queue refused, and tries them again later: the relay.
UPDATE outbox SET tries = tries + 1, refused_at = coalesce(refused_at, now()),
    available_at = now() + make_interval(secs => least(power(2, tries) - 1, %(longest_s)s))
WHERE id = ANY(%(ids)s)

-- name: delete_messages
-- Deletes messages that nothing waits for: the relay.
DELETE FROM outbox WHERE id = ANY(%(ids)s)

-- name: first_due
(SELECT min(outbox.available_at) FROM outbox WHERE {is_unsent} AND outbox.available_at <= now())

-- name: oldest_due
SELECT extract(epoch FROM now() - least(
    {first_due},
    (SELECT min(outbox.refused_at) FROM outbox WHERE {is_unsent} AND outbox.refused_at IS NOT NULL)
))::float

-- name: stalled_for
-- A message that waits its turn while others are sent is not stalled; a refused one is, whatever else is sent.
SELECT extract(epoch FROM now() - least(
    CASE WHEN {first_due} IS NOT NULL THEN greatest({first_due}, (SELECT max(outbox.sent_at) FROM outbox)) END,
    (SELECT min(outbox.refused_at) FROM outbox WHERE {is_unsent} AND outbox.refused_at IS NOT NULL)
))::float

-- name: stalled
-- The seconds for which no message got on: GET /.
SELECT ({stalled_for}) AS stalled_s

-- name: oldest_unsent
-- The number of messages that wait and the age of the oldest: GET /metrics.
SELECT ({oldest_due}) AS age_s, ({stalled_for}) AS stalled_s,
       (SELECT count(*) FROM outbox WHERE {is_waiting}) AS waiting
