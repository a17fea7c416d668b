-- The heartbeat of each part of each process. The table heartbeat has one row for a worker over all processes, so a
-- running process hid a broken one; code of before this migration still writes it.
CREATE TABLE process_heartbeat (
    process text NOT NULL,
    part text NOT NULL,
    version text NOT NULL,
    progress_at timestamptz NOT NULL,
    reported_at timestamptz NOT NULL DEFAULT now(),
    problem text NOT NULL DEFAULT '',
    PRIMARY KEY (process, part)
);
