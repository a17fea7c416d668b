-- What a job makes: data of a source, or a product of many that are published.
ALTER TABLE job ADD kind text NOT NULL DEFAULT 'source' CHECK (kind IN ('source', 'collection', 'export', 'fabric'));
CREATE INDEX job_by_kind ON job (kind, id) WHERE kind <> 'source';

-- Sources that are offered together. `job_id`, `attempt` and `result` are those of the newest good build.
CREATE TABLE collection (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    human text NOT NULL,
    sources text[] NOT NULL,
    layer text,
    formats text[] NOT NULL,
    deduplicate boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    job_id bigint REFERENCES job,
    attempt integer,
    result jsonb,
    built_at timestamptz
);

-- Every time that a collection was to be built: the job that does it, or why none was made.
CREATE TABLE collection_build (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection_id bigint NOT NULL REFERENCES collection ON DELETE CASCADE,
    job_id bigint UNIQUE REFERENCES job ON DELETE CASCADE,
    skipped text,
    inputs integer NOT NULL,
    features bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((job_id IS NULL) <> (skipped IS NULL))
);
CREATE INDEX collection_build_by_collection ON collection_build (collection_id, id);

-- A file that somebody asked for; it may be removed once it has expired.
CREATE TABLE export (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id bigint NOT NULL UNIQUE REFERENCES job ON DELETE CASCADE,
    format text NOT NULL,
    asked jsonb NOT NULL,
    inputs integer NOT NULL,
    features bigint NOT NULL,
    keep_days integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempt integer,
    result jsonb,
    ready_at timestamptz,
    expires_at timestamptz
);
CREATE INDEX export_by_expiry ON export (expires_at) WHERE expires_at IS NOT NULL;

-- The newest good map of what is published, for each layer.
CREATE TABLE fabric (
    layer text PRIMARY KEY,
    job_id bigint NOT NULL REFERENCES job,
    attempt integer NOT NULL,
    result jsonb NOT NULL,
    built_at timestamptz NOT NULL DEFAULT now()
);
