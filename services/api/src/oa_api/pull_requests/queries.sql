-- name: record_delivery
-- One that was given up is taken up again when GitHub sends it again.
INSERT INTO github_delivery (id, event, task, state, reason)
VALUES (%(id)s, %(event)s, %(task)s, %(state)s, %(reason)s)
ON CONFLICT (id) DO UPDATE SET state = 'waiting', tries = 0, received_at = now(), due_at = now()
WHERE github_delivery.state = 'abandoned'

-- name: claim_delivery
UPDATE github_delivery SET due_at = now() + make_interval(secs => %(lease_s)s), tries = tries + 1
WHERE id = (
    SELECT id FROM github_delivery WHERE state = 'waiting' AND due_at <= now()
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, event, task, tries

-- name: lock_delivery
SELECT id FROM github_delivery WHERE id = %(id)s AND state = 'waiting' FOR UPDATE

-- name: end_delivery
UPDATE github_delivery SET state = %(state)s, reason = %(reason)s WHERE id = %(id)s AND state = 'waiting'

-- name: back_off_delivery
UPDATE github_delivery SET due_at = now() + make_interval(secs => %(delay_s)s), reason = %(reason)s
WHERE id = %(id)s AND state = 'waiting'

-- name: delete_old_deliveries
DELETE FROM github_delivery WHERE id IN (
    SELECT id FROM github_delivery WHERE received_at < now() - interval '30 days' ORDER BY received_at LIMIT 1000
)

-- name: lock_pull
SELECT pg_advisory_xact_lock(hashtextextended('github/' || %(repository)s || '#' || %(pull)s, 0))

-- name: lock_landing
SELECT pg_advisory_xact_lock(hashtextextended('github/' || %(repository)s || '/landing', 0))

-- name: check_of
SELECT id, repository, pull, head_sha, state, sample_run, full_run FROM github_check
WHERE repository = %(repository)s AND pull = %(pull)s AND head_sha = %(head_sha)s

-- name: insert_check
INSERT INTO github_check (repository, pull, head_sha, findings)
VALUES (%(repository)s, %(pull)s, %(head_sha)s, %(findings)s)
RETURNING id

-- name: start_samples
UPDATE github_check SET sample_run = %(run)s WHERE id = %(check)s

-- name: close_open_checks
-- All open ones of a pull request but that of its head.
UPDATE github_check SET state = %(state)s, is_settled = false, tries = 0, due_at = now()
WHERE repository = %(repository)s AND pull = %(pull)s AND state = 'open' AND head_sha <> %(head_sha)s
RETURNING id, sample_run, full_run

-- name: merge_checks
UPDATE github_check SET state = 'merged', live_run = coalesce(%(live_run)s, live_run), is_settled = false, shown = '',
    tries = 0, due_at = now()
WHERE repository = %(repository)s AND state IN ('open', 'merged')
  AND (full_run = ANY(%(runs)s) OR (pull = %(pull)s AND head_sha = %(head_sha)s AND state = 'open'))

-- name: restart_check
-- GitHub does not let a check run that has ended begin anew: the next round gets one of its own.
UPDATE github_check SET round = round + is_settled::integer, check_run = CASE WHEN NOT is_settled THEN check_run END,
    shown = '', is_settled = false, tries = 0, due_at = now(),
    state = CASE WHEN state IN ('superseded', 'closed') THEN 'open' ELSE state END
WHERE id = %(check)s

-- name: wake_checks
-- Somebody runs entries again whose end is shown already: another round. Not of what GitHub would not show at all.
UPDATE github_check SET round = round + 1, check_run = NULL, shown = '', is_settled = false, tries = 0, due_at = now()
FROM (SELECT DISTINCT run_id FROM job WHERE rank < 9) busy
WHERE is_settled AND shown <> 'given up' AND state IN ('open', 'merged') AND busy.run_id IN (full_run, sample_run)
  AND created_at > now() - interval '90 days'

-- name: checks_asked_for
SELECT id, repository, pull, sample_run, full_run FROM github_check
WHERE repository = %(repository)s AND state IN ('open', 'merged')
  AND (pull = %(pull)s OR head_sha = %(head_sha)s)
ORDER BY id DESC LIMIT 10 FOR UPDATE

-- name: unended_of_runs
SELECT id FROM job WHERE run_id = ANY(%(runs)s) AND rank < 9 ORDER BY id FOR UPDATE

-- name: failed_of_check
-- Of each entry only the latest word: the full job where there is one.
SELECT coalesce(whole.id, sample.id) AS job
FROM job sample
LEFT JOIN job whole ON whole.run_id = %(full_run)s
    AND (whole.source_name, whole.layer, whole.name) = (sample.source_name, sample.layer, sample.name)
WHERE sample.run_id = %(sample_run)s AND coalesce(whole.status, sample.status) IN ('Fail', 'Cancelled')
ORDER BY job

-- name: lock_open_check
SELECT id, repository, pull, head_sha, sample_run, full_run FROM github_check
WHERE id = %(check)s AND state = 'open' FOR UPDATE

-- name: entries_due
-- Entries whose full job is to be made now, with what is to become of their sample.
SELECT sample.id AS job, sample.rank, sample.source_name, sample.source_url, sample.source_sha256, sample.layer,
       sample.name, sample.tier, sample.host, source.definition
FROM job sample JOIN source ON source.sha256 = sample.source_sha256
WHERE sample.run_id = %(sample_run)s
  AND NOT EXISTS (
      SELECT 1 FROM job whole WHERE whole.run_id = %(full_run)s
      AND (whole.source_name, whole.layer, whole.name) = (sample.source_name, sample.layer, sample.name))
  AND (sample.opened_at < now() - make_interval(secs => %(patience_s)s) AND sample.rank < 9
       OR sample.rank = 9 AND NOT (sample.status = 'Fail' AND starts_with(sample.error_code, 'source.')))
ORDER BY sample.id

-- name: start_full
UPDATE github_check SET full_run = %(run)s WHERE id = %(check)s

-- name: wanted
SELECT wanted.place - 1 AS place, data.job_id AS published, (
    SELECT job.source_sha256 FROM job JOIN run ON run.id = job.run_id
    WHERE run.live AND (job.source_name, job.layer, job.name) = (wanted.source_name, wanted.layer, wanted.name)
    ORDER BY job.id DESC LIMIT 1
) AS live_sha256
FROM unnest(%(source_name)s::text[], %(layer)s::text[], %(name)s::text[]) WITH ORDINALITY
     AS wanted (source_name, layer, name, place)
LEFT JOIN data USING (source_name, layer, name)
ORDER BY place

-- name: tried
-- Every job of the runs, made for pull requests and not live yet, that tried one of these definitions; newest first.
SELECT job.run_id AS run, job.id AS job, job.source_name, job.layer, job.name, job.source_sha256 AS sha256, job.status
FROM job
WHERE job.run_id IN (
    SELECT DISTINCT same.run_id FROM job same
    JOIN github_check ON github_check.full_run = same.run_id
    JOIN run ON run.id = same.run_id AND NOT run.live
    WHERE same.source_sha256 = ANY(%(sha256)s) AND github_check.repository = %(repository)s
    ORDER BY same.run_id DESC LIMIT 50
)
ORDER BY job.run_id DESC, job.id

-- name: make_live
UPDATE run SET live = true WHERE id = %(run)s AND NOT live

-- name: claim_check
UPDATE github_check SET due_at = now() + make_interval(secs => %(lease_s)s), tries = tries + 1
WHERE id = (
    SELECT id FROM github_check WHERE NOT is_settled AND due_at <= now()
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, repository, pull, head_sha, state, findings, sample_run, full_run, live_run, round, check_run, shown, tries

-- name: runs_of_check
SELECT sample_run, full_run, live_run FROM github_check WHERE id = %(check)s

-- name: entries_of_check
-- The whole of a result may be large: only what is shown leaves the database.
SELECT sample.source_name, sample.layer, sample.name,
       sample.id AS sample_job, sample.attempt AS sample_attempt, sample.status AS sample_status,
       sample.rank AS sample_rank, sample.error_code AS sample_code, sample.error_message AS sample_message,
       sample.result -> 'count' AS sample_count, sample.result -> 'fields' AS sample_fields,
       whole.id AS full_job, whole.attempt AS full_attempt, whole.status AS full_status, whole.rank AS full_rank,
       whole.error_code AS full_code, whole.error_message AS full_message,
       whole.result -> 'count' AS full_count, whole.result -> 'valid' AS full_valid,
       whole.result -> 'fields' AS full_fields, whole.result -> 'changes' AS full_changes,
       coalesce(whole.result -> 'outputs' ? 'source.png', false) AS has_preview,
       data.job_id AS live_job, data.result -> 'count' AS live_count, data.result -> 'fields' AS live_fields
FROM job sample
LEFT JOIN job whole ON whole.run_id = %(full_run)s
    AND (whole.source_name, whole.layer, whole.name) = (sample.source_name, sample.layer, sample.name)
LEFT JOIN LATERAL (
    SELECT job_id, result FROM data
    WHERE (data.source_name, data.layer, data.name) = (sample.source_name, sample.layer, sample.name) LIMIT 1
) data ON true
WHERE sample.run_id = %(sample_run)s
ORDER BY sample.source_name, sample.layer, sample.name

-- name: record_check_run
UPDATE github_check SET check_run = %(check_run)s WHERE id = %(check)s AND round = %(round)s

-- name: record_shown
UPDATE github_check SET shown = %(shown)s, is_settled = %(is_settled)s, tries = 0,
    due_at = now() + make_interval(secs => %(delay_s)s)
WHERE id = %(check)s AND round = %(round)s AND state = %(state)s

-- name: back_off_check
UPDATE github_check SET due_at = now() + make_interval(secs => %(delay_s)s) WHERE id = %(check)s

-- name: abandon_check
UPDATE github_check SET is_settled = true, shown = 'given up' WHERE id = %(check)s AND round = %(round)s AND state = %(state)s

-- name: state_of_check
SELECT state, round FROM github_check WHERE id = %(check)s

-- name: record_pull_state
-- Touches no row when a newer state of the pull request is known.
INSERT INTO github_pull (repository, pull, seen_at) VALUES (%(repository)s, %(pull)s, %(seen_at)s)
ON CONFLICT (repository, pull) DO UPDATE SET seen_at = excluded.seen_at WHERE github_pull.seen_at <= excluded.seen_at

-- name: comment_of_pull
SELECT comment FROM github_pull WHERE repository = %(repository)s AND pull = %(pull)s AND comment IS NOT NULL

-- name: record_comment
INSERT INTO github_pull (repository, pull, comment) VALUES (%(repository)s, %(pull)s, %(comment)s)
ON CONFLICT (repository, pull) DO UPDATE SET comment = excluded.comment

-- name: backlog
SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'abandoned') AS abandoned
FROM github_delivery WHERE state IN ('waiting', 'abandoned')
