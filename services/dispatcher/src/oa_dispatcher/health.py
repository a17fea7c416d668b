"""The HTTP port of the dispatcher: liveness, readiness, the state of its parts, and metrics."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from oa_dispatcher.metrics import SWEEP_AGE_S
from oa_dispatcher.sweep import BatchSweep
from oa_shared.supervision import Supervisor


def health_app(sweep: BatchSweep, supervisor: Supervisor) -> web.Application:
    """Return an application with /live, /ready, /health and /metrics.

    `/live` is about this process only: without the API it waits, and a new process would wait too. `/ready` and
    `/health` are 503 also when no sweep has completed for long, for whatever reason.
    """

    def system_problems() -> list[str]:
        return [*supervisor.problems(), *([f"the sweep {sweep.problem}"] if sweep.problem else [])]

    async def metrics(_request: web.Request) -> web.Response:
        SWEEP_AGE_S.set(sweep.age_s)
        return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def handler_of(find: Callable[[], list[str]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(_request: web.Request) -> web.Response:
            problems = find()
            status = "unhealthy" if problems else "ok"
            body = {"status": status, "problems": problems, "last_sweep_age_s": round(sweep.age_s, 1)}
            return web.json_response(body, status=503 if problems else 200)

        return handle

    app = web.Application()
    app.router.add_get("/live", handler_of(supervisor.problems))
    app.router.add_get("/ready", handler_of(system_problems))
    app.router.add_get("/health", handler_of(system_problems))
    app.router.add_get("/metrics", metrics)
    return app
