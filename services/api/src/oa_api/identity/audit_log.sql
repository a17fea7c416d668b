-- name: record_deed
INSERT INTO audit (kind, account_id, actor, role, action, subject, why, detail)
VALUES (%(kind)s, %(account)s, %(actor)s, %(role)s, %(action)s, %(subject)s, %(why)s, %(detail)s)

-- name: latest_deeds
SELECT at, actor, action, subject, why, detail FROM audit WHERE action = ANY(%(actions)s) ORDER BY id DESC LIMIT %(limit)s
