-- name: file_deletion
-- Whether retention has marked files of an attempt: before a file is served and before a result is confirmed.
SELECT marked_at, rule FROM file_deletion
WHERE job_id = %(job)s AND attempt = %(attempt)s AND part = ANY(%(parts)s) LIMIT 1
