-- name: claim_unsent
-- Locks messages that are due, with the pause that applies to their job, if any: the relay.
SELECT outbox.id, outbox.body, held.id AS paused_by, EXISTS (
    SELECT 1 FROM outbox earlier
    WHERE earlier.job_id = outbox.job_id AND earlier.attempt = outbox.attempt AND earlier.id < outbox.id
) AS sent_before
FROM outbox
JOIN job ON job.id = outbox.job_id JOIN run ON run.id = job.run_id
LEFT JOIN LATERAL ({pauses.queries.active_pause}) held ON true
WHERE outbox.sent_at IS NULL AND outbox.paused_by IS NULL AND outbox.available_at <= now()
ORDER BY outbox.available_at, outbox.id
LIMIT %(limit)s
FOR UPDATE OF outbox SKIP LOCKED

-- name: mark_sent
-- Marks the messages that the queue accepted: the relay.
UPDATE outbox SET sent_at = now() WHERE id = ANY(%(ids)s)

-- name: oldest_unsent
-- The number of messages that are due and the age of the oldest: GET /metrics.
SELECT extract(epoch FROM now() - min(available_at))::float AS age_s, count(*) AS waiting
FROM outbox WHERE sent_at IS NULL AND paused_by IS NULL AND available_at <= now()
