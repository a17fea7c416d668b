-- name: record_deed
INSERT INTO audit (kind, account_id, actor, role, action, subject, why, detail)
VALUES (%(kind)s, %(account)s, %(actor)s, %(role)s, %(action)s, %(subject)s, %(why)s, %(detail)s)
