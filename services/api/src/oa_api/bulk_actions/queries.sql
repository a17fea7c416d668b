-- name: insert_bulk
INSERT INTO bulk (action, filter, why, kind, account_id, actor, role, jobs)
VALUES (%(action)s, %(filter)s, %(why)s, %(principal_kind)s, %(account)s, %(actor)s, %(role)s, 0)
RETURNING id

-- name: choose_jobs
INSERT INTO bulk_job (bulk_id, job_id)
SELECT %(bulk)s, job.id {jobs.reads.jobs_filtered} ORDER BY job.id LIMIT %(limit)s

-- name: note_chosen
UPDATE bulk SET jobs = %(jobs)s, ended_at = CASE WHEN %(jobs)s = 0 THEN now() END WHERE id = %(bulk)s

-- name: matching_by_status
SELECT job.status, count(*) AS jobs {jobs.reads.jobs_filtered} GROUP BY job.status

-- name: outcomes
SELECT count(*) FILTER (WHERE is_done) AS done, count(*) FILTER (WHERE NOT is_done) AS skipped,
       count(*) FILTER (WHERE is_done IS NULL) AS waiting
FROM bulk_job WHERE bulk_id = bulk.id

-- name: bulk_selected
SELECT bulk.id, bulk.at, bulk.action, bulk.filter, bulk.why, bulk.actor, bulk.jobs, bulk.ended_at, outcome.*
FROM bulk CROSS JOIN LATERAL ({outcomes}) outcome

-- name: bulk
{bulk_selected} WHERE bulk.id = %(bulk)s

-- name: bulks
{bulk_selected}
WHERE (%(cursor)s::bigint IS NULL OR bulk.id < %(cursor)s)
ORDER BY bulk.id DESC LIMIT %(limit)s

-- name: reasons
SELECT reason, count(*) AS jobs, (array_agg(job_id ORDER BY job_id))[1:5] AS examples
FROM bulk_job WHERE bulk_id = %(bulk)s AND NOT is_done GROUP BY reason ORDER BY jobs DESC, reason LIMIT 20

-- name: take_bulk
SELECT id, action, why, kind, account_id, actor, role FROM bulk
WHERE ended_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: take_jobs
SELECT job_id AS job FROM bulk_job WHERE bulk_id = %(bulk)s AND is_done IS NULL ORDER BY job_id LIMIT %(limit)s

-- name: note_outcomes
UPDATE bulk_job SET is_done = outcome.reason IS NULL, reason = outcome.reason
FROM unnest(%(job)s::bigint[], %(reason)s::text[]) AS outcome (job, reason)
WHERE bulk_id = %(bulk)s AND job_id = outcome.job

-- name: end_bulk
UPDATE bulk SET ended_at = now() WHERE id = %(bulk)s
