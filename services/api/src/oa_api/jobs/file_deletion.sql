-- name: expired
SELECT part, marked_at, rule FROM expiry
WHERE job_id = %(job)s AND attempt = %(attempt)s AND part = ANY(%(parts)s) LIMIT 1
