-- Trials -------------------------------------------------------------------------------------------------------------

-- Definitions that authors try in the browser: the text as typed, the remarks and the entries that its review found, and
-- the job of the entry that ran. `id` is random, because any author who knows it may see the trial.
CREATE TABLE trial (
    id text PRIMARY KEY,
    account text NOT NULL,
    definition text NOT NULL,
    source_name text NOT NULL,
    url text,
    remarks jsonb NOT NULL,
    entries jsonb NOT NULL,
    job_id bigint REFERENCES job,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX trial_by_account ON trial (account, created_at DESC, id DESC);
CREATE INDEX trial_by_created ON trial (created_at);
INSERT INTO retention_rule (name, keep_days, description) VALUES
    ('trials', 30, 'Definitions that authors tried in the browser');
