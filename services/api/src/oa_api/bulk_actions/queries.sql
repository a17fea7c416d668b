-- name: insert_bulk_action
INSERT INTO bulk_action (action, filter, reason, kind, account_id, actor, role, jobs)
VALUES (%(action)s, %(filter)s, %(reason)s, %(principal_kind)s, %(account)s, %(actor)s, %(role)s, 0)
RETURNING id

-- name: insert_jobs
INSERT INTO bulk_action_job (bulk_action_id, job_id)
SELECT %(bulk_action)s, job.id {jobs.reads.jobs_filtered} ORDER BY job.id LIMIT %(limit)s

-- name: record_job_count
UPDATE bulk_action SET jobs = %(jobs)s, ended_at = CASE WHEN %(jobs)s = 0 THEN now() END WHERE id = %(bulk_action)s

-- name: matching_by_status
SELECT job.status, count(*) AS jobs {jobs.reads.jobs_filtered} GROUP BY job.status

-- name: outcomes
SELECT count(*) FILTER (WHERE is_done) AS done, count(*) FILTER (WHERE NOT is_done) AS skipped,
       count(*) FILTER (WHERE is_done IS NULL) AS waiting
FROM bulk_action_job WHERE bulk_action_id = bulk_action.id

-- name: bulk_action_selected
SELECT bulk_action.id, bulk_action.created_at, bulk_action.action, bulk_action.filter, bulk_action.reason, bulk_action.actor,
       bulk_action.jobs, bulk_action.ended_at, outcome.*
FROM bulk_action CROSS JOIN LATERAL ({outcomes}) outcome

-- name: bulk_action
{bulk_action_selected} WHERE bulk_action.id = %(bulk_action)s

-- name: bulk_actions
{bulk_action_selected}
WHERE (%(cursor)s::bigint IS NULL OR bulk_action.id < %(cursor)s)
ORDER BY bulk_action.id DESC LIMIT %(limit)s

-- name: skip_reasons
SELECT skip_reason AS reason, count(*) AS jobs, (array_agg(job_id ORDER BY job_id))[1:5] AS examples
FROM bulk_action_job WHERE bulk_action_id = %(bulk_action)s AND NOT is_done
GROUP BY skip_reason ORDER BY jobs DESC, skip_reason LIMIT 20

-- name: claim_bulk_action
SELECT id, action, reason, kind, account_id, actor, role FROM bulk_action
WHERE ended_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: next_jobs
SELECT job_id AS job FROM bulk_action_job WHERE bulk_action_id = %(bulk_action)s AND is_done IS NULL
ORDER BY job_id LIMIT %(limit)s

-- name: record_outcomes
UPDATE bulk_action_job SET is_done = outcome.skip_reason IS NULL, skip_reason = outcome.skip_reason
FROM unnest(%(job)s::bigint[], %(skip_reason)s::text[]) AS outcome (job, skip_reason)
WHERE bulk_action_id = %(bulk_action)s AND job_id = outcome.job

-- name: complete_bulk_action
UPDATE bulk_action SET ended_at = now() WHERE id = %(bulk_action)s
