-- name: insert_everything
WITH new AS (
    SELECT nextval(pg_get_serial_sequence('job', 'id')) AS id, given.*
    FROM unnest(%(definition)s::text[], %(sha256)s::text[], %(source_name)s::text[], %(token)s::text[], %(body)s::text[])
         AS given (definition, sha256, source_name, token, body)
),
run_row AS (INSERT INTO run (live) VALUES (false) RETURNING id),
sources AS (INSERT INTO source (sha256, definition) SELECT sha256, definition FROM new),
jobs AS (
    INSERT INTO job (id, run_id, source_name, source_sha256, layer, name, tier, token) OVERRIDING SYSTEM VALUE
    SELECT new.id, run_row.id, source_name, sha256, 'addresses', 'county', 'standard', token FROM new, run_row
),
attempts AS (INSERT INTO job_attempt (job_id, attempt, token, tier) SELECT id, 1, token, 'standard' FROM new)
INSERT INTO outbox (run_id, job_id, attempt, body, sent_at)
SELECT run_row.id, new.id, 1, body, now() FROM new, run_row

-- name: outbox_state
SELECT count(*) FILTER (WHERE sent_at IS NOT NULL AND body NOT LIKE 'xxx%') AS sent,
       count(*) FILTER (WHERE body NOT LIKE 'xxx%') AS written
FROM outbox

-- name: fill_runs
INSERT INTO run (live) SELECT mod(number, 2) = 0 FROM generate_series(1, %(runs)s) AS number

-- name: fill_jobs
WITH definition AS (INSERT INTO source (sha256, definition) VALUES (repeat('0', 64), '{}') RETURNING sha256)
INSERT INTO job (run_id, source_name, source_sha256, layer, name, tier, token, status, rank, result, created_at, ended_at)
SELECT 1 + number::bigint * %(runs)s / %(jobs)s, 'xx/bench/' || number %% 6000, definition.sha256,
       (ARRAY['addresses', 'parcels', 'buildings'])[1 + number %% 3], 'county', 'standard', md5(number::text),
       CASE WHEN number %% 20 = 0 THEN 'Fail' WHEN number %% 1000 = 1 THEN 'Running' ELSE 'Success' END,
       CASE WHEN number %% 1000 = 1 THEN 2 ELSE 9 END, '{"count": 1000, "outputs": {}}',
       now() - make_interval(secs => 1000000 - number), now()
FROM generate_series(0, %(jobs)s - 1) AS number, definition

-- name: fill_attempts
INSERT INTO job_attempt (job_id, attempt, token, tier, status) SELECT id, 1, token, tier, status FROM job

-- name: fill_data
-- Every dataset is published by its newest job but one; where that one failed, the dataset is failing.
WITH numbered AS (
    SELECT id, run_id, source_name, layer, name, row_number() OVER (PARTITION BY source_name, layer ORDER BY id DESC) AS back
    FROM job
)
INSERT INTO data (source_name, layer, name, job_id, updated_at, license, result)
SELECT source_name, layer, name, id, now() - make_interval(secs => id %% 604800),
       jsonb_build_object('text', 'CC BY ' || id %% 40),
       %(result)s::jsonb || jsonb_build_object('bounds', jsonb_build_array(
           id %% 340 - 170, id %% 120 - 60, id %% 340 - 169.5, id %% 120 - 59.5))
FROM numbered WHERE back = 2

-- name: fill_publications
INSERT INTO publication (data_id, job_id, attempt, run_id, source_sha256, published_at, license, result)
SELECT data.id, job.id, 1, job.run_id, repeat('0', 64), job.created_at, data.license, data.result
FROM data JOIN job USING (source_name, layer, name)
WHERE job.id <= data.job_id AND job.id > data.job_id - 120000 ORDER BY job.id

-- name: fill_collections
INSERT INTO collection (name, display_name, sources, formats, deduplicate, job_id, attempt, result, built_at)
SELECT 'bench-' || n, 'Bench ' || n, ARRAY['xx/bench/' || n || '*'], ARRAY['geojson'], false, n, 1, %(result)s::jsonb, now()
FROM generate_series(1, 200) n

-- name: fill_builds
INSERT INTO collection_build (collection_id, job_id, inputs, features)
SELECT 1 + id %% 200, id, 30, 30000 FROM job WHERE id <= 20000

-- name: fill_exports
INSERT INTO export (job_id, format, asked, inputs, features, keep_days, attempt, result, ready_at, expires_at)
SELECT id, CASE WHEN id %% 2 = 0 THEN 'csv' ELSE 'gpkg' END, '{"source": "xx/bench"}', 30, 30000, 14, 1, %(result)s::jsonb,
       now(), now() + interval '14 days'
FROM job WHERE id > 20000 AND id <= 40000

-- name: bare_exports
SELECT * FROM export ORDER BY id DESC LIMIT 100

