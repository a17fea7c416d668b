"""Calls run, jobs and data through the client of openapi-python-client: python python_calls.py URL TOKEN."""

import json
import sys

from oa_client import AuthenticatedClient
from oa_client.api.data import get_dataset, list_datasets
from oa_client.api.jobs import get_job
from oa_client.api.runs import create_jobs, create_run, list_jobs_of_run
from oa_client.models import (
    CreatedJobs,
    Dataset,
    DatasetList,
    DetailedRun,
    JobDetail,
    JobElement,
    JobElementSourceType1,
    JobList,
    ListDatasetsLayer,
    NewJobs,
    NewRun,
    NewRunLane,
    Problem,
)

_CONFORM = {"format": "csv", "number": "NO", "street": "ST", "lat": "Y", "lon": "X"}
_ENTRY = {"name": "city", "data": "http://x/a.csv", "protocol": "http", "conform": _CONFORM}
_MISSING = 999_999


def main(url: str, token: str) -> None:
    """Print the results as JSON."""
    client = AuthenticatedClient(base_url=url, token=token, raise_on_unexpected_status=True)
    run = create_run.sync(client=client, body=NewRun(live=False, lane=NewRunLane.MANUAL))
    assert isinstance(run, DetailedRun), run
    source = JobElementSourceType1.from_dict({"schema": 2, "coverage": {}, "layers": {"addresses": [_ENTRY]}})
    body = NewJobs(jobs=[JobElement(source=source, source_name="xx/python")])
    created = create_jobs.sync(run.id, client=client, body=body, idempotency_key=f"python-{run.id}")
    assert isinstance(created, CreatedJobs), created
    jobs = list_jobs_of_run.sync(run.id, client=client, limit=10, status="Pending")
    assert isinstance(jobs, JobList), jobs
    detail = get_job.sync(created.jobs[0], client=client)
    assert isinstance(detail, JobDetail), detail
    data = list_datasets.sync(client=client, source="us/ca/berkeley", layer=ListDatasetsLayer.ADDRESSES)
    assert isinstance(data, DatasetList), data
    whole = get_dataset.sync(data.data[0].id, client=client)
    assert isinstance(whole, Dataset), whole
    missing = get_job.sync(_MISSING, client=client)
    assert isinstance(missing, Problem), missing
    results = {
        "jobs": [job.id for job in jobs.jobs],
        "job": created.jobs[0],
        "status": detail.status,
        "source": detail.source_name,
        "data": whole.source_name,
        "files": [file.name for file in whole.files] if whole.files else [],
        "missing": missing.code,
    }
    print(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
