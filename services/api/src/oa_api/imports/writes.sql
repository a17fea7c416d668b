-- name: own_counts
-- The number of rows of this system: before and after an import.
SELECT
    (SELECT count(*) FROM account) AS account, (SELECT count(*) FROM api_token) AS token,
    (SELECT count(*) FROM run) AS run, (SELECT count(*) FROM job) AS job, (SELECT count(*) FROM data) AS data,
    (SELECT count(*) FROM publication) AS publication, (SELECT count(*) FROM collection) AS collection

-- name: insert_import
-- Begins an import; the index import_unended allows one.
INSERT INTO import (system, bucket, folder, counts_before)
VALUES (%(system)s, %(bucket)s, %(folder)s, %(counts)s) ON CONFLICT DO NOTHING

-- name: unended_import
-- The import to begin or to resume.
SELECT id, system, bucket, folder, started_at, ended_at, counts_before, counts_after FROM import WHERE ended_at IS NULL

-- name: import
-- An import, for its report.
SELECT id, system, bucket, folder, started_at, ended_at, counts_before, counts_after FROM import WHERE id = %(import)s

-- name: insert_step
-- Begins a step of an import, unless it has started.
INSERT INTO import_step (import_id, name) VALUES (%(import)s, %(step)s) ON CONFLICT DO NOTHING

-- name: lock_step
-- How far a step is; another program that imports waits for the batch.
SELECT name, last_id, read_rows, inserted, updated, unchanged, left_out, is_done FROM import_step
WHERE import_id = %(import)s AND name = %(step)s FOR UPDATE

-- name: steps
-- The steps of an import, for its report.
SELECT name, last_id, read_rows, inserted, updated, unchanged, left_out, is_done FROM import_step
WHERE import_id = %(import)s ORDER BY name

-- name: advance_step
-- Records a batch of a step, in the transaction that writes it.
UPDATE import_step SET
    last_id = %(last_id)s, read_rows = read_rows + %(read_rows)s, inserted = inserted + %(inserted)s,
    updated = updated + %(updated)s, unchanged = unchanged + %(unchanged)s, left_out = left_out + %(left_out)s,
    is_done = %(is_done)s
WHERE import_id = %(import)s AND name = %(step)s

-- name: end_import
-- Ends an import.
UPDATE import SET ended_at = now(), counts_after = %(counts)s WHERE id = %(import)s AND ended_at IS NULL

-- name: raise_sequences
-- Makes new rows of every table get IDs above the existing ones: the end of an import, and `oa-api raise-ids`.
SELECT name, highest, next, setval(sequence::regclass, highest) AS raised_to FROM identities_behind()

-- name: digests
-- Which of these rows an import has written before, with the digest of what it wrote.
SELECT id, digest FROM imported_row WHERE step = %(step)s AND id = ANY(%(ids)s)

-- name: record_digests
-- Records the rows that a batch wrote.
INSERT INTO imported_row (step, id, digest)
SELECT %(step)s, * FROM unnest(%(ids)s::bigint[], %(digests)s::text[])
ON CONFLICT (step, id) DO UPDATE SET digest = excluded.digest

-- name: insert_findings
-- Records the rows of a batch that did not fit unchanged.
INSERT INTO import_finding (import_id, step, row_id, outcome, reason)
SELECT %(import)s, %(step)s, * FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[], %(reasons)s::text[])

-- name: findings
-- A page of the findings of an import, for its report.
SELECT step, row_id, outcome, reason FROM import_finding
WHERE import_id = %(import)s ORDER BY id OFFSET %(offset)s LIMIT %(limit)s

-- name: record
-- The rows of a batch as JSON: a column for each value.
jsonb_to_recordset(%(rows)s::jsonb) AS new

-- name: account_insert
-- Accounts. The index over names and that over addresses of mail may refuse one.
INSERT INTO account (id, login, email, role, created_at, disabled_at)
OVERRIDING SYSTEM VALUE
SELECT * FROM {record} (
    id bigint, login text, email text, role text, created_at timestamptz, disabled_at timestamptz
) ORDER BY id
ON CONFLICT DO NOTHING
RETURNING id

-- name: account_conflicts
-- Whether the name or the address of mail of accounts is in use: they are adapted before they are inserted.
SELECT new.id, bool_or(lower(account.login) = lower(new.login)) AS has_login,
       coalesce(bool_or(lower(account.email) = lower(new.email)), false) AS has_email
