-- One feed of what happens to jobs. Readers take the rows of transactions older than any that still runs, in order of
-- (xid, id): what commits late is then never behind a reader. Rows from before this migration sort before all others.
ALTER TABLE job_event ADD run_id bigint, ADD xid xid8 NOT NULL DEFAULT '0';
ALTER TABLE job_event ALTER xid SET DEFAULT pg_current_xact_id();
UPDATE job_event SET run_id = job.run_id FROM job WHERE job.id = job_event.job_id;
CREATE INDEX job_event_feed ON job_event (xid, id);
CREATE INDEX job_event_by_run ON job_event (run_id, xid, id);
CREATE INDEX job_event_by_kind ON job_event (kind, xid, id);

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
