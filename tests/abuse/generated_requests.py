"""Requests that schemathesis generates from the OpenAPI document, sent as each role, invalid ones too."""

import random
import time
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from abuse.credentials import ROLES, Credentials
from abuse.findings import Figures
from abuse.raw_http import NO_ANSWER, ProbeAnswer, ProbeRequest
from oa_api.http.headers import SECRET_HEADERS
from oa_api.http.openapi import document
from oa_api.routes import ROUTES
from oa_shared.version import VERSION

SCHEMA = schemathesis.openapi.from_dict(document(ROUTES, VERSION))
CHECKS: list[CheckFunction] = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
_EXAMPLES = 10
_HIGHEST_ID = 12
_TIMEOUT_S = 60
_UNAUTHORIZED = 401
_CREDENTIALS = frozenset({"authorization", "cookie", *SECRET_HEADERS})


def probe_generated_requests(base_url: str, credentials: Credentials, *, seconds: float, order: int) -> Figures:
    """Send generated requests of all operations as all roles, in an order of this number, until the time is up."""
    probe = _Probe(base_url, credentials, random.Random(order))  # noqa: S311 - an order
    operations = [result.ok() for result in SCHEMA.get_all_operations()]
    probe.send_examples(operations[0], ROLES[0], GenerationMode.POSITIVE)  # the first takes seconds to prepare
    started = time.monotonic()
    while probe.figures.seconds < seconds:
        turns = [(operation, role, mode) for operation in operations for role in ROLES for mode in _MODES]
        probe.chance.shuffle(turns)
        for operation, role, mode in turns:
            probe.send_examples(operation, role, mode)
            probe.figures.seconds = time.monotonic() - started
            if probe.figures.seconds > seconds:
                break
    return probe.figures


class _Probe:
    def __init__(self, base_url: str, credentials: Credentials, chance: random.Random) -> None:
        self.figures, self.chance = Figures(), chance
        self._base_url, self._credentials = base_url, credentials
        self._session = requests.Session()

    def send_examples(self, operation: Any, role: str, mode: GenerationMode) -> None:
        """Send generated requests of an operation; half of the time with IDs that exist."""
        numbers = {each.name: self.chance.randint(1, _HIGHEST_ID) for each in operation.path_parameters if _is_id(each)}
        has_known_ids = numbers and self.chance.random() < 0.5
        cases = operation.as_strategy(generation_mode=mode, path_parameters=numbers if has_known_ids else None)

        @seed(self.chance.getrandbits(32))
        @settings(
            max_examples=_EXAMPLES,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def send_each(case: Case) -> None:
            self._send(case, role)

        try:
            send_each()
        except Unsatisfiable:
            return  # an operation without parameters has no invalid request

    def _send(self, case: Case, role: str) -> None:
        headers = self._credentials.headers(role)
        if case.headers is not None:
            for name in [name for name in case.headers if name.lower() in _CREDENTIALS]:
                del case.headers[name]  # a generated one would replace the role
        case.cookies = {}
        request = ProbeRequest(case.method, case.formatted_path, case.operation.path, role, headers)
        started = time.monotonic()
        try:
            response = case.call(
                base_url=self._base_url,
                session=self._session,
                headers=headers,
                timeout=_TIMEOUT_S,
                allow_redirects=False,
            )
        except (requests.RequestException, ValueError) as error:
            self.figures.add(request, ProbeAnswer(NO_ANSWER, {}, repr(error).encode(), time.monotonic() - started))
            return
        if response.status_code == _UNAUTHORIZED and role in self._credentials.accounts:
            self._credentials.renew(role)
        sent = response.request
        body = sent.body.encode() if isinstance(sent.body, str) else sent.body
        request = ProbeRequest(case.method, sent.path_url, case.operation.path, role, dict(sent.headers), body)
        received = {name.lower(): values[0] for name, values in response.headers.items()}
        self.figures.add(
            request, ProbeAnswer(response.status_code, received, response.content, time.monotonic() - started)
        )
        try:
            case.validate_response(response, checks=CHECKS)
        except (FailureGroup, Failure) as error:
            self.figures.report(f"response not as documented: {str(error)[:600]}", request)


def _is_id(parameter: Any) -> bool:
    return bool(parameter.definition.get("schema", {}).get("type") == "integer")