FROM {record} (id bigint, login text, email text)
JOIN account ON lower(account.login) = lower(new.login) OR lower(account.email) = lower(new.email)
GROUP BY new.id

-- name: account_obstacles
-- Why accounts were not inserted.
SELECT new.id, CASE WHEN account.id IS NOT NULL THEN 'its ID is in use by an account of this system' END AS reason
FROM {record} (id bigint) LEFT JOIN account ON account.id = new.id

-- name: token_insert
-- Tokens of imported accounts, with the role of the account.
INSERT INTO api_token (id, account_id, digest, name, role, created_at, expires_at)
OVERRIDING SYSTEM VALUE
SELECT new.id, account.id, decode(new.digest, 'hex'), new.name, account.role, new.created_at, new.expires_at
FROM {record} (
    id bigint, account_id bigint, digest text, name text, created_at timestamptz, expires_at timestamptz
)
JOIN imported_row owner ON owner.step = 'account' AND owner.id = new.account_id
JOIN account ON account.id = owner.id AND account.disabled_at IS NULL
ORDER BY new.id
ON CONFLICT DO NOTHING
RETURNING id

-- name: token_obstacles
-- Why tokens were not inserted.
SELECT new.id, CASE
    WHEN owner.id IS NULL THEN format('its account %%s is not imported', new.account_id)
    WHEN account.disabled_at IS NOT NULL THEN format('its account %%s is disabled here', new.account_id)
    WHEN api_token.id IS NOT NULL THEN 'its ID or its secret is in use by a token of this system'
END AS reason
FROM {record} (id bigint, account_id bigint, digest text)
LEFT JOIN imported_row owner ON owner.step = 'account' AND owner.id = new.account_id
LEFT JOIN account ON account.id = owner.id
LEFT JOIN api_token ON api_token.id = new.id

-- name: run_insert
-- Runs. They belong to moderators.
INSERT INTO run (id, created_at, live, lane, github, closed_at)
OVERRIDING SYSTEM VALUE
SELECT * FROM {record} (
    id bigint, created_at timestamptz, live boolean, lane text, github jsonb, closed_at timestamptz
) ORDER BY id
ON CONFLICT DO NOTHING
RETURNING id

-- name: run_update
-- Runs that have changed there.
UPDATE run SET live = new.live, lane = new.lane, github = new.github
FROM {record} (id bigint, live boolean, lane text, github jsonb)
WHERE run.id = new.id
RETURNING run.id

-- name: run_obstacles
-- Why runs were not inserted.
SELECT new.id, CASE WHEN run.id IS NOT NULL THEN 'its ID is in use by a run of this system' END AS reason
FROM {record} (id bigint) LEFT JOIN run ON run.id = new.id

-- name: job_record
-- The values of jobs.
{record} (
    id bigint, run_id bigint, source_name text, source_url text, source_sha256 text, layer text, name text, host text,
    tier text, token text, status text, created_at timestamptz, ended_at timestamptz, error_code text,
    error_message text, result jsonb, review text[]
)

-- name: job_insert
-- Jobs of imported runs, with their first attempt and what needs review.
WITH inserted AS (
    INSERT INTO job (
        id, run_id, source_name, source_url, source_sha256, layer, name, host, tier, status, rank, token, created_at,
        opened_at, updated_at, ended_at, error_code, error_message, result
    )
    OVERRIDING SYSTEM VALUE
    SELECT new.id, new.run_id, source_name, source_url, source_sha256, layer, name, host, tier, status, 9, token,
           created_at, created_at, created_at, ended_at, error_code, error_message, result
    FROM {job_record} JOIN imported_row owner ON owner.step = 'run' AND owner.id = new.run_id
    ORDER BY new.id
    ON CONFLICT DO NOTHING
    RETURNING id, token, tier, status, error_code, error_message, created_at, ended_at
), attempt AS (
    INSERT INTO job_attempt (job_id, attempt, token, tier, status, error_code, error_message, created_at, ended_at)
    SELECT id, 1, token, tier, status, error_code, error_message, created_at, ended_at FROM inserted
), review AS (
    INSERT INTO review_reason (job_id, code, message, created_at)
    SELECT inserted.id, 'imported', message, inserted.created_at
    FROM inserted JOIN {job_record} ON new.id = inserted.id CROSS JOIN LATERAL unnest(new.review) AS message
)
SELECT id FROM inserted

