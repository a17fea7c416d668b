"""The endpoints below /api/job."""

from oa_api.handlers import jobs
from oa_api.routes.route import BYTES, JSON, JSON_LINES, TEXT, Route
from oa_api.schemas import answers, requests
from oa_api.schemas.data import OutputChoice
from oa_shared.roles import Role

JOBS = (
    Route(
        *("GET", "/api/job", jobs.list_jobs, "List jobs", answers.JobList, "jobs"),
        description="Newest first. The `Link` header leads to the next page.",
        query=requests.JobFilter,
        role=Role.ANYONE,
    ),
    Route(
        "GET",
        "/api/job/{job}",
        jobs.get_job,
        "A job, its attempts and events",
        answers.JobDetail,
        "jobs",
        role=Role.ANYONE,
    ),
    Route(
        *("PATCH", "/api/job/{job}", jobs.patch_job, "Report a status", answers.Moved, "jobs"),
        description="A guarded move: one of an older attempt, or backwards, changes nothing and is answered with 409.",
        body=requests.JobChange,
        refusals=(409,),
        role=Role.SERVICE,
    ),
    Route(
        *("GET", "/api/job/{job}/raw", jobs.get_raw, "The source definition of a job", (JSON,), "jobs"),
        description="As it was when the job was made; it never changes.",
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/job/{job}/log", jobs.get_log, "The log of a job", (JSON_LINES, TEXT), "jobs"),
        description="The lines of the latest attempt; empty until it has ended.",
        query=requests.LogFormat,
        role=Role.ANYONE,
        refusals=(410,),
    ),
    Route(
        *("GET", "/api/job/{job}/output/{file}", jobs.get_output, "A file of a job", (BYTES,), "jobs"),
        description="A redirect to the store, or the bytes themselves; ranges work in both.",
        query=OutputChoice,
        also=(302,),
        refusals=(410, 416),
        role=Role.ANYONE,
    ),
    Route(
        *("POST", "/api/job/{job}/rerun", jobs.post_rerun, "Run an ended job again", answers.Opened, "jobs"),
        body=requests.Why,
        refusals=(409,),
        role=Role.AUTHOR,
    ),
    Route(
        *("POST", "/api/job/{job}/cancel", jobs.post_cancel, "Cancel a job", answers.Settled, "jobs"),
        description="Its container is stopped by the dispatcher's next sweep.",
        body=requests.Why,
        refusals=(409,),
        role=Role.AUTHOR,
    ),
    Route(
        *("POST", "/api/job/{job}/confirm", jobs.post_confirm, "Publish a held-back job", answers.Settled, "jobs"),
        body=requests.Why,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
    Route(
        *("POST", "/api/job/{job}/reject", jobs.post_reject, "Reject a held-back job", answers.Settled, "jobs"),
        body=requests.Why,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
)
