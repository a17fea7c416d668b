-- The base branch that the changes of a check were found against; empty for checks of earlier versions. A pull request
-- that gets another base branch has other changes, at the same commit.
ALTER TABLE github_check ADD COLUMN base_ref text NOT NULL DEFAULT '';

-- The secret before the last replacement, with which deliveries are signed too until its receivers have the new one.
ALTER TABLE webhook ADD COLUMN former_secret text, ADD COLUMN former_secret_until timestamptz;
