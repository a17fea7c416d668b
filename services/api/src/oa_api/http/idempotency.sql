-- name: stored_response
-- Returns the response to an earlier request with the same key.
SELECT request_sha256, answer FROM idempotency WHERE key = %(key)s AND route = %(route)s

-- name: lock_key
-- Makes concurrent requests with the same key wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended(%(route)s || ' ' || %(key)s, 0))

-- name: store_response
-- Stores the first response to a key.
INSERT INTO idempotency (key, route, request_sha256, status, answer)
VALUES (%(key)s, %(route)s, %(request_sha256)s, %(status)s, %(answer)s)
