-- Retired and deleted datasets.

-- name: lock_dataset
-- A dataset that no other transaction changes or publishes at the same time (withdrawals.change_state).
SELECT id, state, source_name, layer, name FROM data WHERE id = %(data)s FOR UPDATE

-- name: job_reading
-- A product that is being built of any publication of a dataset (withdrawals.change_state).
SELECT product.id
FROM job product JOIN source ON source.sha256 = product.source_sha256
CROSS JOIN LATERAL jsonb_array_elements(source.definition::jsonb -> 'inputs') input
WHERE product.kind <> 'source' AND product.rank < 9
  AND (input ->> 'job')::bigint IN (SELECT job_id FROM publication WHERE data_id = %(data)s)
ORDER BY product.id LIMIT 1

-- name: set_state
-- Change the state of a dataset (withdrawals.change_state).
UPDATE data SET state = %(state)s WHERE id = %(data)s

-- name: record_withdrawal
-- Record the change for the page and the feed, and in the events, which notify caches and open pages (withdrawals.change_state).
WITH event AS (
    INSERT INTO job_event (job_id, attempt, kind, accepted)
    SELECT job_id, attempt, 'data.' || %(state)s, true FROM data WHERE id = %(data)s
)
INSERT INTO withdrawal (data_id, state, reason, actor, publication_id)
VALUES (%(data)s, %(state)s, %(reason)s, %(actor)s, (SELECT max(id) FROM publication))

-- name: mark_files
-- Mark the files of all publications of a dataset for deletion, with what was converted from them or added to them. Those of
-- an imported publication are in the bucket of another system (withdrawals.change_state).
INSERT INTO file_deletion (job_id, attempt, part, rule)
SELECT owned.job_id, owned.attempt, 'files', %(rule)s
FROM (
    SELECT publication.job_id, publication.attempt FROM publication WHERE publication.data_id = %(data)s
    UNION
    SELECT old.job_id, old.attempt
    FROM publication JOIN conversion ON conversion.publication_id = publication.id
    JOIN job_attempt old ON old.job_id = conversion.job_id
    WHERE publication.data_id = %(data)s
    UNION
    SELECT backfill.job_id, backfill.attempt
    FROM publication
    JOIN backfill ON backfill.target_job = publication.job_id AND backfill.target_attempt = publication.attempt
    WHERE publication.data_id = %(data)s AND backfill.attempt IS NOT NULL
) owned
WHERE NOT coalesce((
    SELECT true FROM imported_row WHERE owned.attempt = 1 AND imported_row.step = 'job' AND imported_row.id = owned.job_id
), false)
ON CONFLICT DO NOTHING
