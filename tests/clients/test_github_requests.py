"""Our requests to GitHub, and the responses of our fakes of it, against GitHub's own OpenAPI document."""

import pytest
from yarl import URL

from oa_api.github.http import GitHubHttp
from oa_api.identity.github_client import GitHubSignInClient, GitHubSignInSettings, GitHubUser
from oa_api.settings import Settings
from support.fakes.github_events import check_run_event, comment_event
from support.github_document import CheckedRequests, Operation
from support.github_provider import github_provider
from support.github_world import BERKELEY, TOWN, github_world
from support.running_api import definition

_MANY = 301


async def test_pull_requests_use_github_as_it_documents_itself(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with github_world(database_url, page_size=1) as world:
        checked = CheckedRequests(world.github.url)
        checked.install(monkeypatch)
        changes = {TOWN: definition("town"), BERKELEY: definition("city", "county", "shore")}
        number = await world.pull({**changes, **{f"docs/{index}.txt": "a" for index in range(_MANY)}})
        await world.end_samples()
        await world.end_full()
        assert checked.failures == []
        assert world.check_run()["conclusion"] == "success", world.comment()
        await world.send("check_run", check_run_event(world.model, max(world.model.check_runs)))
        await world.send("issue_comment", comment_event(world.model, number, "/rerun"))
        await world.settle()
        await world.merge(number)
        assert checked.failures == []
        assert sorted(set(checked.operations)) == [
            "apps/create-installation-access-token",
            "apps/get-repo-installation",
            "checks/create",
            "checks/list-for-ref",
            "checks/update",
            "git/get-tree",
            "issues/create-comment",
            "issues/list-comments",
            "issues/update-comment",
            "pulls/get",
            "repos/compare-commits-with-basehead",
            "repos/get",
            "repos/get-branch",
            "repos/get-content",
        ]
        print(f"{len(checked.operations)} requests of {len(set(checked.operations))} operations")


async def test_sign_in_uses_github_as_it_documents_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    async with github_provider() as provider, GitHubHttp(("127.0.0.1",)) as http:
        checked = CheckedRequests(f"{provider.url}/api")
        checked.install(monkeypatch)
        members = {"github_members_of": ("openaddresses", "openaddresses/moderators")}
        values = {"database_url": "", "shared_secret": "", "bucket": "", "jobs_queue_url": "", "results_queue_url": ""}
        settings = GitHubSignInSettings.of(Settings(**{**values, **provider.settings, **members}))
        assert settings is not None
        client = GitHubSignInClient(http, settings)
        provider._tokens["gho_1"] = provider.user
        provider.members["openaddresses/moderators"] = {"octocat": "active"}
        user = await client.user("gho_1")
        assert user == GitHubUser(583231, "octocat")
        assert await client.is_member("gho_1", user)
        provider.members = {"openaddresses": {"octocat": "active"}}
        assert await client.is_member("gho_1", user)
        assert sorted(set(checked.operations)) == [
            "orgs/get-membership-for-authenticated-user",
            "teams/get-membership-for-user-in-org",
            "users/get-authenticated",
        ]


def test_newest_commit_is_read_as_github_documents_it() -> None:
    operation = Operation.find("GET", "/repos/openaddresses/openaddresses/commits/HEAD")
    operation.check_request(URL("https://api.github.com/"), None)
    assert operation.id == "repos/get-commit"


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/repos/a/b/pull/1", "", None),
        ("GET", "/repos/a/b/compare/x...y", "?page_size=1", None),
        ("POST", "/repos/a/b/check-runs", "", {"name": "a"}),
        ("POST", "/repos/a/b/issues/1/comments", "", {"text": "a"}),
        ("POST", "/repos/a/b/issues/1/comments", "", None),
        ("PATCH", "/repos/a/b/check-runs/1", "", {"status": "done"}),
    ],
)
def test_request_that_github_does_not_have_is_found(method: str, path: str, query: str, body: object) -> None:
    with pytest.raises(AssertionError):
        Operation.find(method, path).check_request(URL(f"https://api.github.com{path}{query}"), body)


def test_answer_that_github_does_not_give_is_found() -> None:
    operation = Operation.find("GET", "/repos/a/b/pulls/1")
    operation.complete({"number": 1, "state": "open"})
    with pytest.raises(AssertionError):
        operation.complete({"number": "one"})
