"""Published data of another system: an import writes it here, with its IDs and without announcing it."""

from dataclasses import dataclass

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries

_SQL = load_queries("jobs.imported_publication")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a row was not written, None if no reason is known."""

    id: int
    reason: str | None


async def insert_datasets(transaction: Transaction, rows: str) -> list[int]:
    """Insert datasets with the results of imported jobs (JSON); return the IDs of those that did not exist."""
    return await transaction.all(_SQL["insert_datasets"], {"rows": rows}, into=int)


async def update_datasets(transaction: Transaction, rows: str) -> list[int]:
    """Update datasets that an import wrote (JSON); return the IDs of those that have no newer data here."""
    return await transaction.all(_SQL["update_datasets"], {"rows": rows}, into=int)


async def find_dataset_obstacles(transaction: Transaction, rows: str) -> list[Obstacle]:
    """Return why datasets (JSON) were not written."""
    return await transaction.all(_SQL["dataset_obstacles"], {"rows": rows}, into=Obstacle)


async def insert_publications(transaction: Transaction, rows: str) -> list[int]:
    """Insert entries of the history of imported datasets (JSON); return the jobs of those that did not exist."""
    return await transaction.all(_SQL["insert_publications"], {"rows": rows}, into=int)


async def find_publication_obstacles(transaction: Transaction, rows: str) -> list[Obstacle]:
    """Return why entries of the history (JSON) were not written."""
    return await transaction.all(_SQL["publication_obstacles"], {"rows": rows}, into=Obstacle)
