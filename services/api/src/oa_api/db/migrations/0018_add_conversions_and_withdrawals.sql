-- A published result in a further format, once for each publication and format, at the request of anyone. `job_id` is the
-- export job that writes it; `attempt`, `result` and `ready_at` are those of its success. Its files stay as long as those
-- of the publication.
CREATE TABLE conversion (
    publication_id bigint NOT NULL REFERENCES publication ON DELETE CASCADE,
    format text NOT NULL,
    job_id bigint NOT NULL UNIQUE REFERENCES job ON DELETE CASCADE,
    started_at timestamptz NOT NULL DEFAULT now(),
    attempt integer,
    result jsonb,
    ready_at timestamptz,
    PRIMARY KEY (publication_id, format)
);
CREATE INDEX conversion_unready ON conversion (job_id) WHERE ready_at IS NULL;
CREATE INDEX conversion_by_ready ON conversion (ready_at) WHERE ready_at IS NOT NULL;

INSERT INTO retention_rule (name, keep_days, keep_last, description) VALUES
    ('conversions', 1, 0, 'Files of conversions, counted from when those of their publication are deleted');

-- A retired dataset keeps its files and is offered no more; a deleted one has none; a reopened one was deleted, and the
-- next result publishes it.
ALTER TABLE data ADD COLUMN state text NOT NULL DEFAULT 'published'
    CHECK (state IN ('published', 'retired', 'deleted', 'reopened'));

-- Each change of the state of a dataset by an admin. `publication_id` is the newest publication of all datasets at that
-- time: the feed lists the change after it.
CREATE TABLE withdrawal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    data_id bigint NOT NULL REFERENCES data ON DELETE CASCADE,
    state text NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    publication_id bigint NOT NULL
);
CREATE INDEX withdrawal_by_data ON withdrawal (data_id, id);
CREATE INDEX withdrawal_by_publication ON withdrawal (publication_id, id);
