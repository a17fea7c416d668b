-- A run has one job for each source, layer and name. `once_in_run` marks the jobs for which that holds; it is null for
-- older jobs, some of which are twice in their run, and for those that older code creates while it still runs.
ALTER TABLE job ADD COLUMN once_in_run boolean CHECK (once_in_run);
CREATE UNIQUE INDEX job_once_in_run ON job (run_id, source_name, layer, name) WHERE once_in_run;
