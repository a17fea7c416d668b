-- Where published data lies, as something that can be searched; null for bounds that are none or not on the globe.
CREATE FUNCTION area_of(bounds jsonb) RETURNS box LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(bounds -> 0) = 'number' AND jsonb_typeof(bounds -> 1) = 'number'
                 AND jsonb_typeof(bounds -> 2) = 'number' AND jsonb_typeof(bounds -> 3) = 'number'
    THEN CASE WHEN abs((bounds ->> 0)::numeric) <= 360 AND abs((bounds ->> 1)::numeric) <= 90
               AND abs((bounds ->> 2)::numeric) <= 360 AND abs((bounds ->> 3)::numeric) <= 90
    THEN box(point((bounds ->> 0)::float8, (bounds ->> 1)::float8), point((bounds ->> 2)::float8, (bounds ->> 3)::float8))
    END END
$$;

ALTER TABLE data
    ADD license jsonb,
    ADD area box GENERATED ALWAYS AS (area_of(result -> 'bounds')) STORED,
    ADD is_validated boolean GENERATED ALWAYS AS (coalesce(result -> 'outputs' ? 'validated.geojson.gz', false)) STORED;
CREATE INDEX data_by_area ON data USING gist (area);
CREATE INDEX data_by_prefix ON data (source_name text_pattern_ops);

-- Every publication there was. The job may be gone one day; what was published then is still told.
CREATE TABLE publication (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    data_id bigint NOT NULL REFERENCES data ON DELETE CASCADE,
    job_id bigint NOT NULL,
    attempt integer NOT NULL,
    run_id bigint NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    source_sha256 text NOT NULL,
    source_url text,
    github jsonb,
    license jsonb,
    result jsonb,
    UNIQUE (job_id, attempt)
);
CREATE INDEX publication_by_data ON publication (data_id, id);

-- A definition may hold numbers that jsonb does not take: then its licence is not known.
CREATE FUNCTION pg_temp.license_of(definition text, layer text, name text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT entry -> 'license' FROM jsonb_array_elements(definition::jsonb -> 'layers' -> layer) entry
        WHERE entry ->> 'name' = license_of.name LIMIT 1
    );
EXCEPTION WHEN others THEN
    RETURN NULL;
END $$;

UPDATE data SET license = pg_temp.license_of(source.definition, data.layer, data.name)
FROM job JOIN source ON source.sha256 = job.source_sha256 WHERE job.id = data.job_id;

INSERT INTO publication
    (data_id, job_id, attempt, run_id, published_at, source_sha256, source_url, github, license, result)
SELECT data.id, data.job_id, data.attempt, job.run_id, data.updated_at, job.source_sha256, job.source_url, run.github,
       data.license, data.result
FROM data JOIN job ON job.id = data.job_id JOIN run ON run.id = job.run_id
ORDER BY data.updated_at, data.id;

-- Who wants to be told of new data. The secret signs what is sent, so it is kept as it is.
CREATE TABLE webhook (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url text NOT NULL,
    secret text NOT NULL,
    events text[] NOT NULL,
    source text,
    layer text,
    active boolean NOT NULL DEFAULT true,
    disabled_because text,
    given_up integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- What is to be told, written in the transaction that it tells of.
CREATE TABLE webhook_delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id bigint NOT NULL REFERENCES webhook ON DELETE CASCADE,
    event text NOT NULL,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    status integer,
    error text
);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook_id, due_at, id) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_by_webhook ON webhook_delivery (webhook_id, id);
CREATE INDEX webhook_delivery_ended ON webhook_delivery (ended_at) WHERE ended_at IS NOT NULL;
