-- name: file_deletion
SELECT part, marked_at, rule FROM file_deletion
WHERE job_id = %(job)s AND attempt = %(attempt)s AND part = ANY(%(parts)s) LIMIT 1
