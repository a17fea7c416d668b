-- name: recorded_answer
SELECT request_sha256, status, answer FROM idempotency WHERE key = %(key)s AND route = %(route)s

-- name: claim_key
SELECT pg_advisory_xact_lock(hashtextextended(%(route)s || ' ' || %(key)s, 0))

-- name: record_answer
INSERT INTO idempotency (key, route, request_sha256, status, answer)
VALUES (%(key)s, %(route)s, %(request_sha256)s, %(status)s, %(answer)s)
