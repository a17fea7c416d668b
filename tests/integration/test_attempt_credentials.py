"""Credentials of attempts in an account that checks roles and session policies: what they open and what not."""

import asyncio
import gzip
import os
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from botocore.exceptions import ClientError

from oa_api.jobs.results_consumer import ResultsHandler
from oa_local.aws_client import client
from oa_shared.attempt_keys import AttemptKeys, KeysUnavailableError
from oa_shared.aws import open_aws
from oa_shared.aws.attempt_storage import open_attempt_storage
from oa_shared.aws.s3_upload import PART_BYTES
from oa_shared.aws.sts import SESSION_S, StsKeyIssuer, open_key_issuer
from oa_shared.outcomes import Ack
from oa_shared.queue import ReceivedMessage
from oa_shared.storage import Storage, StorageUnavailableError
from support.consuming import handle_one
from support.guarded_aws import Roles, start_guarded_aws
from support.programs import started
from support.publishing import job_of
from support.running_api import INTERNAL, RunningApi, definition, running_api

OWN = "job/7/attempt-1/"
# Prefixes that begin like the own one, its parents, and those of others.
OTHERS = ("job/7/attempt-10/", "job/7/attempt-2/", "job/7/attempt-1", "job/7/", "job/70/attempt-1/", "job/8/attempt-1/")
OTHERS += ("upload/1/", "cache/", "job/*/attempt-1/", "")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    process, root = start_guarded_aws(tmp_path_factory.mktemp("guarded"))
    yield root
    process.stop()


@pytest.fixture
def roles(account: Mapping[str, str]) -> Roles:
    return Roles.create(account, f"t{uuid.uuid4().hex[:10]}")


async def is_allowed(call: Awaitable[object]) -> bool:
    """Return whether a call to the storage is not refused."""
    try:
        await call
    except StorageUnavailableError:
        return False
    return True


class ChangingKeys:
    """A source whose keys a test changes; None makes them unavailable."""

    def __init__(self, keys: AttemptKeys) -> None:
        self.keys: AttemptKeys | None = keys

    async def current(self) -> AttemptKeys:
        if self.keys is None:
            raise KeysUnavailableError("not renewed")
        return self.keys


@asynccontextmanager
async def issuer_of(roles: Roles, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StsKeyIssuer]:
    """Open the issuer in an environment with the role of the API."""
    use(roles.environ_of("api"), monkeypatch)
    async with open_key_issuer(role_arn=roles.attempt_role_arn, bucket=roles.bucket) as issuer:
        yield issuer


@asynccontextmanager
async def storage_of_attempt(
    roles: Roles, monkeypatch: pytest.MonkeyPatch, job: int = 7, attempt: int = 1
) -> AsyncIterator[Storage]:
    async with issuer_of(roles, monkeypatch) as issuer:
        keys = await issuer.issue(job, attempt)
    use(roles.environ_of("task"), monkeypatch)
    async with open_attempt_storage(roles.bucket, ChangingKeys(keys)) as storage:
        yield storage


