-- name: latest_attempt
-- The latest attempt of a job: each request of a container.
SELECT run_id AS run, attempt, token, status, error_code FROM job WHERE id = %(job)s

-- name: plan
-- The plan of a product: requests of its container for inputs. No rows for a job of another kind.
SELECT source.definition FROM job JOIN source ON source.sha256 = job.source_sha256
WHERE job.id = %(job)s AND job.kind <> 'source'
