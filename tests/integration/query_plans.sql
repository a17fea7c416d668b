-- 300 runs, and all but the newest jobs have ended, as in a system that has worked for long.
INSERT INTO source (sha256, definition) VALUES ('0', '{}');

INSERT INTO run (live, created_at)
SELECT n %% 10 = 0, now() - make_interval(hours => 301 - n) FROM generate_series(1, 300) n;

INSERT INTO job (run_id, source_name, source_sha256, layer, name, tier, token, created_at, status, rank,
                 error_code, once_in_run)
SELECT 1 + n * 299 / %(jobs)s, 'xx/' || n %% 5000, '0', (ARRAY['addresses', 'parcels', 'buildings'])[1 + n %% 3], 'city',
       'standard', md5(n::text), now() - make_interval(secs => (%(jobs)s - n) * 2592000.0 / %(jobs)s),
       CASE WHEN n > %(jobs)s - 500 THEN (ARRAY['Pending', 'Submitted', 'Running'])[1 + n %% 3]
            WHEN n %% 20 = 0 THEN 'Fail' ELSE 'Success' END,
       CASE WHEN n > %(jobs)s - 500 THEN n %% 3 ELSE 9 END,
       CASE WHEN n <= %(jobs)s - 500 AND n %% 20 = 0 THEN 'source.schema' END, true
FROM generate_series(1, %(jobs)s) n;

INSERT INTO job_attempt (job_id, attempt, token, tier) SELECT id, 1, token, tier FROM job;

INSERT INTO outbox (run_id, job_id, attempt, body, sent_at)
SELECT run_id, id, 1, '{}', CASE WHEN id < %(jobs)s - 200 THEN created_at END FROM job;

INSERT INTO inbox (job_id, attempt, token, seq) SELECT id, 1, token, 1 FROM job;

INSERT INTO job_event (job_id, attempt, kind, accepted) SELECT id, 1, 'job.status', true FROM job;

INSERT INTO batch_exit (job_id, attempt, code, message, due_at)
SELECT id, 1, 'bug.crash', '', created_at + interval '2 days' FROM job WHERE id %% 10 = 0;

INSERT INTO data (source_name, layer, name, job_id, result, updated_at)
SELECT source_name, layer, 'city', min(id), jsonb_build_object('count', 1000, 'bounds',
       jsonb_build_array(min(id) %% 300 - 150, min(id) %% 100 - 50, min(id) %% 300 - 149, min(id) %% 100 - 49)),
       now() - make_interval(secs => min(id))
FROM job GROUP BY source_name, layer;

INSERT INTO publication (data_id, job_id, attempt, run_id, source_sha256, result, published_at)
SELECT data.id, job.id, 1, job.run_id, '0', data.result, job.created_at
FROM data JOIN job USING (source_name, layer) WHERE job.status = 'Success' ORDER BY job.id;

INSERT INTO conversion (publication_id, format, job_id, attempt, result, ready_at)
SELECT publication.id, 'csv', publication.job_id, 1, '{}', now() FROM publication WHERE publication.id %% 2 = 0;

INSERT INTO withdrawal (data_id, state, reason, actor, publication_id)
SELECT data_id, 'retired', 'x', 'admin', id FROM publication WHERE id %% 5 = 0;

INSERT INTO webhook (url, secret, events)
SELECT 'https://example.org/' || n, 's', ARRAY['data.published'] FROM generate_series(1, 20) n;

INSERT INTO webhook_delivery (webhook_id, event, body, state, ended_at)
SELECT 1 + n %% 20, 'data.published', '{}', CASE WHEN n < 200 THEN 'waiting' ELSE 'delivered' END,
       CASE WHEN n >= 200 THEN now() - make_interval(secs => n) END
FROM generate_series(1, %(jobs)s) n;

INSERT INTO collection (name, display_name, sources, formats, deduplicate, job_id, attempt)
SELECT 'c' || n, 'c', ARRAY['xx/**'], ARRAY['geojson'], false, n, 1 FROM generate_series(1, 300) n;

INSERT INTO collection_build (collection_id, job_id, inputs, features)
SELECT 1 + id %% 300, id, 1, 1 FROM job WHERE id <= 20000;

INSERT INTO export (job_id, format, asked, inputs, features, keep_days)
SELECT id, 'csv', '{}', 1, 1, 14 FROM job WHERE id > 20000 AND id <= 40000;

INSERT INTO github_delivery (id, event, state)
SELECT n, 'push', CASE WHEN n < 20 THEN 'waiting' ELSE 'done' END FROM generate_series(1, 5000) n;

INSERT INTO github_check (repository, pull, head_sha, findings, sample_run, full_run, is_settled)
SELECT 'a/b', n, n, '{}', 1 + n %% 300, 1 + n %% 299, n > 20 FROM generate_series(1, 5000) n;

INSERT INTO account (login, role) SELECT 'person-' || n, 'author' FROM generate_series(1, 2000) n;

INSERT INTO api_token (account_id, digest, name, role, expires_at)
SELECT account.id, sha256(account.login::bytea), 'a', 'author', now() + interval '1 day' FROM account;

INSERT INTO session (account_id, digest) SELECT account.id, sha256(account.login::bytea) FROM account;

INSERT INTO audit (kind, account_id, actor, role, action, subject)
SELECT 'token', n %% 2000, 'person-' || n %% 2000, 'author',
       (ARRAY['job.rerun', 'job.create', 'run.create'])[1 + n %% 3], 'job/' || n
FROM generate_series(1, %(jobs)s) n;

INSERT INTO bulk_action (action, filter, reason, kind, actor, role, jobs)
SELECT 'rerun', '{}', '', 'session', 'a', 'moderator', 100 FROM generate_series(1, 200) n;

INSERT INTO bulk_action_job (bulk_action_id, job_id) SELECT 1 + id %% 200, id FROM job WHERE id <= 20000;
INSERT INTO trial (id, account, definition, source_name, remarks, entries, job_id, created_at)
SELECT md5(n::text), (n %% 2000)::text, '{}', '', '[]', '[]', n, now() - make_interval(secs => (%(jobs)s - n) * 2592000.0 / %(jobs)s)
FROM generate_series(1, %(jobs)s) n;

INSERT INTO failure_day (day) SELECT (now() AT TIME ZONE 'UTC')::date - n FROM generate_series(1, 180) n;

INSERT INTO failure_count (grouped_by, day, key, jobs)
SELECT grouped_by, day, grouped_by || n, n
FROM failure_day, generate_series(1, 100) n, unnest(ARRAY['code', 'host', 'place']) AS grouped_by
