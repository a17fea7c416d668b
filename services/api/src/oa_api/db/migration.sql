-- name: applied
-- The ledger. The column is read by name, because a database from before the baseline does not have it: migrate.
SELECT name, to_jsonb(migration) ->> 'sha256' AS sha256 FROM migration

-- name: reset_foreign_order
-- Called after each migration. After a restore into another server the transaction counter may be lower than the rows
-- say. A visible row never belongs to a transaction that has not started, so such rows sort before all others.
UPDATE job_event SET xid = '0' WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())
