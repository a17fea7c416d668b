"""The inputs that the plan of a product names, as URLs."""

import asyncio
import json
from collections.abc import Sequence

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ForbiddenError
from oa_shared.storage import Storage

_SQL = load_queries("attempt_access.queries")
VALID_S = 3600


async def sign_inputs(database: Database, storage: Storage, job: int, keys: Sequence[str]) -> dict[str, str]:
    """Return a URL for each key. Raises ForbiddenError for a key that the plan of the job does not name."""
    plan = await database.first(_SQL["plan"], {"job": job}, into=str)
    named = await asyncio.to_thread(_named_keys, plan) if plan is not None else frozenset()
    for key in keys:
        if key not in named:
            raise ForbiddenError(f"the plan of job {job} does not name {key[:200]!r}")
    urls = {}
    for key in keys:
        urls[key] = await storage.presign(key, VALID_S)
        await asyncio.sleep(0)  # a signature is a computation; the other requests get their turn
    return urls


def _named_keys(plan: str) -> frozenset[str]:
    """Return the keys of a plan, which this API has written (oa_shared.products)."""
    inputs = json.loads(plan)["inputs"]
    return frozenset(item[name] for item in inputs for name in ("key", "geojson_key") if item.get(name))
