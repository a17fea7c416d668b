-- An import of the rows of another system. One at a time may be unended, and the API serves only without one.
CREATE TABLE import (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system text NOT NULL,
    bucket text NOT NULL,
    folder text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    counts_before jsonb NOT NULL,
    counts_after jsonb
);
CREATE UNIQUE INDEX import_unended ON import ((ended_at IS NULL)) WHERE ended_at IS NULL;

-- How far each step of an import is: the ID of the last row that it has read, committed with the rows that it wrote.
CREATE TABLE import_step (
    import_id bigint NOT NULL REFERENCES import,
    name text NOT NULL,
    last_id bigint NOT NULL DEFAULT 0,
    read_rows bigint NOT NULL DEFAULT 0,
    inserted bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    left_out bigint NOT NULL DEFAULT 0,
    is_done boolean NOT NULL DEFAULT false,
    PRIMARY KEY (import_id, name)
);

-- The rows that imports wrote, by step and ID, with the digest of what was written: the same row again changes nothing,
-- and an ID that is in use without such a row belongs to this system.
CREATE TABLE imported_row (
    step text NOT NULL,
    id bigint NOT NULL,
    digest text NOT NULL,
    PRIMARY KEY (step, id)
);

-- Rows that an import left out or wrote with another value, and why.
CREATE TABLE import_finding (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import_id bigint NOT NULL REFERENCES import,
    step text NOT NULL,
    row_id bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('left_out', 'adapted')),
    reason text NOT NULL
);
CREATE INDEX import_finding_by_import ON import_finding (import_id, id);

-- Identity columns with IDs above their sequence: a new row would get an ID that is too low, and a job with such an ID
-- would never publish. IDs are read before the sequence, which only rises.
CREATE FUNCTION identities_behind() RETURNS TABLE (name text, sequence text, highest bigint, next bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    owned record;
BEGIN
    FOR owned IN
        SELECT class.relname::text AS table_name, attribute.attname::text AS column_name,
               pg_get_serial_sequence(format('%I', class.relname), attribute.attname) AS sequence_name
        FROM pg_attribute attribute JOIN pg_class class ON class.oid = attribute.attrelid
        WHERE class.relnamespace = 'public'::regnamespace AND class.relkind = 'r' AND attribute.attidentity <> ''
        ORDER BY class.relname
    LOOP
        name := owned.table_name;
        sequence := owned.sequence_name;
        EXECUTE format('SELECT max(%I) FROM %I', owned.column_name, owned.table_name) INTO highest;
        next := coalesce(pg_sequence_last_value(sequence::regclass), 0) + 1;
        IF highest >= next THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;

-- What `oa-api backfill` adds to results that lack files: the job that builds them, and the attempt that they belong to.
-- `attempt` is that of the job whose files were added.
CREATE TABLE backfill (
    job_id bigint PRIMARY KEY REFERENCES job ON DELETE CASCADE,
    target_job bigint NOT NULL REFERENCES job,
    target_attempt integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempt integer,
    added_at timestamptz
);
CREATE INDEX backfill_by_target ON backfill (target_job, target_attempt);

ALTER TABLE job DROP CONSTRAINT job_kind_check;
ALTER TABLE job ADD CONSTRAINT job_kind_check CHECK (kind IN ('source', 'collection', 'export', 'fabric', 'backfill'));
