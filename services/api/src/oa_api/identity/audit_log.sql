-- name: insert_entry
-- For audit_log.record.
INSERT INTO audit (kind, account_id, actor, role, action, subject, reason, detail)
VALUES (%(kind)s, %(account)s, %(actor)s, %(role)s, %(action)s, %(subject)s, %(reason)s, %(detail)s)

-- name: audit_columns
-- The columns of AuditEntryRow.
SELECT id, created_at, kind, account_id AS account, actor, role, action, subject, reason, detail FROM audit

-- name: latest_of_subject
-- The latest entry about a subject. For audit_log.find_latest.
{audit_columns}
WHERE subject = %(subject)s ORDER BY id DESC LIMIT 1

-- name: latest_entries
-- The latest entries of some actions. For pages that show recent actions.
{audit_columns}
WHERE action = ANY(%(actions)s) ORDER BY id DESC LIMIT %(limit)s

-- name: entries
-- A page of the audit log, newest first. For audit_log.list_entries.
{audit_columns}
WHERE (%(actor)s::text IS NULL OR actor = %(actor)s)
  AND (%(action)s::text IS NULL OR action = %(action)s)
  AND (%(subject)s::text IS NULL OR subject = %(subject)s)
  AND (%(cursor)s::bigint IS NULL OR id < %(cursor)s)
ORDER BY id DESC LIMIT %(limit)s
