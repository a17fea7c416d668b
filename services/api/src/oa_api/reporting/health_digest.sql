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

-- name: acknowledged
-- Part: the acknowledgements of the failures of a digest.
LEFT JOIN {acknowledgements.queries.active} known
ON known.source_name = net.source_name AND known.error_code = net.error_code AND net.kind = 'broke'

-- name: changes
-- The datasets that broke or were fixed (health_digest.read_digest).
SELECT net.kind, net.source_name, net.layer, net.name, net.job_id AS job, net.error_code, net.error_message,
       net.created_at, known.owner AS acknowledged_by, known.until AS acknowledged_until
FROM ({net_changes}) net {acknowledged}
ORDER BY net.source_name, net.layer, net.name LIMIT %(limit)s

-- name: counts
-- The number of datasets that broke and that were fixed (health_digest.read_digest).
SELECT count(*) FILTER (WHERE net.kind = 'broke' AND known.id IS NULL) AS broke,
       count(*) FILTER (WHERE net.kind = 'fixed') AS fixed,
       count(*) FILTER (WHERE net.kind = 'broke' AND known.id IS NOT NULL) AS acknowledged
FROM ({net_changes}) net {acknowledged}
