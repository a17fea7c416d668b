-- name: last_ended
-- Part: when a live run of the schedule `sources` with jobs last ended. A rerun opens a job again: its first end is unknown then,
-- but it was before the rerun and, like that of every job, before the deadline.
SELECT least(
    greatest(run.closed_at, (
        SELECT max(CASE WHEN job.opened_at > job.created_at THEN job.opened_at ELSE job.ended_at END)
        FROM job WHERE job.run_id = run.id
    )),
    run.closed_at + make_interval(secs => %(deadline_s)s)
)
FROM schedule_run JOIN run ON run.id = schedule_run.run_id
WHERE schedule_run.type = 'sources' AND run.live AND run.closed_at IS NOT NULL
  AND EXISTS (SELECT FROM job WHERE job.run_id = run.id)
  AND NOT EXISTS (
    SELECT FROM job WHERE job.run_id = run.id AND job.rank < 9 AND job.opened_at = job.created_at
  )
ORDER BY run.id DESC LIMIT 1

-- name: age
-- Seconds since a live weekly run ended, or since the first migration, where none has (weekly_run.get_age_s, the sweep).
SELECT extract(epoch FROM now() - coalesce(({last_ended}), (SELECT min(applied_at) FROM migration)))::float AS age_s
