-- name: takes_of
-- How often these items were taken without an end: before they are taken again.
SELECT key, takes, taken_at > now() - make_interval(secs => %(within_s)s) AS is_recent FROM unfinished_take WHERE kind = %(kind)s AND key = ANY(%(keys)s::text[])

-- name: count_takes
-- Counts a take of these items, before the work on them starts.
INSERT INTO unfinished_take (kind, key) SELECT %(kind)s, unnest(%(keys)s::text[])
ON CONFLICT (kind, key) DO UPDATE SET takes = unfinished_take.takes + 1, taken_at = now()

-- name: delete_takes
-- Forgets the takes of items that the process has let go of.
DELETE FROM unfinished_take WHERE kind = %(kind)s AND key = ANY(%(keys)s::text[])

-- name: delete_old_takes
-- Forgets the takes of items that were not taken for a week: the sweep.
DELETE FROM unfinished_take WHERE taken_at < now() - interval '7 days'
