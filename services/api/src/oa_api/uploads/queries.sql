-- name: insert
INSERT INTO upload (id, account, name, key, size_bytes, sha256, content_type)
VALUES (%(id)s, %(account)s, %(name)s, %(key)s, %(size_bytes)s, %(sha256)s, %(content_type)s)

-- name: selected
SELECT id, account, name, key, size_bytes, sha256, content_type, etag, state, reason, created_at, checked_at FROM upload

-- name: one
{selected} WHERE id = %(upload)s

-- name: lock
{selected} WHERE id = %(upload)s FOR UPDATE

-- name: newest
{selected}
WHERE (%(account)s::text IS NULL OR account = %(account)s) AND state <> 'Deleted'
  AND (%(cursor)s::text IS NULL
       OR (created_at, id) < ((SELECT created_at FROM upload WHERE id = %(cursor)s), %(cursor)s))
ORDER BY created_at DESC, id DESC LIMIT %(limit)s

-- name: waiting
SELECT count(*) AS uploads, coalesce(sum(size_bytes), 0)::bigint AS size_bytes FROM upload
WHERE account = %(account)s AND state = 'Waiting'

-- name: settle
UPDATE upload SET state = %(state)s, reason = %(reason)s, etag = %(etag)s, checked_at = now()
WHERE id = %(upload)s AND state <> 'Deleted'

-- name: delete
UPDATE upload SET state = 'Deleted', reason = %(reason)s WHERE id = %(upload)s AND state <> 'Deleted'

-- name: finish_delete
UPDATE upload SET deleted_at = now() WHERE id = %(upload)s
