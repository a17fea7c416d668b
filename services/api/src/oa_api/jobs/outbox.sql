-- name: send_now
-- Makes the waiting message of an attempt due, unless a pause holds it or the queue refused it; returns the attempt.
UPDATE outbox SET available_at = now()
WHERE job_id = %(job)s AND attempt = %(attempt)s AND sent_at IS NULL AND paused_by IS NULL AND refused_at IS NULL
  AND available_at > now()
RETURNING attempt

-- name: insert_message
-- Queues the message of another attempt for the relay, which sends it after `delay_s` seconds.
INSERT INTO outbox (run_id, job_id, attempt, body, available_at)
VALUES (%(run_id)s, %(job)s, %(attempt)s, %(body)s, now() + make_interval(secs => %(delay_s)s))
