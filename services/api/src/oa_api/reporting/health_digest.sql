-- name: claim
UPDATE dataset_health_change SET schedule_run_id = %(schedule_run)s WHERE schedule_run_id IS NULL

-- name: changes
-- Of each dataset the last change counts; one that broke and was mended in between is as it was before.
SELECT kind, source_name, layer, name, job_id AS job, error_code, error_message, created_at FROM (
    SELECT DISTINCT ON (source_name, layer, name) *,
           first_value(kind) OVER (PARTITION BY source_name, layer, name ORDER BY id) AS first_kind
    FROM dataset_health_change WHERE schedule_run_id = %(schedule_run)s
    ORDER BY source_name, layer, name, id DESC
) last
WHERE kind = first_kind
ORDER BY source_name, layer, name LIMIT %(limit)s

-- name: counts
SELECT count(*) FILTER (WHERE kind = 'broke') AS broke, count(*) FILTER (WHERE kind = 'fixed') AS fixed FROM (
    SELECT DISTINCT ON (source_name, layer, name) kind,
           first_value(kind) OVER (PARTITION BY source_name, layer, name ORDER BY id) AS first_kind
    FROM dataset_health_change WHERE schedule_run_id = %(schedule_run)s
    ORDER BY source_name, layer, name, id DESC
) last
WHERE kind = first_kind
