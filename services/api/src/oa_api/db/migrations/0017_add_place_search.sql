-- The number of features of a dataset, to sort and sum it without reading each result.
CREATE FUNCTION features_of(result jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(result -> 'count') = 'number' AND abs((result ->> 'count')::numeric) < 9e18
    THEN trunc((result ->> 'count')::numeric)::bigint END
$$;
ALTER TABLE data ADD COLUMN features bigint GENERATED ALWAYS AS (features_of(result)) STORED;
CREATE INDEX data_by_features ON data ((coalesce(features, 0)) DESC, id);

-- The pages of jobs and runs link to the bulk actions and the schedule runs that they belong to.
CREATE INDEX bulk_action_job_by_job ON bulk_action_job (job_id, bulk_action_id);
CREATE INDEX schedule_run_by_run ON schedule_run (run_id) WHERE run_id IS NOT NULL;
