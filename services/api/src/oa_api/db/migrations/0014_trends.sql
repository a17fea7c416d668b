-- What fails now, and what failed on which day.
CREATE INDEX job_failed ON job (ended_at, error_code) INCLUDE (run_id, source_name, host, id) WHERE status = 'Fail';
CREATE INDEX job_attempt_failed ON job_attempt (ended_at, error_code, job_id) WHERE error_code IS NOT NULL;
CREATE INDEX job_error_open ON job_error (job_id) WHERE state = 'open';
