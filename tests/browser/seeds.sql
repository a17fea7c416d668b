-- name: fill
-- One run at work, one trial that has ended, one that is published; a job in every state.
WITH runs AS (
    INSERT INTO run (live, lane, name, owner, github, created_at) VALUES
        (true, 'weekly', 'Weekly 2026-W47', 'system', NULL, now() - interval '2 days'),
        (false, 'manual', '<img src=x onerror=alert(1)> and 2 more', 'service',
         '{"ref": "refs/pull/7/head", "sha": "0a1b2c3d"}', now() - interval '5 hours'),
        (true, 'weekly', 'Weekly 2026-W48', 'system', NULL, now() - interval '20 minutes')
    RETURNING id, name
),
weeks AS (
    INSERT INTO schedule_run (type, period, state, run_id, traceparent)
    SELECT 'sources', right(name, 8), 'Done', id, '' FROM runs WHERE name LIKE 'Weekly%%'
),
definition AS (
    INSERT INTO source (sha256, definition) VALUES (repeat('a', 64), %(definition)s) RETURNING sha256
),
planned (run, source_name, layer, name, status, code, message, minutes) AS (VALUES
    (1, 'us/ca/berkeley', 'addresses', 'city', 'Success', NULL, NULL, 2800),
    (1, 'us/ca/alameda', 'addresses', 'county', 'Success', NULL, NULL, 2790),
    (1, 'us/ca/alameda', 'parcels', 'county', 'Fail', 'source.columns_missing', 'the data lacks STREET_NM; it has STREET_NAME', 2780),
    (1, 'fr/national', 'addresses', 'country', 'Warn', NULL, NULL, 2770),
    (2, '<img src=x onerror=alert(1)>', 'addresses', '<b>city</b>', 'Fail', 'source.not_found',
     'https://example.org/<script>alert(1)</script>.zip answered 404', 290),
    (2, 'de/berlin', 'addresses', 'city', 'Fail', 'upstream.timeout', 'https://example.org/berlin.zip: nothing came for 60 s', 280),
    (2, 'de/hamburg', 'buildings', 'city', 'Canceled', 'operator.canceled', 'an operator canceled the job', 270),
    (3, 'us/ca/berkeley', 'addresses', 'city', 'Running', NULL, NULL, 19),
    (3, 'us/or/portland', 'addresses', 'city', 'Submitted', NULL, NULL, 18),
    (3, 'us/wa/seattle', 'addresses', 'city', 'Pending', NULL, NULL, 17),
    (3, 'jp/tokyo', 'addresses', 'region', 'Success', NULL, NULL, 16)
),
jobs AS (
    INSERT INTO job (run_id, source_name, source_url, source_sha256, layer, name, tier, token, status, rank, error_code,
                     error_message, created_at, opened_at, submitted_at, started_at, ended_at, progress, result)
    SELECT run, source_name, 'https://example.org/' || source_name || '.json', definition.sha256, layer, name, 'standard',
           md5(source_name || run), status,
           CASE status WHEN 'Pending' THEN 0 WHEN 'Submitted' THEN 1 WHEN 'Running' THEN 2 ELSE 9 END, code, message,
           now() - make_interval(mins => minutes), now() - make_interval(mins => minutes), now() - make_interval(mins => minutes - 1),
           now() - make_interval(mins => minutes - 2),
           CASE WHEN status IN ('Success', 'Warn', 'Fail', 'Canceled') THEN now() - make_interval(mins => minutes - 9) END,
           CASE status WHEN 'Running' THEN '{"phase": "convert", "done": 41000, "total": 100000}'::jsonb END,
           CASE WHEN status IN ('Success', 'Warn') THEN %(result)s::jsonb END
    FROM planned, definition ORDER BY minutes DESC
    RETURNING id, run_id, source_name, layer, name, status, token, tier, error_code, error_message, created_at, ended_at, result
),
attempts AS (
    INSERT INTO job_attempt (job_id, attempt, token, tier, status, error_code, error_message, created_at, ended_at)
    SELECT id, 1, token, tier, status, error_code, error_message, created_at, ended_at FROM jobs
),
events AS (
    INSERT INTO job_event (job_id, attempt, created_at, kind, accepted, reason, detail)
    SELECT id, 1, created_at + interval '1 minute', 'api.patch', true, NULL::text, '{"status": "Submitted"}'::jsonb FROM jobs
    UNION ALL
    SELECT id, 1, ended_at, 'job.status', true, NULL, jsonb_build_object('status', status) FROM jobs WHERE ended_at IS NOT NULL
    UNION ALL
    SELECT id, 1, ended_at + interval '2 seconds', 'batch.event', false, 'ended', NULL FROM jobs WHERE ended_at IS NOT NULL
),
published AS (
    INSERT INTO data (source_name, layer, name, job_id, attempt, result, updated_at)
    SELECT source_name, layer, name, id, 1, result, ended_at FROM jobs WHERE status = 'Success' RETURNING *
),
publications AS (
    INSERT INTO publication (data_id, job_id, attempt, run_id, published_at, source_sha256, result)
    SELECT id, job_id, 1, 1, updated_at, repeat('a', 64), result FROM published
)
INSERT INTO review_reason (job_id, code, message)
SELECT id, 'count_dropped', '1,234 features, 25.1 %% fewer than the 1,648 published' FROM jobs WHERE status = 'Warn'

