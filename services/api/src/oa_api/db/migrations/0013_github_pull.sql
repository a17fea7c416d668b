-- How new a state of a pull request has been acted on: what was read before it, and comes later, changes nothing.
ALTER TABLE github_comment RENAME TO github_pull;
ALTER TABLE github_pull ALTER comment DROP NOT NULL, ADD seen_at timestamptz NOT NULL DEFAULT '-infinity';
