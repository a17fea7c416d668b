-- Reads of the status of the system. Each looks at a bounded number of rows, however many jobs there are.

-- name: oldest_pending
-- The oldest Pending job of each lane, of the first jobs that wait. For list_lane_waits.
SELECT run.lane, extract(epoch FROM now() - min(waiting.updated_at))::float AS oldest_s, count(*) AS jobs
FROM (SELECT run_id, updated_at FROM job WHERE status = 'Pending' ORDER BY id LIMIT %(most)s) waiting
JOIN run ON run.id = waiting.run_id
GROUP BY run.lane

-- name: usual_waits
-- How long nine of ten attempts of each lane waited for their container, of the latest jobs. For list_lane_waits.
SELECT run.lane, percentile_cont(0.9) WITHIN GROUP (
    ORDER BY extract(epoch FROM started.started_at - started.created_at)
)::float AS usual_s
FROM (SELECT id, run_id, attempt FROM job ORDER BY id DESC LIMIT %(most)s) latest
CROSS JOIN LATERAL (
    -- The limit keeps the planner from reading the whole table.
    SELECT created_at, started_at FROM job_attempt
    WHERE job_id = latest.id AND attempt = latest.attempt AND started_at IS NOT NULL LIMIT 1
) started
JOIN run ON run.id = latest.run_id
GROUP BY run.lane

-- name: in_hand
-- Jobs that Batch holds: containers that run, and those that wait for a machine. For count_containers.
SELECT count(*) FILTER (WHERE status = 'Running') AS running, count(*) FILTER (WHERE status = 'Submitted') AS submitted
FROM (SELECT status FROM job WHERE status IN ('Running', 'Submitted') LIMIT %(most)s) held

-- name: oldest_sent
-- The seconds for which the oldest message of a Pending job has been on the jobs queue. For oldest_on_jobs_queue.
SELECT extract(epoch FROM now() - min(outbox.sent_at))::float AS oldest_s
FROM (SELECT id, attempt FROM job WHERE status = 'Pending' ORDER BY id LIMIT %(most)s) waiting
JOIN outbox ON outbox.job_id = waiting.id AND outbox.attempt = waiting.attempt
WHERE outbox.sent_at IS NOT NULL