def use(environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


def put(roles: Roles, key: str, body: bytes = b"x") -> None:
    """Put an object as the root user of the account."""
    client("s3", roles.root).put_object(Bucket=roles.bucket, Key=key, Body=body)


def read(roles: Roles, key: str) -> bytes:
    """Return an object as the root user of the account."""
    body: bytes = client("s3", roles.root).get_object(Bucket=roles.bucket, Key=key)["Body"].read()
    return body


async def test_attempt_creates_and_reads_its_own_files_in_one_call_or_in_parts(
    roles: Roles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    large = tmp_path / "large"
    large.write_bytes(os.urandom(PART_BYTES + 1))
    async with storage_of_attempt(roles, monkeypatch) as storage:
        assert await storage.put_new(OWN + "claim.json", b"1")
        assert not await storage.put_new(OWN + "claim.json", b"2")
        await storage.put_bytes(OWN + "log.jsonl", b"log")
        assert await storage.put_new_file(OWN + "large", large)
        assert await storage.put_new_file(OWN + "large", large)
        assert await storage.get_bytes(OWN + "claim.json") == b"1"
    assert read(roles, OWN + "large") == large.read_bytes()


async def test_attempt_can_neither_write_nor_read_elsewhere(
    roles: Roles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(PART_BYTES + 1))
    for prefix in OTHERS:
        put(roles, prefix + "there", b"of another")
    allowed = []
    async with storage_of_attempt(roles, monkeypatch) as storage:
        for prefix in OTHERS:
            calls = {
                "put_new": storage.put_new(prefix + "claim.json", b"mine"),
                "put_bytes": storage.put_bytes(prefix + "there", b"mine"),
                "put_new_file": storage.put_new_file(prefix + "large", large),
                "get_bytes": storage.get_bytes(prefix + "there"),
                "head": storage.head(prefix + "there"),
                "delete_many": storage.delete_many([prefix + "there"]),
                "list_objects": anext(storage.list_objects(prefix)),
            }
            allowed += [f"{name} {prefix}" for name, call in calls.items() if await is_allowed(call)]
    assert allowed == []
    assert {read(roles, prefix + "there") for prefix in OTHERS} == {b"of another"}


async def test_attempt_can_neither_delete_its_files_nor_use_queues_or_roles(
    roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with issuer_of(roles, monkeypatch) as issuer:
        keys = await issuer.issue(7, 1)
    put(roles, OWN + "result.json")
    use({"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}, monkeypatch)
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys.session_token)
    async with open_aws() as aws, open_key_issuer(role_arn=roles.attempt_role_arn, bucket=roles.bucket) as issuer:
        with pytest.raises(StorageUnavailableError):
            await aws.storage(roles.bucket).delete_many([OWN + "result.json"])
        with pytest.raises(ClientError, match="AccessDenied"):
            await aws.sqs.send_message(QueueUrl=roles.results_queue_url, MessageBody="{}")
        with pytest.raises(KeysUnavailableError, match="AccessDenied"):
            await issuer.issue(8, 1)
    assert read(roles, OWN + "result.json") == b"x"


async def test_role_of_containers_opens_no_file_and_issues_nothing(
    roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(roles, OWN + "result.json")
    use(roles.environ_of("task"), monkeypatch)
    async with open_aws() as aws, open_key_issuer(role_arn=roles.attempt_role_arn, bucket=roles.bucket) as issuer:
        storage = aws.storage(roles.bucket)
        with pytest.raises(StorageUnavailableError, match="AccessDenied"):
            await storage.get_bytes(OWN + "result.json")
        with pytest.raises(StorageUnavailableError):
            await storage.put_new(OWN + "claim.json", b"1")
        with pytest.raises(KeysUnavailableError, match="AccessDenied"):
            await issuer.issue(7, 1)


async def test_storage_signs_each_call_with_the_keys_of_that_time(
    roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with issuer_of(roles, monkeypatch) as issuer:
        first, second = await issuer.issue(7, 1), await issuer.issue(7, 2)
    source = ChangingKeys(first)
    use(roles.environ_of("task"), monkeypatch)
    async with open_attempt_storage(roles.bucket, source) as storage:
        assert await storage.put_new("job/7/attempt-1/a", b"1")
        source.keys = second
        assert await storage.put_new("job/7/attempt-2/a", b"2")
        assert not await is_allowed(storage.put_new("job/7/attempt-1/b", b"1"))
        source.keys = None
        with pytest.raises(StorageUnavailableError, match="CredentialRetrievalError"):
            await storage.put_new("job/7/attempt-2/b", b"2")


async def test_keys_carry_their_validity_and_show_no_secret(roles: Roles, monkeypatch: pytest.MonkeyPatch) -> None:
    async with issuer_of(roles, monkeypatch) as issuer:
        keys = await issuer.issue(7, 1)
    assert keys.valid_s == SESSION_S
    assert keys.secret_key not in repr(keys)
    assert keys.session_token not in repr(keys)


@dataclass(frozen=True, slots=True)
class Stack:
    """The API in its role, and containers in theirs."""

    api: RunningApi
    roles: Roles

    async def run_container(self, job: int, **settings: str) -> int:
        """Run the container of the latest attempt of a job, as Batch does; apply its reports; return its status."""
        row = await job_of(self.api.database, job)
        environ = {
            **self.roles.environ_of("task"),
            "PATH": os.environ["PATH"],
            "OA_JOB": str(job),
            "OA_ATTEMPT": str(row["attempt"]),
            "OA_TOKEN": row["token"],
            "OA_KIND": row["kind"],
            "OA_LAYER": row["layer"],
            "OA_NAME": row["name"],
            "OA_SOURCE_NAME": row["source_name"],
            "OA_API_URL": str(self.api.client.make_url("")),
            "OA_BUCKET": self.roles.bucket,
            "OA_RESULTS_QUEUE_URL": self.roles.results_queue_url,
            "OA_ALLOW_HOSTS": "127.0.0.1",
            "OA_WITHOUT": "tiles,preview,profile,changes,cache",
            **settings,
        }
        program = Path(sys.executable).with_name("oa-task")
        async with started(program, "job", env=environ, stderr=asyncio.subprocess.PIPE) as child, asyncio.timeout(120):
            _, printed = await child.communicate()
        assert child.returncode in {0, 25}, printed.decode()
        await self._apply_reports()
        return child.returncode

    async def _apply_reports(self) -> None:
        sqs, url = client("sqs", self.roles.root), self.roles.results_queue_url
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                report = ReceivedMessage(message["MessageId"], message["Body"], message["ReceiptHandle"])
                assert await handle_one(ResultsHandler(self.api.database, grace_s=60).apply_batch, report) == Ack()
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
async def stack(database_url: str, roles: Roles, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
    use(roles.environ_of("api"), monkeypatch)
    async with (
        open_aws() as aws,
        open_key_issuer(role_arn=roles.attempt_role_arn, bucket=roles.bucket) as issuer,
        running_api(
            database_url, storage=aws.storage(roles.bucket), key_issuer=issuer, output_mode="redirect"
        ) as running,
    ):
        yield Stack(running, roles)


@pytest.fixture
async def data_url() -> AsyncIterator[str]:
    async def csv(_request: web.Request) -> web.Response:
        return web.Response(text="NO,ST,X,Y\n1,Main,-100,40\n2,Main,-100,41\n")

    app = web.Application()
    app.router.add_get("/data.csv", csv)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/data.csv"))


async def test_jobs_of_a_source_and_of_a_product_run_with_their_own_credentials_only(
    stack: Stack, data_url: str
) -> None:
    api, roles = stack.api, stack.roles
    body = definition("city")
    body["layers"]["addresses"][0]["data"] = data_url
    _, answer = await api.post_jobs(await api.run(live=True), {"source": body, "source_name": "xx/a"})
    job = answer["jobs"][0]
    assert await stack.run_container(job) == 0
    ended = await job_of(api.database, job)
    assert (ended["status"], ended["error_message"]) == ("Success", None)
    assert read(roles, f"job/{job}/attempt-1/result.json")
    response = await api.client.post("/api/export", json={"source": "xx/a", "format": "csv"}, headers=INTERNAL)
    export = (await response.json())["job"]
    assert await stack.run_container(export) == 0
    ended = await job_of(api.database, export)
    assert (ended["status"], ended["error_message"]) == ("Success", None)
    rows = gzip.decompress(read(roles, f"job/{export}/attempt-1/export.csv.gz")).decode().splitlines()
    assert len(rows) == 3


async def test_container_of_an_attempt_that_is_over_leaves_nothing(stack: Stack, data_url: str) -> None:
    job = (await stack.api.job())["id"]
    assert (await stack.api.client.post(f"/api/job/{job}/cancel", headers=INTERNAL)).status == 200
    assert await stack.run_container(job) == 0
    listed = client("s3", stack.roles.root).list_objects_v2(Bucket=stack.roles.bucket)
    assert listed.get("Contents", []) == []
    assert (await job_of(stack.api.database, job))["status"] == "Canceled"


async def test_container_without_the_api_ends_as_an_outage_and_leaves_nothing(stack: Stack) -> None:
    job = (await stack.api.job())["id"]
    assert await stack.run_container(job, OA_API_URL="http://127.0.0.1:1", OA_API_WAIT_S="0.5") == 25
    listed = client("s3", stack.roles.root).list_objects_v2(Bucket=stack.roles.bucket)
    assert listed.get("Contents", []) == []
    assert (await job_of(stack.api.database, job))["status"] == "Pending"
