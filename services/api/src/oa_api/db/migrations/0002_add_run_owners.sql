-- Who a run belongs to: an account (its ID), `service`, or `system` for pull requests, schedules and products. Only its
-- owner and moderators change a run and its jobs; requests add no jobs to a run of the system. Runs of earlier versions, and
-- those that an earlier version creates while this one is deployed, are `unknown`: they belong to moderators.
ALTER TABLE run ADD COLUMN owner text NOT NULL DEFAULT 'unknown';
