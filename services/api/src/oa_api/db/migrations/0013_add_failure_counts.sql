-- Failed jobs of past days by cause, so that a trend does not read each failed attempt. `failure_day` lists the days that
-- are counted; the sweep of the API counts a day some hours after its end. `grouped_by` is `code`, `host` or `place`.
CREATE TABLE failure_day (
    day date PRIMARY KEY,
    counted_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE failure_count (
    grouped_by text NOT NULL,
    day date NOT NULL REFERENCES failure_day ON DELETE CASCADE,
    key text NOT NULL,
    jobs integer NOT NULL,
    PRIMARY KEY (grouped_by, day, key)
);
CREATE INDEX failure_count_by_day ON failure_count (day);

-- A failure that is recorded or corrected later has its day counted again.
CREATE FUNCTION recount_failures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM failure_day WHERE day = (NEW.ended_at AT TIME ZONE 'UTC')::date;
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM failure_day WHERE day = (OLD.ended_at AT TIME ZONE 'UTC')::date;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER failure_recorded AFTER INSERT ON job_attempt FOR EACH ROW
WHEN (NEW.error_code IS NOT NULL) EXECUTE FUNCTION recount_failures();
CREATE TRIGGER failure_corrected AFTER UPDATE OF error_code, ended_at ON job_attempt FOR EACH ROW
WHEN ((OLD.error_code, OLD.ended_at) IS DISTINCT FROM (NEW.error_code, NEW.ended_at)
      AND (OLD.error_code IS NOT NULL OR NEW.error_code IS NOT NULL))
EXECUTE FUNCTION recount_failures();

-- The extents of datasets are read part by part, the largest first.
CREATE INDEX data_by_size ON data (area(area) DESC, id) WHERE area IS NOT NULL;
