-- name: assign_changes
-- Assigns all changes without a digest to that of a schedule run (health_digest.assign_changes).
UPDATE dataset_health_change SET schedule_run_id = %(schedule_run)s WHERE schedule_run_id IS NULL

-- name: net_changes
-- The last change of each dataset of a digest, unless it only undoes the first one, for the queries below.
SELECT * FROM (
    SELECT DISTINCT ON (source_name, layer, name) *,
           first_value(kind) OVER (PARTITION BY source_name, layer, name ORDER BY id) AS first_kind
    FROM dataset_health_change WHERE schedule_run_id = %(schedule_run)s
    ORDER BY source_name, layer, name, id DESC
) last
WHERE kind = first_kind

-- name: changes
-- The datasets that broke or were fixed (health_digest.read_digest).
SELECT kind, source_name, layer, name, job_id AS job, error_code, error_message, created_at FROM ({net_changes}) net
ORDER BY source_name, layer, name LIMIT %(limit)s

-- name: counts
-- The number of datasets that broke and that were fixed (health_digest.read_digest).
SELECT count(*) FILTER (WHERE kind = 'broke') AS broke, count(*) FILTER (WHERE kind = 'fixed') AS fixed
FROM ({net_changes}) net
