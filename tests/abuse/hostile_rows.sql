-- Rows of each table that the pages show; every text is the payload, and the jobs come from the seeds of tests/browser.

UPDATE run SET github = jsonb_build_object('sha', %(markup)s::text, 'ref', %(markup)s::text, 'pull', %(markup)s::text,
    'url', %(url)s::text, 'repository', %(markup)s::text, %(markup)s::text, %(markup)s::text),
    owner = %(markup)s, lane = 'manual';

INSERT INTO run_refusal (run_id, digest, source, pointer, code, message)
SELECT id, number::text, CASE number WHEN 1 THEN %(markup)s ELSE %(url)s END, %(markup)s, %(markup)s, %(markup)s
FROM run, generate_series(1, 2) number;

UPDATE job SET source_name = CASE id %% 3 WHEN 0 THEN source_name ELSE source_name || '/' || %(markup)s END,
    source_url = CASE id %% 2 WHEN 0 THEN %(url)s ELSE 'https://example.org/' || %(markup)s END,
    name = CASE id %% 2 WHEN 0 THEN %(markup)s ELSE name END, host = %(markup)s, batch_job = %(markup)s,
    error_message = CASE WHEN error_code IS NOT NULL THEN %(markup)s END,
    progress = CASE WHEN progress IS NOT NULL THEN jsonb_build_object('phase', %(markup)s::text, 'done', 1, 'total', 2) END;

UPDATE job SET result = replace(result::text, 'job/1/', format('job/%%s/', id))::jsonb;

UPDATE job_attempt SET batch_job = %(markup)s, error_message = CASE WHEN error_code IS NOT NULL THEN %(markup)s END;

INSERT INTO batch_exit (job_id, attempt, batch_job, code, message, due_at)
VALUES (8, 1, %(markup)s, 'infra.host_lost', %(markup)s, now());

INSERT INTO outbox (job_id, attempt, body, available_at) VALUES (10, 1, %(markup)s, now() + interval '1 day');

UPDATE job_event SET reason = %(markup)s,
    detail = coalesce(detail, '{}') || jsonb_build_object('message', %(markup)s::text, %(markup)s::text, %(url)s::text);

UPDATE review_reason SET message = %(markup)s;

UPDATE data SET source_name = source_name || '/' || %(markup)s, name = CASE id %% 2 WHEN 0 THEN %(markup)s ELSE name END,
    license = CASE id %% 2 WHEN 0 THEN jsonb_build_object('text', %(markup)s::text, 'url', %(url)s::text,
        'attribution name', %(markup)s::text, 'attribution', true) ELSE to_jsonb(%(url)s::text) END;

UPDATE publication SET source_url = %(url)s, license = jsonb_build_object('text', %(markup)s::text, 'url', %(url)s::text),
    github = jsonb_build_object('url', %(url)s::text, 'sha', %(markup)s::text, %(markup)s::text, %(markup)s::text);

INSERT INTO collection (name, display_name, sources, layer, formats, deduplicate, job_id, attempt, result, built_at)
VALUES ('hostile', %(markup)s, ARRAY[%(markup)s, %(url)s], NULL, ARRAY['geojson'], true, 1, 1, %(result)s, now());

INSERT INTO collection_build (collection_id, skipped, inputs, features) VALUES (1, %(markup)s, 1, 1);

INSERT INTO export (job_id, format, asked, inputs, features, keep_days, attempt, result, ready_at, expires_at)
VALUES (2, 'gpkg', jsonb_build_object('source', %(markup)s::text, 'layer', NULL, 'job', NULL, 'bbox', NULL), 1, 1, 14, 1,
    %(result)s, now(), now() + interval '1 day');

UPDATE run SET name = %(markup)s;

INSERT INTO acknowledgement (source_name, error_code, note, owner, issue_url, until, actor)
SELECT DISTINCT source_name, coalesce(error_code, 'bug.crash'), %(markup)s, %(markup)s, %(url)s, now()::date + 9, %(markup)s
FROM job WHERE id %% 3 <> 0;

INSERT INTO acknowledgement (source_name, error_code, note, owner, issue_url, until, actor, ended_at, ended_by)
VALUES (%(markup)s, %(markup)s, %(markup)s, %(markup)s, %(url)s, now()::date, %(markup)s, now(), %(markup)s);

INSERT INTO trial (id, account, definition, source_name, url, remarks, entries, job_id)
VALUES (%(markup)s, %(markup)s, %(markup)s, %(markup)s, %(url)s,
    jsonb_build_array(jsonb_build_object('line', 1, 'severity', 'error', 'code', %(markup)s::text, 'message', %(markup)s::text, 'pointer', '')),
    jsonb_build_array(jsonb_build_object('layer', 'addresses', 'name', %(markup)s::text, 'tier', 'small', 'host', %(markup)s::text,
        'pointer', '', 'line', 1, 'is_runnable', true)), 1);

INSERT INTO conversion (publication_id, format, job_id, attempt, result, ready_at)
SELECT id, 'csv', job_id, 1, %(result)s, now() FROM publication;

INSERT INTO withdrawal (data_id, state, reason, actor, publication_id)
SELECT id, 'retired', %(markup)s, %(markup)s, 1 FROM data;

UPDATE data SET state = 'retired' WHERE id = 2;

INSERT INTO fabric (layer, job_id, attempt, result) VALUES ('addresses', 1, 1, %(result)s);

INSERT INTO github_delivery (id, event, task, state, reason)
VALUES (%(markup)s, %(markup)s, jsonb_build_object('task', %(markup)s::text), 'abandoned', %(markup)s);

