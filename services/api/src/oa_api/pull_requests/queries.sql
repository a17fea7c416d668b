-- name: record_delivery
-- Stores an event (deliveries.record_delivery). A repeated one changes nothing, unless its processing was abandoned.
INSERT INTO github_delivery (id, event, task, state, reason)
VALUES (%(id)s, %(event)s, %(task)s, %(state)s, %(reason)s)
ON CONFLICT (id) DO UPDATE SET state = 'waiting', tries = 0, unfinished_takes = 0, received_at = now(), due_at = now()
WHERE github_delivery.state = 'abandoned'

-- name: claim_delivery
-- Claims the next due event until its lease ends (deliveries.claim_delivery). A take that no outcome follows stays
-- counted in unfinished_takes: the process died.
UPDATE github_delivery SET due_at = now() + make_interval(secs => %(lease_s)s), tries = tries + 1,
    unfinished_takes = unfinished_takes + 1
WHERE id = (
    SELECT id FROM github_delivery WHERE state = 'waiting' AND due_at <= now()
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, event, task, tries, unfinished_takes

-- name: renew_delivery
-- Renews the lease of an event while its definitions are examined (deliveries.keep_delivery).
UPDATE github_delivery SET due_at = now() + make_interval(secs => %(lease_s)s) WHERE id = %(id)s AND state = 'waiting'

-- name: lock_delivery
-- Locks an event that is still to be processed, so that a second process does nothing (deliveries.lock_delivery).
SELECT id FROM github_delivery WHERE id = %(id)s AND state = 'waiting' FOR UPDATE

-- name: end_delivery
-- Records the outcome of an event (deliveries.end_delivery).
UPDATE github_delivery SET state = %(state)s, reason = %(reason)s WHERE id = %(id)s AND state = 'waiting'

-- name: back_off_delivery
-- Makes an event due later (deliveries.back_off).
UPDATE github_delivery SET due_at = now() + make_interval(secs => %(delay_s)s), reason = %(reason)s,
    unfinished_takes = 0
WHERE id = %(id)s AND state = 'waiting'

-- name: delete_old_deliveries
-- Deletes events 30 days after they arrived (deliveries.delete_old_deliveries).
DELETE FROM github_delivery WHERE id IN (
    SELECT id FROM github_delivery WHERE received_at < now() - interval '30 days' ORDER BY received_at LIMIT 1000
)

-- name: lock_pull
-- Locks a pull request (event_actions, check_publisher): one process at a time acts on it or writes its comment.
SELECT pg_advisory_xact_lock(hashtextextended('github/' || %(repository)s || '#' || %(pull)s, 0))

-- name: lock_merges
-- Locks the default branch (merge.publish_merge): one merge at a time decides what becomes live.
SELECT pg_advisory_xact_lock(hashtextextended('github/' || %(repository)s || '/landing', 0))

-- name: check_columns
-- The columns of CheckRow.
id, repository, pull, head_sha, state, held, sample_run, full_run, base_ref

-- name: check_of
-- The check of a commit of a pull request (event_actions).
SELECT {check_columns} FROM github_check
WHERE repository = %(repository)s AND pull = %(pull)s AND head_sha = %(head_sha)s

-- name: insert_check
-- Opens a check (event_actions).
INSERT INTO github_check (repository, pull, head_sha, base_ref, findings, author, entry_count, held)
VALUES (%(repository)s, %(pull)s, %(head_sha)s, %(base_ref)s, %(findings)s, %(author)s, %(entry_count)s, %(held)s)
RETURNING id

-- name: review_check_again
-- Gives a check what the review against another base branch found, without jobs (event_actions).
UPDATE github_check SET base_ref = %(base_ref)s, findings = %(findings)s, entry_count = %(entry_count)s,
    held = %(held)s, sample_run = NULL, full_run = NULL
WHERE id = %(check)s

-- name: start_samples
-- Records the run of the samples of a new check (event_actions).
UPDATE github_check SET sample_run = %(run)s WHERE id = %(check)s

-- name: close_open_checks
-- Leaves the open checks of a pull request except that of its head (event_actions).
UPDATE github_check SET state = %(state)s, is_settled = false, tries = 0, due_at = now()
WHERE repository = %(repository)s AND pull = %(pull)s AND state = 'open' AND head_sha <> %(head_sha)s
RETURNING sample_run, full_run, live_run

-- name: merge_checks
-- Marks the checks whose runs became live, and the open check of the merged head (merge.publish_merge).
UPDATE github_check SET state = 'merged', live_run = coalesce(%(live_run)s, live_run), is_settled = false, shown = '',
    tries = 0, due_at = now()
WHERE repository = %(repository)s AND state IN ('open', 'merged')
  AND (full_run = ANY(%(runs)s) OR (pull = %(pull)s AND head_sha = %(head_sha)s AND state = 'open'))

-- name: restart_check
-- Starts another round of a check (event_actions). GitHub cannot restart a completed check run, so each round has one.
UPDATE github_check SET round = round + is_settled::integer, check_run = CASE WHEN NOT is_settled THEN check_run END,
    shown = '', is_settled = false, tries = 0, unfinished_takes = 0, due_at = now(),
    state = CASE WHEN state IN ('superseded', 'closed') THEN 'open' ELSE state END
WHERE id = %(check)s

-- name: wake_checks
-- Starts another round of settled checks whose jobs an operator reruns, except abandoned ones (checks).
UPDATE github_check SET round = round + 1, check_run = NULL, shown = '', is_settled = false, tries = 0, due_at = now()
FROM (SELECT DISTINCT run_id FROM job WHERE rank < 9) active
WHERE is_settled AND shown <> 'abandoned' AND state IN ('open', 'merged') AND active.run_id IN (full_run, sample_run)
  AND created_at > now() - interval '90 days'

-- name: checks_to_rerun
-- The checks of a pull request or a commit, newest first, for a rerun that was requested on GitHub (event_actions).
SELECT {check_columns} FROM github_check
WHERE repository = %(repository)s AND state IN ('open', 'merged')
  AND (pull = %(pull)s OR head_sha = %(head_sha)s)
ORDER BY id DESC LIMIT 10 FOR UPDATE

-- name: lock_unended_jobs
-- Locks the jobs of some runs that have not ended, to cancel them (runs).
SELECT id FROM job WHERE run_id = ANY(%(runs)s) AND rank < 9 ORDER BY id FOR UPDATE

-- name: failed_jobs
-- The failed and canceled entries of a check, to rerun them (runs.rerun_failed): the full job where there is one.
SELECT coalesce(full_job.id, sample.id) AS job
FROM job sample
LEFT JOIN job full_job ON full_job.run_id = %(full_run)s
    AND (full_job.source_name, full_job.layer, full_job.name) = (sample.source_name, sample.layer, sample.name)
WHERE sample.run_id = %(sample_run)s AND coalesce(full_job.status, sample.status) IN ('Fail', 'Canceled')
ORDER BY job

-- name: lock_open_check
-- Locks a check while its full jobs are created (runs.start_full_jobs).
SELECT {check_columns} FROM github_check WHERE id = %(check)s AND state = 'open' FOR UPDATE

-- name: due_entries
-- Entries that get their full job now, since the sample has ended or timed out (runs.start_full_jobs).
SELECT sample.id AS job, sample.rank, sample.source_name, sample.source_url, sample.source_sha256, sample.layer,
       sample.name, sample.tier, sample.host, source.definition
FROM job sample JOIN source ON source.sha256 = sample.source_sha256
WHERE sample.run_id = %(sample_run)s
  AND NOT EXISTS (
      SELECT 1 FROM job full_job WHERE full_job.run_id = %(full_run)s
      AND (full_job.source_name, full_job.layer, full_job.name) = (sample.source_name, sample.layer, sample.name))
  AND (sample.opened_at < now() - make_interval(secs => %(sample_timeout_s)s) AND sample.rank < 9
       OR sample.rank = 9 AND NOT (sample.status = 'Fail' AND starts_with(sample.error_code, 'source.')))
ORDER BY sample.id

-- name: unended_full_jobs
-- How many full jobs of a check have not ended (runs.start_full_jobs).
SELECT count(*) FROM job WHERE run_id = %(full_run)s AND rank < 9

-- name: lock_author
-- Locks an author (admission): the pull requests of one author are admitted one at a time.
SELECT pg_advisory_xact_lock(hashtextextended('github/' || %(repository)s || '/author/' || %(author)s, 0))

-- name: entries_of_author
-- How many entries of an author's pull requests got jobs within a day (admission).
SELECT coalesce(sum(entry_count), 0) AS entries FROM github_check
WHERE repository = %(repository)s AND author = %(author)s AND created_at > now() - interval '1 day' AND held = ''

-- name: is_approved
-- Whether a collaborator has let a pull request run (admission).
SELECT true AS is_approved FROM github_pull
WHERE repository = %(repository)s AND pull = %(pull)s AND approved_at IS NOT NULL

-- name: record_approval
-- Records that a collaborator lets a pull request run (admission).
INSERT INTO github_pull (repository, pull, approved_at, approved_by)
VALUES (%(repository)s, %(pull)s, now(), %(by)s)
ON CONFLICT (repository, pull) DO UPDATE SET approved_at = excluded.approved_at, approved_by = excluded.approved_by

-- name: held_check
-- The check of a pull request that waits for an approval (admission).
SELECT {check_columns} FROM github_check
WHERE repository = %(repository)s AND pull = %(pull)s AND state = 'open' AND held <> ''
ORDER BY id DESC LIMIT 1 FOR UPDATE

-- name: release_check
-- Lets a check run with what its review found (admission).
UPDATE github_check SET held = '', findings = %(findings)s, entry_count = %(entry_count)s WHERE id = %(check)s

-- name: start_full
-- Records the run of the full jobs of a check (runs.start_full_jobs).
UPDATE github_check SET full_run = %(run)s WHERE id = %(check)s

-- name: live_entries
-- For each entry the job that published or checked its data last, and the definition of its newest live job (merge.publish_merge).
SELECT entry.place - 1 AS index, greatest(data.job_id, data.checked_job) AS published, (
    SELECT job.source_sha256 FROM job JOIN run ON run.id = job.run_id
    WHERE run.live AND (job.source_name, job.layer, job.name) = (entry.source_name, entry.layer, entry.name)
    ORDER BY job.id DESC LIMIT 1
) AS live_sha256
FROM unnest(%(source_name)s::text[], %(layer)s::text[], %(name)s::text[]) WITH ORDINALITY
     AS entry (source_name, layer, name, place)
LEFT JOIN data USING (source_name, layer, name)
ORDER BY place

-- name: lock_trial_runs
-- Locks the newest runs of pull requests that are not live and ran one of these definitions (merge).
SELECT id FROM run
WHERE NOT live AND id IN (
    SELECT DISTINCT same.run_id FROM job same
    JOIN github_check ON github_check.full_run = same.run_id
    JOIN run trial ON trial.id = same.run_id AND NOT trial.live
    WHERE same.source_sha256 = ANY(%(sha256)s) AND github_check.repository = %(repository)s
    ORDER BY same.run_id DESC LIMIT 50
)
ORDER BY id FOR UPDATE

-- name: trial_jobs
-- All jobs of these runs, those of the newest run first (merge).
SELECT job.run_id AS run, job.id AS job, job.source_name, job.layer, job.name, job.source_sha256 AS sha256, job.status
FROM job
WHERE job.run_id = ANY(%(runs)s::bigint[])
ORDER BY job.run_id DESC, job.id

-- name: make_live
-- Makes the run of a pull request live (merge.publish_merge).
UPDATE run SET live = true WHERE id = %(run)s AND NOT live

-- name: claim_check
-- Claims the next due check until its lease ends (checks.claim_check).
UPDATE github_check SET due_at = now() + make_interval(secs => %(lease_s)s), tries = tries + 1,
    unfinished_takes = unfinished_takes + 1
WHERE id = (
    SELECT id FROM github_check WHERE NOT is_settled AND due_at <= now()
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, repository, pull, head_sha, state, held, findings, sample_run, full_run, live_run, round, check_run, shown,
    tries, unfinished_takes

-- name: runs_of_check
-- The current runs of a check: the one of the full jobs may be new (checks.read_state).
SELECT sample_run, full_run, live_run FROM github_check WHERE id = %(check)s

-- name: entries_of_check
-- The entries of a check for its report (checks.read_state). Results can be large, so only the reported parts are read.
SELECT sample.source_name, sample.layer, sample.name,
       sample.id AS sample_job, sample.attempt AS sample_attempt, sample.status AS sample_status,
       sample.error_code AS sample_code, sample.error_message AS sample_message,
       sample.result -> 'count' AS sample_count, sample.result -> 'fields' AS sample_fields,
       full_job.id AS full_job, full_job.attempt AS full_attempt, full_job.status AS full_status,
       full_job.error_code AS full_code, full_job.error_message AS full_message,
       full_job.result -> 'count' AS full_count, full_job.result -> 'valid' AS full_valid,
       full_job.result -> 'fields' AS full_fields, full_job.result -> 'bounds' AS full_bounds,
       full_job.result -> 'placement' AS full_placement, full_job.result -> 'changes' AS full_changes,
       coalesce(full_job.result -> 'outputs' ? 'source.png', false) AS has_preview,
       data.job_id AS live_job, data.result -> 'count' AS live_count, data.result -> 'fields' AS live_fields,
       data.result -> 'bounds' AS live_bounds, data.result -> 'placement' AS live_placement
FROM job sample
LEFT JOIN job full_job ON full_job.run_id = %(full_run)s
    AND (full_job.source_name, full_job.layer, full_job.name) = (sample.source_name, sample.layer, sample.name)
LEFT JOIN LATERAL (
    SELECT job_id, result FROM data
    WHERE (data.source_name, data.layer, data.name) = (sample.source_name, sample.layer, sample.name) LIMIT 1
) data ON true
WHERE sample.run_id = %(sample_run)s
ORDER BY sample.source_name, sample.layer, sample.name

-- name: record_check_run
-- Records the check run that was created on GitHub (check_publisher).
UPDATE github_check SET check_run = %(check_run)s WHERE id = %(check)s AND round = %(round)s

-- name: record_publication
-- Records what GitHub shows of a check (checks.record_publication).
UPDATE github_check SET shown = %(shown)s, is_settled = %(is_settled)s, tries = 0,
    unfinished_takes = 0, due_at = now() + make_interval(secs => %(delay_s)s)
WHERE id = %(check)s AND round = %(round)s AND state = %(state)s

-- name: back_off_check
-- Makes a check due later (checks.back_off).
UPDATE github_check SET due_at = now() + make_interval(secs => %(delay_s)s), unfinished_takes = 0 WHERE id = %(check)s

-- name: abandon_check
-- Settles a check that GitHub does not show (checks.abandon); wake_checks leaves it alone.
UPDATE github_check SET is_settled = true, shown = 'abandoned'
WHERE id = %(check)s AND round = %(round)s AND state = %(state)s

-- name: version_of_check
-- Whether a check has changed since it was claimed (check_publisher).
SELECT state, round FROM github_check WHERE id = %(check)s

-- name: record_pull_state
-- Records the state of a pull request that is acted on (event_actions); no row changes when a newer state is known.
INSERT INTO github_pull (repository, pull, seen_at) VALUES (%(repository)s, %(pull)s, %(seen_at)s)
ON CONFLICT (repository, pull) DO UPDATE SET seen_at = excluded.seen_at WHERE github_pull.seen_at <= excluded.seen_at

-- name: comment_of_pull
-- GitHub's ID of the comment on a pull request (check_publisher).
SELECT comment FROM github_pull WHERE repository = %(repository)s AND pull = %(pull)s AND comment IS NOT NULL

-- name: record_comment
-- Records the comment that was created on GitHub (check_publisher).
INSERT INTO github_pull (repository, pull, comment) VALUES (%(repository)s, %(pull)s, %(comment)s)
ON CONFLICT (repository, pull) DO UPDATE SET comment = excluded.comment
