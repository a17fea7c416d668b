-- name: is_active
(acknowledgement.ended_at IS NULL AND acknowledgement.until >= (now() AT TIME ZONE 'UTC')::date)

-- name: active
-- Part: the acknowledgements in force, for joins on source_name and error_code.
(SELECT * FROM acknowledgement WHERE {is_active})

-- name: selected
SELECT acknowledgement.id, acknowledgement.source_name, acknowledgement.error_code, acknowledgement.note,
       acknowledgement.owner, acknowledgement.issue_url, acknowledgement.until, acknowledgement.actor,
       acknowledgement.created_at, acknowledgement.ended_by,
       CASE WHEN {is_active} THEN NULL
            ELSE coalesce(acknowledgement.ended_at, (acknowledgement.until + 1) AT TIME ZONE 'UTC') END AS ended_at
FROM acknowledgement

-- name: acknowledgement
-- One acknowledgement.
{selected} WHERE acknowledgement.id = %(acknowledgement)s

-- name: acknowledgements
-- A page of acknowledgements, newest first.
{selected}
WHERE (%(ended)s OR {is_active}) AND (%(source)s::text IS NULL OR acknowledgement.source_name = %(source)s)
  AND (%(cursor)s::bigint IS NULL OR acknowledgement.id < %(cursor)s)
ORDER BY acknowledgement.id DESC LIMIT %(limit)s

-- name: of_cause
-- The acknowledgement in force for a failure code of a source, if any.
{selected} WHERE acknowledgement.source_name = %(source)s AND acknowledgement.error_code = %(code)s AND {is_active}

-- name: end_of_cause
-- Ends the acknowledgement of a cause, in force or expired, before another takes its place.
UPDATE acknowledgement SET ended_at = now(), ended_by = %(actor)s
WHERE source_name = %(source)s AND error_code = %(code)s AND ended_at IS NULL

-- name: insert
INSERT INTO acknowledgement (source_name, error_code, note, owner, issue_url, until, actor)
VALUES (%(source)s, %(code)s, %(note)s, %(owner)s, %(issue_url)s, %(until)s, %(actor)s)
ON CONFLICT (source_name, error_code) WHERE ended_at IS NULL DO NOTHING RETURNING id

-- name: end
UPDATE acknowledgement SET ended_at = now(), ended_by = %(actor)s WHERE id = %(acknowledgement)s AND {is_active}
