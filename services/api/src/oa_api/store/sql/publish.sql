-- name: published_result
SELECT job_id, result FROM data
WHERE source_name = %(source_name)s AND layer = %(layer)s AND name = %(name)s
FOR UPDATE

-- name: publish
INSERT INTO data (source_name, layer, name, job_id, attempt, result)
SELECT source_name, layer, name, id, attempt, result FROM job WHERE id = %(job)s
ON CONFLICT (source_name, layer, name) DO UPDATE SET
    job_id = excluded.job_id, attempt = excluded.attempt, result = excluded.result, updated_at = now()
WHERE (data.job_id, data.attempt) < (excluded.job_id, excluded.attempt)

-- name: record_publication
INSERT INTO job_event (job_id, attempt, kind, accepted) SELECT id, attempt, 'data.published', true FROM job WHERE id = %(job)s

-- name: hold_back
INSERT INTO job_error (job_id, code, message) VALUES (%(job)s, %(code)s, %(message)s)

-- name: settle_errors
UPDATE job_error SET state = %(state)s WHERE job_id = %(job)s AND state = 'open'

-- name: warn_to
UPDATE job SET status = %(status)s, updated_at = now(), error_code = %(error_code)s, error_message = %(error_message)s
WHERE id = %(job)s AND status = 'Warn'

-- name: unpublished_of_run
SELECT id AS job FROM job WHERE run_id = %(run)s AND status = 'Success' ORDER BY id

-- name: success_to_warn
UPDATE job SET status = 'Warn', updated_at = now() WHERE id = %(job)s AND status = 'Success'
