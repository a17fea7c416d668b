-- name: saved_response
-- The response that a key returned first, and the hash of its request. For find_response.
SELECT request_sha256, response FROM idempotency WHERE key = %(key)s AND route = %(route)s

-- name: lock_key
-- Requests with the same key wait for each other until the end of the transaction. For find_response.
SELECT pg_advisory_xact_lock(hashtextextended(%(route)s || ' ' || %(key)s, 0))

-- name: save_response
-- For save_response.
INSERT INTO idempotency (key, route, request_sha256, status, response)
VALUES (%(key)s, %(route)s, %(request_sha256)s, %(status)s, %(response)s)
