-- Published data of another system, written by an import.

-- name: record
-- The rows of a batch as JSON: a column for each value.
jsonb_to_recordset(%(rows)s::jsonb) AS new

-- name: insert_datasets
-- Makes the results of imported jobs the data of their datasets, unless a dataset of this name is published here.
INSERT INTO data (id, source_name, layer, name, job_id, attempt, updated_at, license, result)
OVERRIDING SYSTEM VALUE
SELECT new.id, new.source_name, new.layer, new.name, job.id, 1, new.updated_at,
       nullif(job.result #> '{imported,license}', 'null'), job.result
FROM {record} (id bigint, source_name text, layer text, name text, job_id bigint, updated_at timestamptz)
JOIN imported_row owner ON owner.step = 'job' AND owner.id = new.job_id
JOIN job ON job.id = owner.id AND job.result IS NOT NULL
ORDER BY new.id
ON CONFLICT DO NOTHING
RETURNING id

-- name: update_datasets
-- Replaces imported data by that of a newer imported job; data that this system has published since stays.
UPDATE data SET
    job_id = job.id, attempt = 1, updated_at = new.updated_at, result = job.result,
    license = nullif(job.result #> '{imported,license}', 'null')
FROM {record} (id bigint, job_id bigint, updated_at timestamptz)
JOIN imported_row owner ON owner.step = 'job' AND owner.id = new.job_id
JOIN job ON job.id = owner.id AND job.result IS NOT NULL
WHERE data.id = new.id AND data.attempt = 1 AND data.job_id <= job.id AND data.checked_job IS NULL
  AND EXISTS (SELECT FROM imported_row WHERE imported_row.step = 'job' AND imported_row.id = data.job_id)
RETURNING data.id

-- name: insert_publications
-- Writes the history of imported datasets, in the order of their jobs. It announces nothing: the data is not new.
INSERT INTO publication (
    data_id, job_id, attempt, run_id, published_at, source_sha256, source_url, github, license, result
)
SELECT data.id, job.id, 1, job.run_id, new.published_at, job.source_sha256, job.source_url, run.github,
       nullif(job.result #> '{imported,license}', 'null'), job.result
FROM {record} (id bigint, data_id bigint, published_at timestamptz)
JOIN imported_row dataset ON dataset.step = 'data' AND dataset.id = new.data_id
JOIN data ON data.id = dataset.id
JOIN imported_row owner ON owner.step = 'job' AND owner.id = new.id
JOIN job ON job.id = owner.id AND job.result IS NOT NULL
JOIN run ON run.id = job.run_id
WHERE job.id <= data.job_id
ORDER BY job.id
ON CONFLICT DO NOTHING
RETURNING job_id AS id

-- name: dataset_obstacles
-- Why datasets were not inserted or updated.
SELECT new.id, CASE
    WHEN owner.id IS NULL THEN format('its job %%s is not imported', new.job_id)
    WHEN job.result IS NULL THEN format('its job %%s has no result', new.job_id)
    WHEN known.id IS NULL AND same_id.id IS NOT NULL THEN 'its ID is in use by a dataset of this system'
    WHEN same_name.id <> new.id THEN format('data %%s has its source, layer and name', same_name.id)
    WHEN same_id.id IS NOT NULL THEN format('job %%s has published or checked it here', coalesce(same_id.checked_job, same_id.job_id))
END AS reason
FROM {record} (id bigint, source_name text, layer text, name text, job_id bigint)
LEFT JOIN imported_row owner ON owner.step = 'job' AND owner.id = new.job_id
LEFT JOIN job ON job.id = owner.id
LEFT JOIN imported_row known ON known.step = 'data' AND known.id = new.id
LEFT JOIN data same_id ON same_id.id = new.id
LEFT JOIN data same_name
    ON same_name.source_name = new.source_name AND same_name.layer = new.layer AND same_name.name = new.name

-- name: publication_obstacles
-- Why entries of the history were not inserted.
SELECT new.id, CASE
    WHEN dataset.id IS NULL THEN format('its dataset %%s is not imported', new.data_id)
    WHEN owner.id IS NULL THEN 'its job is not imported'
    WHEN job.result IS NULL THEN 'its job has no result'
    WHEN publication.id IS NOT NULL THEN 'its job has a publication here'
    WHEN data.job_id < new.id THEN format('job %%s has published other data here', data.job_id)
END AS reason
FROM {record} (id bigint, data_id bigint)
LEFT JOIN imported_row dataset ON dataset.step = 'data' AND dataset.id = new.data_id
LEFT JOIN imported_row owner ON owner.step = 'job' AND owner.id = new.id
LEFT JOIN job ON job.id = owner.id
LEFT JOIN data ON data.id = dataset.id
LEFT JOIN publication ON publication.job_id = new.id AND publication.attempt = 1
