-- name: beat
INSERT INTO heartbeat (name) VALUES (%(name)s) ON CONFLICT (name) DO UPDATE SET at = now()

-- name: heartbeats
SELECT name, at, extract(epoch FROM now() - at)::float AS age_s FROM heartbeat ORDER BY name
