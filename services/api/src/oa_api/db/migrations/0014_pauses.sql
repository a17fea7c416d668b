-- What operators hold back: everything, a lane, a source or the sources of a place, or a host that data comes from.
-- The relay puts the messages concerned aside and sends them when the pause is over.
CREATE TABLE pause (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('all', 'lane', 'source', 'host')),
    value text NOT NULL DEFAULT '',
    why text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    until timestamptz,
    ended_at timestamptz,
    ended_by text
);
CREATE UNIQUE INDEX pause_once ON pause (scope, value) WHERE ended_at IS NULL;

ALTER TABLE job ADD host text, ADD paused_for interval NOT NULL DEFAULT '0';
CREATE INDEX job_by_host ON job (host, id) WHERE host IS NOT NULL;
ALTER TABLE outbox ADD paused_by bigint, ADD paused_at timestamptz;
DROP INDEX outbox_unsent;
CREATE INDEX outbox_unsent ON outbox (available_at, id) WHERE sent_at IS NULL AND paused_by IS NULL;
CREATE INDEX outbox_paused ON outbox (paused_by, id) WHERE paused_by IS NOT NULL;
