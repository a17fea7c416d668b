-- The whole schema as of the first release. Later changes are migrations of their own (docs/decisions/0015).

-- Runs ----------------------------------------------------------------------------------------------------------------

-- A set of jobs that were created together. Only live runs publish. A run with `sample` reads that many features of
-- each entry, so its jobs have no data to publish.
CREATE TABLE run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    live boolean NOT NULL DEFAULT false,
    lane text NOT NULL DEFAULT 'manual',
    sample integer CHECK (sample > 0),
    github jsonb,
    closed_at timestamptz,
    CONSTRAINT run_of_samples_is_not_live CHECK (sample IS NULL OR NOT live)
);
CREATE INDEX run_by_created ON run (created_at, id);

-- Jobs ----------------------------------------------------------------------------------------------------------------

-- Source definitions, by the SHA-256 of their text.
CREATE TABLE source (
    sha256 text PRIMARY KEY,
    definition text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- One entry of one source, or a product of published data (`kind`). The row holds the state of the newest attempt.
-- `rank` orders the states, so that a late message never moves a job backward. `opened_at` starts the deadline and the
-- retries of a rerun, `paused_for` is the time in pauses that the deadline excludes, and all attempts belong to the
-- trace `traceparent`.
CREATE TABLE job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES run,
    kind text NOT NULL DEFAULT 'source' CHECK (kind IN ('source', 'collection', 'export', 'fabric')),
    source_name text NOT NULL,
    source_url text,
    source_sha256 text NOT NULL REFERENCES source,
    layer text NOT NULL,
    name text NOT NULL,
    host text,
    tier text NOT NULL,
    status text NOT NULL DEFAULT 'Pending',
    rank smallint NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 1,
    token text NOT NULL,
    batch_job text,
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    opened_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    submitted_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    paused_for interval NOT NULL DEFAULT '0',
    error_code text,
    error_message text,
    progress jsonb,
    result jsonb
);
CREATE INDEX job_by_run ON job (run_id, id);
CREATE INDEX job_by_run_status ON job (run_id, status);
CREATE INDEX job_by_status ON job (status, id);
CREATE INDEX job_by_kind ON job (kind, id) WHERE kind <> 'source';
CREATE INDEX job_by_source ON job (source_name, layer, name, id);
CREATE INDEX job_by_prefix ON job (source_name text_pattern_ops, id);
CREATE INDEX job_by_layer ON job (layer, id);
CREATE INDEX job_by_host ON job (host, id) WHERE host IS NOT NULL;
CREATE INDEX job_by_created ON job (created_at, id);
CREATE INDEX job_by_error ON job (error_code, id) WHERE error_code IS NOT NULL;
-- A merge finds the jobs that ran the same definition.
CREATE INDEX job_by_definition ON job (source_sha256, layer, name);
CREATE INDEX job_unended ON job (updated_at) WHERE rank < 9;
-- Failures by day and by cause.
CREATE INDEX job_failed ON job (ended_at, error_code) INCLUDE (run_id, source_name, host, id) WHERE status = 'Fail';
-- Lists of datasets show for each whether a newer job ended without publishing.
CREATE INDEX job_unpublished ON job (source_name, layer, name, id) WHERE rank = 9 AND status <> 'Success';

-- The number of jobs of a run in each status, as a sum of changes (docs/decisions/0006-counting-jobs.md).
CREATE TABLE job_tally (
    run_id bigint NOT NULL,
    status text NOT NULL,
    jobs bigint NOT NULL,
    folded boolean NOT NULL DEFAULT false
);
CREATE INDEX job_tally_by_run ON job_tally (run_id) INCLUDE (status, jobs);
CREATE INDEX job_tally_unfolded ON job_tally (run_id) WHERE NOT folded;

CREATE FUNCTION tally_new_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_tally (run_id, status, jobs) SELECT run_id, status, count(*) FROM added GROUP BY run_id, status;
    RETURN NULL;
END $$;
CREATE TRIGGER job_tally_insert AFTER INSERT ON job
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tally_new_jobs();

