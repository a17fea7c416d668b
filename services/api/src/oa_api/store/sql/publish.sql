-- name: published_result
SELECT data.job_id, job.result
FROM data JOIN job ON job.id = data.job_id
WHERE data.source_name = %(source_name)s AND data.layer = %(layer)s AND data.name = %(name)s

-- name: publish
INSERT INTO data (source_name, layer, name, job_id)
VALUES (%(source_name)s, %(layer)s, %(name)s, %(job)s)
ON CONFLICT (source_name, layer, name) DO UPDATE SET job_id = excluded.job_id, updated_at = now()
WHERE data.job_id < excluded.job_id

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
