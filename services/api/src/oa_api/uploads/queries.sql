-- name: insert
-- Create an upload that waits for its file (service.create_upload).
INSERT INTO upload (id, account, name, key, size_bytes, sha256, content_type)
VALUES (%(id)s, %(account)s, %(name)s, %(key)s, %(size_bytes)s, %(sha256)s, %(content_type)s)

-- name: selected
-- The columns of an upload, for the queries below.
SELECT id, account, name, key, size_bytes, sha256, content_type, etag, state, reason, created_at, checked_at FROM upload

-- name: one
-- An upload, for its endpoints and for the public URL of its file.
{selected} WHERE id = %(upload)s

-- name: lock
-- An upload, locked until the transaction that deletes it ends (service.delete_upload).
{selected} WHERE id = %(upload)s FOR UPDATE

-- name: newest
-- A page of uploads of an account, or of all, for GET /api/upload and the page /uploads.
{selected}
WHERE (%(account)s::text IS NULL OR account = %(account)s) AND state <> 'Deleted'
  AND (%(cursor)s::text IS NULL
       OR (created_at, id) < ((SELECT created_at FROM upload WHERE id = %(cursor)s), %(cursor)s))
ORDER BY created_at DESC, id DESC LIMIT %(limit)s

-- name: count_waiting
-- How many uploads of an account wait for their files (service.create_upload).
SELECT count(*) FROM upload WHERE account = %(account)s AND state = 'Waiting'

-- name: sum_stored
-- The bytes of all uploads of an account that are stored or on their way (service.create_upload).
SELECT coalesce(sum(size_bytes), 0)::bigint FROM upload WHERE account = %(account)s AND state IN ('Waiting', 'Ready')

-- name: record_check
-- Record the result of the check of a file (service.check_file).
UPDATE upload SET state = %(state)s, reason = %(reason)s, etag = %(etag)s, checked_at = now()
WHERE id = %(upload)s AND state <> 'Deleted'

-- name: delete
-- Mark an upload as deleted (service.delete_upload).
UPDATE upload SET state = 'Deleted', reason = %(reason)s WHERE id = %(upload)s AND state <> 'Deleted'

-- name: finish_delete
-- Record that the object of a deleted upload is gone (service.delete_upload).
UPDATE upload SET deleted_at = now() WHERE id = %(upload)s
