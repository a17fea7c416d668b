"""The routes of status."""

from functools import partial

from oa_api.http.routing import TEXT, get, page, post
from oa_api.status import api, metrics_api, overview_page, status_page
from oa_api.status.schemas import (
    HealthSchema,
    LivenessSchema,
    ProcessReportSchema,
    ProcessSchema,
    ReadinessSchema,
    VersionSchema,
)
from oa_shared.roles import Role

_check = partial(get, is_health=True, tag="service", role=Role.ANYONE)

API = (
    _check(
        "/",
        api.get_root,
        "Get the health of the system",
        operation_id="getHealth",
        response=HealthSchema,
        has_page=True,
        description="503 with the problems if the database, a queue, the bucket, AWS Batch or a part of a process is "
        "down, or if files of results are missing. Answers within 2 seconds. A browser gets the front page. Not for "
        "load balancers: use `/live` and `/ready`.",
    ),
    _check(
        "/live",
        api.get_liveness,
        "Get the liveness of this process",
        response=LivenessSchema,
        description="503 if this process has to be replaced, whatever the state of its dependencies.",
    ),
    _check(
        "/ready",
        api.get_readiness,
        "Get the readiness of this process",
        response=ReadinessSchema,
        description="503 while this process cannot serve: it starts or stops, or the database does not respond.",
    ),
    get(
        "/api",
        api.get_version,
        "Get the version",
        description="The version of the code.",
        response=VersionSchema,
        tag="service",
        role=Role.ANYONE,
    ),
    get(
        "/metrics",
        metrics_api.get_metrics,
        "Get Prometheus metrics",
        description="In the text format of Prometheus.",
        response=(TEXT,),
        tag="service",
        role=Role.ANYONE,
    ),
    post(
        "/api/heartbeat",
        api.post_heartbeat,
        "Report the parts of a process",
        operation_id="reportProcess",
        response=ProcessSchema,
        tag="service",
        description="For the dispatcher, which has no access to the database.",
        body=ProcessReportSchema,
        role=Role.SERVICE,
    ),
)
PAGES = (
    page("/overview", overview_page.show_overview, "Overview", is_health=True, role=Role.ANYONE),
    page("/status", status_page.show_status, "Status", is_health=True, role=Role.ANYONE),
)
ROUTES = (*API, *PAGES)
