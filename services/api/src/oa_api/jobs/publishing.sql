-- name: published_result
-- Locks the published result that a new one would replace, with the job that published or checked it last: the quality
-- gate. A later attempt of the published job may replace it.
SELECT CASE WHEN job_id = %(job)s THEN job_id ELSE greatest(job_id, checked_job) END AS newest_job, result FROM data
WHERE source_name = %(source_name)s AND layer = %(layer)s AND name = %(name)s
FOR UPDATE

-- name: publish
-- Makes a result the data of its dataset, unless a newer one is, a newer job found the published one up to date, its
-- files are deleted, or the dataset is retired or deleted.
INSERT INTO data (source_name, layer, name, job_id, attempt, result, license)
SELECT source_name, layer, name, id, attempt, result, %(license)s::jsonb FROM job
WHERE id = %(job)s AND kind = 'source' AND NOT EXISTS (
    SELECT FROM file_deletion WHERE file_deletion.job_id = job.id AND file_deletion.attempt = job.attempt
)
ON CONFLICT (source_name, layer, name) DO UPDATE SET
    job_id = excluded.job_id, attempt = excluded.attempt, result = excluded.result, license = excluded.license,
    updated_at = now(), state = 'published'
WHERE data.state IN ('published', 'reopened') AND (data.job_id, data.attempt) < (excluded.job_id, excluded.attempt)
  AND (data.job_id = excluded.job_id OR coalesce(data.checked_job, 0) <= excluded.job_id)
RETURNING id

-- name: record_withheld
-- Records in the events of a job that its result is not published because its dataset is retired or deleted.
INSERT INTO job_event (job_id, attempt, kind, accepted, detail)
SELECT job.id, job.attempt, 'data.withheld', true, jsonb_build_object('dataset', data.state)
FROM job JOIN data ON data.source_name = job.source_name AND data.layer = job.layer AND data.name = job.name
WHERE job.id = %(job)s AND job.kind = 'source' AND data.state IN ('retired', 'deleted')

-- name: add_publication
-- Writes a publication into the history of its dataset, and records it in the events of its job.
WITH event AS (
    INSERT INTO job_event (job_id, attempt, kind, accepted) SELECT id, attempt, 'data.published', true FROM job WHERE id = %(job)s
)
INSERT INTO publication (data_id, job_id, attempt, run_id, source_sha256, source_url, github, license, result)
SELECT %(data)s, job.id, job.attempt, job.run_id, job.source_sha256, job.source_url, run.github, %(license)s::jsonb,
       job.result
FROM job JOIN run ON run.id = job.run_id WHERE job.id = %(job)s
RETURNING id, data_id, job_id AS job, attempt, run_id AS run, published_at, result

-- name: queue_deliveries
-- Queues a delivery for each webhook that subscribes to the event: publications.
INSERT INTO webhook_delivery (webhook_id, event, body)
SELECT id, %(event)s, %(body)s FROM webhook
WHERE active AND %(event)s = ANY(events) AND (layer IS NULL OR layer = %(layer)s)
  AND (source IS NULL OR source = %(source_name)s
       OR (right(source, 1) = '/' AND starts_with(%(source_name)s, source)))

-- name: record_decision
-- Records a decision in the events of a job: review, and runs that become live.
INSERT INTO job_event (job_id, attempt, kind, accepted, detail)
SELECT id, attempt, %(kind)s, true, %(detail)s FROM job WHERE id = %(job)s

-- name: insert_review_reason
-- Records why the quality gate holds a job for review.
INSERT INTO review_reason (job_id, code, message) VALUES (%(job)s, %(code)s, %(message)s)

-- name: close_review_reasons
-- Closes the open review reasons of a job: confirmed, rejected, or superseded by a rerun.
UPDATE review_reason SET state = %(state)s WHERE job_id = %(job)s AND state = 'open'

