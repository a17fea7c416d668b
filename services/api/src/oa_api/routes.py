"""Every endpoint: method, path, handler, and the schemas that document it."""

from dataclasses import dataclass

from marshmallow import Schema

from oa_api import schemas
from oa_api.handlers import about, jobs, queues, runs
from oa_api.page import docs
from oa_api.problem import Handler


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint."""

    method: str
    path: str
    handler: Handler
    summary: str
    query: type[Schema] | None = None
    body: type[Schema] | None = None


ROUTES = (
    Route("GET", "/", about.get_root, "Health, or the page for a browser"),
    Route("GET", "/api", about.get_version, "Version"),
    Route("GET", "/api/run", runs.list_runs, "List runs", query=schemas.RunFilter),
    Route("POST", "/api/run", runs.post_run, "Create a run", body=schemas.NewRun),
    Route("GET", "/api/run/{run}", runs.get_run, "A run with its counts"),
    Route("PATCH", "/api/run/{run}", runs.patch_run, "Change a run", body=schemas.RunChange),
    Route("GET", "/api/run/{run}/jobs", runs.list_jobs_of_run, "The jobs of a run", query=schemas.JobFilter),
    Route("POST", "/api/run/{run}/jobs", runs.post_jobs, "Create jobs", body=schemas.NewJobs),
    Route("GET", "/api/run/{run}/count", runs.count_jobs_of_run, "How many jobs in each status"),
    Route("GET", "/api/job", jobs.list_jobs, "List jobs", query=schemas.JobFilter),
    Route("GET", "/api/job/{job}", jobs.get_job, "A job, its attempts and events"),
    Route("PATCH", "/api/job/{job}", jobs.patch_job, "A guarded move", body=schemas.JobChange),
    Route("GET", "/api/job/{job}/raw", jobs.get_raw, "The source definition of a job"),
    Route("GET", "/api/job/{job}/log", jobs.get_log, "The log of a job", query=schemas.LogFormat),
    Route("GET", "/api/job/{job}/output/{file}", jobs.get_output, "A file of a job"),
    Route("POST", "/api/job/{job}/rerun", jobs.post_rerun, "Run an ended job again"),
    Route("POST", "/api/job/{job}/cancel", jobs.post_cancel, "Cancel a job"),
    Route("POST", "/api/job/{job}/confirm", jobs.post_confirm, "Publish a held-back job"),
    Route("POST", "/api/job/{job}/reject", jobs.post_reject, "Reject a held-back job"),
    Route("GET", "/api/data", jobs.list_data, "What is published", query=schemas.DataFilter),
    Route("GET", "/api/queue", queues.list_queues, "How much is on the queues"),
    Route("GET", "/metrics", about.get_metrics, "Prometheus metrics"),
    Route("GET", "/api/openapi.json", about.get_openapi, "The OpenAPI document"),
    Route("GET", "/docs", docs, "The API as a page"),
)
