"""The routes of runs."""

from oa_api.http.routing import get, page, patch, post
from oa_api.jobs import run_api
from oa_api.jobs.pages import runs
from oa_api.jobs.request_schemas import (
    JobFilterSchema,
    NewJobsSchema,
    NewRunSchema,
    RunChangeSchema,
    RunFilterSchema,
)
from oa_api.jobs.run_schemas import CreatedJobsSchema, DetailedRunSchema, RunCountSchema, RunListSchema
from oa_api.jobs.schemas import JobListSchema
from oa_shared.roles import Role

CONDITIONAL = "Send the `ETag` of the last response as `If-None-Match`: 304 means that nothing has changed since."

API = (
    get(
        "/api/run",
        run_api.list_runs,
        "List runs",
        response=RunListSchema,
        tag="runs",
        description="Newest first. The `Link` header has the URL of the next page.",
        query=RunFilterSchema,
        role=Role.ANYONE,
    ),
    post(
        "/api/run",
        run_api.post_run,
        "Create a run",
        operation_id="createRun",
        response=DetailedRunSchema,
        tag="runs",
        description="A run groups jobs that are created together.",
        body=NewRunSchema,
        is_idempotent_by_key=True,
        role=Role.AUTHOR,
    ),
    get(
        "/api/run/{run}",
        run_api.get_run,
        "Get a run",
        response=DetailedRunSchema,
        tag="runs",
        description=f"With its status and the number of jobs in each status. {CONDITIONAL}",
        also=(304,),
        role=Role.ANYONE,
    ),
    patch(
        "/api/run/{run}",
        run_api.patch_run,
        "Change a run",
        operation_id="updateRun",
        response=DetailedRunSchema,
        tag="runs",
        description=(
            "Omitted fields stay unchanged. A run that becomes live publishes the results of its finished jobs; 409 if "
            "it has another number of jobs than `expected_jobs`."
        ),
        body=RunChangeSchema,
        refusals=(409,),
        role=Role.AUTHOR,
    ),
    get(
        "/api/run/{run}/jobs",
        run_api.list_jobs_of_run,
        "List the jobs of a run",
        response=JobListSchema,
        tag="runs",
        description="The same as GET /api/job with `run`.",
        query=JobFilterSchema,
        role=Role.ANYONE,
    ),
    post(
        "/api/run/{run}/jobs",
        run_api.post_jobs,
        "Create jobs",
        operation_id="createJobs",
        response=CreatedJobsSchema,
        tag="runs",
        description=(
            "Creates a job for each selected entry of each definition, all in one transaction. A run has one job for "
            "each source name, layer and name: an entry that has a job gets that one, which `existing` lists; the "
            "response is 200 also if all exist. `errors` lists the elements and entries that get no job; when no "
            "element gets one, the response is 422 and nothing is stored."
        ),
        body=NewJobsSchema,
        refusals=(409,),
        is_idempotent_by_key=True,
        role=Role.AUTHOR,
    ),
    get(
        "/api/run/{run}/count",
        run_api.count_jobs_of_run,
        "Count the jobs of a run by status",
        description="The status of the run, and the number of its jobs in each status.",
        response=RunCountSchema,
        tag="runs",
        role=Role.ANYONE,
    ),
    get(
        "/api/run/{run}/jobs/count",
        run_api.count_jobs_of_run,
        "Count the jobs of a run by status",
        operation_id="countRunJobs",
        response=RunCountSchema,
        tag="runs",
        description="The same as GET /api/run/{run}/count.",
        role=Role.ANYONE,
    ),
)
PAGES = (
    page("/runs", runs.list_runs, "Runs", role=Role.ANYONE),
    page("/runs/{run}", runs.show_run, "Run", role=Role.ANYONE),
)
