-- Results whose files the store has lost, an emptied bucket for example; `key` is the file that was missing.
CREATE TABLE lost_result (
    job_id bigint NOT NULL REFERENCES job ON DELETE CASCADE,
    attempt integer NOT NULL,
    key text NOT NULL,
    noticed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, attempt)
);
