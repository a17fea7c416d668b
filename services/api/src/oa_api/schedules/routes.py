"""The routes of schedules."""

from oa_api.http.routing import HTML, JSON, TEXT, form, get, page, patch, post
from oa_api.schedules import api, cleanup_api, pages, report_api
from oa_api.schedules.cleanup_schemas import CleanupRequestSchema, CleanupRulesSchema, CleanupSchema, RulesChangeSchema
from oa_api.schedules.report_schemas import ReportFormatSchema, ReportViewSchema
from oa_api.schedules.schemas import (
    DetailedScheduleRunSchema,
    ScheduleRunFilterSchema,
    ScheduleRunListSchema,
    TriggerSchema,
)
from oa_shared.roles import Role

API = (
    get(
        "/api/schedule",
        api.list_schedule_runs,
        "List schedule runs",
        response=ScheduleRunListSchema,
        tag="schedules",
        description="Newest first, with the current periods. The `Link` header has the URL of the next page.",
        query=ScheduleRunFilterSchema,
        role=Role.ANYONE,
    ),
    get(
        "/api/schedule/{schedule_run}",
        api.get_schedule_run,
        "Get a schedule run",
        description="With its result and the rejected definitions, at most 100.",
        response=DetailedScheduleRunSchema,
        tag="schedules",
        role=Role.ANYONE,
    ),
    post(
        "/api/schedule",
        api.post_schedule_run,
        "Trigger a schedule",
        operation_id="triggerSchedule",
        response=DetailedScheduleRunSchema,
        tag="schedules",
        description=(
            "The response does not wait for the schedule run. Each type runs once per period: triggering it again "
            "returns the same schedule run, and a failed one resumes where it stopped."
        ),
        body=TriggerSchema,
        role=Role.ADMIN,
    ),
    get(
        "/api/report",
        report_api.get_report,
        "Get the latest health digest",
        response=(JSON, TEXT, HTML),
        json=ReportViewSchema,
        tag="health",
        description=(
            "The datasets that newly failed or were fixed, as JSON, or with `format` as the text or HTML of the mail. "
            "The schedule `report` creates it."
        ),
        query=ReportFormatSchema,
        refusals=(404,),
        role=Role.ANYONE,
    ),
    get(
        "/api/cleanup",
        cleanup_api.get_rules,
        "Get retention rules",
        operation_id="getCleanupRules",
        response=CleanupRulesSchema,
        tag="cleanup",
        description="The rules, and the result of the last cleanup.",
        role=Role.ANYONE,
    ),
    patch(
        "/api/cleanup",
        cleanup_api.patch_rules,
        "Change retention rules",
        operation_id="updateCleanupRules",
        response=CleanupRulesSchema,
        tag="cleanup",
        description="Omitted values are unchanged. Published data and the files of products are never removed.",
        body=RulesChangeSchema,
        role=Role.ADMIN,
    ),
    post(
        "/api/cleanup",
        cleanup_api.post_cleanup,
        "Preview or run cleanup",
        operation_id="runCleanup",
        response=CleanupSchema,
        tag="cleanup",
        description="With `dry_run` nothing changes; without, a schedule run removes the data in the background.",
        body=CleanupRequestSchema,
        role=Role.ADMIN,
    ),
)
PAGES = (
    page("/schedules", pages.show_schedules, "Schedules", role=Role.ANYONE),
    form("/schedules", pages.post_schedule_run, "Trigger a schedule", role=Role.ADMIN),
    page("/schedules/{schedule_run}", pages.show_schedule_run, "Schedule run", role=Role.ANYONE),
)
ROUTES = (*API, *PAGES)