CREATE FUNCTION tally_removed_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_tally (run_id, status, jobs) SELECT run_id, status, -count(*) FROM removed GROUP BY run_id, status;
    RETURN NULL;
END $$;
CREATE TRIGGER job_tally_delete AFTER DELETE ON job
REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION tally_removed_jobs();

CREATE FUNCTION tally_moved_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_tally (run_id, status, jobs) VALUES (OLD.run_id, OLD.status, -1), (NEW.run_id, NEW.status, 1);
    RETURN NULL;
END $$;
CREATE TRIGGER job_tally_update AFTER UPDATE OF status, run_id ON job FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.run_id IS DISTINCT FROM NEW.run_id)
EXECUTE FUNCTION tally_moved_job();

-- Attempts ------------------------------------------------------------------------------------------------------------

-- One row for each attempt: how it ran and how it ended. Its cost counts from `started_at`, when the container started.
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
    started_at timestamptz,
    ended_at timestamptz,
    PRIMARY KEY (job_id, attempt)
);
CREATE INDEX job_attempt_failed ON job_attempt (ended_at, error_code, job_id) WHERE error_code IS NOT NULL;

-- The exit of a container as Batch reported it, until the container's own result arrives or `due_at` passes. Two
-- containers of one attempt may exit; only the one that did the work counts.
CREATE TABLE batch_exit (
    job_id bigint NOT NULL REFERENCES job,
    attempt integer NOT NULL,
    batch_job text NOT NULL DEFAULT '',
    code text NOT NULL,
    message text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (job_id, attempt, batch_job)
);
CREATE INDEX batch_exit_due ON batch_exit (due_at);

-- Outbox and inbox ----------------------------------------------------------------------------------------------------

-- Messages for the jobs queue, committed together with their job and sent by the relay; `paused_by` is the pause that
-- holds one back.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id bigint NOT NULL REFERENCES job,
    attempt integer NOT NULL,
    body text NOT NULL,
    available_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    paused_by bigint,
    paused_at timestamptz,
    sent_at timestamptz
);
CREATE INDEX outbox_unsent ON outbox (available_at, id) WHERE sent_at IS NULL AND paused_by IS NULL;
CREATE INDEX outbox_paused ON outbox (paused_by, id) WHERE paused_by IS NOT NULL;
CREATE INDEX outbox_by_job ON outbox (job_id, attempt);
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;

-- Applied messages of the results queue: a second delivery finds the row of the first.
CREATE TABLE inbox (
    job_id bigint NOT NULL,
    attempt integer NOT NULL,
    token text NOT NULL,
    seq integer NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, attempt, token, seq)
);
CREATE INDEX inbox_received ON inbox (received_at);

-- Events --------------------------------------------------------------------------------------------------------------

-- The history of jobs, which is also the feed. Readers take rows of transactions older than every running one, in order
-- of (xid, id), so that a late commit never lands behind a reader (docs/decisions/0014-feed-of-events.md).
CREATE TABLE job_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    run_id bigint,
    job_id bigint NOT NULL REFERENCES job,
    attempt integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    accepted boolean NOT NULL,
    reason text,
    detail jsonb
);
CREATE INDEX job_event_feed ON job_event (xid, id);
CREATE INDEX job_event_by_run ON job_event (run_id, xid, id);
CREATE INDEX job_event_by_kind ON job_event (kind, xid, id);
CREATE INDEX job_event_by_job ON job_event (job_id, id);

CREATE FUNCTION name_run_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT run_id INTO NEW.run_id FROM job WHERE id = NEW.job_id;
    RETURN NEW;
END $$;
CREATE TRIGGER job_event_run BEFORE INSERT ON job_event FOR EACH ROW
WHEN (NEW.run_id IS NULL) EXECUTE FUNCTION name_run_of_event();

CREATE FUNCTION announce_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('job_event', '');
    RETURN NULL;
END $$;
CREATE TRIGGER job_event_notify AFTER INSERT ON job_event FOR EACH STATEMENT EXECUTE FUNCTION announce_events();

-- Review --------------------------------------------------------------------------------------------------------------

