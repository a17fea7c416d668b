-- Whether a newer job of a dataset ended without publishing is asked of every dataset of a list.
CREATE INDEX job_unpublished ON job (source_name, layer, name, id) WHERE rank = 9 AND status <> 'Success';
