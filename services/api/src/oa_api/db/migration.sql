-- name: applied
-- The ledger. The column is read by name, because a database from before the baseline does not have it: migrate.
SELECT name, to_jsonb(migration) ->> 'sha256' AS sha256 FROM migration

-- name: reset_foreign_order
-- Called at each start. After a restore into another server the transaction counter may be lower than the rows
-- say. A visible row never belongs to a transaction that has not started, so such rows sort before all others.
UPDATE job_event SET xid = '0' WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())

-- name: may_migrate
-- Whether this role may create tables: migrate does so, the role of the services may not. Called at the start.
SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_migrate

-- name: may_read_ledger
-- Called at the start of a process that may not migrate. A database without migrations has no ledger.
SELECT coalesce(has_table_privilege(to_regclass('migration'), 'SELECT'), false) AS may_read

-- name: applied_names
-- Called at the start of a process that may not migrate.
SELECT name FROM migration
