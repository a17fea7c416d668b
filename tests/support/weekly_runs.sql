-- Two weekly runs. The second has 60 jobs: 51 succeeded, 2 need review, 7 failed (2 of them also before, the others
-- newly); 3 failures of the first are fixed, and 2 of its datasets are gone. Three jobs of the second were rerun.
WITH definition AS (
    INSERT INTO source (sha256, definition) VALUES (repeat('d', 64), '{}') ON CONFLICT (sha256) DO UPDATE SET definition = '{}'
    RETURNING sha256
),
runs AS (
    INSERT INTO run (live, lane, owner, name, created_at, closed_at)
    SELECT true, 'weekly', 'system', 'Weekly ' || period, at, at + interval '1 minute'
    FROM (VALUES ('2026-W47', now() - interval '8 days'), ('2026-W48', now() - interval '1 day')) AS week (period, at)
    ORDER BY period RETURNING id, name, created_at
),
periods AS (
    INSERT INTO schedule_run (type, period, state, run_id, traceparent)
    SELECT 'sources', right(name, 8), 'Done', id, '' FROM runs
),
planned AS (
    SELECT runs.id AS run_id, n, runs.created_at,
           CASE WHEN n <= 2 THEN 'Fail'
                WHEN name LIKE '%%W47' AND n BETWEEN 11 AND 13 THEN 'Fail'
                WHEN name LIKE '%%W48' AND n BETWEEN 21 AND 25 THEN 'Fail'
                WHEN name LIKE '%%W48' AND n BETWEEN 31 AND 32 THEN 'Warn'
                ELSE 'Success' END AS status
    FROM runs, generate_series(1, 62) n WHERE name LIKE '%%W47' OR n <= 60
)
INSERT INTO job (run_id, source_name, source_sha256, layer, name, tier, token, status, rank, once_in_run, created_at,
                 opened_at, started_at, ended_at, error_code)
SELECT run_id, 'zz/town' || n, definition.sha256, 'addresses', 'city', 'small', md5(n || '-' || run_id), status, 9, true,
       created_at, CASE WHEN n IN (21, 40, 41) THEN created_at + interval '2 hours' ELSE created_at END, created_at,
       created_at + interval '3 hours',
       CASE WHEN status = 'Fail' THEN CASE WHEN n <= 2 THEN 'source.not_found'
                                           WHEN n <= 22 THEN 'upstream.timeout' ELSE 'source.columns_missing' END END
FROM planned, definition ORDER BY run_id, n
