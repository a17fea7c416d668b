-- What GitHub told us, each delivery once; `task` is what is to be done about it.
CREATE TABLE github_delivery (
    id text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    event text NOT NULL,
    task jsonb,
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'ignored', 'given_up')),
    reason text NOT NULL DEFAULT '',
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX github_delivery_waiting ON github_delivery (due_at) WHERE state = 'waiting';
CREATE INDEX github_delivery_received ON github_delivery (received_at);

-- One commit at the head of a pull request: what is found in it, and the runs that try it; `live_run` makes it live.
-- `round` counts how often it was tried; `shown` is a digest of what GitHub shows of it, `is_settled` whether that is final.
CREATE TABLE github_check (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    repository text NOT NULL,
    pull integer NOT NULL,
    head_sha text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'superseded', 'closed', 'merged')),
    findings jsonb NOT NULL,
    sample_run bigint REFERENCES run,
    full_run bigint REFERENCES run,
    live_run bigint REFERENCES run,
    round integer NOT NULL DEFAULT 1,
    check_run bigint,
    shown text NOT NULL DEFAULT '',
    is_settled boolean NOT NULL DEFAULT false,
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (repository, pull, head_sha)
);
CREATE INDEX github_check_unsettled ON github_check (due_at) WHERE NOT is_settled;
CREATE INDEX github_check_by_commit ON github_check (head_sha);
CREATE INDEX github_check_by_full_run ON github_check (full_run);

-- The one comment on a pull request.
CREATE TABLE github_comment (
    repository text NOT NULL,
    pull integer NOT NULL,
    comment bigint NOT NULL,
    PRIMARY KEY (repository, pull)
);

-- Which definition a job was made of: a merge looks for the jobs that tried the same one.
CREATE INDEX job_by_definition ON job (source_sha256, layer, name);
