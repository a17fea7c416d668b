-- name: insert_messages
-- Queues the first message of each new job for the relay.
INSERT INTO outbox (run_id, job_id, attempt, body)
SELECT run_id, id, 1, body FROM unnest(%(run_id)s::bigint[], %(id)s::bigint[], %(body)s::text[]) AS new (run_id, id, body)

-- name: insert_message
-- Queues the message of another attempt for the relay, which sends it after `delay_s` seconds.
INSERT INTO outbox (run_id, job_id, attempt, body, available_at)
VALUES (%(run_id)s, %(job)s, %(attempt)s, %(body)s, now() + make_interval(secs => %(delay_s)s))
