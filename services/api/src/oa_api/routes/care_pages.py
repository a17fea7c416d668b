"""The pages of what operators look after."""

from oa_api.pages.care import health, schedules, speed, uploads
from oa_api.routes.route import HTML, PAGE, Route
from oa_shared.roles import Role

CARE_PAGES = (
    Route("GET", "/health", health.show_health, "Health of sources", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/schedules", schedules.show_schedules, "Schedules", (HTML,), PAGE, role=Role.ANYONE),
    Route("POST", "/schedules", schedules.post_fire, "Fire a schedule", (HTML,), PAGE, role=Role.ADMIN),
    Route("GET", "/schedules/{fire}", schedules.show_fire, "What a schedule did", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/runs/{run}/speed", speed.show_speed, "Time and cost of a run", (HTML,), PAGE, role=Role.ANYONE),
    Route("GET", "/uploads", uploads.show_uploads, "Uploads", (HTML,), PAGE, role=Role.AUTHOR),
    Route("POST", "/uploads/{upload}/delete", uploads.post_delete, "Delete an upload", (HTML,), PAGE, role=Role.AUTHOR),
)
