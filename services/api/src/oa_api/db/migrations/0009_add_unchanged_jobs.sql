-- Jobs whose source has not changed: `kept_job` and `kept_attempt` are the published attempt whose files stay, and
-- `checked_at` of a dataset is when the last such job, `checked_job`, found it up to date. With `force` a job, and
-- each new job of a run, writes new files in any case.
ALTER TABLE run ADD COLUMN force boolean NOT NULL DEFAULT false;

ALTER TABLE job
    ADD COLUMN force boolean NOT NULL DEFAULT false,
    ADD COLUMN kept_job bigint,
    ADD COLUMN kept_attempt integer;
-- Retention looks for the jobs that keep the files of an attempt.
CREATE INDEX job_by_kept ON job (kept_job, kept_attempt) WHERE kept_job IS NOT NULL;

ALTER TABLE data
    ADD COLUMN checked_at timestamptz,
    ADD COLUMN checked_job bigint;
