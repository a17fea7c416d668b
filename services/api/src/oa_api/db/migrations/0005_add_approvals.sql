-- Pull requests that wait for an approval, quotas by author, and the work that a process took and never ended.
ALTER TABLE github_check
    ADD COLUMN author text NOT NULL DEFAULT '',
    ADD COLUMN entry_count integer NOT NULL DEFAULT 0,
    ADD COLUMN held text NOT NULL DEFAULT '' CHECK (held IN ('', 'newcomer', 'quota')),
    ADD COLUMN unfinished_takes integer NOT NULL DEFAULT 0;
CREATE INDEX github_check_by_author ON github_check (repository, author, created_at);

ALTER TABLE github_pull
    ADD COLUMN approved_at timestamptz,
    ADD COLUMN approved_by text;

ALTER TABLE github_delivery ADD COLUMN unfinished_takes integer NOT NULL DEFAULT 0;
