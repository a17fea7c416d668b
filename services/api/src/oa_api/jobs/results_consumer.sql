-- name: ping
-- Whether the database responds: the consumer, after an outage.
SELECT 1 AS one
