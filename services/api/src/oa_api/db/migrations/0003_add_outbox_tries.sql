-- Tries, back-off and fair order of the outbox. The previous version keeps running: it names no run, so the trigger does.
ALTER TABLE outbox
    ADD COLUMN run_id bigint,
    ADD COLUMN tries integer NOT NULL DEFAULT 0,
    ADD COLUMN refused_at timestamptz;

UPDATE outbox SET run_id = job.run_id FROM job WHERE job.id = outbox.job_id AND outbox.sent_at IS NULL;

CREATE FUNCTION name_run_of_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT run_id INTO NEW.run_id FROM job WHERE id = NEW.job_id;
    RETURN NEW;
END $$;
CREATE TRIGGER outbox_run BEFORE INSERT ON outbox FOR EACH ROW
WHEN (NEW.run_id IS NULL) EXECUTE FUNCTION name_run_of_message();

-- The relay looks for messages run by run, so that it never finds one without a run.
ALTER TABLE outbox ADD CONSTRAINT outbox_unsent_has_run CHECK (run_id IS NOT NULL OR sent_at IS NOT NULL);
CREATE INDEX outbox_by_run ON outbox (run_id, available_at, id) WHERE sent_at IS NULL AND paused_by IS NULL;
CREATE INDEX outbox_refused ON outbox (refused_at) WHERE sent_at IS NULL AND paused_by IS NULL AND refused_at IS NOT NULL;
