"""The calls of AWS Batch that this project uses, as AWS speaks them: JSON over POST /v1/<action>."""

import argparse
import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from oa_local.batch.events import Events
from oa_local.batch.job import ACCOUNT, Job, Ledger
from oa_local.batch.runner import Runner
from oa_local.batch.scheduler import Scheduler
from oa_shared.logging import configure_logging

_DEFAULT_MEMORY_MIB = 2048
_MAX_LISTED = 100


class _Refusal(web.HTTPBadRequest):
    def __init__(self, message: str) -> None:
        super().__init__(
            text=f'{{"message": "{message}"}}',
            content_type="application/json",
            headers={"x-amzn-ErrorType": "ClientException"},
        )


class BatchApi:
    """The handlers; any queue name is taken for a queue."""

    def __init__(self, ledger: Ledger, scheduler: Scheduler) -> None:
        self._ledger = ledger
        self._scheduler = scheduler
        self._queues: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the handlers by their paths."""
        actions = {
            "submitjob": self.submit_job,
            "describejobs": self.describe_jobs,
            "listjobs": self.list_jobs,
            "terminatejob": self.stop_job,
            "canceljob": self.stop_job,
            "registerjobdefinition": self.register_job_definition,
            "describejobdefinitions": self.describe_job_definitions,
            "createjobqueue": self.create_job_queue,
            "describejobqueues": self.describe_job_queues,
        }
        return [web.post(f"/v1/{action}", handler) for action, handler in actions.items()]

    async def submit_job(self, request: web.Request) -> web.Response:
        """SubmitJob."""
        asked = await request.json()
        definition_name = _last(asked["jobDefinition"]).split(":")[0]
        definition = self._ledger.definitions.get(definition_name)
        if definition is None:
            raise _Refusal(f"JobDefinition {definition_name} does not exist")
        job = _job(asked, definition)
        self._scheduler.add(job)
        return web.json_response({"jobArn": job.arn, "jobId": job.id, "jobName": job.name})

    async def describe_jobs(self, request: web.Request) -> web.Response:
        """DescribeJobs."""
        ids = (await request.json())["jobs"]
        found = [self._ledger.jobs[job_id].detail() for job_id in ids if job_id in self._ledger.jobs]
        return web.json_response({"jobs": found})

    async def list_jobs(self, request: web.Request) -> web.Response:
        """ListJobs with the JOB_NAME filter or by status, newest first, in pages."""
        asked = await request.json()
        names = {v for f in asked.get("filters", ()) if f["name"] == "JOB_NAME" for v in f["values"]}
        queue, status = _last(asked["jobQueue"]), asked.get("jobStatus", "RUNNING")
        found = [
            job.summary()
            for job in reversed(self._ledger.jobs.values())
            if job.queue == queue and (job.name in names if names else job.status == status)
        ]
        first = int(asked.get("nextToken") or 0)
        end = first + min(int(asked.get("maxResults") or _MAX_LISTED), _MAX_LISTED)
        more = {"nextToken": str(end)} if end < len(found) else {}
        return web.json_response({"jobSummaryList": found[first:end], **more})

    async def stop_job(self, request: web.Request) -> web.Response:
        """TerminateJob and CancelJob."""
        asked = await request.json()
        job = self._ledger.jobs.get(asked["jobId"])
        if job is not None:
            self._scheduler.stop(job, asked["reason"])
        return web.json_response({})

    async def register_job_definition(self, request: web.Request) -> web.Response:
        """RegisterJobDefinition."""
        asked = await request.json()
        name = asked["jobDefinitionName"]
        revision = int(self._ledger.definitions.get(name, {}).get("revision", 0)) + 1
        arn = f"arn:aws:batch:us-east-1:{ACCOUNT}:job-definition/{name}:{revision}"
        told = {"jobDefinitionName": name, "jobDefinitionArn": arn, "revision": revision}
        self._ledger.save_definition(name, {**asked, **told, "status": "ACTIVE"})
        return web.json_response(told)

    async def describe_job_definitions(self, request: web.Request) -> web.Response:
        """DescribeJobDefinitions."""
        name = (await request.json()).get("jobDefinitionName")
        found = [d for key, d in self._ledger.definitions.items() if name in {None, key}]
        return web.json_response({"jobDefinitions": found})

    async def create_job_queue(self, request: web.Request) -> web.Response:
        """CreateJobQueue."""
        asked = await request.json()
        name = asked["jobQueueName"]
        told = {"jobQueueName": name, "jobQueueArn": f"arn:aws:batch:us-east-1:{ACCOUNT}:job-queue/{name}"}
        self._queues[name] = {**asked, **told, "state": "ENABLED", "status": "VALID"}
        return web.json_response(told)

    async def describe_job_queues(self, request: web.Request) -> web.Response:
        """DescribeJobQueues."""
        names = {_last(name) for name in (await request.json()).get("jobQueues", ())}
        found = [queue for name, queue in self._queues.items() if not names or name in names]
        return web.json_response({"jobQueues": found})


def _last(name_or_arn: str) -> str:
    return name_or_arn.rsplit("/", 1)[-1]


def _job(asked: dict[str, Any], definition: dict[str, Any]) -> Job:
    container, override = definition["containerProperties"], asked.get("containerOverrides", {})
    pairs = [*container.get("environment", ()), *override.get("environment", ())]
    requirements = [*container.get("resourceRequirements", ()), *override.get("resourceRequirements", ())]
    sizes = {each["type"]: each["value"] for each in requirements}
    timeout = asked.get("timeout") or definition.get("timeout") or {}
    return Job(
        name=asked["jobName"],
        queue=_last(asked["jobQueue"]),
        definition=definition["jobDefinitionArn"],
        command=list(override.get("command") or container.get("command") or ()),
        environment={pair["name"]: pair["value"] for pair in pairs},
        memory_mib=int(sizes.get("MEMORY", container.get("memory", _DEFAULT_MEMORY_MIB))),
        timeout_s=timeout.get("attemptDurationSeconds"),
    )


async def _healthy(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def create_app(folder: Path, *, results_queue_url: str | None, places: int) -> web.Application:
    """Return the server over one folder of state."""
    ledger = Ledger(folder)
    events = Events(results_queue_url, os.environ)
    scheduler = Scheduler(ledger, Runner(folder), events, places=places)

    async def lifetime(_app: web.Application) -> AsyncIterator[None]:
        sender = asyncio.create_task(events.run())
        scheduler.recover()
        yield
        await scheduler.close()
        sender.cancel()
        with suppress(asyncio.CancelledError):
            await sender

    app = web.Application(client_max_size=1024 * 1024)
    app.add_routes([*BatchApi(ledger, scheduler).routes(), web.get("/health", _healthy)])
    app.cleanup_ctx.append(lifetime)
    return app


def main() -> None:
    """Serve until told to stop, on loopback unless told otherwise."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--places", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--results-queue-url")
    given = parser.parse_args()
    configure_logging("batch")
    app = create_app(given.folder, results_queue_url=given.results_queue_url, places=given.places)
    web.run_app(app, host=given.host, port=given.port, print=None)


if __name__ == "__main__":
    main()
