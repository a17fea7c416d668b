"""The endpoints of what operators look after: schedules, health of sources, cleanup, uploads."""

from oa_api.handlers import cleanup, health, reports, schedules, uploads
from oa_api.routes.route import BYTES, Route
from oa_api.schemas import cleanup as cleanup_shapes
from oa_api.schemas import health as health_shapes
from oa_api.schemas import reports as report_shapes
from oa_api.schemas import schedules as schedule_shapes
from oa_api.schemas import uploads as upload_shapes
from oa_shared.roles import Role

SCHEDULES = (
    Route(
        *("GET", "/api/schedule", schedules.list_fires, "What fired, and what is due"),
        *(schedule_shapes.FireList, "schedules"),
        description="Newest first. The `Link` header leads to the next page.",
        query=schedule_shapes.FireFilter,
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/schedule/{fire}", schedules.get_fire, "What came of one firing"),
        *(schedule_shapes.FireDetail, "schedules"),
        role=Role.ANYONE,
    ),
    Route(
        *("POST", "/api/schedule", schedules.post_fire, "Say that something is due"),
        *(schedule_shapes.FireDetail, "schedules"),
        description=(
            "The answer does not wait for the work. A type and period is done once, however often it fires: firing it "
            "again returns the same fire, and one that had failed goes on where it stopped."
        ),
        body=schedule_shapes.Firing,
        role=Role.ADMIN,
    ),
)
HEALTH = (
    Route(
        *("GET", "/api/report", reports.get_report, "The last digest: what newly broke and was newly mended"),
        *(report_shapes.ReportView, "health"),
        description="As JSON, or with `format` as the text or the HTML that is mailed. The schedule `report` makes it.",
        query=report_shapes.ReportFormat,
        refusals=(404,),
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/health/sources", health.list_sources, "How each dataset of the live runs stands"),
        *(health_shapes.HealthGrid, "health"),
        description=(
            "In order of names; `counts` and `groups` do not look at `state`. The `Link` header leads to the next page."
        ),
        query=health_shapes.HealthFilter,
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/statistics", health.get_statistics, "Backlog, seconds by phase, throughput, cost"),
        *(health_shapes.Statistics, "health"),
        description="Of a run, or of the latest 5,000 jobs that have ended.",
        query=health_shapes.StatisticsFilter,
        refusals=(404,),
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/job/{job}/cost", health.get_cost, "What a job has cost"),
        *(health_shapes.CostView, "health"),
        description="All its attempts, at the prices that this stack counts with.",
        role=Role.ANYONE,
    ),
)
CLEANUP = (
    Route(
        *("GET", "/api/cleanup", cleanup.get_rules, "How long what is kept"),
        *(cleanup_shapes.CleanupRules, "cleanup"),
        description="The rules, and what the last cleanup removed.",
        role=Role.ANYONE,
    ),
    Route(
        *("PATCH", "/api/cleanup", cleanup.patch_rules, "Change rules"),
        *(cleanup_shapes.CleanupRules, "cleanup"),
        description="What is left out stays as it is. What is published, and what products offer, is never removed.",
        body=cleanup_shapes.RulesChange,
        role=Role.ADMIN,
    ),
    Route(
        *("POST", "/api/cleanup", cleanup.post_cleanup, "Say what would go, or remove it"),
        *(cleanup_shapes.Cleanup, "cleanup"),
        description="With `dry_run` nothing is changed; without, the work is done beside, as a schedule's.",
        body=cleanup_shapes.CleanupRequest,
        role=Role.ADMIN,
    ),
)
UPLOADS = (
    Route(
        *("POST", "/api/upload", uploads.post_upload, "Begin to send a file"),
        *(upload_shapes.BegunUpload, "uploads"),
        description=(
            "For files that no server has, as those that governments mail out. The answer says how the file is sent; "
            "say `done` after that."
        ),
        body=upload_shapes.NewUpload,
        refusals=(409,),
        role=Role.AUTHOR,
    ),
    Route(
        *("GET", "/api/upload", uploads.list_uploads, "Files that were sent"),
        *(upload_shapes.UploadList, "uploads"),
        description="Newest first: one's own, or all for a moderator. The `Link` header leads to the next page.",
        query=upload_shapes.UploadFilter,
        role=Role.AUTHOR,
    ),
    Route(
        *("GET", "/api/upload/{upload}", uploads.get_upload, "One file that was sent"),
        *(upload_shapes.Upload, "uploads"),
        role=Role.AUTHOR,
    ),
    Route(
        *("PUT", "/api/upload/{upload}/content", uploads.put_content, "Send the file itself"),
        *(upload_shapes.Upload, "uploads"),
        description="Only where the answer to POST /api/upload says so: the body is the file. It is looked at at once.",
        refusals=(408, 409, 413),
        role=Role.AUTHOR,
    ),
    Route(
        *("POST", "/api/upload/{upload}/done", uploads.post_done, "Say that the file was sent"),
        *(upload_shapes.Upload, "uploads"),
        description=(
            "Its size, its kind and, for an archive, what is in it are looked at; the answer is `Ready` with the "
            "address for `data` of a source, or `Refused` with the reason."
        ),
        refusals=(409,),
        role=Role.AUTHOR,
    ),
    Route(
        *("DELETE", "/api/upload/{upload}", uploads.delete_upload, "Remove a file that was sent"),
        *(upload_shapes.DeletedUpload, "uploads"),
        description="Sources that name its address fail from then on.",
        role=Role.AUTHOR,
    ),
    Route(
        *("GET", "/upload/{upload}/{name}", uploads.get_file, "A file that was sent", (BYTES,), "uploads"),
        description="A redirect to the store, or the bytes themselves; ranges work in both.",
        refusals=(410, 416),
        role=Role.ANYONE,
    ),
)
CARE = (*SCHEDULES, *HEALTH, *CLEANUP, *UPLOADS)
