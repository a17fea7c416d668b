"""The routes of openaddresses/batch that have their own path; forms.py has those that share one with version 2."""

from dataclasses import replace
from functools import partial

from oa_api.accounts import routes as accounts
from oa_api.compatibility import (
    account_api,
    data_api,
    file_api,
    job_api,
    product_api,
    service_api,
)
from oa_api.compatibility import other_schemas as other
from oa_api.compatibility import request_schemas as requests
from oa_api.compatibility import schemas as shapes
from oa_api.compatibility.forms import FORMS
from oa_api.compatibility.redirects import read_redirects, redirect_to
from oa_api.compatibility.table import RecognizedBy
from oa_api.compatibility.withdrawn import withdrawn_routes
from oa_api.failures import routes as failures
from oa_api.http.routing import BYTES, JSON, JSON_ARRAY, JSON_LINES, Route, page
from oa_api.jobs import routes as jobs
from oa_api.products import routes as products
from oa_api.pull_requests import routes as pull_requests
from oa_api.status import routes as status
from oa_shared.roles import Role

_legacy = partial(Route, tag="compatibility", is_legacy=True, role=Role.ANYONE)
API = (
    _legacy(
        "GET",
        "/api/schema",
        service_api.get_schema,
        "List the schemas of openaddresses/batch's endpoints",
        response=(JSON,),
        description="With `method` and `url` those of one endpoint. They come from its OpenAPI document.",
        query=requests.SchemaQueryV1Schema,
        refusals=(404,),
    ),
    _legacy(
        "GET",
        "/api/openapi.v1.json",
        service_api.get_openapi_v1,
        "Get the OpenAPI document of version 1",
        response=(JSON,),
    ),
    _legacy(
        "GET",
        "/api/health",
        service_api.get_health,
        "Get the readiness of this process",
        response=other.HealthV1Schema,
        is_health=True,
    ),
    _legacy(
        "DELETE",
        "/api/cache",
        service_api.delete_cache,
        "Flush the cache",
        response=other.StandardV1Schema,
        description="Changes nothing: this service has no cache.",
        role=Role.ADMIN,
    ),
    _legacy(
        "DELETE",
        "/api/cache/{cache_key}",
        service_api.delete_cache_key,
        "Flush a key of the cache",
        response=other.StandardV1Schema,
        description="Changes nothing: this service has no cache.",
        role=Role.ADMIN,
    ),
    _legacy(
        "GET",
        "/api/job/orphaned",
        job_api.list_orphans,
        "List jobs without a dataset",
        response=shapes.JobListV1ResponseSchema,
        query=requests.OrphanListV1Schema,
        role=Role.ADMIN,
    ),
    _legacy(
        "GET",
        "/api/job/{job}/output/sample",
        file_api.get_sample,
        "Get the first features of a job",
        response=(JSON_ARRAY,),
        refusals=(410,),
    ),
    _legacy(
        "GET",
        "/api/job/{job}/delta",
        job_api.get_delta,
        "Compare a job with the published one",
        response=shapes.DeltaV1Schema,
        refusals=(400,),
    ),
    _legacy(
        "GET",
        "/api/job/error/{job}",
        job_api.get_error,
        "Get a job that needs review",
        response=shapes.JobErrorV1Schema,
    ),
    _legacy(
        "GET",
        "/api/collections/{collection}/processed",
        file_api.get_processed,
        "Download the deduplicated version of a collection",
        response=(BYTES,),
        refusals=(410, 416),
        also=(302,),
    ),
    _legacy(
        "PUT",
        "/api/export/{export}",
        product_api.put_export,
        "Rerun an export",
        response=other.ExportV1Schema,
        refusals=(409,),
        role=Role.ADMIN,
    ),
    _legacy(
        "GET",
        "/api/export/{export}/log",
        file_api.get_export_log,
        "Get the log of an export",
        response=(JSON,),
        refusals=(410,),
    ),
    _legacy(
        "GET",
        "/api/export/{export}/output/export.zip",
        file_api.get_export_file,
        "Download an export",
        response=(BYTES,),
        refusals=(410, 416),
        also=(302,),
    ),
    _legacy(
        "GET",
        "/api/login",
        account_api.get_login,
        "Get the caller",
        response=other.LoginV1Schema,
        refusals=(403,),
    ),
    _legacy("GET", "/api/map", data_api.get_map, "Get what a map needs to start", response=shapes.MapV1Schema),
    _legacy(
        "GET",
        "/api/map/features",
        data_api.list_features,
        "List places",
        response=(JSON_LINES,),
        description="Lines of GeoJSON: the extent of the data of each source, with its layers.",
        also=(304,),
    ),
    _legacy("GET", "/api/map/{map}", data_api.get_place, "Get a place", response=shapes.PlaceV1Schema, also=(304,)),
    _legacy(
        "GET",
        "/api/user",
        account_api.list_users,
        "List accounts",
        response=other.UserListV1ResponseSchema,
        query=requests.UserListV1Schema,
        role=Role.ADMIN,
    ),
    _legacy(
        "GET",
        "/api/user/{user}",
        account_api.get_user,
        "Get an account",
        response=other.UserV1Schema,
        role=Role.ADMIN,
    ),
    _legacy(
        "PATCH",
        "/api/user/{user}",
        account_api.patch_user,
        "Change an account",
        response=other.UserV1Schema,
        body=requests.UserChangeV1Schema,
        refusals=(409,),
        role=Role.ADMIN,
    ),
)
PAGES = tuple(
    page(path, redirect_to(target), "Redirect", role=Role.ANYONE, is_legacy=True)
    for path, target in read_redirects().items()
)
ROUTES = (*API, *PAGES)
# Refused with a reason. They are in no list of endpoints.
WITHDRAWN = withdrawn_routes(RecognizedBy.PATH)

_UNCHANGED = {
    ("GET", "/api"),
    ("GET", "/api/collections/{collection}/data"),
    ("GET", "/api/job/error/count"),
    ("GET", "/api/job/{job}/raw"),
    ("PATCH", "/api/job/{job}"),
    ("POST", "/api/github/event"),
}
UNCHANGED = tuple(
    replace(route, query=None)
    for room in (accounts, failures, jobs, products, pull_requests, status)
    for route in room.API
    if (route.method, route.path) in _UNCHANGED
)
# Everything that version 1 has, for its OpenAPI document and GET /api/schema.
VERSION_1 = (*API, *FORMS, *UNCHANGED, *WITHDRAWN)