-- name: job_update
-- Jobs that have changed there and have not run here. One with a result keeps it: backfills may have added to it.
WITH updated AS (
    UPDATE job SET
        source_sha256 = new.source_sha256, host = new.host, tier = new.tier, status = new.status,
        ended_at = new.ended_at, error_code = new.error_code, error_message = new.error_message,
        result = CASE WHEN job.status IN ('Success', 'Warn') THEN job.result ELSE new.result END
    FROM {job_record}
    WHERE job.id = new.id AND job.attempt = 1 AND job.rank = 9 AND (job.status = new.status OR job.status = 'Canceled')
    RETURNING job.id, job.tier, job.status, job.error_code, job.error_message, job.ended_at
), attempt AS (
    UPDATE job_attempt SET
        tier = updated.tier, status = updated.status, error_code = updated.error_code,
        error_message = updated.error_message, ended_at = updated.ended_at
    FROM updated WHERE job_attempt.job_id = updated.id AND job_attempt.attempt = 1
), review AS (
    INSERT INTO review_reason (job_id, code, message)
    SELECT updated.id, 'imported', message
    FROM updated JOIN {job_record} ON new.id = updated.id CROSS JOIN LATERAL unnest(new.review) AS message
    WHERE updated.status = 'Warn' AND NOT EXISTS (SELECT FROM review_reason WHERE job_id = updated.id)
)
SELECT id FROM updated

-- name: job_obstacles
-- Why jobs were not inserted or updated.
SELECT new.id, CASE
    WHEN owner.id IS NULL THEN format('its run %%s is not imported', new.run_id)
    WHEN job.id IS NOT NULL AND known.id IS NULL THEN 'its ID is in use by a job of this system'
    WHEN job.id IS NOT NULL THEN format('it is %%s there, and %%s here since its import', new.status, job.status)
END AS reason
FROM {record} (id bigint, run_id bigint, status text)
LEFT JOIN imported_row owner ON owner.step = 'run' AND owner.id = new.run_id
LEFT JOIN imported_row known ON known.step = 'job' AND known.id = new.id
LEFT JOIN job ON job.id = new.id

-- name: collection_obstacles
-- Why collections were not inserted.
SELECT new.id, CASE
    WHEN same_id.id IS NOT NULL THEN 'its ID is in use by a collection of this system'
    WHEN same_name.id IS NOT NULL THEN format('collection %%s has its name', same_name.id)
END AS reason
FROM {record} (id bigint, name text)
LEFT JOIN collection same_id ON same_id.id = new.id
LEFT JOIN collection same_name ON same_name.name = new.name

-- name: collection_insert
-- Collections, with the file that the other system built.
INSERT INTO collection (
    id, name, display_name, sources, formats, deduplicate, created_at, updated_at, result, built_at
)
OVERRIDING SYSTEM VALUE
SELECT id, name, display_name, sources, formats, false, created_at, created_at, result,
       CASE WHEN result IS NOT NULL THEN created_at END
FROM {record} (
    id bigint, name text, display_name text, sources text[], formats text[], created_at timestamptz, result jsonb
) ORDER BY id
ON CONFLICT DO NOTHING
RETURNING id

-- name: settle_health
-- Gives each dataset of imported jobs the state of its newest ended job: triggers see only jobs that end here.
WITH ended AS (
    SELECT job.id, job.source_name, job.layer, job.name, job.status, job.error_code, job.error_message, job.ended_at,
           max(job.id) FILTER (WHERE job.status = 'Success') OVER dataset AS last_good
    FROM dataset_health health
    JOIN imported_row ON imported_row.step = 'job' AND imported_row.id = health.job_id
    JOIN job ON job.source_name = health.source_name AND job.layer = health.layer AND job.name = health.name
    JOIN run ON run.id = job.run_id AND run.live
    WHERE job.kind = 'source' AND job.status IN ('Success', 'Warn', 'Fail')
    WINDOW dataset AS (PARTITION BY job.source_name, job.layer, job.name)
), settled AS (
    SELECT source_name, layer, name, max(id) AS id, min(ended_at) FILTER (WHERE id > coalesce(last_good, 0)) AS failing_since
    FROM ended GROUP BY source_name, layer, name
)
UPDATE dataset_health health SET
    job_id = job.id, status = job.status, error_code = job.error_code, error_message = job.error_message,
    ended_at = job.ended_at, failing_since = settled.failing_since
FROM settled JOIN job ON job.id = settled.id
WHERE health.source_name = settled.source_name AND health.layer = settled.layer AND health.name = settled.name

-- name: refresh_statistics
-- Statistics for the plans of queries, which autovacuum would gather later.
ANALYZE run, job, data, publication, imported_row, dataset_health