-- name: warn_to
-- Ends the review of a job and of its last attempt; changes nothing if it does not need review.
WITH decided AS (
    UPDATE job SET
        status = %(status)s, updated_at = now(), error_code = %(error_code)s, error_message = %(error_message)s
    WHERE id = %(job)s AND status = 'Warn' RETURNING id, attempt
)
UPDATE job_attempt SET status = %(status)s, error_code = %(error_code)s, error_message = %(error_message)s
FROM decided WHERE job_attempt.job_id = decided.id AND job_attempt.attempt = decided.attempt

-- name: unpublished_of_run
-- The successful jobs of a run that becomes live; one that kept the published files has none.
SELECT id AS job FROM job
WHERE run_id = %(run)s AND status = 'Success' AND kind = 'source' AND kept_job IS NULL ORDER BY id

-- name: success_to_warn
-- Marks a successful job and its last attempt as needing review when its run becomes live.
WITH marked AS (
    UPDATE job SET status = 'Warn', updated_at = now()
    WHERE id = %(job)s AND status = 'Success' AND kind = 'source' RETURNING id, attempt
)
UPDATE job_attempt SET status = 'Warn'
FROM marked WHERE job_attempt.job_id = marked.id AND job_attempt.attempt = marked.attempt

-- name: published_file
-- A file that an attempt published or converted: GET /api/job/JOB/output/FILE, after a rerun.
SELECT output FROM (
    SELECT attempt, result -> 'outputs' -> %(file)s AS output FROM publication WHERE job_id = %(job)s
    UNION ALL
    SELECT attempt, result -> 'outputs' -> %(file)s AS output FROM conversion WHERE job_id = %(job)s AND attempt IS NOT NULL
) offered
WHERE %(attempt)s::integer IS NULL OR attempt = %(attempt)s ORDER BY attempt DESC LIMIT 1

-- name: converted_dataset
-- The dataset that a job converts, for the name of the file: GET /api/job/JOB/output/FILE.
SELECT data.source_name, data.layer, data.name
FROM conversion JOIN publication ON publication.id = conversion.publication_id JOIN data ON data.id = publication.data_id
WHERE conversion.job_id = %(job)s

-- name: lock_backfilled
-- Locks the job whose result a backfill was made for, with that result and the new one; no row if its files are deleted.
SELECT target.id AS job, backfill.target_attempt AS attempt, done.result AS added,
       coalesce(publication.result, CASE WHEN target.attempt = backfill.target_attempt THEN target.result END) AS result
FROM backfill JOIN job done ON done.id = backfill.job_id
JOIN job target ON target.id = backfill.target_job
LEFT JOIN publication ON publication.job_id = target.id AND publication.attempt = backfill.target_attempt
WHERE backfill.job_id = %(job)s AND NOT EXISTS (
    SELECT FROM file_deletion
    WHERE file_deletion.job_id = target.id AND file_deletion.attempt = backfill.target_attempt
)
FOR UPDATE OF target

-- name: backfill_job_result
-- Adds files to the result of a job, unless it has run again.
UPDATE job SET result = %(result)s WHERE id = %(job)s AND attempt = %(attempt)s AND result IS NOT NULL

-- name: backfill_published_result
-- Adds files to published data, while it is that of the attempt.
UPDATE data SET result = %(result)s WHERE job_id = %(job)s AND attempt = %(attempt)s

-- name: backfill_history
-- Adds files to the entry of the history of the attempt.
UPDATE publication SET result = %(result)s WHERE job_id = %(job)s AND attempt = %(attempt)s

-- name: end_backfill
-- Records the attempt whose files were added: retention keeps them with those of the target.
UPDATE backfill SET attempt = job.attempt, added_at = now() FROM job
WHERE backfill.job_id = %(backfill)s AND job.id = backfill.job_id

-- name: record_backfill
-- Records in the events of a job that its result has more files.
INSERT INTO job_event (job_id, attempt, kind, accepted, detail)
SELECT id, %(attempt)s, 'data.backfilled', true, jsonb_build_object('backfill', %(backfill)s::bigint)
FROM job WHERE id = %(job)s
