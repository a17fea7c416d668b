-- name: insert_entry
INSERT INTO audit (kind, account_id, actor, role, action, subject, reason, detail)
VALUES (%(kind)s, %(account)s, %(actor)s, %(role)s, %(action)s, %(subject)s, %(reason)s, %(detail)s)

-- name: latest_entries
SELECT created_at, actor, action, subject, reason, detail FROM audit
WHERE action = ANY(%(actions)s) ORDER BY id DESC LIMIT %(limit)s
