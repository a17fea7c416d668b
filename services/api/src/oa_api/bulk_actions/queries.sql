-- name: insert_bulk_action
-- Add a bulk action without jobs; start() adds them next.
INSERT INTO bulk_action (action, filter, reason, kind, account_id, actor, role, jobs)
VALUES (%(action)s, %(filter)s, %(reason)s, %(principal_kind)s, %(account)s, %(actor)s, %(role)s, 0)
RETURNING id

-- name: insert_jobs
-- Choose the oldest matching jobs of a new bulk action, for start().
INSERT INTO bulk_action_job (bulk_action_id, job_id)
SELECT %(bulk_action)s, job.id {jobs.reads.jobs_filtered} ORDER BY job.id LIMIT %(limit)s

-- name: record_job_count
-- Record how many jobs were chosen; without any the bulk action has ended. For start().
UPDATE bulk_action SET jobs = %(jobs)s, ended_at = CASE WHEN %(jobs)s = 0 THEN now() END WHERE id = %(bulk_action)s

-- name: count_matching
-- How many jobs match; counting stops at the limit. For count_matching().
SELECT count(*) AS total FROM (SELECT 1 {jobs.reads.jobs_filtered} LIMIT %(count_limit)s) counted

-- name: matching_by_status
-- How many matching jobs have each status, for the preview page.
SELECT job.status, count(*) AS jobs {jobs.reads.jobs_filtered} GROUP BY job.status

-- name: outcomes
-- Part: how many jobs of a bulk action are done, skipped and waiting.
SELECT count(*) FILTER (WHERE is_done) AS done, count(*) FILTER (WHERE NOT is_done) AS skipped,
       count(*) FILTER (WHERE is_done IS NULL) AS waiting
FROM bulk_action_job WHERE bulk_action_id = bulk_action.id

-- name: bulk_action_selected
-- Part: a bulk action with its progress.
SELECT bulk_action.id, bulk_action.created_at, bulk_action.action, bulk_action.filter, bulk_action.reason, bulk_action.actor,
       bulk_action.jobs, bulk_action.ended_at, outcome.*
FROM bulk_action CROSS JOIN LATERAL ({outcomes}) outcome

-- name: bulk_action
-- One bulk action, for get_bulk_action().
{bulk_action_selected} WHERE bulk_action.id = %(bulk_action)s

-- name: bulk_actions
-- A page of bulk actions, newest first, for list_bulk_actions().
{bulk_action_selected}
WHERE (%(cursor)s::bigint IS NULL OR bulk_action.id < %(cursor)s)
ORDER BY bulk_action.id DESC LIMIT %(limit)s

-- name: skip_reasons
-- Why jobs were skipped, most frequent first, for get_bulk_action().
SELECT skip_reason AS reason, count(*) AS jobs, (array_agg(job_id ORDER BY job_id))[1:5] AS examples
FROM bulk_action_job WHERE bulk_action_id = %(bulk_action)s AND NOT is_done
GROUP BY skip_reason ORDER BY jobs DESC, skip_reason LIMIT 20

-- name: statuses_of_done
-- What became of the jobs that were handled: how many have each status now, for count_outcomes().
SELECT job.status, count(*) AS jobs FROM bulk_action_job JOIN job ON job.id = bulk_action_job.job_id
WHERE bulk_action_id = %(bulk_action)s AND is_done GROUP BY job.status ORDER BY job.status

-- name: claim_bulk_action
-- Lock the oldest unfinished bulk action, for run_step().
SELECT id, action, reason, kind, account_id, actor, role FROM bulk_action
WHERE ended_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: next_jobs
-- The next jobs to handle, for run_step().
SELECT job_id AS job FROM bulk_action_job WHERE bulk_action_id = %(bulk_action)s AND is_done IS NULL
ORDER BY job_id LIMIT %(limit)s

-- name: record_outcomes
-- Record which jobs were done and why others were skipped, for run_step().
UPDATE bulk_action_job SET is_done = outcome.skip_reason IS NULL, skip_reason = outcome.skip_reason
FROM unnest(%(job)s::bigint[], %(skip_reason)s::text[]) AS outcome (job, skip_reason)
WHERE bulk_action_id = %(bulk_action)s AND job_id = outcome.job

-- name: complete_bulk_action
-- End a bulk action whose jobs are all handled, for run_step().
UPDATE bulk_action SET ended_at = now() WHERE id = %(bulk_action)s
