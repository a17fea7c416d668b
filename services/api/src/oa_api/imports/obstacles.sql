-- name: unended_import
-- An import that has started and not ended, in words: before a process serves, and GET /ready.
SELECT format('import %%s of %%s, started at %%s: run `oa-api import` again', id, system,
              to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')) AS reason
FROM import WHERE ended_at IS NULL

-- name: overtaken_identities
-- Tables with IDs above the sequence that gives new ones: the same.
SELECT name, highest, next FROM identities_behind()