-- Why the quality gate holds a result back, until an operator confirms or rejects it.
CREATE TABLE review_reason (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id bigint NOT NULL REFERENCES job,
    code text NOT NULL,
    message text NOT NULL,
    state text NOT NULL DEFAULT 'open',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX review_reason_by_job ON review_reason (job_id);
CREATE INDEX review_reason_open ON review_reason (job_id) WHERE state = 'open';

-- Data and publications -----------------------------------------------------------------------------------------------

-- The extent of a result in a form that can be indexed; null where it has no bounds, or bounds that are not on the
-- globe.
CREATE FUNCTION area_of(bounds jsonb) RETURNS box LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(bounds -> 0) = 'number' AND jsonb_typeof(bounds -> 1) = 'number'
                 AND jsonb_typeof(bounds -> 2) = 'number' AND jsonb_typeof(bounds -> 3) = 'number'
    THEN CASE WHEN abs((bounds ->> 0)::numeric) <= 360 AND abs((bounds ->> 1)::numeric) <= 90
               AND abs((bounds ->> 2)::numeric) <= 360 AND abs((bounds ->> 3)::numeric) <= 90
    THEN box(point((bounds ->> 0)::float8, (bounds ->> 1)::float8), point((bounds ->> 2)::float8, (bounds ->> 3)::float8))
    END END
$$;

-- Published datasets. Each row copies the accepted result, which a later attempt of the same job leaves alone.
CREATE TABLE data (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_name text NOT NULL,
    layer text NOT NULL,
    name text NOT NULL,
    job_id bigint NOT NULL REFERENCES job,
    attempt integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    license jsonb,
    result jsonb,
    area box GENERATED ALWAYS AS (area_of(result -> 'bounds')) STORED,
    is_validated boolean GENERATED ALWAYS AS (coalesce(result -> 'outputs' ? 'validated.geojson.gz', false)) STORED,
    UNIQUE (source_name, layer, name)
);
CREATE INDEX data_by_prefix ON data (source_name text_pattern_ops);
CREATE INDEX data_by_updated ON data (updated_at);
CREATE INDEX data_by_area ON data USING gist (area);
CREATE INDEX data_by_job ON data (job_id);

-- Every publication of a dataset. It outlives its job.
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

-- Products ------------------------------------------------------------------------------------------------------------

-- Sources that are offered together. `job_id`, `attempt` and `result` are those of the newest successful build.
CREATE TABLE collection (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    display_name text NOT NULL,
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

-- Each request to build a collection: its job, or why it was skipped.
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

-- A requested file. Cleanup may remove it once it has expired.
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
CREATE INDEX export_by_expires ON export (expires_at) WHERE expires_at IS NOT NULL;

-- The newest vector tiles of all published data of a layer.
CREATE TABLE fabric (
    layer text PRIMARY KEY,
    job_id bigint NOT NULL REFERENCES job,
    attempt integer NOT NULL,
    result jsonb NOT NULL,
    built_at timestamptz NOT NULL DEFAULT now()
);

-- GitHub --------------------------------------------------------------------------------------------------------------

-- Events that GitHub delivered, each once; `task` is the action that one requires.
CREATE TABLE github_delivery (
    id text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    event text NOT NULL,
    task jsonb,
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'ignored', 'abandoned')),
    reason text NOT NULL DEFAULT '',
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX github_delivery_waiting ON github_delivery (due_at) WHERE state = 'waiting';
CREATE INDEX github_delivery_received ON github_delivery (received_at);

-- The head commit of a pull request: what its review found and the runs that test it; `live_run` is the run that
-- publishes. `round` counts its tests; `shown` is a digest of the check as GitHub shows it, and `is_settled` means that
-- it is final.
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

-- The one comment on a pull request, and the newest state of it that has been acted on: a state read earlier that
-- arrives later changes nothing.
CREATE TABLE github_pull (
    repository text NOT NULL,
    pull integer NOT NULL,
    comment bigint,
    seen_at timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (repository, pull)
);

-- Identity ------------------------------------------------------------------------------------------------------------

-- People, and the means by which they sign in. Of every secret only the SHA-256 is stored. `by_membership`: the account
-- comes from membership in a GitHub organization, which each sign-in checks again.
CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login text NOT NULL,
    email text,
    github_id bigint UNIQUE,
    by_membership boolean NOT NULL DEFAULT false,
    role text NOT NULL CHECK (role IN ('viewer', 'author', 'moderator', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now(),
    signed_in_at timestamptz,
    disabled_at timestamptz
);
CREATE UNIQUE INDEX account_by_login ON account (lower(login));
CREATE UNIQUE INDEX account_by_email ON account (lower(email));

-- A token that was created with another one (`parent_id`) ends with it, so that a stolen token leaves nothing behind.
CREATE TABLE api_token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    parent_id bigint REFERENCES api_token ON DELETE CASCADE,
    digest bytea NOT NULL UNIQUE,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'author', 'moderator', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX api_token_by_account ON api_token (account_id, id);
CREATE INDEX api_token_by_parent ON api_token (parent_id);

CREATE TABLE session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    digest bytea NOT NULL UNIQUE,
    client text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX session_by_account ON session (account_id, id);
CREATE INDEX session_by_seen ON session (seen_at);

-- Requests for a sign-in link by mail, for known and unknown addresses alike: the response never depends on which it
-- is.
CREATE TABLE sign_in_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    anonymous_session bytea NOT NULL,
    next text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    handled_at timestamptz
);
CREATE INDEX sign_in_request_by_email ON sign_in_request (email, created_at);
CREATE INDEX sign_in_request_by_created ON sign_in_request (created_at);
CREATE INDEX sign_in_request_unhandled ON sign_in_request (id) WHERE handled_at IS NULL;

-- Links that sign in once; `anonymous_session` is the digest of the requesting browser's cookie, if it sent one.
CREATE TABLE sign_in_link (
    digest bytea PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    anonymous_session bytea,
    next text NOT NULL DEFAULT '',
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_link_by_expires ON sign_in_link (expires_at);
CREATE INDEX sign_in_link_by_account ON sign_in_link (account_id);

-- Sign-ins in progress at GitHub: the digest of the returned state, the browser that started it, and the PKCE verifier.
CREATE TABLE sign_in_state (
    digest bytea PRIMARY KEY,
    anonymous_session bytea NOT NULL,
    verifier text NOT NULL,
    next text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_state_by_expires ON sign_in_state (expires_at);

-- Audit ---------------------------------------------------------------------------------------------------------------

-- Each action with its actor, subject and reason. Rows are only added.
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    account_id bigint,
    actor text NOT NULL,
    role text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    reason text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_by_subject ON audit (subject, id);
CREATE INDEX audit_by_actor ON audit (actor, id);
CREATE INDEX audit_by_action ON audit (action, id);

-- Operations ----------------------------------------------------------------------------------------------------------

-- What operators do to many jobs: the request selects the jobs, a worker then applies the action to one after the
-- other.
CREATE TABLE bulk_action (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL,
    filter jsonb NOT NULL,
    reason text NOT NULL,
    kind text NOT NULL,
    account_id bigint,
    actor text NOT NULL,
    role text NOT NULL,
    jobs integer NOT NULL,
    ended_at timestamptz
);
CREATE INDEX bulk_action_unended ON bulk_action (id) WHERE ended_at IS NULL;

CREATE TABLE bulk_action_job (
    bulk_action_id bigint NOT NULL REFERENCES bulk_action,
    job_id bigint NOT NULL,
    is_done boolean,
    skip_reason text,
    PRIMARY KEY (bulk_action_id, job_id)
);
CREATE INDEX bulk_action_job_waiting ON bulk_action_job (bulk_action_id, job_id) WHERE is_done IS NULL;

-- What operators pause: everything, a lane, a source or all sources below a prefix, or a host that data comes from.
-- The relay sets the messages concerned aside and sends them when the pause ends.
CREATE TABLE pause (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('all', 'lane', 'source', 'host')),
    value text NOT NULL DEFAULT '',
    reason text NOT NULL,
    actor text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    until timestamptz,
    ended_at timestamptz,
    ended_by text
);
CREATE UNIQUE INDEX pause_once ON pause (scope, value) WHERE ended_at IS NULL;

-- The last time that each background worker reported.
CREATE TABLE heartbeat (
    name text PRIMARY KEY,
    reported_at timestamptz NOT NULL DEFAULT now()
);

-- First responses to requests with an idempotency key, repeated when the request is.
CREATE TABLE idempotency (
    key text NOT NULL,
    route text NOT NULL,
    request_sha256 text NOT NULL,
    status integer NOT NULL,
    response jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key, route)
);
CREATE INDEX idempotency_by_created ON idempotency (created_at);

-- Schedules -----------------------------------------------------------------------------------------------------------

-- One row for each type and period, however often the schedule is triggered.
CREATE TABLE schedule_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type text NOT NULL,
    period text NOT NULL,
    state text NOT NULL DEFAULT 'Waiting' CHECK (state IN ('Waiting', 'Working', 'Done', 'Failed')),
    triggered_at timestamptz NOT NULL DEFAULT now(),
    triggered_by text NOT NULL DEFAULT '',
    started_at timestamptz,
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
CREATE INDEX schedule_run_unended ON schedule_run (due_at) WHERE state IN ('Waiting', 'Working');

-- The definitions that a schedule run read from the repository at one commit: the jobs of each, and why entries got
-- none.
CREATE TABLE schedule_source (
    schedule_run_id bigint NOT NULL REFERENCES schedule_run,
    path text NOT NULL,
    sha256 text REFERENCES source,
    jobs integer,
    refusals jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (schedule_run_id, path)
);
CREATE INDEX schedule_source_waiting ON schedule_source (schedule_run_id, path) WHERE jobs IS NULL;

-- Health --------------------------------------------------------------------------------------------------------------

-- The state of each (source_name, layer, name) of live runs, for the health grid. Triggers maintain it, so that every
-- way in which a job may end counts; a job that is retried in the same transaction has not ended.
CREATE TABLE dataset_health (
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

-- Datasets that broke or were fixed. `schedule_run_id` is the report that included the change: exactly one, however
-- late the change commits.
CREATE TABLE dataset_health_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL CHECK (kind IN ('broke', 'fixed')),
    source_name text NOT NULL,
    layer text NOT NULL,
    name text NOT NULL,
    job_id bigint NOT NULL,
    error_code text,
    error_message text,
    schedule_run_id bigint REFERENCES schedule_run
);
CREATE INDEX dataset_health_change_unreported ON dataset_health_change (id) WHERE schedule_run_id IS NULL;
CREATE INDEX dataset_health_change_by_schedule_run ON dataset_health_change (schedule_run_id, id)
WHERE schedule_run_id IS NOT NULL;

CREATE FUNCTION record_dataset_health(ended_job bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ended record;
    before dataset_health;
BEGIN
    SELECT job.*, coalesce(job.error_code, held.code) AS code, coalesce(job.error_message, held.message) AS message
    INTO ended
    FROM job JOIN run ON run.id = job.run_id AND run.live
    LEFT JOIN LATERAL (
        SELECT 'gate.' || code AS code, message FROM review_reason
        WHERE review_reason.job_id = job.id AND state = 'open' AND job.status = 'Warn' ORDER BY id LIMIT 1
    ) held ON true
    WHERE job.id = ended_job AND job.kind = 'source' AND job.status IN ('Success', 'Warn', 'Fail');
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO dataset_health (source_name, layer, name, job_id)
    VALUES (ended.source_name, ended.layer, ended.name, ended.id) ON CONFLICT DO NOTHING;
    SELECT * INTO before FROM dataset_health
    WHERE source_name = ended.source_name AND layer = ended.layer AND name = ended.name FOR UPDATE;
    IF before.job_id > ended.id THEN
        RETURN;
    END IF;
    UPDATE dataset_health SET
        job_id = ended.id, status = ended.status, error_code = ended.code, error_message = ended.message,
        ended_at = ended.ended_at,
        failing_since = CASE WHEN ended.status <> 'Success' THEN coalesce(before.failing_since, now()) END
    WHERE source_name = ended.source_name AND layer = ended.layer AND name = ended.name;
    IF (ended.status = 'Success') = (before.failing_since IS NOT NULL) THEN
        INSERT INTO dataset_health_change (kind, source_name, layer, name, job_id, error_code, error_message)
        VALUES (CASE ended.status WHEN 'Success' THEN 'fixed' ELSE 'broke' END,
                ended.source_name, ended.layer, ended.name, ended.id, ended.code, ended.message);
    END IF;
END $$;

CREATE FUNCTION record_ended_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM record_dataset_health(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER dataset_health_ended AFTER UPDATE OF status ON job
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.rank = 9 AND OLD.status IS DISTINCT FROM NEW.status)
EXECUTE FUNCTION record_ended_job();

CREATE FUNCTION record_new_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO dataset_health (source_name, layer, name, job_id)
    SELECT added.source_name, added.layer, added.name, max(added.id)
    FROM added JOIN run ON run.id = added.run_id AND run.live
    WHERE added.kind = 'source'
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER dataset_health_new AFTER INSERT ON job
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION record_new_jobs();

CREATE FUNCTION record_live_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM record_dataset_health(job.id) FROM (
        SELECT id FROM job WHERE run_id = NEW.id AND kind = 'source' AND rank = 9 ORDER BY source_name, layer, name
    ) job;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER dataset_health_live AFTER UPDATE OF live ON run
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.live AND NOT OLD.live)
EXECUTE FUNCTION record_live_run();

-- Retention -----------------------------------------------------------------------------------------------------------

-- How long each kind of file or row is kept. A rule that is off keeps everything.
CREATE TABLE retention_rule (
    name text PRIMARY KEY,
    keep_days integer NOT NULL CHECK (keep_days BETWEEN 1 AND 36500),
    keep_last integer NOT NULL DEFAULT 0 CHECK (keep_last BETWEEN 0 AND 1000),
    enabled boolean NOT NULL DEFAULT true,
    description text NOT NULL
);
INSERT INTO retention_rule (name, keep_days, keep_last, description) VALUES
    ('unpublished', 60, 0, 'Files of ended attempts that were never published'),
    ('superseded', 90, 3, 'Files of earlier publications, except the last ones of each dataset'),
    ('pull_request', 30, 0, 'Files of ended attempts of pull request runs'),
    ('exports', 1, 0, 'Files of exports, counted from when they expired'),
    ('logs', 365, 0, 'Logs, manifests and results of attempts whose other files are deleted'),
    ('events', 400, 0, 'History of ended jobs, except for publications'),
    ('idempotency', 7, 0, 'First responses to requests with an idempotency key'),
    ('uploads', 2, 0, 'Uploads that were not completed or were refused'),
    ('orphans', 30, 0, 'Objects without a row in the database');

-- Deletions of the files of attempts, done or in progress. A row is inserted before anything is deleted and finished
-- afterward, so that no missing file is offered and a deletion that a crash interrupted is resumed.
CREATE TABLE file_deletion (
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
CREATE INDEX file_deletion_unfinished ON file_deletion (marked_at) WHERE deleted_at IS NULL;

-- Uploads -------------------------------------------------------------------------------------------------------------

-- Source files that people upload because the data is not available at a URL.
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

-- Webhooks ------------------------------------------------------------------------------------------------------------

-- Subscriptions to events of published data. `secret` signs the deliveries, so it is stored as it is. After a failed
-- delivery a webhook gets none until `retry_after`, so that a server that does not answer delays no other.
CREATE TABLE webhook (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url text NOT NULL,
    secret text NOT NULL,
    events text[] NOT NULL,
    source text,
    layer text,
    active boolean NOT NULL DEFAULT true,
    disabled_reason text,
    failed_deliveries integer NOT NULL DEFAULT 0,
    retry_after timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Events to deliver, committed with the change that they report.
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
