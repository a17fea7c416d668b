-- Jobs whose source has not changed.

-- name: kept_publication
-- Locks the dataset of a live job if a certain attempt is offered, with its files: before an unchanged result is accepted.
SELECT data.result
FROM job JOIN run ON run.id = job.run_id
JOIN data ON data.source_name = job.source_name AND data.layer = job.layer AND data.name = job.name
WHERE job.id = %(job)s AND job.kind = 'source' AND run.live AND NOT job.force
  AND data.job_id = %(kept_job)s AND data.attempt = %(kept_attempt)s AND data.state = 'published'
  AND NOT EXISTS (
      SELECT FROM file_deletion
      WHERE file_deletion.job_id = data.job_id AND file_deletion.attempt = data.attempt
  )
  AND NOT EXISTS (
      SELECT FROM lost_result WHERE lost_result.job_id = data.job_id AND lost_result.attempt = data.attempt
  )
FOR UPDATE OF data

-- name: mark_checked
-- Moves the time of the last check of a dataset, unless a newer job has checked or published it.
UPDATE data SET checked_at = now(), checked_job = job.id
FROM job
WHERE job.id = %(job)s AND data.job_id = job.kept_job AND data.attempt = job.kept_attempt
  AND greatest(data.job_id, data.checked_job) <= job.id

-- name: record_check
-- Records in the events of a job that the published data is up to date.
INSERT INTO job_event (job_id, attempt, kind, accepted) SELECT id, attempt, 'data.checked', true FROM job WHERE id = %(job)s

-- name: force
-- Makes the next attempts of a job write new files: after an unchanged result that could not be accepted.
UPDATE job SET force = true WHERE id = %(job)s
