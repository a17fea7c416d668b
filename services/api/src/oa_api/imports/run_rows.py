"""Runs, datasets, publications and collections of openaddresses/batch in the form of this system."""

import re
from collections.abc import Mapping
from datetime import datetime

from oa_api.imports.account_rows import UNKNOWN_TIME
from oa_api.imports.findings import ConvertedRow, NotImportableError
from oa_api.imports.rows import TheirCollection, TheirDataset, TheirPublication, TheirRun
from oa_api.products.globs import GLOB
from oa_shared.carriers import clean_text
from oa_shared.imported_files import imported_key
from oa_shared.json_types import JsonObject
from oa_shared.postgres_json import clean_json
from oa_shared.products import COLLECTION_FILES, COLLECTION_FORMATS, ProductFormat
from oa_shared.scheduling import Lane

_NO_TIME = "it has no time of creation: 1970-01-01"
_COLLECTION_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")
_MAX_GLOBS = 500
_MAX_DISPLAY_NAME = 200


def convert_run(run: TheirRun) -> ConvertedRow:
    """Return a run. It is closed, so that it accepts no jobs of this system."""
    adaptations = [] if run.created_at else [_NO_TIME]
    created_at = (run.created_at or UNKNOWN_TIME).isoformat()
    github = clean_json(run.github) if isinstance(run.github, Mapping) and run.github else None
    lane = Lane.WEEKLY if run.live else Lane.PULL_REQUEST if github else Lane.MANUAL
    values: JsonObject = {
        "created_at": created_at,
        "live": run.live,
        "lane": lane,
        "github": github,
        "closed_at": created_at,
    }
    return ConvertedRow(run.id, values, adaptations)


def convert_dataset(dataset: TheirDataset) -> ConvertedRow:
    """Return a published dataset. Raises NotImportableError."""
    if dataset.place > 1:
        raise NotImportableError("a newer row has the same source, layer and name")
    if dataset.job is None or dataset.source is None or dataset.layer is None or dataset.name is None:
        raise NotImportableError("it has no job, source, layer or name")
    adaptations = [] if dataset.updated_at else ["it has no time of publication: 1970-01-01"]
    values: JsonObject = {
        "source_name": dataset.source,
        "layer": dataset.layer,
        "name": dataset.name,
        "job_id": dataset.job,
        "updated_at": (dataset.updated_at or UNKNOWN_TIME).isoformat(),
    }
    return ConvertedRow(dataset.id, values, adaptations)


def convert_publication(publication: TheirPublication) -> ConvertedRow:
    """Return an entry of the history of a dataset."""
    published_at: datetime = publication.published_at or UNKNOWN_TIME
    values: JsonObject = {"data_id": publication.data, "published_at": published_at.isoformat()}
    return ConvertedRow(publication.id, values)


def convert_collection(collection: TheirCollection, *, bucket: str, folder: str) -> ConvertedRow:
    """Return a collection whose file is the one that the other system built. Raises NotImportableError."""
    adaptations = [] if collection.created_at else [_NO_TIME]
    if not _COLLECTION_NAME.match(collection.name):
        raise NotImportableError(f"the name {collection.name[:80]!r} is not of lowercase letters, digits and hyphens")
    stated = collection.sources if isinstance(collection.sources, list) else []
    globs = [glob for glob in stated if isinstance(glob, str) and re.match(GLOB, glob)]
    if not globs or len(globs) > _MAX_GLOBS:
        raise NotImportableError(f"it has {len(globs)} usable globs of sources; 1 to {_MAX_GLOBS} are accepted")
    adaptations += [f"the glob {str(glob)[:80]!r} is left out" for glob in stated if glob not in globs]
    created_at = (collection.created_at or UNKNOWN_TIME).isoformat()
    key = imported_key(bucket, f"{folder}/collection-{collection.name}.zip")
    output = {"key": key, **({"bytes": collection.size} if collection.size else {})}
    values: JsonObject = {
        "name": collection.name,
        "display_name": clean_text(collection.human or collection.name)[:_MAX_DISPLAY_NAME],
        "sources": globs,
        "formats": list(COLLECTION_FORMATS),
        "created_at": created_at,
        "result": {"outputs": {COLLECTION_FILES[ProductFormat.GEOJSON]: output}} if collection.size else None,
    }
    return ConvertedRow(collection.id, values, adaptations)
