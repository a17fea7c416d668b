"""Reads sources by name, for their pages and the search."""

from collections.abc import Sequence

from oa_api.db.database import Database
from oa_api.db.like_patterns import starts_with_pattern
from oa_api.db.name_patterns import misspelled_pattern, similar_pattern
from oa_api.db.query_files import load_queries
from oa_api.sources.rows import (
    BoxCountRow,
    DefinitionRow,
    ExistenceRow,
    MatchingSourceRow,
    NamedDatasetRow,
    NameStepRow,
    NumberedRow,
    OriginRow,
    SourcePublicationRow,
    TiledRow,
    WithdrawnDatasetRow,
)

_SQL = load_queries("sources.queries")
_MOST_MISSPELLED = 2
MAX_STEPS = 2_000


async def get_existence(database: Database, source: str) -> ExistenceRow:
    """Return whether a name is that of a source, and whether sources are below it."""
    values = {"source": source, "below": starts_with_pattern(f"{source}/")}
    (row,) = await database.all(_SQL["exists"], values, into=ExistenceRow)
    return row


async def list_steps(database: Database, prefix: str) -> list[NameStepRow]:
    """Return what follows a prefix (empty, or with a slash at its end) in the names of sources, at most MAX_STEPS."""
    values = {"prefix": prefix, "below": starts_with_pattern(prefix) if prefix else None, "limit": MAX_STEPS}
    return await database.all(_SQL["steps"], values, into=NameStepRow)


async def get_definition(database: Database, source: str) -> DefinitionRow | None:
    """Return the newest definition of a source, preferably of a live run; None for a source without a job."""
    return await database.first(_SQL["definition"], {"source": source}, into=DefinitionRow)


async def list_publications(database: Database, source: str, *, limit: int) -> list[SourcePublicationRow]:
    """Return the newest publications of a source."""
    return await database.all(_SQL["publications"], {"source": source, "limit": limit}, into=SourcePublicationRow)


async def get_newest_job(database: Database, source: str) -> int:
    """Return the newest job of a source, preferably of a live run; 0 for a source without a job."""
    return await database.first(_SQL["newest_job"], {"source": source}, into=int) or 0


async def list_origins(database: Database, jobs: Sequence[int]) -> dict[int, OriginRow]:
    """Return where the definitions of jobs came from, by job; without the jobs that are deleted."""
    rows = await database.all(_SQL["origins"], {"jobs": list(jobs)}, into=OriginRow)
    return {row.job: row for row in rows}


async def list_withdrawn(database: Database, source: str) -> list[WithdrawnDatasetRow]:
    """Return the retired, deleted and reopened datasets of a source."""
    return await database.all(_SQL["withdrawn"], {"source": source}, into=WithdrawnDatasetRow)


async def list_tiled(database: Database, source: str, *, limit: int) -> list[TiledRow]:
    """Return the published datasets of a source that have vector tiles."""
    return await database.all(_SQL["tiled"], {"source": source, "limit": limit}, into=TiledRow)


async def find_numbered(database: Database, number: int) -> NumberedRow:
    """Return the job, the run and the dataset with an ID."""
    (row,) = await database.all(_SQL["numbered"], {"id": number}, into=NumberedRow)
    return row


async def find_dataset(database: Database, source: str, layer: str, name: str | None) -> NamedDatasetRow | None:
    """Return the first dataset of a source and layer, with a name if one is stated."""
    values = {"source": source, "layer": layer, "name": name}
    return await database.first(_SQL["dataset"], values, into=NamedDatasetRow)


async def find_sources(database: Database, words: Sequence[str], *, limit: int) -> list[MatchingSourceRow]:
    """Return the sources whose names contain all words: those that end with the last word first."""
    patterns = [similar_pattern(word) for word in words]
    return await _match_sources(database, patterns, limit=limit)


async def suggest_sources(database: Database, words: Sequence[str], *, limit: int) -> list[MatchingSourceRow]:
    """Return the sources whose names contain all words; the two longest may be misspelled if they have five letters."""
    return await _match_sources(database, tolerant_patterns(words), limit=limit)


def tolerant_patterns(words: Sequence[str]) -> list[str]:
    """Return the pattern of each different word: the two longest may be misspelled, since such patterns take long."""
    different = list(dict.fromkeys(words))
    tolerated = sorted(different, key=len)[-_MOST_MISSPELLED:]
    return [(misspelled_pattern(word) if word in tolerated else None) or similar_pattern(word) for word in different]


async def _match_sources(database: Database, patterns: list[str], *, limit: int) -> list[MatchingSourceRow]:
    values = {"words": patterns, "ending": f"{patterns[-1]}$", "limit": limit}
    return await database.all(_SQL["matching"], values, into=MatchingSourceRow)


async def count_in_boxes(database: Database, boxes: Sequence[str]) -> list[int]:
    """Return the number of datasets in each box of Postgres."""
    rows = await database.all(_SQL["datasets_in_boxes"], {"boxes": list(boxes)}, into=BoxCountRow)
    return [row.datasets for row in rows]
