-- How many jobs of a run are in each status, as a sum of changes (docs/decisions/0005-counting-jobs.md).
CREATE TABLE job_tally (
    run_id bigint NOT NULL,
    status text NOT NULL,
    jobs bigint NOT NULL,
    folded boolean NOT NULL DEFAULT false
);
CREATE INDEX job_tally_by_run ON job_tally (run_id) INCLUDE (status, jobs);
CREATE INDEX job_tally_unfolded ON job_tally (run_id) WHERE NOT folded;

INSERT INTO job_tally (run_id, status, jobs, folded)
SELECT run_id, status, count(*), true FROM job GROUP BY run_id, status;

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

-- Lists by time and by layer; what was published last; forgetting of old answers.
CREATE INDEX job_by_created ON job (created_at, id);
CREATE INDEX job_by_layer ON job (layer, id);
CREATE INDEX run_by_created ON run (created_at, id);
CREATE INDEX idempotency_by_created ON idempotency (created_at);
CREATE INDEX data_by_updated ON data (updated_at);

-- The trace that a job belongs to, so that its later attempts belong to it too.
ALTER TABLE job ADD COLUMN traceparent text;
