"""The routes of schedules."""

from oa_api.http.routing import form, get, page, patch, post
from oa_api.schedules import api, cleanup_api, pages, report_api
from oa_api.schedules.cleanup_schemas import CleanupRequestSchema, CleanupRulesSchema, CleanupSchema, RulesChangeSchema
from oa_api.schedules.report_schemas import ReportFormatSchema, ReportViewSchema
from oa_api.schedules.schemas import (
    ScheduleRunDetailSchema,
    ScheduleRunFilterSchema,
    ScheduleRunListSchema,
    TriggerSchema,
)
from oa_shared.roles import Role

API = (
    get(
        "/api/schedule",
        api.list_schedule_runs,
        "What fired, and what is due",
        answer=ScheduleRunListSchema,
        tag="schedules",
        description="Newest first. The `Link` header leads to the next page.",
        query=ScheduleRunFilterSchema,
        role=Role.ANYONE,
    ),
    get(
        "/api/schedule/{schedule_run}",
        api.get_schedule_run,
        "What came of one firing",
        answer=ScheduleRunDetailSchema,
        tag="schedules",
        role=Role.ANYONE,
    ),
    post(
        "/api/schedule",
        api.post_schedule_run,
        "Say that something is due",
        answer=ScheduleRunDetailSchema,
        tag="schedules",
        description=(
            "The answer does not wait for the work. A type and period is done once, however often it fires: "
            "firing it again returns the same fire, and one that had failed goes on where it stopped."
        ),
        body=TriggerSchema,
        role=Role.ADMIN,
    ),
    get(
        "/api/report",
        report_api.get_report,
        "The last digest: what newly broke and was newly mended",
        answer=ReportViewSchema,
        tag="health",
        description=(
            "As JSON, or with `format` as the text or the HTML that is mailed. The schedule `report` makes it."
        ),
        query=ReportFormatSchema,
        refusals=(404,),
        role=Role.ANYONE,
    ),
    get(
        "/api/cleanup",
        cleanup_api.get_rules,
        "How long what is kept",
        answer=CleanupRulesSchema,
        tag="cleanup",
        description="The rules, and what the last cleanup removed.",
        role=Role.ANYONE,
    ),
    patch(
        "/api/cleanup",
        cleanup_api.patch_rules,
        "Change rules",
        answer=CleanupRulesSchema,
        tag="cleanup",
        description=("What is left out stays as it is. What is published, and what products offer, is never removed."),
        body=RulesChangeSchema,
        role=Role.ADMIN,
    ),
    post(
        "/api/cleanup",
        cleanup_api.post_cleanup,
        "Say what would go, or remove it",
        answer=CleanupSchema,
        tag="cleanup",
        description="With `dry_run` nothing is changed; without, the work is done beside, as a schedule's.",
        body=CleanupRequestSchema,
        role=Role.ADMIN,
    ),
)
PAGES = (
    page("/schedules", pages.show_schedules, "Schedules", role=Role.ANYONE),
    form("/schedules", pages.post_schedule_run, "Fire a schedule", role=Role.ADMIN),
    page("/schedules/{schedule_run}", pages.show_schedule_run, "What a schedule did", role=Role.ANYONE),
)
ROUTES = (*API, *PAGES)
