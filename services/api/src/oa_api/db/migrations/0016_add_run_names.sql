-- What a run is for, as a name: "Weekly 2026-W48", "Pull request #123", "Export of us/ca addresses". Empty for runs that
-- have no jobs yet, and for those that older code creates while it still runs: their number stands for them.
ALTER TABLE run ADD COLUMN name text NOT NULL DEFAULT '';

UPDATE run SET name = 'Weekly ' || schedule_run.period
FROM schedule_run WHERE schedule_run.run_id = run.id AND schedule_run.type = 'sources';

UPDATE run SET name = CASE
    WHEN live THEN 'Merge of pull request #' || (github ->> 'pull')
    WHEN sample IS NOT NULL THEN 'Pull request #' || (github ->> 'pull') || ' (samples)'
    ELSE 'Pull request #' || (github ->> 'pull')
END
WHERE name = '' AND owner = 'system' AND github ->> 'pull' IS NOT NULL;

UPDATE run SET name = CASE product.kind
    WHEN 'export' THEN 'Export of ' || product.title
    WHEN 'collection' THEN 'Collection ' || product.title
    WHEN 'fabric' THEN 'Fabric'
    ELSE 'Backfill'
END
FROM (
    SELECT DISTINCT ON (job.run_id) job.run_id, job.kind, coalesce(substring(source.definition FROM '"title": ?"([^"\\]*)"'), '') AS title
    FROM job JOIN source ON source.sha256 = job.source_sha256
    WHERE job.kind <> 'source' ORDER BY job.run_id, job.id
) product
WHERE run.id = product.run_id AND run.name = '';

-- When a run ended is when its last job did.
CREATE INDEX job_by_run_ended ON job (run_id, ended_at) WHERE rank = 9;
-- A run is compared with the previous run of the same schedule.
CREATE INDEX schedule_run_by_type ON schedule_run (type, run_id) WHERE run_id IS NOT NULL;
