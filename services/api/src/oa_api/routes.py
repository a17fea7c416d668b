"""Every endpoint: method, path, handler, and what the OpenAPI document says of it."""

from dataclasses import dataclass, field

from marshmallow import Schema

from oa_api.handlers import about, dead_letters, documents, jobs, metrics, runs
from oa_api.problem import Handler
from oa_api.schemas import answers, queues, requests

JSON_LINES, TEXT, HTML, BYTES, JSON = "application/jsonl", "text/plain", "text/html", "application/octet-stream", "json"


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `answer` is a schema, or the media types of what is not JSON of ours."""

    method: str
    path: str
    handler: Handler
    summary: str
    answer: type[Schema] | tuple[str, ...]
    tag: str
    description: str = ""
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    refusals: tuple[int, ...] = field(default=())
    is_idempotent_by_key: bool = False


RUNS = (
    Route(
        *("GET", "/api/run", runs.list_runs, "List runs", answers.RunList, "runs"),
        description="Newest first. The `Link` header leads to the next page.",
        query=requests.RunFilter,
    ),
    Route(
        *("POST", "/api/run", runs.post_run, "Create a run", answers.Run, "runs"),
        description="A run holds jobs that are started together.",
        body=requests.NewRun,
        is_idempotent_by_key=True,
    ),
    Route("GET", "/api/run/{run}", runs.get_run, "A run with its counts", answers.Run, "runs"),
    Route(
        *("PATCH", "/api/run/{run}", runs.patch_run, "Change a run", answers.Run, "runs"),
        description="What is left out stays as it is.",
        body=requests.RunChange,
    ),
    Route(
        *("GET", "/api/run/{run}/jobs", runs.list_jobs_of_run, "The jobs of a run", answers.JobList, "runs"),
        description="As GET /api/job, of one run.",
        query=requests.JobFilter,
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
    ),
    Route(
        *("GET", "/api/run/{run}/count", runs.count_jobs_of_run, "How many jobs in each status"),
        *(answers.RunCount, "runs"),
    ),
    Route(
        *("GET", "/api/run/{run}/jobs/count", runs.count_jobs_of_run, "How many jobs in each status"),
        *(answers.RunCount, "runs"),
        description="The same as GET /api/run/{run}/count.",
    ),
)
JOBS = (
    Route(
        *("GET", "/api/job", jobs.list_jobs, "List jobs", answers.JobList, "jobs"),
        description="Newest first. The `Link` header leads to the next page.",
        query=requests.JobFilter,
    ),
    Route("GET", "/api/job/{job}", jobs.get_job, "A job, its attempts and events", answers.JobDetail, "jobs"),
    Route(
        *("PATCH", "/api/job/{job}", jobs.patch_job, "Report a status", answers.Moved, "jobs"),
        description="A guarded move: one of an older attempt, or backwards, changes nothing and is answered with 409.",
        body=requests.JobChange,
        refusals=(409,),
    ),
    Route(
        *("GET", "/api/job/{job}/raw", jobs.get_raw, "The source definition of a job", (JSON,), "jobs"),
        description="As it was when the job was made; it never changes.",
    ),
    Route(
        *("GET", "/api/job/{job}/log", jobs.get_log, "The log of a job", (JSON_LINES, TEXT), "jobs"),
        description="The lines of the latest attempt; empty until it has ended.",
        query=requests.LogFormat,
    ),
    Route(
        *("GET", "/api/job/{job}/output/{file}", jobs.get_output, "A file of a job", (BYTES,), "jobs"),
        description="A redirect to the store, or the bytes themselves; ranges work in both.",
        refusals=(416,),
    ),
    Route(
        *("POST", "/api/job/{job}/rerun", jobs.post_rerun, "Run an ended job again", answers.Opened, "jobs"),
        refusals=(409,),
    ),
    Route(
        *("POST", "/api/job/{job}/cancel", jobs.post_cancel, "Cancel a job", answers.Settled, "jobs"),
        description="Its container is stopped by the dispatcher's next sweep.",
        refusals=(409,),
    ),
    Route(
        *("POST", "/api/job/{job}/confirm", jobs.post_confirm, "Publish a held-back job", answers.Settled, "jobs"),
        refusals=(409,),
    ),
    Route(
        *("POST", "/api/job/{job}/reject", jobs.post_reject, "Reject a held-back job", answers.Settled, "jobs"),
        refusals=(409,),
    ),
    Route(
        *("GET", "/api/data", jobs.list_data, "What is published", answers.DataList, "jobs"),
        description="The latest published result for each source, layer and name.",
        query=requests.DataFilter,
    ),
)
QUEUES = (
    Route("GET", "/api/queue", dead_letters.list_queues, "How much is on the queues", queues.DepthList, "queues"),
    Route(
        *("GET", "/api/queue/{queue}/dead", dead_letters.list_dead, "Messages nobody could deal with"),
        *(queues.DeadLetters, "queues"),
        description="A look that takes nothing away; the messages are out of reach of others while it lasts.",
        query=requests.Slice,
    ),
    Route(
        *("POST", "/api/queue/{queue}/redrive", dead_letters.post_redrive, "Send dead letters back"),
        *(queues.Redriven, "queues"),
        description="All of them or those named. Each is sent before it is deleted: at worst it comes twice.",
        body=requests.Redrive,
    ),
)
SERVICE = (
    Route(
        *("GET", "/", about.get_root, "Health, or the page for a browser", answers.Health, "service"),
        description="503 with the reasons when the database or a duty is away; a browser gets the page.",
    ),
    Route("GET", "/api", about.get_version, "The version", answers.Version, "service"),
    Route("GET", "/metrics", metrics.get_metrics, "Prometheus metrics", (TEXT,), "service"),
    Route("GET", "/api/openapi.json", documents.get_openapi, "The OpenAPI document", (JSON,), "service"),
    Route("GET", "/docs", documents.get_docs, "The API as a page", (HTML,), "service"),
)
ROUTES = (*RUNS, *JOBS, *QUEUES, *SERVICE)
