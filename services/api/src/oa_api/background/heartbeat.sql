-- name: upsert
INSERT INTO heartbeat (name) VALUES (%(name)s) ON CONFLICT (name) DO UPDATE SET reported_at = now()

-- name: heartbeats
SELECT name, reported_at, extract(epoch FROM now() - reported_at)::float AS age_s FROM heartbeat ORDER BY name