INSERT INTO github_check (author, repository, pull, head_sha, findings, sample_run, shown)
VALUES (%(markup)s, %(markup)s, 7, %(markup)s, jsonb_build_array(jsonb_build_object('path', %(markup)s::text, 'message', %(markup)s::text)),
    2, %(markup)s);

INSERT INTO github_pull (repository, pull, comment, approved_by) VALUES (%(markup)s, 7, 1, %(markup)s);

INSERT INTO account (login, email, github_id, role) VALUES (%(markup)s, %(markup)s, 7, 'author');

INSERT INTO api_token (account_id, digest, name, role, expires_at)
SELECT id, sha256(login::bytea), %(markup)s, 'viewer', now() + interval '1 day' FROM account;

INSERT INTO session (account_id, digest, client) SELECT id, sha256(login::bytea), %(markup)s FROM account;

INSERT INTO sign_in_request (email, anonymous_session, next) VALUES (%(markup)s, 'a', %(url)s);

INSERT INTO sign_in_link (digest, account_id, next, expires_at)
SELECT sha256(%(link)s::bytea), id, %(url)s, now() + interval '1 day' FROM account LIMIT 1;

INSERT INTO sign_in_state (digest, anonymous_session, verifier, next, expires_at)
VALUES ('a', 'a', %(markup)s, %(url)s, now() + interval '1 day');

INSERT INTO audit (kind, account_id, actor, role, action, subject, reason, detail)
SELECT 'session', 1, %(markup)s, 'admin', action, subject, %(markup)s,
    jsonb_build_object(%(markup)s::text, %(url)s::text, 'reason', %(markup)s::text, 'letters', 2, 'named',
        jsonb_build_array(jsonb_build_object('kind', %(markup)s::text, 'job', 1)))
FROM unnest(ARRAY['queue.redrive', 'job.rerun', 'cleanup.change', %(markup)s]) AS action,
    unnest(ARRAY['job/1', 'run/1', 'account/1', %(url)s]) AS subject;

INSERT INTO bulk_action (action, filter, reason, kind, account_id, actor, role, jobs)
VALUES ('rerun', jsonb_build_object('source', %(markup)s::text), %(markup)s, 'session', 1, %(markup)s, 'moderator', 2);

INSERT INTO bulk_action_job (bulk_action_id, job_id, is_done, skip_reason) VALUES (1, 3, false, %(markup)s);

INSERT INTO pause (scope, value, reason, actor) VALUES ('host', %(markup)s, %(markup)s, %(markup)s);
INSERT INTO pause (scope, value, reason, actor, ended_at, ended_by)
VALUES ('source', %(url)s, %(markup)s, %(markup)s, now(), %(markup)s);

INSERT INTO heartbeat (name) VALUES (%(markup)s);

INSERT INTO idempotency (key, route, request_sha256, status, response)
VALUES (%(markup)s, %(markup)s, %(markup)s, 200, '{}');

INSERT INTO schedule_run (type, period, state, triggered_by, started_at, ended_at, run_id, error, detail, traceparent)
SELECT type, '2026-W40', 'Failed', %(markup)s, now(), now(), 1, %(markup)s,
    jsonb_build_object('skipped', %(markup)s::text, 'commit', %(markup)s::text, %(markup)s::text, %(url)s::text), %(markup)s
FROM unnest(%(schedule_types)s) AS type;

INSERT INTO schedule_source (schedule_run_id, path, sha256, jobs, refusals)
VALUES (1, %(markup)s, repeat('a', 64), 1,
    jsonb_build_array(jsonb_build_object('code', 'source.schema', 'message', %(markup)s::text, 'pointer', %(markup)s::text)));

INSERT INTO dataset_health (source_name, layer, name, job_id, status, error_code, error_message, ended_at, failing_since)
VALUES (%(markup)s || '/a/b', 'addresses', %(markup)s, 3, 'Fail', 'source.not_found', %(markup)s, now(), now()),
    ('xx/' || %(markup)s || '/b', 'parcels', %(url)s, 3, 'Fail', 'source.not_found', %(markup)s, now(), now());

INSERT INTO dataset_health_change (kind, source_name, layer, name, job_id, error_code, error_message, schedule_run_id)
SELECT 'broke', %(markup)s, 'addresses', %(markup)s, 3, 'source.not_found', %(markup)s, id FROM schedule_run;

UPDATE retention_rule SET description = %(markup)s;

INSERT INTO upload (id, account, name, key, size_bytes, content_type, etag, state, reason)
VALUES (repeat('a', 32), %(markup)s, %(markup)s, %(markup)s, 1, 'text/html', %(markup)s, 'Refused', %(markup)s),
    (repeat('b', 32), %(markup)s, 'evil.xml', 'job/1/attempt-1/log.jsonl', 1, 'text/html', '', 'Ready', NULL);

INSERT INTO webhook (url, secret, events, source, layer, active, disabled_reason)
VALUES (%(url)s, %(markup)s, ARRAY['data.published'], %(markup)s, 'addresses', false, %(markup)s);

INSERT INTO webhook_delivery (webhook_id, event, body, state, ended_at, status, error)
VALUES (1, 'data.published', jsonb_build_object('type', %(markup)s::text, 'data', jsonb_build_object('url', %(markup)s::text))::text,
    'failed', now(), 500, %(markup)s);

INSERT INTO process_heartbeat (process, part, version, progress_at, problem)
VALUES (%(markup)s, 'relay', %(markup)s, now() + interval '1 day', %(markup)s);
