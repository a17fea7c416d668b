-- name: forget_foreign_order
-- After a restore into another server the counter of transactions may be lower than what the rows say. No row that can be
-- seen is of a transaction that has not begun: such rows are put before all others.
UPDATE job_event SET xid = '0' WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())
