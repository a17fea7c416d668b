-- What a schedule did: one row for each type and period, however often it fires.
CREATE TABLE schedule_fire (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type text NOT NULL,
    period text NOT NULL,
    state text NOT NULL DEFAULT 'Waiting' CHECK (state IN ('Waiting', 'Working', 'Done', 'Failed')),
    fired_at timestamptz NOT NULL DEFAULT now(),
    fired_by text NOT NULL DEFAULT '',
    begun_at timestamptz,
    ended_at timestamptz,
    due_at timestamptz NOT NULL DEFAULT now(),
    lease text,
    lease_until timestamptz,
    tries integer NOT NULL DEFAULT 0,
    run_id bigint REFERENCES run,
    error text,
    detail jsonb NOT NULL DEFAULT '{}',
    traceparent text NOT NULL,
    UNIQUE (type, period)
);
CREATE INDEX schedule_fire_unended ON schedule_fire (due_at) WHERE state IN ('Waiting', 'Working');

-- The definitions that a fire took from the repository at one commit, and what became of each.
CREATE TABLE schedule_source (
    fire_id bigint NOT NULL REFERENCES schedule_fire,
    path text NOT NULL,
    sha256 text REFERENCES source,
    jobs integer,
    refusals jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (fire_id, path)
);
CREATE INDEX schedule_source_waiting ON schedule_source (fire_id, path) WHERE jobs IS NULL;

-- How each (source_name, layer, name) of live runs stands: the health grid. Kept by triggers, so that every way in
-- which a job may end counts; a job that is tried again in the same transaction has not ended.
CREATE TABLE source_state (
    source_name text NOT NULL,
    layer text NOT NULL,
    name text NOT NULL,
    country text NOT NULL GENERATED ALWAYS AS (split_part(source_name, '/', 1)) STORED,
    region text NOT NULL GENERATED ALWAYS AS (
        CASE WHEN source_name LIKE '%/%/%' THEN split_part(source_name, '/', 2) ELSE '' END
    ) STORED,
    job_id bigint NOT NULL,
    status text NOT NULL DEFAULT 'Pending',
    error_code text,
    error_message text,
    ended_at timestamptz,
    failing_since timestamptz,
    PRIMARY KEY (source_name, layer, name)
);

-- What broke and what was mended: each change is told in one report, whenever it commits.
CREATE TABLE source_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL CHECK (kind IN ('broke', 'mended')),
    source_name text NOT NULL,
    layer text NOT NULL,
    name text NOT NULL,
    job_id bigint NOT NULL,
    error_code text,
    error_message text,
    fire_id bigint REFERENCES schedule_fire
);
CREATE INDEX source_change_untold ON source_change (id) WHERE fire_id IS NULL;
CREATE INDEX source_change_by_fire ON source_change (fire_id, id) WHERE fire_id IS NOT NULL;

CREATE FUNCTION note_source_state(ended_job bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ended record;
    before source_state;
BEGIN
    SELECT job.*, coalesce(job.error_code, held.code) AS why, coalesce(job.error_message, held.message) AS words INTO ended
    FROM job JOIN run ON run.id = job.run_id AND run.live
    LEFT JOIN LATERAL (
        SELECT 'gate.' || code AS code, message FROM job_error
        WHERE job_error.job_id = job.id AND state = 'open' AND job.status = 'Warn' ORDER BY id LIMIT 1
    ) held ON true
    WHERE job.id = ended_job AND job.kind = 'source' AND job.status IN ('Success', 'Warn', 'Fail');
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO source_state (source_name, layer, name, job_id)
    VALUES (ended.source_name, ended.layer, ended.name, ended.id) ON CONFLICT DO NOTHING;
    SELECT * INTO before FROM source_state
    WHERE source_name = ended.source_name AND layer = ended.layer AND name = ended.name FOR UPDATE;
    IF before.job_id > ended.id THEN
        RETURN;
    END IF;
    UPDATE source_state SET
        job_id = ended.id, status = ended.status, error_code = ended.why, error_message = ended.words,
        ended_at = ended.ended_at,
        failing_since = CASE WHEN ended.status <> 'Success' THEN coalesce(before.failing_since, now()) END
    WHERE source_name = ended.source_name AND layer = ended.layer AND name = ended.name;
    IF (ended.status = 'Success') = (before.failing_since IS NOT NULL) THEN
        INSERT INTO source_change (kind, source_name, layer, name, job_id, error_code, error_message)
        VALUES (CASE ended.status WHEN 'Success' THEN 'mended' ELSE 'broke' END,
                ended.source_name, ended.layer, ended.name, ended.id, ended.why, ended.words);
    END IF;
END $$;

CREATE FUNCTION note_ended_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_source_state(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER source_state_ended AFTER UPDATE OF status ON job
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.rank = 9 AND OLD.status IS DISTINCT FROM NEW.status)
EXECUTE FUNCTION note_ended_job();

CREATE FUNCTION note_new_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO source_state (source_name, layer, name, job_id)
    SELECT added.source_name, added.layer, added.name, max(added.id)
    FROM added JOIN run ON run.id = added.run_id AND run.live
    WHERE added.kind = 'source'
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER source_state_new AFTER INSERT ON job
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_new_jobs();

CREATE FUNCTION note_run_made_live() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_source_state(job.id) FROM (
        SELECT id FROM job WHERE run_id = NEW.id AND kind = 'source' AND rank = 9 ORDER BY source_name, layer, name
    ) job;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER source_state_live AFTER UPDATE OF live ON run
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.live AND NOT OLD.live)
EXECUTE FUNCTION note_run_made_live();

