-- name: insert_message
-- Queues the message of another attempt for the relay, which sends it after `delay_s` seconds.
INSERT INTO outbox (run_id, job_id, attempt, body, available_at)
VALUES (%(run_id)s, %(job)s, %(attempt)s, %(body)s, now() + make_interval(secs => %(delay_s)s))
