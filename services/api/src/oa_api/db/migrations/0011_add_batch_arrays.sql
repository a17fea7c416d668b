-- Array jobs of Batch: `token` is the secret that the containers of an array share, and the dispatcher that has taken
-- the turn submits it until `turn_until`. A child is an attempt, found by its place in the array. `size` counts the
-- places; one without an attempt has nothing to do.
CREATE TABLE batch_array (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    token text NOT NULL,
    size integer NOT NULL,
    batch_job text,
    turn_until timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- The sweep deletes old arrays.
CREATE INDEX batch_array_by_age ON batch_array (created_at);

CREATE TABLE array_child (
    array_id bigint NOT NULL REFERENCES batch_array ON DELETE CASCADE,
    place integer NOT NULL,
    job_id bigint NOT NULL REFERENCES job ON DELETE CASCADE,
    attempt integer NOT NULL,
    PRIMARY KEY (array_id, place),
    UNIQUE (job_id, attempt)
);

-- The sessions of containers by which each has proven which child it is: a session is that of one place only, and a
-- place has several when Batch starts its child again.
CREATE TABLE array_container (
    array_id bigint NOT NULL REFERENCES batch_array ON DELETE CASCADE,
    session text NOT NULL,
    place integer NOT NULL,
    PRIMARY KEY (array_id, session)
);
