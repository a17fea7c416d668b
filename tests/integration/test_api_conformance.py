"""The OpenAPI document against the application: generated requests cause no 500, and responses match it."""

import asyncio
import threading
import zlib
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from oa_api.definitions.fetcher import DefinitionFetcher, FetchError
from oa_api.http.app_keys import QueuePair
from oa_api.http.openapi import document
from oa_api.routes import ROUTES
from oa_local.postgres import Postgres
from oa_shared.version import VERSION
from support.accounts import account, token
from support.fakes.memory_queue import ImpatientQueue
from support.heartbeats import report_all_parts
from support.running_api import INTERNAL, running_api

SCHEMA = schemathesis.openapi.from_dict(document([route for route in ROUTES if not route.is_legacy], VERSION))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Each operation is called by all of them.
CALLERS = ("anonymous", "admin", "service")
EXAMPLES = 15


class _NoNetwork(DefinitionFetcher):
    """Refuses every fetch, because generated requests contain real host names."""

    def __init__(self) -> None:
        super().__init__(())

    async def fetch(self, address: str) -> str:
        raise FetchError(f"no network for {address}")


class _Served(threading.Thread):
    """The application on its own event loop, because the client of the requests blocks."""

    def __init__(self, database_url: str) -> None:
        super().__init__(daemon=True)
        self._database_url = database_url
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self.ready = threading.Event()
        self.url = ""
        self.headers: dict[str, dict[str, str]] = {"anonymous": {}, "service": INTERNAL}

    def run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        # no worker runs here: without this limit, health would be 503
        queues = {name: QueuePair(ImpatientQueue(), ImpatientQueue()) for name in ("jobs", "results")}
        patient = {"worker_silent_s": 1e9}
        async with running_api(self._database_url, fetcher=_NoNetwork(), queues=queues, **patient) as api:
            await api.job(live=True)
            await report_all_parts(api.database)
            await account(api, "ada", "admin")
            self.headers["admin"] = await token(api, "ada", "admin")
            self.url = str(api.client.make_url("/"))
            self.ready.set()
            await self._stopping.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self.join(30)


@pytest.fixture(scope="module")
def served(postgres: Postgres, migrated_template: str) -> Iterator[_Served]:
    served = _Served(postgres.create("conformance", template=migrated_template))
    served.start()
    assert served.ready.wait(60)
    yield served
    served.stop()
    postgres.drop("conformance")


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_operation_with_generated_requests_matches_its_document(case: schemathesis.Case, served: _Served) -> None:
    # The same request has the same caller when Hypothesis repeats it.
    sent = repr((case.path_parameters, case.query, case.headers, case.body))
    caller = CALLERS[zlib.crc32(sent.encode("utf-8", "replace")) % len(CALLERS)]
    response = case.call_and_validate(base_url=served.url, headers=served.headers[caller], checks=CHECKS)
    if caller == "anonymous" and case.operation.definition.raw["x-role"] != "anyone":
        # The method, the URL and the headers are read first.
        assert response.status_code in {401, 405, 414, 431}
