"""Requests of every route with odd values: each path and query parameter, JSON property, method, type and header."""

import json
import random
import re
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from abuse import odd_values
from abuse.credentials import ROLES, Credentials
from abuse.findings import Figures
from abuse.json_parts import example_of, json_paths, replace_at
from abuse.raw_http import ProbeRequest, RawClient
from oa_api.http.openapi import document
from oa_api.http.routing import PAGE, Route
from oa_api.routes import ROUTES
from oa_shared.roles import Role
from oa_shared.version import VERSION

_PARAMETER = re.compile(r"{(\w+)}")
_GOOD = {"file": "source.geojson.gz", "queue": "jobs", "source": "us/ca/berkeley", "layer": "addresses", "name": "city"}
_GOOD |= {"upload": "b" * 32, "version": "x"}
_UNAUTHORIZED = 401
_DOCUMENT = document(ROUTES, VERSION)
_LEVELS = {"anonymous": 0, "viewer": 1, "author": 2, "moderator": 3, "admin": 4, "service": 5}
_HTML = {"Accept": "text/html"}
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def probe_odd_requests(base_url: str, credentials: Credentials, *, seconds: float, order: int) -> Figures:
    """Send odd requests in an order of this number, until the time is up or all are sent."""
    figures, client, chance = Figures(), RawClient(base_url), random.Random(order)  # noqa: S311 - an order
    requests = [(request, route.role) for route in ROUTES for request in odd_requests(route)]
    chance.shuffle(requests)
    started = time.monotonic()
    for request, lowest in requests:
        for role in _roles(lowest, chance):
            send_as(figures, client, credentials, request, role)
        figures.seconds = time.monotonic() - started
        if figures.seconds > seconds:
            break
    client.close()
    return figures


def _roles(lowest: Role, chance: random.Random) -> list[str]:
    """Return the roles that a route is open to, and one that it is not."""
    below = [role for role in ROLES if _LEVELS[role] < lowest]
    return [*(role for role in ROLES if _LEVELS[role] >= lowest), *chance.sample(below, min(1, len(below)))]


def send_as(figures: Figures, client: RawClient, credentials: Credentials, request: ProbeRequest, role: str) -> None:
    """Send a request as a role and check the answer; a credential that an earlier request revoked is renewed."""
    sent = _with_role(request, credentials, role)
    answer = client.send(sent)
    if answer.status == _UNAUTHORIZED and role in credentials.accounts and "Authorization" not in request.headers:
        credentials.renew(role)
        sent = _with_role(request, credentials, role)
        answer = client.send(sent)
    figures.add(sent, answer)


def _with_role(request: ProbeRequest, credentials: Credentials, role: str) -> ProbeRequest:
    headers = {**credentials.headers(role), **request.headers}
    return ProbeRequest(request.method, request.target, request.route, role, headers, request.body)


def odd_requests(route: Route) -> Iterator[ProbeRequest]:
    """Yield the odd requests of a route."""
    good = fill_path(route)
    plain, body = dict(_HTML) if route.tag == PAGE else {}, good_body(route)
    if body is not None:
        plain["Content-Type"] = "application/json"
    for target in [*_odd_paths(route), *(good + query for query in _odd_queries(route))]:
        yield ProbeRequest(route.method, target, route.path, headers=plain, body=body)
    for method in odd_values.METHODS:
        yield ProbeRequest(method, good, route.path, headers=plain, body=body if method in _WRITING else None)
    for headers in odd_values.HEADERS:
        yield ProbeRequest(route.method, good, route.path, headers={**plain, **headers}, body=_fitting(body, headers))
    if route.method in _WRITING:
        yield from _odd_bodies(route, good)


def _fitting(body: bytes | None, headers: dict[str, str]) -> bytes | None:
    """Return the body of a request whose headers do not announce more of it than is sent."""
    return None if headers.keys() & {"Content-Length", "Transfer-Encoding", "Expect"} else body


def _odd_paths(route: Route) -> Iterator[str]:
    for name in _PARAMETER.findall(route.path):
        for value in odd_values.IN_URLS:
            yield fill_path(route, **{name: value})
    yield from (route.path + suffix for suffix in ("/", "//", "/%2e%2e", "/../..", "%00", ";a=b", "/%2F", "#x"))
    yield "/" + route.path
    yield "http://evil.example" + route.path


def fill_path(route: Route, **values: str) -> str:
    """Return a path of a route with these values of parameters, and good ones for the others."""
    known = {**_GOOD, **values}
    return _PARAMETER.sub(lambda found: known.get(found[1], "1"), route.path)


def _odd_queries(route: Route) -> Iterator[str]:
    names = [field.data_key or name for name, field in route.query().fields.items()] if route.query else []
    for name in [*names, "next", "unknown", "%00", ""]:
        yield from (f"?{name}={value}" for value in odd_values.IN_URLS)
        yield from (f"?{name}=1&{name}=1", f"?{name}", f"?{name}[]=1", f"?{name}=1;{name}=2", f"?{name}=%31%00%32")
    yield from (
        "?",
        "??",
        "?&&&=&",
        "?" + "a&" * 4000,
        "?" + "&".join(f"{n:x}" for n in range(1800)),
        "?%ED%A0%80=%ED%A0%80",
        "?" + urlencode({"a": "b" * 7000}),
    )


def good_body(route: Route) -> bytes | None:
    """Return a valid body of an operation of the API, None for a route without one."""
    example = _example(route)
    return None if example is None else json.dumps(example).encode()


def _example(route: Route) -> object:
    operation = _DOCUMENT["paths"].get(route.path, {}).get(route.method.lower(), {})
    if "requestBody" not in operation:
        return None
    content = operation["requestBody"]["content"]
    if "application/json" not in content:
        return None
    schema = content["application/json"]["schema"]
    return example_of(schema, _DOCUMENT["components"]["schemas"])


def _odd_bodies(route: Route, target: str) -> Iterator[ProbeRequest]:
    example, good = _example(route), good_body(route) or b"a=1"
    for value in odd_values.IN_JSON:
        for path in json_paths(example) if example is not None else [()]:
            odd = json.dumps(replace_at(example, path, value)).encode()
            yield ProbeRequest(route.method, target, route.path, headers={"Content-Type": "application/json"}, body=odd)
    for kind in odd_values.CONTENT_TYPES:
        for body in (good, *odd_values.BODIES):
            yield ProbeRequest(route.method, target, route.path, headers={"Content-Type": kind}, body=body)
