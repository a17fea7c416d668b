"""Version 1 of the endpoints whose path both versions have: handlers and schemas.

The roles are those of version 2.
"""

from marshmallow import Schema

from oa_api.compatibility import account_api, data_api, file_api, job_api, product_api, run_api, service_api
from oa_api.compatibility import other_schemas as other
from oa_api.compatibility import request_schemas as requests
from oa_api.compatibility import schemas as shapes
from oa_api.compatibility.table import RecognizedBy
from oa_api.compatibility.withdrawn import withdrawn_routes
from oa_api.http.problem import Handler
from oa_api.http.routing import BYTES, JSON, Route
from oa_api.jobs.request_schemas import NewJobsSchema
from oa_shared.roles import Role


def _form(
    method: str,
    path: str,
    handler: Handler,
    response: type[Schema] | tuple[str, ...],
    *,
    query: type[Schema] | None = None,
    body: type[Schema] | None = None,
) -> Route:
    return Route(
        method,
        path,
        handler,
        "Version 1",
        response=response,
        tag="compatibility",
        role=Role.ANYONE,
        query=query,
        body=body,
        is_legacy=True,
    )


FORMS = (
    _form("GET", "/api/collections", product_api.list_collections, (JSON,)),
    _form(
        "POST",
        "/api/collections",
        product_api.post_collection,
        other.CollectionV1ResponseSchema,
        body=requests.CollectionV1Schema,
    ),
    _form("GET", "/api/collections/{collection}", product_api.get_collection, other.CollectionV1ResponseSchema),
    _form(
        "PATCH",
        "/api/collections/{collection}",
        product_api.patch_collection,
        other.CollectionV1ResponseSchema,
        body=requests.CollectionV1Schema,
    ),
    _form("DELETE", "/api/collections/{collection}", product_api.delete_collection, other.StandardV1Schema),
    _form("GET", "/api/data", data_api.list_datasets, (JSON,), query=requests.DataListV1Schema),
    _form("GET", "/api/data/{data}", data_api.get_dataset, shapes.DataV1Schema),
    _form(
        "GET",
        "/api/data/{data}/history",
        data_api.list_history,
        shapes.HistoryV1ResponseSchema,
        query=requests.HistoryV1Schema,
    ),
    _form(
        "GET",
        "/api/export",
        product_api.list_exports,
        other.ExportListV1ResponseSchema,
        query=requests.ExportListV1Schema,
    ),
    _form("POST", "/api/export", product_api.post_export, other.ExportV1Schema, body=requests.NewExportV1Schema),
    _form("GET", "/api/export/{export}", product_api.get_export, other.ExportV1Schema),
    _form("GET", "/api/job", job_api.list_jobs, shapes.JobListV1ResponseSchema, query=requests.JobListV1Schema),
    _form("GET", "/api/job/error", job_api.list_errors, shapes.JobErrorListV1Schema, query=requests.ErrorListV1Schema),
    _form(
        "POST",
        "/api/job/error/{job}",
        job_api.post_error,
        shapes.ModeratedV1Schema,
        body=requests.ModerationV1Schema,
    ),
    _form("GET", "/api/job/{job}", job_api.get_job, shapes.JobV1Schema),
    _form("GET", "/api/job/{job}/log", file_api.get_log, (JSON,), query=requests.LogV1Schema),
    _form("GET", "/api/job/{job}/output/{file}", file_api.get_file, (BYTES,)),
    _form("POST", "/api/job/{job}/rerun", job_api.post_rerun, shapes.CreatedJobsV1Schema),
    _form("GET", "/api/licenses", data_api.list_licenses, other.LicenseListV1Schema),
    _form("GET", "/api/run", run_api.list_runs, shapes.RunListV1ResponseSchema, query=requests.RunListV1Schema),
    _form("POST", "/api/run", run_api.post_run, shapes.RunV1Schema, body=requests.NewRunV1Schema),
    _form("GET", "/api/run/{run}", run_api.get_run, shapes.RunV1Schema),
    _form("PATCH", "/api/run/{run}", run_api.patch_run, shapes.RunV1Schema, body=requests.RunChangeV1Schema),
    _form("GET", "/api/run/{run}/count", run_api.count_jobs, shapes.RunStatsV1Schema),
    _form("GET", "/api/run/{run}/jobs", run_api.list_jobs_of_run, shapes.RunJobsV1Schema),
    _form("POST", "/api/run/{run}/jobs", run_api.post_jobs, shapes.CreatedJobsV1Schema, body=NewJobsSchema),
    _form("POST", "/api/schedule", service_api.post_schedule, other.StandardV1Schema, body=requests.ScheduleV1Schema),
    _form("GET", "/api/token", account_api.list_tokens, other.TokenListV1Schema),
    _form("POST", "/api/token", account_api.post_token, other.NewTokenV1ResponseSchema, body=requests.NewTokenV1Schema),
    _form("DELETE", "/api/token/{token}", account_api.delete_token, other.StandardV1Schema),
    *withdrawn_routes(RecognizedBy.VERSION),
)
# A key of the body that marks version 1, by endpoint.
BODY_KEYS = {("POST", "/api/export"): "job_id"}
