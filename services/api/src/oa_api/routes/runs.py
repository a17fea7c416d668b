"""The endpoints below /api/run."""

from oa_api.handlers import runs
from oa_api.routes.route import Route
from oa_api.schemas import answers, requests
from oa_shared.roles import Role

RUNS = (
    Route(
        *("GET", "/api/run", runs.list_runs, "List runs", answers.RunList, "runs"),
        description="Newest first. The `Link` header leads to the next page.",
        query=requests.RunFilter,
        role=Role.ANYONE,
    ),
    Route(
        *("POST", "/api/run", runs.post_run, "Create a run", answers.Run, "runs"),
        description="A run holds jobs that are started together.",
        body=requests.NewRun,
        is_idempotent_by_key=True,
        role=Role.AUTHOR,
    ),
    Route("GET", "/api/run/{run}", runs.get_run, "A run with its counts", answers.Run, "runs", role=Role.ANYONE),
    Route(
        *("PATCH", "/api/run/{run}", runs.patch_run, "Change a run", answers.Run, "runs"),
        description="What is left out stays as it is.",
        body=requests.RunChange,
        role=Role.AUTHOR,
    ),
    Route(
        *("GET", "/api/run/{run}/jobs", runs.list_jobs_of_run, "The jobs of a run", answers.JobList, "runs"),
        description="As GET /api/job, of one run.",
        query=requests.JobFilter,
        role=Role.ANYONE,
    ),
    Route(
        *("POST", "/api/run/{run}/jobs", runs.post_jobs, "Create jobs", answers.CreatedJobs, "runs"),
        description=(
            "Every element becomes one job for each entry of its definition that is asked for, all in one transaction. "
            "Elements that cannot have a job are named in `errors`; when none can, the answer is 422 and nothing stays."
        ),
        body=requests.NewJobs,
        refusals=(409,),
        is_idempotent_by_key=True,
        role=Role.AUTHOR,
    ),
    Route(
        *("GET", "/api/run/{run}/count", runs.count_jobs_of_run, "How many jobs in each status"),
        *(answers.RunCount, "runs"),
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/run/{run}/jobs/count", runs.count_jobs_of_run, "How many jobs in each status"),
        *(answers.RunCount, "runs"),
        description="The same as GET /api/run/{run}/count.",
        role=Role.ANYONE,
    ),
)
