-- name: insert_run
-- Creates a run: POST /api/run, pull requests, the weekly run, products.
INSERT INTO run (live, lane, sample, force, github, owner, name)
VALUES (%(live)s, %(lane)s, %(sample)s, %(force)s, %(github)s, %(owner)s, %(name)s)
RETURNING id, live, lane, sample, force, closed_at, owner

-- name: lock_run
-- Locks a run before it or its jobs change.
SELECT id, live, lane, sample, force, closed_at, owner FROM run WHERE id = %(run)s FOR UPDATE

-- name: set_name
-- Names a run that has no name, after its first jobs: POST /api/run/RUN/jobs.
UPDATE run SET name = %(name)s WHERE id = %(run)s AND name = ''

-- name: count_jobs
-- How many jobs a run has, while it is locked: PATCH /api/run/RUN.
SELECT count(*) FROM job WHERE run_id = %(run)s

-- name: run_state
-- Reads a run before definitions are fetched, without a lock: POST /api/run/RUN/jobs.
SELECT live, closed_at, owner FROM run WHERE id = %(run)s

-- name: update_run
-- Changes what is not null: PATCH /api/run/RUN, and closing a run whose jobs are all created.
UPDATE run SET
    live = coalesce(%(live)s, live),
    github = coalesce(%(github)s, github),
    closed_at = CASE WHEN %(closed)s THEN coalesce(closed_at, now()) WHEN %(closed)s = false THEN NULL ELSE closed_at END
WHERE id = %(run)s
