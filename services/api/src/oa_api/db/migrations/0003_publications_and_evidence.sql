-- A job that runs again keeps what it has published; its deadline and its share of retries begin anew.
ALTER TABLE job ADD opened_at timestamptz NOT NULL DEFAULT now();
UPDATE job SET opened_at = created_at;

-- What is published is a copy of the accepted result, which a later attempt of the same job does not touch.
ALTER TABLE data ADD attempt integer NOT NULL DEFAULT 1, ADD result jsonb;
UPDATE data SET attempt = job.attempt, result = job.result FROM job WHERE job.id = data.job_id;

-- Two containers of one attempt may end: each leaves evidence of its own, and only the one that worked counts.
ALTER TABLE batch_evidence ADD batch_job text NOT NULL DEFAULT '';
ALTER TABLE batch_evidence DROP CONSTRAINT batch_evidence_pkey, ADD PRIMARY KEY (job_id, attempt, batch_job);
