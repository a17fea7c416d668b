"""The ends of children of array jobs: all have the name of their array; the database knows which attempts they were."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.jobs.result_batches import ResultMessage
from oa_shared.ids import ArrayPlace, batch_job_name, parse_array_place
from oa_shared.messages import BatchEvent

_SQL = load_queries("jobs.results")


@dataclass(frozen=True, slots=True)
class _PlacedAttempt:
    """The attempt at a place of an array."""

    array: int
    place: int
    job: int
    attempt: int
    token: str = field(repr=False)


def place_of(message: ResultMessage | None) -> ArrayPlace | None:
    """Return the place of the child whose end a message reports; None for any other message."""
    return parse_array_place(message.job_name, message.batch_job) if isinstance(message, BatchEvent) else None


async def name_attempts(database: Database, events: Mapping[int, BatchEvent]) -> dict[int, BatchEvent]:
    """Return ends of children with the names that their attempts would have alone, by the same keys.

    Left out are the children of unknown arrays, such as one of this number from before a restore of the database.
    """
    places = {key: place for key, event in events.items() if (place := place_of(event)) is not None}
    values = {
        "arrays": [place.array for place in places.values()],
        "places": [place.place for place in places.values()],
        "tokens": [place.token_start for place in places.values()],
    }
    rows = await database.all(_SQL["attempts_at_places"], values, into=_PlacedAttempt)
    found = {(row.array, row.place): row for row in rows}
    named = {}
    for key, place in places.items():
        if (row := found.get((place.array, place.place))) is not None:
            name = batch_job_name(place.stack, row.job, row.attempt, row.token)
            named[key] = replace(events[key], job_name=name)
    return named
