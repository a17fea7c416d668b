"""What the check takes through the deployed system, each a flow of work from its start to its end."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from oa_local.aws_client import client
from oa_local.client import JobView
from oa_local.samples import SOURCE_NAME, definition, write_samples
from oa_shared.status import JobStatus
from oa_tools.deployment.container import ContainerOverride
from oa_tools.deployment.dead_letter_flow import handle_dead_letters
from oa_tools.deployment.flow_steps import download, execute, run_job, wait_for_job, wait_for_success, wait_until
from oa_tools.deployment.system import SERVICES, DeployedSystem, DeployedSystemError
from oa_tools.deployment.unreported_flow import find_unreported_job

REPOSITORY_FILE = "repository.zip"
_PUBLISHED_FILE = "source.geojson.gz"
_PLACEHOLDER = "<aws.scheduler.scheduled-time>"
# Of the sample definition.
_LAYERS = 3
_WEEKLY, _CLEANUP = "sources", "cleanup"


def publish_one(system: DeployedSystem) -> str:
    """Run one job from the request to the published data and download that."""
    write_samples(system.samples)
    number, job = run_job(system, definition(system.files_url))
    rows = [row for row in system.api().call("GET", "/api/data")["data"] if row["job"] == number]
    if not rows:
        raise DeployedSystemError(f"job {number} succeeded but has no published data")
    size_bytes = download(system, f"/api/job/{number}/output/{_PUBLISHED_FILE}")
    return f"job {number}: {_count(job):,} features published, {size_bytes:,} bytes downloaded by its link"


def run_weekly(system: DeployedSystem) -> str:
    """Trigger the weekly schedule with its own container, and wait until each job of its run has ended."""
    _write_repository(system)
    run = _run_schedule(system, _WEEKLY)
    if run["run"] is None:
        raise DeployedSystemError(f"the schedule run {run['id']} has no run: {json.dumps(run)}")
    jobs = [wait_for_job(system, job["id"]) for job in system.api().jobs_of_run(run["run"])]
    outcomes = sorted({job["status"] for job in jobs})
    if len(jobs) != _LAYERS or outcomes != [JobStatus.SUCCESS]:
        raise DeployedSystemError(f"the run {run['run']} has {len(jobs)} jobs that ended as {outcomes}")
    return f"run {run['run']} of {run['period']}: {len(jobs)} jobs published from the archive of a repository"


def take_upload(system: DeployedSystem) -> str:
    """Send a file with the form of an upload, and run a job on it."""
    body = (system.samples / "addresses.csv").read_bytes()
    upload = _upload(system, body, hashlib.sha256(body).hexdigest())
    if upload["state"] != "Ready":
        raise DeployedSystemError(f"the upload is {upload['state']}: {upload['reason']}")
    source: Any = definition(system.files_url)
    source["layers"]["addresses"][0]["data"] = upload["url"]
    number, job = run_job(system, source)
    return f"upload {upload['id'][:8]} of {len(body):,} bytes; job {number}: {_count(job):,} features"


def make_export(system: DeployedSystem) -> str:
    """Have an export built and download it by its link."""
    export = system.api().call("POST", "/api/export", {"format": "csv", "source": SOURCE_NAME, "layer": "addresses"})
    wait_for_success(system, export["job"])
    files = system.api().call("GET", f"/api/export/{export['id']}")["files"]
    sizes = {file["name"]: download(system, file["url"]) for file in files}
    return f"export {export['id']}: {', '.join(f'{name} with {size:,} bytes' for name, size in sizes.items())}"


def clean_up(system: DeployedSystem) -> str:
    """Trigger the cleanup with the container of its schedule; it deletes the file of an upload that was refused."""
    upload = _upload(system, b"a,b\n1,2\n", "0" * 64)
    if upload["state"] != "Refused":
        raise DeployedSystemError(f"an upload with a wrong digest is {upload['state']}")
    key = upload["key"]
    if not _exists(system, key):
        raise DeployedSystemError(f"{key} is missing before the cleanup")
    execute(system, "update upload set created_at = now() - interval '40 days' where id = %s", [upload["id"]])
    _run_schedule(system, _CLEANUP)
    if _exists(system, key):
        raise DeployedSystemError(f"the cleanup has not deleted {key}")
    return f"{key} deleted"


def roll_back(system: DeployedSystem) -> str:
    """Deploy a new revision of each service, then the previous one, and run a job on each."""
    ecs = client("ecs", system.account.environ)
    previous = dict(system.revisions)
    for name in SERVICES:
        described = dict(system.describe(name))
        kept = ("family", "taskRoleArn", "executionRoleArn", "containerDefinitions", "volumes", "cpu", "memory")
        registered = ecs.register_task_definition(**{key: described[key] for key in kept})
        system.revisions[name] = registered["taskDefinition"]["taskDefinitionArn"]
    jobs = [_redeploy(system)]
    system.revisions |= previous
    jobs.append(_redeploy(system))
    return f"revisions forward and back: jobs {' and '.join(map(str, jobs))} published"


def _redeploy(system: DeployedSystem) -> int:
    for name in SERVICES:
        system.restart(name)
    return run_job(system, definition(system.files_url))[0]


FLOWS: Mapping[str, Callable[[DeployedSystem], str]] = {
    "one job": publish_one,
    "weekly run": run_weekly,
    "upload": take_upload,
    "unreported job": find_unreported_job,
    "dead letters": handle_dead_letters,
    "export": make_export,
    "cleanup": clean_up,
    "rollback": roll_back,
}


def _run_schedule(system: DeployedSystem, name: str) -> Any:
    """Trigger a schedule as EventBridge Scheduler does and wait for the end of its run, which it returns."""
    system.call_as_schedule(_override_of(system, name))
    api = system.api()

    def read() -> Any:
        return next(each for each in api.call("GET", "/api/schedule")["schedule_runs"] if each["type"] == name)

    run = wait_until(system, f"the schedule {name}", read, lambda found: found["state"] not in {"Waiting", "Working"})
    if run["state"] != "Done":
        raise DeployedSystemError(f"the schedule {name} is {run['state']}: {json.dumps(run)}")
    return run


def _override_of(system: DeployedSystem, name: str) -> ContainerOverride:
    """Return what a schedule of the account changes in its container."""
    scheduler = client("scheduler", system.account.environ)
    stack = f"oa-{system.account.stack}"
    schedule = scheduler.get_schedule(GroupName=stack, Name=f"{stack}-{name}")
    text = schedule["Target"]["Input"].replace(_PLACEHOLDER, "2026-11-27T03:00:00Z")
    override: ContainerOverride = json.loads(text)["containerOverrides"][0]
    return override


def _write_repository(system: DeployedSystem) -> None:
    """Write the archive of a repository with one definition."""
    with zipfile.ZipFile(system.samples / REPOSITORY_FILE, "w") as archive:
        text = json.dumps(definition(system.files_url))
        archive.writestr(f"openaddresses-main/sources/{SOURCE_NAME}.json", text)


def _upload(system: DeployedSystem, body: bytes, sha256: str) -> Any:
    """Announce an upload, post its file with the form, and have it checked."""
    api = system.api()
    announced = {"name": "addresses.csv", "size_bytes": len(body), "sha256": sha256}
    upload = api.call("POST", "/api/upload", announced)
    form = upload["form"]
    if form["method"] != "POST":
        raise DeployedSystemError(
            f"the form of the upload has the method {form['method']}: it is not that of the bucket"
        )
    _post_form(form["url"], form["fields"], body)
    return {**api.call("POST", f"/api/upload/{upload['id']}/done", {}), "key": form["fields"]["key"]}


def _post_form(url: str, fields: Mapping[str, str], body: bytes) -> None:
    boundary = "oa-check-boundary"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="addresses.csv"\r\n'
    data = "".join(parts).encode() + head.encode() + b"Content-Type: text/csv\r\n\r\n" + body
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = Request(url, data + f"\r\n--{boundary}--\r\n".encode(), headers)  # noqa: S310 - the emulated bucket
    try:
        with urlopen(request, timeout=60):  # noqa: S310 - likewise
            pass
    except HTTPError as error:
        raise DeployedSystemError(f"the bucket refuses the form: {error.code} {error.read().decode()}") from error


def _exists(system: DeployedSystem, key: str) -> bool:
    s3 = client("s3", system.account.environ)
    found = s3.list_objects_v2(Bucket=system.outputs["bucket"], Prefix=key).get("Contents", [])
    return any(each["Key"] == key for each in found)


def _count(job: JobView) -> int:
    return (job["result"] or {}).get("count", 0)
