"""The calls of AWS Batch that this project uses, in its protocol: JSON over POST /v1/<action>."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import NotRequired, TypedDict

from aiohttp import web

from oa_local.batch.access import LOOPBACK_HOSTS, OPEN_PATH, require_signature
from oa_local.batch.aws_types import NewDefinition, RegisteredDefinition, SubmittedJob
from oa_local.batch.events import EventSender
from oa_local.batch.job import ACCOUNT, EmulatedJob, Ledger
from oa_local.batch.refusals import (
    BatchClientError,
    check_description,
    check_end,
    check_share,
    check_submission,
)
from oa_local.batch.runner import ProcessRunner
from oa_local.batch.scheduler import Scheduler
from oa_local.emulator import Keys
from oa_shared.json_types import JsonObject
from oa_shared.logging import configure_logging

_DEFAULT_MEMORY_MIB = 2048
_MAX_LISTED = 100


class _Filter(TypedDict):
    name: str
    values: list[str]


class _ListJobs(TypedDict):
    jobQueue: NotRequired[str]
    arrayJobId: NotRequired[str]
    jobStatus: NotRequired[str]
    filters: NotRequired[list[_Filter]]
    maxResults: NotRequired[int]
    nextToken: NotRequired[str]


class BatchApi:
    """The handlers of the calls; every queue name is accepted."""

    def __init__(self, ledger: Ledger, scheduler: Scheduler) -> None:
        self._ledger = ledger
        self._scheduler = scheduler
        self._queues: dict[str, JsonObject] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the route of each call."""
        actions = {
            "submitjob": self.submit_job,
            "describejobs": self.describe_jobs,
            "listjobs": self.list_jobs,
            "terminatejob": self.terminate_job,
            "canceljob": self.cancel_job,
            "registerjobdefinition": self.register_job_definition,
            "describejobdefinitions": self.describe_job_definitions,
            "createjobqueue": self.create_job_queue,
            "describejobqueues": self.describe_job_queues,
        }
        return [web.post(f"/v1/{action}", handler) for action, handler in actions.items()]

    async def submit_job(self, request: web.Request) -> web.Response:
        """SubmitJob."""
        new_job: SubmittedJob = await request.json()
        check_submission(new_job, size_bytes=len(await request.read()))
        queue = _last(new_job["jobQueue"])
        check_share(new_job, self._queues.get(queue), lambda: self._ledger.active_shares(queue))
        definition = self._definition(new_job["jobDefinition"])
        job = _job(new_job, definition)
        if job.array_size is None:
            self._scheduler.add(job)
        else:
            self._scheduler.add_array(job, job.children())
        return web.json_response({"jobArn": job.arn, "jobId": job.id, "jobName": job.name})

    def _definition(self, name_or_arn: str) -> RegisteredDefinition:
        """Return the newest revision of a job definition; a revision that was never registered does not exist."""
        name, _, revision = _last(name_or_arn).partition(":")
        definition = self._ledger.definitions.get(name)
        if definition is None or int(revision or 1) > definition["revision"]:
            raise BatchClientError(f"JobDefinition {name_or_arn} does not exist")
        return definition

    async def describe_jobs(self, request: web.Request) -> web.Response:
        """DescribeJobs."""
        ids = (await request.json())["jobs"]
        check_description(ids)
        jobs = [self._ledger.jobs[job_id].detail() for job_id in ids if job_id in self._ledger.jobs]
        return web.json_response({"jobs": jobs})

    async def list_jobs(self, request: web.Request) -> web.Response:
        """ListJobs with the JOB_NAME filter or by status, newest first, in pages; children by their array job only."""
        query: _ListJobs = await request.json()
        names = {v for f in query.get("filters", ()) if f["name"] == "JOB_NAME" for v in f["values"]}
        if ("jobQueue" in query) == ("arrayJobId" in query):
            raise BatchClientError("exactly one of jobQueue and arrayJobId must be specified")
        queue, array = _last(query.get("jobQueue", "")), query.get("arrayJobId")
        status = query.get("jobStatus", "RUNNING")
        jobs = [
            job.summary()
            for job in reversed(self._ledger.jobs.values())
            if job.array_id == array
            and (array is not None or job.queue == queue)
            and (job.name in names if names else job.status == status)
        ]
        first = int(query.get("nextToken") or 0)
        end = first + min(int(query.get("maxResults") or _MAX_LISTED), _MAX_LISTED)
        more = {"nextToken": str(end)} if end < len(jobs) else {}
        return web.json_response({"jobSummaryList": jobs[first:end], **more})

    async def terminate_job(self, request: web.Request) -> web.Response:
        """TerminateJob."""
        return await self._end(request, self._scheduler.stop)

    async def cancel_job(self, request: web.Request) -> web.Response:
        """CancelJob, which succeeds and does nothing for a job that has started."""
        return await self._end(request, self._scheduler.cancel)

    async def _end(self, request: web.Request, end: Callable[[EmulatedJob, str], None]) -> web.Response:
        body = await request.json()
        check_end(body)
        job = self._ledger.jobs.get(body["jobId"])
        if job is not None:
            end(job, body["reason"])
        return web.json_response({})

    async def register_job_definition(self, request: web.Request) -> web.Response:
        """RegisterJobDefinition."""
        new: NewDefinition = await request.json()
        name, earlier = new["jobDefinitionName"], self._ledger.definitions.get(new["jobDefinitionName"])
        revision = earlier["revision"] + 1 if earlier else 1
        arn = f"arn:aws:batch:us-east-1:{ACCOUNT}:job-definition/{name}:{revision}"
        self._ledger.save_definition(name, {**new, "jobDefinitionArn": arn, "revision": revision, "status": "ACTIVE"})
        return web.json_response({"jobDefinitionName": name, "jobDefinitionArn": arn, "revision": revision})

    async def describe_job_definitions(self, request: web.Request) -> web.Response:
        """DescribeJobDefinitions."""
        name = (await request.json()).get("jobDefinitionName")
        definitions = [d for key, d in self._ledger.definitions.items() if name in {None, key}]
        return web.json_response({"jobDefinitions": definitions})

    async def create_job_queue(self, request: web.Request) -> web.Response:
        """CreateJobQueue."""
        body: JsonObject = await request.json()
        name = str(body["jobQueueName"])
        queue = {"jobQueueName": name, "jobQueueArn": f"arn:aws:batch:us-east-1:{ACCOUNT}:job-queue/{name}"}
        self._queues[name] = {**body, **queue, "state": "ENABLED", "status": "VALID"}
        return web.json_response(queue)

    async def describe_job_queues(self, request: web.Request) -> web.Response:
        """DescribeJobQueues."""
        names = {_last(name) for name in (await request.json()).get("jobQueues", ())}
        queues = [queue for name, queue in self._queues.items() if not names or name in names]
        return web.json_response({"jobQueues": queues})


