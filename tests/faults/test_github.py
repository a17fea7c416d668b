"""A pull request through the whole system: real containers, a simulated GitHub, and a process that dies midway."""

import time
from collections.abc import Iterator

import pytest

from faults.github import Author, serve_github
from faults.system import System
from oa_api.pull_requests.check_state import EntryOutcome
from oa_api.pull_requests.entry_markdown import END_OF_LOG, FIRST_ROWS, OUTCOME_LABELS
from oa_api.pull_requests.report import MERGED
from oa_shared.failures import FAILURES
from support.fakes.github_events import pull_event, push_event
from support.fakes.github_server import GitHubServer, as_json
from support.github_world import github_settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PLACES = ("github.before_commit", "github.check_run_created", "github.comment_created")
PATH = "sources/xx/town.json"


@pytest.fixture(scope="module")
def github() -> Iterator[GitHubServer]:
    with serve_github() as server:
        server.model.commit({"README.md": "Sources"}, to_branch=True)
        yield server


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, github: GitHubServer) -> Iterator[System]:
    """Return a stack that is connected to the simulated GitHub."""
    settings = {f"OA_{name.upper()}": str(value) for name, value in github_settings(github).items()}
    settings["OA_ALLOW_HOSTS"] = "127.0.0.1"  # the port of the simulated GitHub is not one of the stack
    settings["OA_PUBLIC_URL"] = "https://batch.example.org"
    stack = System(tmp_path_factory.mktemp("system"), settings=settings)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def test_pull_request_is_tested_and_published_once_although_processes_die(system: System, github: GitHubServer) -> None:
    author, model = Author(system, github), github.model
    good, bad = system.entry(), system.entry(data=f"{system.stack.files_url}/gone.csv")
    definition = {"schema": 2, "coverage": {"country": "xx"}, "layers": {"addresses": [good, bad]}}
    system.crash_at(*PLACES)
    number = model.open_pull(model.commit({PATH: as_json(definition)}))
    author.send("pull_request", pull_event(model, number, "opened"))
    text = author.wait_for("1 of 2 failed", OUTCOME_LABELS[EntryOutcome.PASSED])
    assert system.collect_crashes() == set(PLACES)
    for text_part in ("source.not_found", FAILURES["source.not_found"].hint, END_OF_LOG, FIRST_ROWS, "<td>10<br>"):
        assert text_part in text
    assert {run["conclusion"] for run in model.check_runs.values()} == {"failure"}

    began = time.monotonic()
    fixed = {**definition, "layers": {"addresses": [good]}}
    model.push_to_pull(number, model.commit({PATH: as_json(fixed)}))
    author.send("pull_request", pull_event(model, number, "synchronize"))
    author.wait_for("1 entry ran", OUTCOME_LABELS[EntryOutcome.PASSED])
    print(f"answer after {time.monotonic() - began:.1f} s")

    before, after = model.merge(number)
    author.send("push", push_event(model, before, after))
    author.send("pull_request", pull_event(model, number, "closed"))
    author.wait_for(OUTCOME_LABELS[EntryOutcome.PUBLISHED], MERGED)
    (published,) = system.call("GET", "/api/data?source=xx/town")["data"]
    jobs = system.call("GET", "/api/job?source=xx/town&limit=100")["jobs"]
    assert published["job"] == max(job["id"] for job in jobs)
    assert len(jobs) == 5  # samples of two entries, all of one; then the sample and all of the fixed one
    assert len(model.check_runs) == 2
