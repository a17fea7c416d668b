CREATE TABLE run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    live boolean NOT NULL DEFAULT false,
    lane text NOT NULL DEFAULT 'manual',
    closed_at timestamptz,
    github jsonb
);

CREATE TABLE source (
    sha256 text PRIMARY KEY,
    definition text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES run,
    source_name text NOT NULL,
    source_url text,
    source_sha256 text NOT NULL REFERENCES source,
    layer text NOT NULL,
    name text NOT NULL,
    tier text NOT NULL,
    status text NOT NULL DEFAULT 'Pending',
    rank smallint NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 1,
    token text NOT NULL,
    batch_job text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    submitted_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    error_code text,
    error_message text,
    progress jsonb,
    result jsonb
);
CREATE INDEX job_by_run ON job (run_id, id);
CREATE INDEX job_by_run_status ON job (run_id, status);
CREATE INDEX job_by_status ON job (status, id);
CREATE INDEX job_by_source ON job (source_name, layer, name, id);
CREATE INDEX job_unended ON job (updated_at) WHERE rank < 9;

-- One row for each attempt: what it was and how it ended.
CREATE TABLE job_attempt (
    job_id bigint NOT NULL REFERENCES job,
    attempt integer NOT NULL,
    token text NOT NULL,
    tier text NOT NULL,
    status text NOT NULL DEFAULT 'Pending',
    batch_job text,
    error_code text,
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    PRIMARY KEY (job_id, attempt)
);

-- Messages of the jobs queue, written with the job they are about and sent by the relay.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id bigint NOT NULL REFERENCES job,
    attempt integer NOT NULL,
    body text NOT NULL,
    available_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX outbox_unsent ON outbox (available_at, id) WHERE sent_at IS NULL;
CREATE INDEX outbox_by_job ON outbox (job_id, attempt);

-- Messages of the results queue that have been applied: the second delivery finds its row here.
CREATE TABLE inbox (
    job_id bigint NOT NULL,
    attempt integer NOT NULL,
    token text NOT NULL,
    seq integer NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, attempt, token, seq)
);

CREATE TABLE job_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id bigint NOT NULL REFERENCES job,
    attempt integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    accepted boolean NOT NULL,
    reason text,
    detail jsonb
);
CREATE INDEX job_event_by_job ON job_event (job_id, id);

-- What Batch said of a container whose own result has not come yet.
CREATE TABLE batch_evidence (
    job_id bigint NOT NULL REFERENCES job,
    attempt integer NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (job_id, attempt)
);
CREATE INDEX batch_evidence_due ON batch_evidence (due_at);

-- Why the quality gate held a job back, until a person confirms or rejects it.
CREATE TABLE job_error (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id bigint NOT NULL REFERENCES job,
    code text NOT NULL,
    message text NOT NULL,
    state text NOT NULL DEFAULT 'open',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX job_error_by_job ON job_error (job_id);

CREATE TABLE data (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_name text NOT NULL,
    layer text NOT NULL,
    name text NOT NULL,
    job_id bigint NOT NULL REFERENCES job,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source_name, layer, name)
);

CREATE TABLE idempotency (
    key text NOT NULL,
    route text NOT NULL,
    request_sha256 text NOT NULL,
    status integer NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key, route)
);

-- When each background duty last worked.
CREATE TABLE heartbeat (
    name text PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