-- What is known already; that is no news.
INSERT INTO source_state (source_name, layer, name, job_id, status, error_code, error_message, ended_at, failing_since)
SELECT DISTINCT ON (job.source_name, job.layer, job.name)
    job.source_name, job.layer, job.name, job.id, job.status, job.error_code, job.error_message, job.ended_at,
    CASE WHEN job.status IN ('Warn', 'Fail') THEN coalesce(job.ended_at, job.updated_at) END
FROM job JOIN run ON run.id = job.run_id
WHERE run.live AND job.kind = 'source' AND job.status IN ('Success', 'Warn', 'Fail')
ORDER BY job.source_name, job.layer, job.name, job.id DESC;

-- When a container began to work: what an attempt costs is counted from then.
ALTER TABLE job_attempt ADD started_at timestamptz;

-- How long what is kept, as data: a rule that is off keeps for ever.
CREATE TABLE retention_rule (
    name text PRIMARY KEY,
    keep_days integer NOT NULL CHECK (keep_days BETWEEN 1 AND 36500),
    keep_last integer NOT NULL DEFAULT 0 CHECK (keep_last BETWEEN 0 AND 1000),
    is_on boolean NOT NULL DEFAULT true,
    words text NOT NULL
);
INSERT INTO retention_rule (name, keep_days, keep_last, words) VALUES
    ('unpublished', 60, 0, 'files of ended attempts that were never published'),
    ('superseded', 90, 3, 'files of what was published once, but for the last publications of each dataset'),
    ('pull_request', 30, 0, 'files of ended attempts of runs for pull requests'),
    ('exports', 1, 0, 'files of exports, so long after they have expired'),
    ('logs', 365, 0, 'logs, manifests and results of attempts whose other files are gone'),
    ('events', 400, 0, 'the history of ended jobs, but for what tells of a publication'),
    ('idempotency', 7, 0, 'first answers to requests with a key'),
    ('uploads', 2, 0, 'uploads that were begun and never done, or refused'),
    ('orphans', 30, 0, 'objects that no row knows');

-- Files that are gone or about to go. A row is written before anything is deleted and finished after it, so nothing
-- is offered that is not there, and what a crash left half done is known.
CREATE TABLE expiry (
    job_id bigint NOT NULL,
    attempt integer NOT NULL,
    part text NOT NULL CHECK (part IN ('files', 'log')),
    rule text NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    objects integer,
    size_bytes bigint,
    PRIMARY KEY (job_id, attempt, part)
);
CREATE INDEX data_by_job ON data (job_id);
CREATE INDEX expiry_unfinished ON expiry (marked_at) WHERE deleted_at IS NULL;

-- Files that people send because no server has them.
CREATE TABLE upload (
    id text PRIMARY KEY,
    account text NOT NULL,
    name text NOT NULL,
    key text NOT NULL UNIQUE,
    size_bytes bigint NOT NULL,
    sha256 text,
    content_type text NOT NULL,
    etag text,
    state text NOT NULL DEFAULT 'Waiting' CHECK (state IN ('Waiting', 'Ready', 'Refused', 'Deleted')),
    reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    checked_at timestamptz,
    deleted_at timestamptz
);
CREATE INDEX upload_by_created ON upload (created_at, id);
