"""The services of one machine serve the stack only: not pages in a browser, other users, or the jobs of authors."""

import asyncio
import json
import stat
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import psycopg2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from click.testing import CliRunner

from oa_local.aws_client import client
from oa_local.batch.process import BatchProcess
from oa_local.emulator import Emulator, Keys
from oa_local.postgres import Postgres
from oa_local.provision import Queues
from oa_task.main import main

NEW_DEFINITION = json.dumps(
    {"jobDefinitionName": "evil", "type": "container", "containerProperties": {"image": "x", "command": ["id"]}}
).encode()


def signed_headers(batch: BatchProcess, keys: Keys, body: bytes = NEW_DEFINITION) -> dict[str, str]:
    request = AWSRequest("POST", f"{batch.url}/v1/registerjobdefinition", {"Content-Type": "application/json"}, body)
    SigV4Auth(Credentials(keys.access_key, keys.secret_key), "batch", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def post(batch: BatchProcess, headers: dict[str, str]) -> int:
    url = f"{batch.url}/v1/registerjobdefinition"
    request = urllib.request.Request(url, NEW_DEFINITION, headers)  # noqa: S310 - a server of this test
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - likewise
            return int(response.status)
    except HTTPError as error:
        return error.code


def test_batch_refuses_pages_other_hosts_and_other_keys(batch: BatchProcess, emulator: Emulator) -> None:
    keys = emulator.keys
    own = signed_headers(batch, keys)
    assert post(batch, own) == 200
    refused = {
        "page with text": own | {"Content-Type": "text/plain", "Origin": "https://evil.example"},
        "page of another site": own | {"Sec-Fetch-Site": "cross-site"},
        "page of this machine": own | {"Origin": "http://127.0.0.1:1"},
        "rebound name": own | {"Host": "evil.example"},
        "form": own | {"Content-Type": "application/x-www-form-urlencoded"},
        "no signature": {"Content-Type": "application/json"},
        "another body": signed_headers(batch, keys, b"{}"),
        "another access key": signed_headers(batch, Keys("test", keys.secret_key)),
        "the access key of a presigned URL": signed_headers(batch, Keys(keys.access_key, "test")),
        "no key": {"Content-Type": "application/json", "Authorization": "AWS4-HMAC-SHA256"},
    }
    statuses = {name: post(batch, headers) for name, headers in refused.items()}
    assert {name for name, status in statuses.items() if status not in {403, 415}} == set()


def test_batch_runs_no_command_of_a_request(batch: BatchProcess) -> None:
    api = batch.client()
    container = {"image": "x", "command": ["true"], "resourceRequirements": [{"type": "MEMORY", "value": "512"}]}
    api.register_job_definition(jobDefinitionName="d", type="container", containerProperties=container)
    with pytest.raises(ClientError, match="command"):
        api.submit_job(jobName="a", jobQueue="q", jobDefinition="d", containerOverrides={"command": ["id"]})


def test_batch_has_the_limit_of_aws_for_overrides(batch: BatchProcess) -> None:
    api = batch.client()
    container = {"image": "x", "command": ["true"], "resourceRequirements": [{"type": "MEMORY", "value": "512"}]}
    api.register_job_definition(jobDefinitionName="d", type="container", containerProperties=container)

    def submit(length: int) -> None:
        overrides = {"environment": [{"name": "A", "value": "x" * length}]}
        api.submit_job(jobName="a", jobQueue="q", jobDefinition="d", containerOverrides=overrides)

    submit(8000)
    with pytest.raises(ClientError, match="8192"):
        submit(8192)


def test_emulator_refuses_requests_without_its_keys(emulator: Emulator, queues: Queues) -> None:
    with pytest.raises(HTTPError, match="403"):
        urllib.request.urlopen(f"{queues.results_url}?Action=ReceiveMessage", timeout=60)  # noqa: S310 - a server of this test
    own = emulator.keys
    for keys in (Keys("test", "test"), Keys("000000000000", own.secret_key), Keys(own.access_key, "test")):
        environ = emulator.environ | {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
        with pytest.raises(ClientError):
            client("sqs", environ).receive_message(QueueUrl=queues.results_url)
        with pytest.raises(ClientError):
            client("s3", environ).list_buckets()
    # A presigned URL names the access key: it reads objects, and calls no queue.
    for query in (f"AWSAccessKeyId={own.access_key}", f"X-Amz-Credential={own.access_key}/20260101/us-east-1/sqs"):
        with pytest.raises(HTTPError, match="403"):
            urllib.request.urlopen(f"{queues.results_url}?Action=ReceiveMessage&{query}", timeout=60)  # noqa: S310 - likewise
    assert Emulator(Path("unused")).keys != own


def test_postgres_requires_its_password(postgres: Postgres) -> None:
    for login in ("postgres", "postgres:", "postgres:postgres", "root"):
        with pytest.raises(psycopg2.OperationalError, match=r"password|role"):
            psycopg2.connect(f"postgresql://{login}@127.0.0.1:{postgres.port}/postgres")
    assert stat.S_IMODE(postgres.password_file.stat().st_mode) == 0o600


def test_postgres_data_of_an_open_server_gets_a_password(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "data", fsync_off=True)
    server.prepare()
    rules = server.folder / "pg_hba.conf"
    rules.write_text(rules.read_text().replace("scram-sha-256", "trust"))
    server.password_file.unlink()
    server.start()
    try:
        assert server.answers()
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres")
    finally:
        server.stop()


async def test_data_of_a_source_cannot_be_a_queue_or_the_batch_server(
    tmp_path: Path, batch: BatchProcess, queues: Queues, emulator: Emulator
) -> None:
    client("sqs", emulator.environ).send_message(QueueUrl=queues.results_url, MessageBody="token of another job")
    for url in (
        f"{queues.results_url}?Action=ReceiveMessage&Version=2012-11-05",
        f"{queues.results_url}?Action=SendMessage&MessageBody=forged&Version=2012-11-05",
        f"{batch.url}/health",
    ):
        output = await run_source(tmp_path, url, allowed="127.0.0.1:1")
        assert "token of another job" not in output
        assert "not on the public internet" in output or "private" in output, output
        # A service that is opened by mistake asks for its keys.
        opened = await run_source(tmp_path, url, allowed="127.0.0.1")
        assert "token of another job" not in opened
    attributes = client("sqs", emulator.environ).get_queue_attributes(
        QueueUrl=queues.results_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "1"


async def run_source(folder: Path, url: str, *, allowed: str) -> str:
    conform = {"format": "csv", "number": "A", "street": "A", "lon": "A", "lat": "A"}
    entry = {"name": "city", "data": url, "protocol": "http", "conform": conform}
    source = folder / "source.json"
    definition = {"schema": 2, "coverage": {"country": "us"}, "layers": {"addresses": [entry]}}
    source.write_text(json.dumps(definition))
    words = ["run", str(source), "--layer", "addresses", "--name", "city", "--out", str(folder / "out")]
    runner = CliRunner(env={"OA_ALLOW_HOSTS": allowed})
    result = await asyncio.to_thread(runner.invoke, main, words)
    assert result.exit_code != 0
    return result.output