-- name: beat
INSERT INTO process_heartbeat (process, part, version, progress_at, reported_at)
SELECT 'test@here:1', part, '1', now() + interval '1 day', now() + interval '1 day'
FROM unnest(ARRAY['relay', 'consumer', 'sweep', 'dispatcher', 'dispatcher_sweep']) AS part

-- name: work
INSERT INTO pause (scope, value, reason, actor, until) VALUES
    ('source', 'us/ca/', 'the server of the state is down until Monday', 'someone', now() + interval '2 days'),
    ('host', 'gis.example.org', 'asked to wait', 'someone', NULL);
INSERT INTO pause (scope, value, reason, actor, created_at, ended_at, ended_by)
VALUES ('lane', 'weekly', 'maintenance', 'someone', now() - interval '9 days', now() - interval '8 days', 'another');
INSERT INTO bulk_action (action, filter, reason, kind, actor, role, jobs, ended_at) VALUES
    ('rerun', '{"status": ["Fail"], "run": 2}', 'the server is back', 'session', 'someone', 'moderator', 2, now()),
    ('cancel', '{"source": "us/"}', '', 'session', 'someone', 'moderator', 1, NULL);
INSERT INTO bulk_action_job (bulk_action_id, job_id, is_done, skip_reason) VALUES
    (1, 5, true, NULL), (1, 6, false, 'the job is running'), (2, 8, NULL, NULL);
INSERT INTO acknowledgement (source_name, error_code, note, owner, issue_url, until, actor)
SELECT source_name, error_code, 'the county renames its columns this month', 'someone', 'https://example.org/issues/7',
       CURRENT_DATE + 9, 'someone' FROM job WHERE error_code = 'source.columns_missing';
INSERT INTO upload (id, account, name, key, size_bytes, content_type, state)
VALUES (repeat('c', 32), 'ada', 'addresses.csv', 'upload/addresses.csv', 7, 'text/csv', 'Ready');
INSERT INTO audit (kind, actor, role, action, subject, reason, detail)
SELECT 'session', 'someone', 'moderator', 'job.rerun', 'job/' || number, 'the server is back', '{"attempt": 2}'
FROM generate_series(1, 3) AS number

-- name: products
INSERT INTO collection (name, display_name, sources, formats, deduplicate) VALUES
    ('us-ca', 'California', ARRAY['us/ca/**'], ARRAY['geojson', 'parquet'], true),
    ('global', 'Everything', ARRAY['**'], ARRAY['geojson'], false);
INSERT INTO export (job_id, format, asked, inputs, features, keep_days)
SELECT id, 'csv', '{"source": "us/ca"}', 2, 1234, 7 FROM job WHERE status = 'Success'

-- name: webhooks
INSERT INTO webhook (url, secret, events, source, layer) VALUES
    ('https://example.org/hooks/openaddresses/data', 'whsec_test', ARRAY['data.published'], 'us/ca/', 'addresses'),
    ('https://example.org/other', 'whsec_test', ARRAY['job.status'], NULL, NULL);
INSERT INTO webhook_delivery (webhook_id, event, body, state, tries, ended_at, status, error) VALUES
    (1, 'data.published', '{}', 'delivered', 1, now(), 200, NULL),
    (1, 'data.published', '{}', 'failed', 8, now(), NULL, 'no connection within 10 s')

-- name: trial
INSERT INTO trial (id, account, definition, source_name, remarks, entries, job_id)
SELECT 'tried', id::text, %(definition)s, 'us/ca/berkeley', '[]', '[]', 1 FROM account
