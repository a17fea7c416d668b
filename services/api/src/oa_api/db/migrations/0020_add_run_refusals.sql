-- Why a run lacks jobs: the definitions, entries and entire requests that were refused, each once in a run. `digest` is the
-- SHA-256 of the other texts: a request that is sent again adds nothing.
CREATE TABLE run_refusal (
    run_id bigint NOT NULL REFERENCES run ON DELETE CASCADE,
    digest text NOT NULL,
    source text NOT NULL,
    pointer text NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, digest)
);

-- How many failed jobs of a run are acknowledged: one step for each acknowledgement.
CREATE INDEX job_failed_by_cause ON job (source_name, error_code, run_id) WHERE status = 'Fail';