-- name: bare_data
SELECT * FROM data ORDER BY id LIMIT 100

-- name: bare_job
SELECT * FROM job WHERE id = %(job)s

-- name: bare_jobs
SELECT * FROM job ORDER BY id DESC LIMIT 100

-- name: fill_pending
WITH run_row AS (INSERT INTO run (live) VALUES (false) RETURNING id),
source_row AS (INSERT INTO source (sha256, definition) VALUES (repeat('0', 64), '{}') RETURNING sha256),
jobs AS (
    INSERT INTO job (run_id, source_name, source_sha256, layer, name, tier, token)
    SELECT run_row.id, 'xx/bench/' || number, sha256, 'addresses', 'county', 'standard', %(token)s
    FROM generate_series(1, %(jobs)s) AS number, run_row, source_row RETURNING id, run_id
),
attempts AS (INSERT INTO job_attempt (job_id, attempt, token, tier) SELECT id, 1, %(token)s, 'standard' FROM jobs)
INSERT INTO outbox (run_id, job_id, attempt, body) SELECT run_id, id, 1, repeat('x', 250) FROM jobs

-- name: fill_idle
WITH run_row AS (INSERT INTO run (live) VALUES (false) RETURNING id),
source_row AS (INSERT INTO source (sha256, definition) VALUES (repeat('0', 64), '{}') RETURNING sha256),
jobs AS (
    INSERT INTO job (run_id, source_name, source_sha256, layer, name, tier, token, status, rank, batch_job, submitted_at)
    SELECT run_row.id, 'xx/bench/' || number, sha256, 'addresses', 'county', 'standard', %(token)s, 'Submitted', 1,
           'soak-' || number, now()
    FROM generate_series(1, %(jobs)s) AS number, run_row, source_row RETURNING id
)
INSERT INTO job_attempt (job_id, attempt, token, tier, status) SELECT id, 1, %(token)s, 'standard', 'Submitted' FROM jobs

-- name: beat
-- Duties that are well for a day: without queues they are not, and then the overview is an error.
INSERT INTO process_heartbeat (process, part, version, progress_at, reported_at)
SELECT 'bench@here:1', part, '1', now() + interval '1 day', now() + interval '1 day'
FROM unnest(ARRAY['relay', 'consumer', 'sweep', 'dispatcher', 'dispatcher_sweep']) AS part
ON CONFLICT (process, part) DO UPDATE SET reported_at = excluded.reported_at

-- name: announce
-- One event, sent now.
INSERT INTO job_event (job_id, attempt, created_at, kind, accepted, detail)
SELECT id, attempt, clock_timestamp(), 'bench', true, '{"status": "Running"}' FROM job WHERE id = %(job)s
RETURNING xid || '-' || id AS event

-- name: fill_failures
-- Recent failures of different kinds: one in twenty jobs, in the last two weeks.
WITH failed AS (
    UPDATE job SET error_code = (ARRAY['source.not_found', 'upstream.timeout', 'source.schema', 'infra.lost'])[1 + id / 20 %% 4],
                   ended_at = now() - make_interval(secs => id * 7 %% 1209600), host = 'host' || id / 20 %% 500 || '.example.org'
    WHERE status = 'Fail' RETURNING id, error_code, ended_at
)
UPDATE job_attempt SET error_code = failed.error_code, ended_at = failed.ended_at FROM failed WHERE job_id = failed.id

-- name: fill_old_events
-- The order of rows after a restore: `xid` is 0 for all.
INSERT INTO job_event (run_id, job_id, attempt, xid, created_at, kind, accepted, detail)
SELECT run_id, id, 1, '0', created_at, 'job.status', true, '{"status": "Success"}' FROM job

-- name: fill_people
INSERT INTO account (login, role) SELECT 'person-' || n, 'admin' FROM generate_series(1, %(accounts)s) n

-- name: fill_credentials
WITH tokens AS (
    INSERT INTO api_token (account_id, digest, name, role, expires_at)
    SELECT id, sha256(('oa_' || login)::bytea), 'bench', 'admin', now() + interval '1 day' FROM account
)
INSERT INTO session (account_id, digest) SELECT id, sha256(login::bytea) FROM account

-- name: fill_audit
INSERT INTO audit (kind, account_id, actor, role, action, subject, reason)
SELECT 'token', 1 + n %% 2000, 'person-' || 1 + n %% 2000, 'admin',
       (ARRAY['job.rerun', 'job.create', 'run.create'])[1 + n %% 3], 'job/' || n, 'the server is back'
FROM generate_series(1, %(entries)s) n

-- name: scale_state
SELECT count(*) FILTER (WHERE rank = 0) AS pending, count(*) FILTER (WHERE status = 'Success') AS succeeded FROM job

-- name: table_sizes
SELECT relname AS name, pg_total_relation_size(oid) AS bytes FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND pg_total_relation_size(oid) > 1048576
ORDER BY bytes DESC
