-- What operators do to many jobs at once: the jobs are chosen when it is asked, and done one by one by a duty.
CREATE TABLE bulk (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL,
    filter jsonb NOT NULL,
    why text NOT NULL,
    kind text NOT NULL,
    account_id bigint,
    actor text NOT NULL,
    role text NOT NULL,
    jobs integer NOT NULL,
    ended_at timestamptz
);
CREATE INDEX bulk_unended ON bulk (id) WHERE ended_at IS NULL;

CREATE TABLE bulk_job (
    bulk_id bigint NOT NULL REFERENCES bulk,
    job_id bigint NOT NULL,
    is_done boolean,
    reason text,
    PRIMARY KEY (bulk_id, job_id)
);
CREATE INDEX bulk_job_waiting ON bulk_job (bulk_id, job_id) WHERE is_done IS NULL;

-- Lists of jobs by what they failed with, and by the beginning of a source's name.
CREATE INDEX job_by_error ON job (error_code, id) WHERE error_code IS NOT NULL;
CREATE INDEX job_by_prefix ON job (source_name text_pattern_ops, id);
