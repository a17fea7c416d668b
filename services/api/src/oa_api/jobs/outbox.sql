-- name: insert_messages
-- Queues the first message of each new job for the relay.
INSERT INTO outbox (job_id, attempt, body)
SELECT id, 1, body FROM unnest(%(id)s::bigint[], %(body)s::text[]) AS new (id, body)

-- name: insert_message
-- Queues the message of another attempt for the relay, which sends it after `delay_s` seconds.
INSERT INTO outbox (job_id, attempt, body, available_at)
VALUES (%(job)s, %(attempt)s, %(body)s, now() + make_interval(secs => %(delay_s)s))