def _last(name_or_arn: str) -> str:
    return name_or_arn.rsplit("/", 1)[-1]


def _job(new_job: SubmittedJob, definition: RegisteredDefinition) -> EmulatedJob:
    container, override = definition["containerProperties"], new_job.get("containerOverrides", {})
    pairs = [*container.get("environment", ()), *override.get("environment", ())]
    requirements = [*container.get("resourceRequirements", ()), *override.get("resourceRequirements", ())]
    sizes = {each["type"]: each["value"] for each in requirements}
    timeout = new_job.get("timeout") or definition.get("timeout") or {}
    return EmulatedJob(
        name=new_job["jobName"],
        queue=_last(new_job["jobQueue"]),
        definition=definition["jobDefinitionArn"],
        command=list(container.get("command") or ()),
        environment={pair["name"]: pair["value"] for pair in pairs},
        memory_mib=int(sizes.get("MEMORY", container.get("memory", _DEFAULT_MEMORY_MIB))),
        timeout_s=timeout.get("attemptDurationSeconds"),
        array_size=new_job.get("arrayProperties", {}).get("size"),
        share=new_job.get("shareIdentifier"),
    )


async def _health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def create_app(
    folder: Path, *, keys: Keys, hosts: frozenset[str], results_queue_url: str | None, slots: int
) -> web.Application:
    """Return the server; `folder` holds its state, and requests need a signature and one of the hosts."""
    ledger = Ledger(folder)
    events = EventSender(results_queue_url, os.environ)
    scheduler = Scheduler(ledger, ProcessRunner(folder), events, slots=slots)

    async def lifetime(_app: web.Application) -> AsyncIterator[None]:
        sender = asyncio.create_task(events.run())
        scheduler.recover()
        yield
        await scheduler.close()
        sender.cancel()
        with suppress(asyncio.CancelledError):
            await sender

    app = web.Application(client_max_size=1024 * 1024, middlewares=[require_signature(keys, hosts)])
    app.add_routes([*BatchApi(ledger, scheduler).routes(), web.get(OPEN_PATH, _health)])
    app.cleanup_ctx.append(lifetime)
    return app


def main() -> None:
    """Serve until stopped, by default on loopback."""
    parser = argparse.ArgumentParser(description="Emulate AWS Batch: run each job as a process of this machine.")
    parser.add_argument("--folder", type=Path, required=True, help="the folder for jobs, logs and work files")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, required=True, help="the port to listen on")
    parser.add_argument("--slots", type=int, default=os.cpu_count() or 2, help="number of concurrent jobs")
    parser.add_argument("--results-queue-url", help="the queue for state changes")
    parser.add_argument("--allowed-host", action="append", default=[], help="another name of this server; repeatable")
    options = parser.parse_args()
    keys = Keys(os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", ""))
    if not keys.access_key or not keys.secret_key:
        sys.exit("AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set: requests must be signed with them")
    configure_logging("batch")
    app = create_app(
        options.folder,
        keys=keys,
        hosts=LOOPBACK_HOSTS | {*options.allowed_host},
        results_queue_url=options.results_queue_url,
        slots=options.slots,
    )
    web.run_app(app, host=options.host, port=options.port, print=None)


if __name__ == "__main__":
    main()
