-- The tables of openaddresses/batch, as their public migrations define them (docs/import.md). They run on their database.
-- Their times have no zone and are UTC.

-- name: has_tables
-- Whether the tables that an import reads exist: before an import.
SELECT name FROM unnest(ARRAY['users', 'users_tokens', 'runs', 'job', 'job_errors', 'results', 'collections']) AS name
WHERE to_regclass(name) IS NULL

-- name: counts
-- The number of rows of each table that an import reads, and of those that it does not: before and after an import.
SELECT
    (SELECT count(*) FROM users) AS account, (SELECT count(*) FROM users_tokens) AS token,
    (SELECT count(*) FROM runs) AS run, (SELECT count(*) FROM job) AS job, (SELECT count(*) FROM results) AS data,
    (SELECT count(*) FROM collections) AS collection

-- name: account_page
-- Users by ID.
SELECT id, created AT TIME ZONE 'UTC' AS created_at, username, email, access,
       coalesce(flags ->> 'upload', 'false') = 'true' AS may_upload
FROM users WHERE id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: token_page
-- Tokens of users by ID; the table holds them unhashed.
SELECT users_tokens.id, users_tokens.name, users_tokens.token, users_tokens.created AT TIME ZONE 'UTC' AS created_at,
       users_tokens.uid, users.access
FROM users_tokens LEFT JOIN users ON users.id = users_tokens.uid
WHERE users_tokens.id > %(after)s ORDER BY users_tokens.id LIMIT %(limit)s

-- name: run_page
-- Runs by ID.
SELECT id, coalesce(live, false) AS live, created AT TIME ZONE 'UTC' AS created_at, github
FROM runs WHERE id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: job_page
-- Jobs by ID, with their errors. The text of a polygon is its extended well-known binary in hexadecimal digits.
WITH page AS (SELECT * FROM job WHERE id > %(after)s ORDER BY id LIMIT %(limit)s),
problem AS (
    SELECT job, array_agg(message ORDER BY message) AS messages FROM job_errors
    WHERE job IN (SELECT id FROM page) GROUP BY job
)
SELECT id, run, created AT TIME ZONE 'UTC' AS created_at, source, source_name, layer, name, output, loglink, status, stats,
       count, size, bounds::text AS bounds, version, license, coalesce(problem.messages, '{}') AS messages
FROM page LEFT JOIN problem ON problem.job = page.id ORDER BY id

-- name: data_page
-- Published datasets by ID. Nothing keeps two rows from having one dataset: `place` is 1 for the newest.
SELECT * FROM (
    SELECT id, source, layer, name, job, updated AT TIME ZONE 'UTC' AS updated_at,
           row_number() OVER (PARTITION BY source, layer, name ORDER BY job DESC NULLS LAST, id DESC) AS place
    FROM results
) ranked
WHERE id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: publication_page
-- The history of published datasets by job: successful jobs of live runs, and the job that is published now.
WITH newest AS (
    SELECT DISTINCT ON (source, layer, name) id, source, layer, name, job, updated FROM results
    WHERE job IS NOT NULL ORDER BY source, layer, name, job DESC, id DESC
)
SELECT job.id, newest.id AS data,
       (CASE WHEN newest.job = job.id THEN coalesce(newest.updated, job.created) ELSE job.created END)
       AT TIME ZONE 'UTC' AS published_at
FROM job JOIN runs ON runs.id = job.run
JOIN newest ON newest.source = job.source_name AND newest.layer = job.layer AND newest.name = job.name
WHERE job.id > %(after)s AND (newest.job = job.id OR (runs.live AND job.status = 'Success' AND job.id < newest.job))
ORDER BY job.id LIMIT %(limit)s

-- name: collection_page
-- Collections by ID.
SELECT id, name, human, sources, created AT TIME ZONE 'UTC' AS created_at, size
FROM collections WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
