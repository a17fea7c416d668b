-- name: upsert
-- Records the heartbeat of a worker: each worker.
INSERT INTO heartbeat (name) VALUES (%(name)s) ON CONFLICT (name) DO UPDATE SET reported_at = now()

-- name: heartbeats
-- The last heartbeat of each worker: GET / and GET /metrics.
SELECT name, reported_at, extract(epoch FROM now() - reported_at)::float AS age_s FROM heartbeat ORDER BY name
